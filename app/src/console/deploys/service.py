"""Takes what the reporter tells of deployments, and shows per app what runs and what there is to go back to."""

from __future__ import annotations

from typing import Any

from console.deploys.schemas import DeployReport, ReportedApp
from console.events import DEPLOYS, Emitter
from console.platform import records
from console.platform.repository import ReportRepository


class DeployService:
    """What became of deployments."""

    def __init__(self, reports: ReportRepository, emitter: Emitter) -> None:
        self._reports = reports
        self._emitter = emitter

    async def report(self, told: DeployReport) -> None:
        """Keep it as it will be shown, then say that there is news."""
        entries = {entry.id: entry.model_dump(mode="json") | {"id": entry.id} for entry in told.deploys}
        shown = {"deploys": [entries[key] for key in sorted(entries, reverse=True)]}
        apps = {"apps": [_shown(app) for app in sorted(told.apps, key=lambda app: app.name)]}
        document = told.model_dump(mode="json", include={"reported_at", "host"}) | apps | shown
        await records.take(self._reports, self._emitter, DEPLOYS, document)

    async def page(self, stack: str | None, verdict: str | None, before: str | None, most: int) -> dict[str, Any]:
        """All apps; and deployments that pass the filters, newest first, with the cursor of the next page or None."""
        document = await self._reports.get()
        wanted = [
            entry
            for entry in document["deploys"]
            if stack in (None, entry["stack"]) and verdict in (None, entry["verdict"])
        ]
        deploys, following = records.page_of(wanted, before, most)
        stacks = sorted({entry["stack"] for entry in document["deploys"]})
        return document | {"stacks": stacks, "deploys": deploys, "next": following}


def _shown(app: ReportedApp) -> dict[str, Any]:
    *earlier, running = [release.model_dump(mode="json") for release in app.releases]
    return {"name": app.name, "running": running, "earlier": earlier[::-1]}
