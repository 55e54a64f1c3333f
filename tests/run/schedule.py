"""Runs parts in a few slots, each when what it needs has passed."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from tests.run.parts import Part

Verdict = Literal["passed", "failed", "not run"]
EXECUTED = re.compile(r"^(?:=+ )?.*?\b(\d+) passed\b", re.MULTILINE)


@dataclass(frozen=True)
class Result:
    """How a part ended: its verdict, one line of why, executed tests, seconds, and its log."""

    part: Part
    verdict: Verdict
    why: str
    tests: int
    seconds: float
    log: Path


def with_needs(known: Mapping[str, Part], names: Iterable[str]) -> list[Part]:
    """Return the parts `names` and all that they need, in the order of `known`."""
    wanted: set[str] = set()
    queue = list(names)
    while queue:
        name = queue.pop()
        if name in known and name not in wanted:
            wanted.add(name)
            queue.extend(known[name].needs)
    return [part for name, part in known.items() if name in wanted]


def run(parts: list[Part], *, slots: int, logs: Path, progress: Callable[[Result], None]) -> list[Result]:
    """Run `parts`, at most `slots` at once; report each to `progress` as it ends.

    A part whose need did not pass is «not run», which counts as a failure.
    """
    waiting, done = list(parts), dict[str, Result]()
    running: dict[Future[Result], Part] = {}
    with ThreadPoolExecutor(slots) as pool:
        while waiting or running:
            for part in list(waiting):
                bad = [need for need in part.needs if need in done and done[need].verdict != "passed"]
                if bad:
                    waiting.remove(part)
                    done[part.name] = Result(part, "not run", f"needs {', '.join(bad)}", 0, 0.0, logs / "none")
                    progress(done[part.name])
                elif len(running) < slots and _ready(part, done, running.values()):
                    waiting.remove(part)
                    running[pool.submit(_execute, part, logs)] = part
            if running:
                ended, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    result = future.result()
                    done[running.pop(future).name] = result
                    progress(result)
    return [done[part.name] for part in parts]


def _ready(part: Part, done: Mapping[str, Result], running: Iterable[Part]) -> bool:
    if part.vps and any(other.vps for other in running):
        return False
    return all(need in done for need in part.needs)


def _execute(part: Part, logs: Path) -> Result:
    log = logs / f"{part.name}.log"
    bin_dir = str(Path(sys.executable).parent)
    env = {
        **os.environ,
        **part.env,
        "PATH": f"{bin_dir}:{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "160",
    }
    started = time.monotonic()
    pipe: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with log.open("wb", buffering=0) as file:
        process = subprocess.Popen(part.argv, env=env, **pipe)
        copying = threading.Thread(target=_copy, args=(process.stdout, file, started), daemon=True)
        copying.start()
        code = process.wait()
        # Not for ever: a service that the part has started, as the engine, holds the pipe open.
        copying.join(timeout=5)
    seconds = time.monotonic() - started
    tests = executed(log.read_text(errors="replace")) if part.tests else 0
    if code:
        return Result(part, "failed", f"exit code {code}", tests, seconds, log)
    if part.tests and not tests:
        return Result(part, "failed", "it ran no test", 0, seconds, log)
    return Result(part, "passed", "", tests, seconds, log)


def _copy(source: IO[bytes], log: IO[bytes], started: float) -> None:
    """Copy lines into the log, each behind the seconds since `started`: what took long can be read off."""
    with contextlib.suppress(ValueError):  # the part has ended, its log is closed: what still comes is a service's
        for line in source:
            log.write(f"{time.monotonic() - started:7.1f} ".encode() + line)


def executed(log: str) -> int:
    """Return how many tests the closing lines of pytest in `log` say to have passed."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", log)
    return sum(int(count) for count in EXECUTED.findall(plain))
