"""One deployment of a stack at a time, on this host.

The kernel drops the lock with its holder, so a dead holder never blocks anyone. A living holder whose controller has
gone (SSH was cut, the operator's machine or ansible-playbook died) finishes its deployment, so that the stack is never
left half-applied; whoever comes next waits for that one, while an attended one is named at once.
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
    """Another deployment of the stack is under way; the text says whose, `controller` where it was started."""

    def __init__(self, holder: dict[str, object]) -> None:
        self.controller = str(holder.get("controller", ""))
        since, process = holder.get("since", "a moment ago"), holder.get("process", "?")
        host = self.controller.partition(" ")[0] or "elsewhere"
        what = f", {holder['what']}" if holder.get("what") else ""
        super().__init__(f"process {process} (started from {host}), since {since}{what}")


class Lock:
    """The lock of one stack.

    `patience` is how many seconds to wait for a holder that was left alone, or for any holder when `insist`.
    `controller` tells others where this run was started, `what` who does what in it and why; `output` is the
    descriptor that the controller reads.
    """

    def __init__(
        self,
        path: Path,
        patience: float,
        *,
        controller: str = "",
        insist: bool = False,
        what: str = "",
        output: int = 1,
    ) -> None:
        self.path = path
        self.patience = patience
        self.controller = controller
        self.insist = insist
        self.what = what
        self._output = output
        self._file: TextIO | None = None
        self._alone = False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock; what is done under it may ask for it again.

        Raises LockedError after LOCK_SECONDS where somebody else's deployment is attended.
        """
        if self._file:
            yield
            return
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        with self.path.open("a+") as file:
            self._acquire(file)
            self._file = file
            self._write()
            try:
                yield
            finally:
                self._file = None
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
                seconds = self.patience if self.insist or holder.get("alone") else LOCK_SECONDS
                if time.monotonic() - start > seconds:
                    raise LockedError(holder) from None
                time.sleep(POLL_SECONDS)

    def _write(self) -> None:
        if self._file is None:
            return
        since = time.strftime("%Y-%m-%d %H:%M:%S %Z")
        note = {"process": os.getpid(), "since": since, "controller": self.controller, "alone": self._alone}
        note |= {"what": self.what} if self.what else {}
        self._file.truncate(0)
        self._file.write(json.dumps(note))
        self._file.flush()


def _holder(file: TextIO) -> dict[str, object]:
    file.seek(0)
    try:
        found: dict[str, object] = json.loads(file.read())
    except ValueError:
        return {}
    return found
