"""One deployment of a stack at a time, on this host.

The kernel drops the lock with its holder, so a dead holder never blocks anyone. A living holder whose controller has
gone (SSH was cut, the operator pressed Ctrl-C) finishes its deployment, so that the stack is never left half-applied;
whoever comes next waits for that one, while one whose controller is there is named at once.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

LOCK_SECONDS = 2.0
POLL_SECONDS = 0.1


class LockedError(Exception):
    """Another deployment of the stack is under way; the text says whose."""


class Lock:
    """The lock of one stack. `timeout` bounds the wait for a holder that was left alone."""

    def __init__(self, path: Path, timeout: float, output: int = 1) -> None:
        self.path = path
        self.timeout = timeout
        self._output = output
        self._file: TextIO | None = None
        self._alone = False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock. Raises LockedError after LOCK_SECONDS where somebody else's deployment is attended."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        with self.path.open("a+") as file:
            self._acquire(file)
            self._file = file
            self._write()
            yield
            file.truncate(0)

    def tick(self) -> None:
        """Note in the lock when nobody reads this process's output any more; call it now and then."""
        poll = select.poll()
        poll.register(self._output, 0)  # POLLERR and POLLHUP are always reported
        if not self._alone and poll.poll(0):
            self._alone = True
            self._write()

    def _acquire(self, file: TextIO) -> None:
        start = time.monotonic()
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                holder = _holder(file)
                patience = self.timeout if holder.get("alone") else LOCK_SECONDS
                if time.monotonic() - start > patience:
                    text = f"process {holder.get('process', '?')}, since {holder.get('since', 'a moment ago')}"
                    raise LockedError(text) from None
                time.sleep(POLL_SECONDS)

    def _write(self) -> None:
        if self._file is None:
            return
        since = time.strftime("%Y-%m-%d %H:%M:%S %Z")
        self._file.truncate(0)
        self._file.write(json.dumps({"process": os.getpid(), "since": since, "alone": self._alone}))
        self._file.flush()


def _holder(file: TextIO) -> dict[str, object]:
    file.seek(0)
    try:
        found: dict[str, object] = json.loads(file.read())
    except ValueError:
        return {}
    return found
