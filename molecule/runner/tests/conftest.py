"""What the tests of this scenario share."""

from __future__ import annotations

import pytest


@pytest.fixture
def pid_of(vps):
    """Return a function that gives a unit's main process."""
    return lambda unit: vps.check_output(f"systemctl show --property MainPID --value {unit}")
