"""Which ansible-playbook a deployment belongs to, so that a later one can tell whether it still lives."""

from __future__ import annotations

import multiprocessing
import os
import platform
from dataclasses import dataclass
from pathlib import Path

START_TIME_FIELD = 19  # proc(5): starttime is field 22 of /proc/PID/stat; the first two end with the last ")"


@dataclass(frozen=True)
class Controller:
    """A process on a machine. `started` tells it from a later process of the same id; empty where /proc is not."""

    machine: str = ""
    process: int = 0
    started: str = ""

    @classmethod
    def own(cls) -> Controller:
        """Return the run that this worker process of Ansible belongs to."""
        parent = multiprocessing.parent_process()
        process = parent.pid if parent and parent.pid else os.getpid()
        return cls(platform.node(), process, _started(process))

    @classmethod
    def parse(cls, text: str) -> Controller:
        """Return what `str` made a text of; a Controller of no machine for anything else."""
        try:
            machine, process, *started = text.split(" ")
            return cls(machine, int(process), "".join(started))
        except ValueError:
            return cls()

    def __str__(self) -> str:
        return f"{self.machine} {self.process} {self.started}".rstrip()

    def is_gone(self) -> bool:
        """Whether it ran on this machine and has ended; False for another machine's, which nobody here can know."""
        if self.machine != platform.node():
            return False
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return _started(self.process) != self.started


def _started(process: int) -> str:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[START_TIME_FIELD]
