"""Takes snapshots from the reporter, derives each service's state, tells whoever watches."""

from __future__ import annotations

from typing import Any

from console.events import SERVICES, Emitter
from console.metrics import Metrics
from console.platform.repository import ReportRepository
from console.platform.schemas import ReportedService, Snapshot


def state_of(service: ReportedService) -> str:
    """``stopped`` (none wanted), ``down`` (none runs), ``degraded`` (too few or not healthy), ``healthy``."""
    if service.desired == 0:
        return "stopped"
    if service.running == 0:
        return "down"
    return "healthy" if service.healthy and service.running >= service.desired else "degraded"


class PlatformService:
    """The live list of services."""

    def __init__(self, snapshots: ReportRepository, emitter: Emitter, metrics: Metrics) -> None:
        self._snapshots = snapshots
        self._emitter = emitter
        self._metrics = metrics

    async def report(self, snapshot: Snapshot) -> None:
        """Store the snapshot, then send it to every signed-in browser."""
        document = snapshot.model_dump(mode="json")
        states = [state_of(service) for service in snapshot.services]
        for entry, state in zip(document["services"], states, strict=True):
            entry["state"] = state
        document["services"].sort(key=lambda entry: (entry["stack"], entry["name"]))
        await self._snapshots.put(document)
        await self._emitter.emit(SERVICES, document | {"age": 0}, room=SERVICES)
        self._metrics.reports.inc()
        self._metrics.last_report.set_to_current_time()

    async def current(self) -> dict[str, Any]:
        """The newest snapshot, as realtime sends it too."""
        return await self._snapshots.get()
