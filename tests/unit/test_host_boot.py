"""How the package gets to a host and is found there again: boot.py, run as a task runs it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from module_utils.skerry_host import BOOT, package

Answer = dict[str, Any]


class Host:
    """This machine as the host; the package is kept below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        # Wherever the test's user would keep it.
        self.boot = BOOT.read_text().replace('"/var/lib/skerry/agent"', repr(str(root))).replace("~/.cache", str(root))
        self.digest, self.bundle = package()

    @property
    def place(self) -> Path:
        """Where the package is kept."""
        return next(self.root.rglob(self.digest))

    def call(self, *argv: str, send: bool, keep: str = "keep", program: str = "", stdin: str = "") -> Answer:
        """Have the look program run `argv`; return its result, or what was written to stderr as `trace`."""
        options = {"argv": argv or ("echo", "hello"), "stdin": stdin, "program": program}
        call = json.dumps({"program": "look", "options": options, "check": False, "diff": False})
        done = subprocess.run(
            [sys.executable, "-I", "-c", self.boot, self.digest, keep],
            input=f"{self.bundle if send else ''}\n{call}",
            capture_output=True,
            text=True,
            check=False,
        )
        return {"trace": done.stderr} if done.returncode else json.loads(done.stdout)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host that has never been asked."""
    return Host(tmp_path / "agent")


def test_asks_for_the_package_once(host: Host) -> None:
    """Each task would send 50 kB, or none would find a program."""
    assert host.call(send=False) == {"absent": True}
    assert host.call(send=True)["stdout"] == "hello"
    assert host.call(send=False)["stdout"] == "hello"


def test_a_check_run_leaves_nothing(host: Host) -> None:
    """--check would write to the host."""
    assert host.call(send=True, keep="discard")["stdout"] == "hello"
    assert not host.root.exists()


@pytest.mark.parametrize("damage", ["host.py", "__init__.py"])
def test_a_damaged_copy_is_replaced(host: Host, damage: str) -> None:
    """After a power cut no task would run any more."""
    host.call(send=True)
    shutil.rmtree(host.place / "skerry/__pycache__", ignore_errors=True)
    (host.place / "skerry" / damage).write_text("" if damage == "host.py" else "syntax error")
    assert host.call(send=False) == {"absent": True}
    assert host.call(send=True)["stdout"] == "hello"
    assert host.call(send=False)["stdout"] == "hello"


def test_a_copy_that_others_can_write_is_not_run(host: Host) -> None:
    """Whoever may write there would become root with the next run."""
    host.call(send=True)
    host.place.chmod(0o777)
    assert host.call(send=False) == {"absent": True}


def test_versions_out_of_use_go(host: Host) -> None:
    """Each release of Skerry would leave its package on the host for ever."""
    host.call(send=True)
    old, recent = host.place.with_name("old"), host.place.with_name("recent")
    for other in (old, recent):
        other.mkdir()
    subprocess.run(["touch", "-d", "2 days ago", str(old)], check=True)
    host.call(send=True)
    assert (old.exists(), recent.exists()) == (False, True)


def test_look_runs_a_command(host: Host) -> None:
    """A look would miss what a command says, or that it failed."""
    host.call(send=True)
    assert host.call("cat", send=False, stdin="a\nb\n")["stdout_lines"] == ["a", "b"]
    failed = host.call("sh", "-c", "echo no >&2; exit 3", send=False)
    assert (failed["failed"], failed["rc"], failed["msg"]) == (True, 3, "no")
    assert "No such file" in host.call("/no/such", send=False)["msg"]


def test_look_runs_a_program(host: Host) -> None:
    """A role's look.py would not get its arguments, or its failure would pass for an answer."""
    host.call(send=True)
    program = "import sys\ndef double(n): return 2 * int(n)\nprint(double(sys.argv[1]))"
    assert host.call("21", send=False, program=program)["stdout"] == "42"
    broken = host.call("x", send=False, program=program)
    assert (broken["failed"], broken["rc"]) == (True, 1)
    assert "ValueError" in broken["msg"]
    assert host.call(send=False, program="raise SystemExit('no engine')")["failed"]
