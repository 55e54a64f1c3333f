"""Keeps what Alertmanager tells, shows it, and notes who looks after it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import DBAPIError

from console.alerts.history import FORGOTTEN, apply
from console.alerts.models import FIRING, RESOLVED, Alert
from console.alerts.repository import AlertRepository
from console.alerts.schemas import Notification
from console.audit.service import AuditService
from console.auth.caller import Caller
from console.database import Database, lost_race, utc_now
from console.errors import ConflictError, NotFoundError
from console.events import ALERTS, Emitter
from console.metrics import Metrics

KEEP_RESOLVED = timedelta(days=90)
ATTEMPTS = 5  # above the number of replicas that Alertmanager may ask at once


class AlertService:
    """Whatever changes is sent to signed-in browsers once it is committed."""

    def __init__(self, database: Database, audit: AuditService, emitter: Emitter, metrics: Metrics) -> None:
        self._database = database
        self._audit = audit
        self._emitter = emitter
        self._metrics = metrics

    async def take(self, notification: Notification) -> None:
        """Keep what is new in a notification; one that was taken before changes nothing."""
        for left in range(ATTEMPTS, 0, -1):
            try:
                changed = await self._store(notification)
                break
            except DBAPIError as error:  # as when another replica was told the same at the same moment
                if left == 1 or not lost_race(error):
                    raise
        self._metrics.alerts.inc()
        await self._tell(changed)

    async def _store(self, notification: Notification) -> list[Alert]:
        told, now = notification.alerts, utc_now()
        async with self._database.transaction() as session:
            alerts = AlertRepository(session)
            fingerprints, began = {news.fingerprint for news in told}, {news.began() for news in told}
            known = [*await alerts.lock(fingerprints, began), *await alerts.lock_forgotten(now - FORGOTTEN)]
            changed = apply(known, told, now)
            await alerts.add(changed)
            await alerts.prune(now - KEEP_RESOLVED)
        return changed

    async def page(self, filters: Mapping[str, Any], after: str | None, most: int) -> dict[str, Any]:
        """Those that fire, then those that are over, newest first, and the cursor of the next page or None.

        ``after`` is such a cursor: status and id of the last alert before the page.
        """
        status, _, last = (after or f"{FIRING}.").partition(".")
        asked = filters.get("status")
        rows: list[Any] = []
        async with self._database.transaction() as session:
            alerts = AlertRepository(session)
            for part in (FIRING, RESOLVED)[(FIRING, RESOLVED).index(status) :]:
                if asked in (None, part) and len(rows) <= most:
                    before = {"before": int(last)} if last and part == status else {}
                    rows += await alerts.page({**filters, "status": part, **before}, most + 1 - len(rows))
        following = f"{rows[most - 1]['status']}.{rows[most - 1]['id']}" if len(rows) > most else None
        return {"alerts": [shown(row) for row in rows[:most]], "next": following}

    async def acknowledge(self, alert_id: int, note: str, caller: Caller) -> dict[str, Any]:
        """The alert, now with whoever looks after it. Raises NotFoundError, ConflictError: ``alert-resolved``."""
        async with self._database.transaction() as session:
            alert = await AlertRepository(session).lock_one(alert_id)
            if alert is None:
                raise NotFoundError("There is no such alert.")
            if alert.status != FIRING:
                raise ConflictError("This alert is over already.", code="alert-resolved")
            alert.acknowledged_at, alert.acknowledged_by, alert.note = utc_now(), caller.name, note
            alert.revision += 1
            await self._audit.done(session, caller, target=f"alert:{alert.id} {alert.name}", detail=note)
        await self._tell([alert])
        return shown(_row(alert))

    async def _tell(self, changed: list[Alert]) -> None:
        if changed:
            await self._emitter.emit(ALERTS, {"alerts": [shown(_row(alert)) for alert in changed]}, room=ALERTS)


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """An alert as the API shows it."""
    acknowledged = {"at": row["acknowledged_at"], "by": row["acknowledged_by"], "note": row["note"]}
    return {
        "id": row["id"],
        "revision": row["revision"],
        "name": row["name"],
        "severity": row["severity"],
        "status": row["status"],
        "starts_at": row["starts_at"].isoformat(),
        "ends_at": row["ends_at"].isoformat() if row["ends_at"] else None,
        "told_at": row["told_at"].isoformat(),
        "labels": json.loads(row["labels"]),
        "annotations": json.loads(row["annotations"]),
        "acknowledged": acknowledged | {"at": acknowledged["at"].isoformat()} if acknowledged["at"] else None,
    }


def _row(alert: Alert) -> dict[str, Any]:
    return {column.name: getattr(alert, column.name) for column in Alert.__table__.columns}
