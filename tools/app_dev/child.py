"""One program that is run beside the others, its output on our terminal with its name before each line."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

END_SECONDS = 20


class Child:
    """`start` and `stop` as often as is liked. Ctrl-C does not reach it: it is in a session of its own."""

    def __init__(self, name: str, argv: Sequence[str], directory: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self._argv, self._directory, self._environment = argv, directory, environment
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._argv,
            cwd=self._directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        threading.Thread(target=self._repeat, args=[self._process], daemon=True).start()

    def ended(self) -> int | None:
        """Its exit code, told once: None while it runs, and after it was told."""
        code = self._process.poll() if self._process else None
        if code is not None:
            self._process = None
        return code

    def stop(self) -> None:
        """SIGTERM, and SIGKILL where that is not enough, and for what it has started and left."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _repeat(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        for line in process.stdout:
            print(f"{self.name:8} │ {line.rstrip()}", flush=True)
