"""Stages of a run: what is happening, how long it took, and on failure which one and what to do."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.workshop.shell import WorkshopError


class Stages:
    """Runs named steps, printing one line for each and remembering its seconds."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.begun = time.monotonic()
        self.current = ""
        self._tty = sys.stdout.isatty()

    def run(self, name: str, step: Callable[[], object]) -> None:
        """Run `step`, which returns a line on what it did, or something false for nothing to do."""
        self.current = name
        began = time.monotonic()
        if self._tty:
            print(f"  … {name}", end="", flush=True)
        self._finished(name, step(), time.monotonic() - began)

    def beside(self, name: str, step: Callable[[], object]) -> Callable[[], None]:
        """Start `step` beside the stages that follow; the returned function waits for its end and tells it."""
        began = time.monotonic()
        future = ThreadPoolExecutor(1).submit(lambda: (step(), time.monotonic() - began))

        def finish() -> None:
            self.current = name
            self._finished(name, *future.result())

        return finish

    def _finished(self, name: str, result: object, seconds: float) -> None:
        self.seconds[name] = round(seconds, 2)
        detail = (result if isinstance(result, str) else "done") if result else "nothing to do"
        self._line(f"  ✓ {name:<14} {self.seconds[name]:7.1f} s  {detail}")
        self.current = ""

    def report(self, text: str) -> None:
        """Print a line of progress inside a stage."""
        self._line(f"      {text}")
        if self._tty and self.current:
            print(f"  … {self.current}", end="", flush=True)

    def announce(self, name: str) -> None:
        """Print a heading before another program's output."""
        self._line(f"  … {name}")

    def clear(self) -> None:
        """End the line of progress, before another program prints."""
        if self._tty:
            print("\r\x1b[K", end="", flush=True)

    def _line(self, text: str) -> None:
        self.clear()
        print(text, flush=True)

    def failed(self, error: WorkshopError) -> None:
        """Say which stage failed, why, and what to do."""
        self.clear()
        print(f"\n✗ {self.current} failed: {error}", file=sys.stderr)
        if error.hint:
            print(f"  → {error.hint}", file=sys.stderr)

    def interrupted(self) -> None:
        """Say at which stage Ctrl-C came, and that nothing is lost."""
        self.clear()
        print(f"\ninterrupted in stage {self.current}: the same command again goes on from here", file=sys.stderr)

    @property
    def elapsed(self) -> float:
        """Seconds since the run began; less than the sum of the stages, of which some go on side by side."""
        return time.monotonic() - self.begun

    def save(self, path: Path) -> None:
        """Write the seconds of each stage and of all as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**self.seconds, "total": round(self.elapsed, 2)}, indent=2) + "\n")
