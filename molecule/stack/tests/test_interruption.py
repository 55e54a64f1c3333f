"""Runs that are killed, and runs at the same time."""

from __future__ import annotations

import json
import subprocess
import time

import pytest
from runs import ROOT, Swarm, command, environment, run
from testinfra.host import Host

LOCK = "/opt/skerry/stacks/demo/lock"


def start(**variables: object) -> subprocess.Popen[str]:
    """Start a run in the background."""
    return subprocess.Popen(
        command(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment("default"),
        cwd=ROOT,
    )


def module_process(host: Host) -> int:
    """Wait until the module holds the stack's lock, and return its process id on the host."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        text = host.run(f"cat {LOCK}").stdout
        if text.strip():
            return int(json.loads(text)["process"])
        time.sleep(0.05)
    raise AssertionError("the module never took the lock")


@pytest.mark.parametrize(
    ("behaviour", "seconds"),
    [("good", 0), ("good", 0.2), ("good", 0.6), ("good", 2), ("good", 5), ("crash", 0.4), ("crash", 3), ("crash", 8)],
)
def test_killed_run_converges_when_run_again(demo: Swarm, behaviour: str, seconds: float) -> None:
    """If this failed, a cut at a bad moment would need hands to mend."""
    word = f"kill-{behaviour}-{seconds}"
    background = start(demo_word=word, demo_behaviour=behaviour)
    process = module_process(demo.host)
    time.sleep(seconds)
    demo.host.run(f"kill -9 {process}")
    background.communicate(timeout=120)
    done = run(demo_word=word)
    assert done.code == 0, done.output
    assert demo.answer() == f"word {word}"
    assert len(demo.names("config")) == 1
    assert run(demo_word=word).result["changed"] is False
    assert len(demo.host.check_output("ls /opt/skerry/stacks/demo/releases").split()) <= 2


def test_second_deployment_is_told_who_is_first(demo: Swarm) -> None:
    """If this failed, two operators could undo each other's work in the middle of it."""
    background = start(demo_word="first")
    process = module_process(demo.host)
    # Held where it is: on a slow machine the first would be over before the second has even started.
    demo.host.check_output(f"kill -STOP {process}")
    try:
        second = run(demo_word="second")
    finally:
        demo.host.check_output(f"kill -CONT {process}")
    background.communicate(timeout=120)
    assert second.code != 0
    assert f"process {process}" in second.result["msg"]
    assert background.returncode == 0
    assert demo.answer() == "word first"
