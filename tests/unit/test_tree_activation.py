"""Commands that make changed files take effect: once, in order, and made up for after an interruption."""

from __future__ import annotations

from pathlib import Path

import pytest

from module_utils.skerry.activation import Activation, ActivationError


@pytest.fixture
def activation(tmp_path: Path) -> Activation:
    """Commands that are noted in a directory of the test's own."""
    return Activation(tmp_path / "pending")


def test_each_command_runs_once_and_is_struck_out(activation: Activation, tmp_path: Path) -> None:
    """A service would be reloaded for each of its files, or in each run."""
    command = f"sh -c 'echo ran >> {tmp_path}/log'"
    activation.promise([command, "", command])
    activation.fulfil([command, "", command])
    assert (tmp_path / "log").read_text() == "ran\n"
    assert activation.owed([command]) == []


def test_interrupted_run_is_made_up_for(activation: Activation) -> None:
    """A changed sshd_config would be on the disk and never in effect."""
    activation.promise(["true", "false"])
    assert activation.owed(["false", "other", "true"]) == ["false", "true"]


def test_failed_command_stays_due(activation: Activation) -> None:
    """The next run would be green over files that never took effect."""
    command = "sh -c 'echo it does not want to >&2; exit 3'"
    activation.promise([command])
    with pytest.raises(ActivationError, match="exit code 3: it does not want to"):
        activation.fulfil([command])
    assert activation.owed([command]) == [command]


def test_command_that_is_not_there_is_told(activation: Activation) -> None:
    """The operator would see a Python traceback."""
    with pytest.raises(ActivationError, match="cannot run"):
        activation.fulfil(["/no/such/program"])
