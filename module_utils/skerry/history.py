"""What became of a stack's deployments: the newest of them as a list, and all of them as counters for Prometheus.

    /var/lib/skerry/deploys/<stack>.json         the last KEPT, oldest first, and how many ended with each verdict
    /var/lib/skerry/metrics/deploy_<stack>.prom  read by the node exporter

A run that is killed leaves no entry: its verdict is that of the run that converges afterwards.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .releases import write_file

STATE = Path("/var/lib/skerry")
KEPT = 100
VERDICTS = ("deployed", "rolled back", "failed")


@dataclass(frozen=True)
class Entry:
    """One deployment: when it ended (seconds since the epoch), how long it took (seconds), its verdict, who asked.

    `release` is the good directory afterwards, None where there is none. `name` is the app's release that was asked
    for, with who asked, why, and what was wrong with it; all empty where site.yml applied the stack.
    """

    ended: float
    seconds: float
    verdict: str
    release: str | None
    controller: str
    name: str = ""
    owner: str = ""
    message: str = ""
    reason: str = ""


class History:
    """The deployments of one stack."""

    def __init__(self, stack: str, state: Path = STATE) -> None:
        self.stack = stack
        self.file = state / "deploys" / f"{stack}.json"
        self.metrics = state / "metrics" / f"deploy_{stack}.prom"

    def add(self, verdict: str, started: float, release: str | None, controller: str, **about: str) -> None:
        """Note a deployment that began at `started` and ends now; `about` are further fields of Entry."""
        known = self._read()
        now = time.time()
        entry = Entry(round(now, 1), round(now - started, 1), verdict, release, controller, **about)
        counts = {word: known["counts"].get(word, 0) + (word == verdict) for word in VERDICTS}
        entries = [*known["entries"], asdict(entry)][-KEPT:]
        self._write(self.file, json.dumps({"counts": counts, "entries": entries}, indent=1), 0o600)
        self._write(self.metrics, self._exposition(counts, entry), 0o644)

    def forget(self) -> None:
        """Delete both: the stack does not exist any more, and its last verdict would be shown for ever."""
        for file in (self.file, self.metrics):
            file.unlink(missing_ok=True)

    def _read(self) -> dict[str, Any]:
        try:
            known = json.loads(self.file.read_text())
            return {"counts": dict(known["counts"]), "entries": list(known["entries"])}
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return {"counts": {}, "entries": []}

    def _exposition(self, counts: Mapping[str, int], last: Entry) -> str:
        stack = f'stack="{self.stack}"'
        lines = [f'skerry_deploys_total{{{stack},verdict="{word}"}} {number}' for word, number in counts.items()]
        lines += [
            f'skerry_deploy_last_verdict{{{stack},verdict="{word}"}} {int(word == last.verdict)}' for word in VERDICTS
        ]
        lines.append(f"skerry_deploy_last_timestamp_seconds{{{stack}}} {last.ended:.1f}")
        lines.append(f"skerry_deploy_last_duration_seconds{{{stack}}} {last.seconds:.1f}")
        return "\n".join(lines) + "\n"

    @staticmethod
    def _write(path: Path, text: str, mode: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        write_file(part, text.encode(), mode)
        part.replace(path)
