"""module_utils/skerry/hooks.py and patience.py: an operator's own programs around a deploy."""

from __future__ import annotations

from pathlib import Path

import pytest

from module_utils.skerry import hooks, patience


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The directory of hooks, with one for pre-deploy that writes down what it is told."""
    (tmp_path / "pre-deploy.d").mkdir()
    hook(tmp_path, "10-note", f'echo "$SKERRY_APP $SKERRY_RELEASE" >> {tmp_path}/said')
    return tmp_path


def hook(root: Path, name: str, line: str, mode: int = 0o755) -> Path:
    """Write a hook."""
    file = root / "pre-deploy.d" / name
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(mode)
    return file


def run(root: Path) -> str:
    """Run the hooks for a release of an app."""
    return hooks.run("pre-deploy", {"SKERRY_APP": "shop", "SKERRY_RELEASE": "1.5"}, lambda: None, root)


def test_a_hook_is_told_what_happens(root: Path) -> None:
    """A hook could not tell which app it is about."""
    assert run(root) == ""
    assert (root / "said").read_text() == "shop 1.5\n"


def test_a_phase_without_hooks_is_well(tmp_path: Path) -> None:
    """Who has no hooks could not deploy."""
    assert run(tmp_path) == ""


def test_one_that_fails_is_told_and_ends_the_row(root: Path) -> None:
    """A check before the deploy would be no check."""
    hook(root, "20-check", "echo the schema is not ready; exit 4")
    hook(root, "30-late", f"touch {root}/late")
    wrong = run(root)
    assert "20-check ended with exit code 4" in wrong
    assert "  the schema is not ready" in wrong
    assert not (root / "late").exists()


def test_what_is_not_executable_is_no_hook(root: Path) -> None:
    """A README or a switched off hook would fail each deploy."""
    hook(root, "README", "exit 1", mode=0o644)
    assert run(root) == ""


@pytest.mark.parametrize("what", ["10-note", "."])
def test_what_others_can_write_is_not_run(root: Path, what: str) -> None:
    """Any user of the host would become root with the next deploy."""
    (root / "pre-deploy.d" / what).chmod(0o777)
    assert "can be written by others than root" in run(root)
    assert not (root / "said").exists()


def test_a_program_that_hangs_is_ended_with_its_children() -> None:
    """A deploy would hold its lock for ever."""
    ticks: list[int] = []
    ended = patience.run(["sh", "-c", "echo begun; sleep 60 & wait"], 0.5, lambda: ticks.append(1))
    assert ended.code == -9
    assert ended.tail == "begun\n(ended after 0.5 s)"
    assert ticks


def test_of_what_a_program_says_the_end_is_kept() -> None:
    """The reason, which comes last, would be cut off."""
    ended = patience.run(["sh", "-c", "seq 1 100; exit 2"], 10, lambda: None)
    assert (ended.code, ended.tail.splitlines()) == (2, [str(number) for number in range(81, 101)])


def test_a_program_that_is_not_there_is_told() -> None:
    """A host without backups would end a deploy with a traceback."""
    assert patience.run(["/nowhere/skerry"], 1, lambda: None) == patience.Ended(
        126, "/nowhere/skerry: No such file or directory"
    )
