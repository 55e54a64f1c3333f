"""A repository whose pushes are deployed, those who are told, and what is said at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.account import Account
from tests.alerts.conftest import sink, six_days, until, watched
from tests.local import Vps
from tests.releases.conftest import shop
from tests.workflows.followers import Followers
from tests.workflows.project import Project

__all__ = ["account", "figures", "followers", "project", "shop", "sink", "six_days", "until", "watched"]

FIGURES: list[str] = []


@pytest.fixture(scope="session")
def project(vps: Vps, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Begin the repository."""
    found = Project(vps, tmp_path_factory.mktemp("project"))
    found.begin()
    return found


@pytest.fixture(scope="session")
def account(vps: Vps) -> Account:
    """Sign in to the console."""
    return Account(vps)


@pytest.fixture(scope="module")
def followers(vps: Vps) -> Iterator[Followers]:
    """Let browsers follow the console while the module's tests run."""
    with Followers(vps) as found:
        yield found


@pytest.fixture(scope="session")
def figures() -> list[str]:
    """Lines that the end of the log shows."""
    return FIGURES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the figures."""
    for line in FIGURES:
        terminalreporter.write_line(line)
