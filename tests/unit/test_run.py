"""The runner of `make test`: it must never call a run green that tested nothing."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import pytest

from tests.run import parts, report, schedule
from tests.run.parts import Part
from tools.workshop.settings import ROOT


def python(code: str) -> tuple[str, ...]:
    """Return the argv that runs `code`."""
    return (sys.executable, "-c", code)


def run(tmp_path: Path, *chosen: Part) -> dict[str, schedule.Result]:
    """Run `chosen` in two slots and return the results by name."""
    results = schedule.run(list(chosen), slots=2, logs=tmp_path, progress=lambda _: None)
    return {result.part.name: result for result in results}


@pytest.mark.parametrize(
    ("log", "count"),
    [
        ("=== 3 passed, 1 warning in 0.2s ===", 3),
        ("\x1b[32m\x1b[1m12 passed\x1b[0m in 3s", 12),
        ("  │ ===== 4 passed in 1.05s =====", 4),
        ("no tests ran in 0.01s", 0),
        ("Skipping, no tests found.", 0),
        ("2 failed, 5 skipped in 1s", 0),
    ],
)
def test_counts_only_what_passed(log: str, count: int) -> None:
    """Fails when skipped or missing tests count as executed."""
    assert schedule.executed(log) == count


def test_what_is_left_to_later_exists() -> None:
    """Fails when a part is called otherwise, so that `make test` runs it in an hour that is too short."""
    assert set(parts.LATE) < set(parts.discover(ROOT))


def test_success_without_tests_is_a_failure(tmp_path: Path) -> None:
    """Fails when a suite that skipped everything, as Molecule does without tests, reads as green."""
    result = run(tmp_path, Part("quiet", python("print('Skipping, no tests found.')")))["quiet"]
    assert (result.verdict, result.why) == ("failed", "it ran no test")


def test_a_log_tells_what_took_long(tmp_path: Path) -> None:
    """Fails when a log has no times, or a service that a part leaves behind keeps the run waiting."""
    leave = "import subprocess; subprocess.Popen(['sleep', '60']); print('1 passed')"
    started = time.monotonic()
    assert run(tmp_path, Part("leaves", python(leave)))["leaves"].tests == 1
    assert time.monotonic() - started < 50
    assert re.fullmatch(r" +\d+\.\d 1 passed\n", (tmp_path / "leaves.log").read_text())


def test_need_that_failed_stops_what_builds_on_it(tmp_path: Path) -> None:
    """Fails when a part runs, or counts as passed, although what it needs has failed."""
    results = run(
        tmp_path,
        Part("first", python("raise SystemExit(1)"), tests=False),
        Part("second", python("print('1 passed')"), needs=("first",)),
    )
    assert [result.verdict for result in results.values()] == ["failed", "not run"]
    assert report.summary(list(results.values()), 1.0) == 1


def test_the_end_of_the_output_names_the_failed_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails when a reader who has only the last lines, as CI keeps them, cannot tell what failed."""
    line = "\\x1b[31mFAILED\\x1b[0m ../molecule/stack/tests/test_demo.py::test_one[a] - AssertionError: why"
    code = f"print('1 passed\\n  {line}'); raise SystemExit(1)"
    results = run(tmp_path, Part("broken", python(code)), Part("silent", python("raise SystemExit(3)")))
    report.summary(list(results.values()), 1.0)
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "    broken: FAILED ../molecule/stack/tests/test_demo.py::test_one[a] - AssertionError: why",
        "    silent: exit code 3",
        "0 passed, 2 failed",
    ]


def test_parts_of_the_one_vps_do_not_overlap(tmp_path: Path) -> None:
    """Fails when two parts that change the local VPS run at the same time."""
    mark = tmp_path / "busy"
    code = f"import pathlib,time; p=pathlib.Path({str(mark)!r}); p.touch(exist_ok=False); time.sleep(.2); p.unlink()"
    results = run(tmp_path, *(Part(name, python(code), tests=False, vps=True) for name in "abc"))
    assert {result.verdict for result in results.values()} == {"passed"}


def test_every_scenario_becomes_a_part(tmp_path: Path) -> None:
    """Fails when a new Molecule scenario is not run by `make test`."""
    for name in ("base", "mine"):
        (tmp_path / "molecule" / name).mkdir(parents=True)
        (tmp_path / "molecule" / name / "molecule.yml").touch()
    found = [name for name in parts.discover(tmp_path) if name.startswith("molecule-")]
    assert found == ["molecule-base", "molecule-base-debian12", "molecule-mine"]
