"""Run a program of the host's while the lock of a deployment is held: bounded, and seen when nobody waits any more."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

POLL_SECONDS = 0.2
TAIL_LINES = 20


@dataclass(frozen=True)
class Ended:
    """How a program ended: its exit code, and the last lines that it wrote on both its streams."""

    code: int
    tail: str


def run(
    argv: list[str], seconds: float, tick: Callable[[], None], environment: Mapping[str, str] | None = None
) -> Ended:
    """Run `argv`, ending it and its children after `seconds`; `tick` is called now and then meanwhile."""
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        except OSError as error:
            return Ended(126, f"{argv[0]}: {error.strerror}")
        deadline, late = time.monotonic() + seconds, ""
        while process.poll() is None:
            tick()
            if time.monotonic() > deadline:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                late = f"\n(ended after {seconds:g} s)"
            time.sleep(POLL_SECONDS)
        said.seek(0)
        lines = said.read().decode(errors="replace").strip().splitlines()[-TAIL_LINES:]
    return Ended(process.returncode, "\n".join(lines) + late)
