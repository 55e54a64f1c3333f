"""What systemd's answer about a unit means."""

from __future__ import annotations

import pytest

from module_utils.skerry.units import _unit, concern_systemd

LOADED = "LoadState=loaded\nActiveState={}\nUnitFileState={}\nType={}\nRemainAfterExit=no\nNeedDaemonReload=no"


@pytest.mark.parametrize(
    ("active", "enabled", "kind", "notes"),
    [
        ("active", "enabled", "simple", []),
        ("activating", "enabled", "notify", []),
        ("inactive", "enabled", "simple", ["is not running, will be started"]),
        ("failed", "enabled", "simple", ["is not running, will be started"]),
        ("active", "disabled", "simple", ["is not enabled, will be"]),
        ("active", "static", "simple", []),
        ("inactive", "enabled", "oneshot", []),
        ("inactive", "disabled", "oneshot", ["is not enabled, will be", "is not running, will be started"]),
    ],
)
def test_what_is_to_be_done(active: str, enabled: str, kind: str, notes: list[str]) -> None:
    """A unit would be started again in each run, or never."""
    difference = _unit("x.service", LOADED.format(active, enabled, kind)).difference()
    assert (difference.notes if difference else []) == notes


def test_unit_that_does_not_exist_yet() -> None:
    """In check mode a unit whose file this very task would write must be predicted, not refused."""
    unit = _unit("x.service", "LoadState=not-found\nActiveState=inactive\nUnitFileState=")
    assert unit.difference() is not None


def test_systemd_is_told_of_its_own_files_only() -> None:
    """A changed unit would run as before, or each change would cost a reload."""
    assert concern_systemd(["etc/systemd/system/x.service.d/limits.conf"])
    assert not concern_systemd(["etc/ssh/sshd_config", "etc/systemd/journald.conf"])
