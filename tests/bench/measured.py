"""Server processes whose processor time and memory are read off the kernel."""

from __future__ import annotations

import statistics
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 120  # seconds for a start


@dataclass(frozen=True)
class Server:
    """A process that answers on 127.0.0.1; ``ready`` is the path that says so."""

    name: str
    port: int
    pid: int
    ready: str

    def cpu(self) -> float:
        """Seconds of processor time that the process has used, all threads, to the nanosecond."""
        return time.clock_gettime((~self.pid << 3) | 2)  # how Linux numbers the CPU clock of a process

    def memory(self) -> float:
        """Proportional set size, MB: pages that it shares with others count in part."""
        rollup = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1000

    def wait_until_ready(self) -> None:
        """Raises SystemExit where it does not answer."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{self.ready}", timeout=5):
                    return
            except urllib.error.HTTPError as error:
                if error.code == 404:  # socket.io has no such page: it answers
                    return
            except OSError:
                if not Path(f"/proc/{self.pid}/smaps_rollup").exists():
                    break
            time.sleep(0.05)
        raise SystemExit(f"{self.name} does not answer")


@dataclass
class Sample:
    """One round: processor time of one request or delivery, µs, and the times that clients waited, ms."""

    cpu: float
    waits: Sequence[float]


def quantile(samples: Iterable[Sample], part: float) -> float:
    """The median over rounds of a quantile of the waits."""
    return statistics.median(sorted(sample.waits)[int(len(sample.waits) * part)] for sample in samples)


def cpu_of(samples: Iterable[Sample]) -> float:
    """The median over rounds."""
    return statistics.median(sample.cpu for sample in samples)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Markdown; numbers with three digits."""
    lines = [head, ["---"] * len(head), *rows]
    cells = ([f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def idle_table(running: Iterable[Server]) -> str:
    """What servers cost that have just come up."""
    rows = [(server.name, f"{server.cpu():.2f}", f"{server.memory():.0f}") for server in running]
    return table(["process", "CPU seconds until ready", "idle, MB (PSS)"], rows)
