"""Bytes out of a container and into it past the engine: a FIFO in its /tmp, which the host opens through /proc.

What `docker exec` prints travels through shim, engine and client, which cost more than the database itself
(docs/decisions/dumps.md).
"""

from __future__ import annotations

import os
import select
import shutil
import stat
import subprocess
import time
from collections.abc import Generator
from pathlib import Path
from types import TracebackType
from typing import IO

from . import docker
from .settings import BackupError

CHUNK = 1 << 20
PREFIX = "skerry-backup-"
LOOK_SECONDS = 0.05  # between two looks whether the other end is there


class Fifo:
    """A FIFO for one transfer; `inside` is its path in the container. It goes when the block ends."""

    def __init__(self, container: str) -> None:
        root = Path(f"/proc/{docker.inspect('container', container)['State']['Pid']}/root")
        self.inside = f"/tmp/{PREFIX}{os.getpid()}"  # noqa: S108 - a FIFO, and it is looked at once it is open
        self._outside = root / self.inside.lstrip("/")

    def __enter__(self) -> Fifo:
        for left in self._outside.parent.glob(f"{PREFIX}*"):  # by a backup that was killed
            if not Path("/proc", left.name.removeprefix(PREFIX)).exists():
                left.unlink()
        os.mkfifo(self._outside, 0o600)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._outside.unlink(missing_ok=True)

    def read(self, writer: subprocess.Popen[bytes]) -> Generator[bytes, None, None]:
        """Yield what `writer`, or what it runs in the container, writes, until it closes the FIFO or ends."""
        with os.fdopen(self._open(os.O_RDONLY), "rb", buffering=0) as file:
            poll = select.poll()
            poll.register(file, select.POLLIN)
            while True:
                if poll.poll(LOOK_SECONDS * 1000):
                    if not (piece := file.read(CHUNK)):
                        return
                    yield piece
                elif writer.poll() is not None:  # it ended without having opened it
                    return

    def write(self, source: IO[bytes], reader: subprocess.Popen[bytes]) -> None:
        """Hand all of `source` to `reader`, or as much as it takes: its own exit code and words tell why."""
        while True:
            try:
                descriptor = self._open(os.O_WRONLY)
                break
            except OSError:  # ENXIO: nobody reads yet
                if reader.poll() is not None:
                    return
                time.sleep(LOOK_SECONDS)
        os.set_blocking(descriptor, True)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                shutil.copyfileobj(source, file, CHUNK)
        except BrokenPipeError:
            return

    def _open(self, how: int) -> int:
        """Open the FIFO without waiting. What a container put in its place, to have another file read, is refused."""
        descriptor = os.open(self._outside, how | os.O_NONBLOCK | os.O_NOFOLLOW)
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise BackupError(f"{self.inside} in the container is not the FIFO that was made there")
        return descriptor
