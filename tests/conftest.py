"""Fixtures that the tests of the whole platform share."""

from __future__ import annotations

import pytest

from tests.local import Vps


@pytest.fixture(scope="session")
def vps() -> Vps:
    """The local VPS; a test that asks for it fails where `make up` has not been run."""
    return Vps.read()
