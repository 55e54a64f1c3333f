"""No deployment of a stack while its data is saved or put back, and the other way round: they share one lock.

The lock is the one that the stack plugin takes (module_utils/skerry/lock.py): a file per stack, locked by the kernel,
in which its holder says who it is. `alone` has others wait for their own patience instead of giving up at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from .records import say
from .settings import BackupError

STACKS = Path("/opt/skerry/stacks")
PATIENCE = 1800.0
"""Seconds to wait for a deployment: longer than any has (twice an app's timeout, and its backup comes before)."""
POLL = 0.5
OWN = "SKERRY_DEPLOYING"
"""Variable in which a deploy that has itself backed up first names its stack: it holds that lock already."""

_held: set[str] = set()


@contextlib.contextmanager
def held(stacks: Sequence[str], what: str) -> Iterator[None]:
    """Hold the locks of `stacks` for `what`, such as «saves shop»; those that this process holds it keeps.

    Raises BackupError where a deployment does not end.
    """
    with contextlib.ExitStack() as locks:
        for name in sorted(set(stacks) - _held - {os.environ.get(OWN, "")}):
            if (STACKS / name).is_dir():
                locks.enter_context(_one(name, what))
        yield


@contextlib.contextmanager
def _one(name: str, what: str) -> Iterator[None]:
    with (STACKS / name / "lock").open("a+") as file:
        _wait(file.fileno(), name, STACKS / name / "lock")
        since = time.strftime("%Y-%m-%d %H:%M:%S %Z")
        file.truncate(0)
        file.write(json.dumps({"process": os.getpid(), "since": since, "alone": True, "what": what}))
        file.flush()
        _held.add(name)
        try:
            yield
        finally:
            _held.discard(name)
            file.truncate(0)


def _wait(descriptor: int, name: str, path: Path) -> None:
    end, told = time.monotonic() + PATIENCE, False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > end:
                raise BackupError(f"{name} is being deployed ({_holder(path)}), and that does not end") from error
            if not told:
                say(f"  waits, since {name} is being deployed ({_holder(path)})")
            told = True
            time.sleep(POLL)
        else:
            return


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text())
        return f"process {holder['process']}, since {holder['since']}"
    except (OSError, ValueError, KeyError):
        return "since a moment ago"
