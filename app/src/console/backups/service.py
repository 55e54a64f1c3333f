"""Takes what the reporter tells of backups, and shows which of them are proven to restore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.backups.schemas import BackupReport
from console.events import BACKUPS, Emitter
from console.platform import records
from console.platform.repository import ReportRepository


class BackupService:
    """How backups and drills went."""

    def __init__(self, reports: ReportRepository, emitter: Emitter) -> None:
        self._reports = reports
        self._emitter = emitter

    async def report(self, told: BackupReport) -> None:
        """Keep it as it will be shown, then say that there is news."""
        document = told.model_dump(mode="json")
        document["drills"].sort(key=lambda drill: drill["started"], reverse=True)
        proofs = {drill["run"]: drill for drill in reversed(document["drills"]) if drill["good"]}
        runs = {
            run["run"]: run | {"id": run["run"], "proven": _proof(proofs.get(run["run"]))} for run in document["runs"]
        }
        document["runs"] = [runs[key] for key in sorted(runs, reverse=True)]
        await records.take(self._reports, self._emitter, BACKUPS, document)

    async def page(self, before: str | None, most: int) -> dict[str, Any]:
        """All drills; and the runs, newest first, with the cursor of the next page or None."""
        document = await self._reports.get()
        runs, following = records.page_of(document["runs"], before, most)
        return document | {"runs": runs, "next": following}


def _proof(drill: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """By what a run is proven to restore: the newest good drill of it."""
    return None if drill is None else {"at": drill["finished"], "target": drill["target"]}
