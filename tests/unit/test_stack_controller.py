"""Whether the ansible-playbook that started a deployment still lives."""

from __future__ import annotations

import dataclasses
import os
import subprocess

import pytest

from module_utils.skerry.controller import Controller


def test_own_run_lives() -> None:
    """A second deployment at the same time would wait in silence, not name the first."""
    assert Controller.own().process == os.getpid()
    assert not Controller.parse(str(Controller.own())).is_gone()


def test_ended_run_is_gone() -> None:
    """A run that was killed would keep its successor out."""
    child = subprocess.Popen(["true"])
    child.wait()
    assert dataclasses.replace(Controller.own(), process=child.pid).is_gone()


def test_later_process_of_the_same_id_is_another() -> None:
    """A process that got the dead run's number would be taken for it."""
    assert dataclasses.replace(Controller.own(), started="1").is_gone()


@pytest.mark.parametrize("text", ["", "nonsense", "other-machine 1 2"])
def test_what_cannot_be_known_is_not_gone(text: str) -> None:
    """A colleague's living deployment would be waited for as if it were dead."""
    assert not Controller.parse(text).is_gone()
