"""Writes the audit log and shows it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from console.audit.models import DONE, REFUSED
from console.audit.refusals import Refusals
from console.audit.repository import AuditRepository, read_page
from console.auth.caller import Caller
from console.auth.limits import address_key
from console.database import Database, utc_now
from console.errors import ConsoleError
from console.metrics import Metrics

log = logging.getLogger(__name__)

KEEP_REFUSED = timedelta(days=30)


class AuditService:
    """A change is written in its own transaction: one is not there without the other."""

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self._database = database
        self._metrics = metrics
        # Apart, so that a flood from outside does not hide what somebody who is signed in tries.
        self._strangers, self._users = Refusals(), Refusals()

    async def done(self, session: AsyncSession, caller: Caller, target: str = "", detail: str = "") -> None:
        """The caller's action has changed something, in this transaction."""
        await AuditRepository(session).add(_row(caller, DONE) | {"target": target[:128], "detail": detail[:255]})

    async def refused(self, caller: Caller, error: ConsoleError) -> None:
        """The caller's attempt was answered with this error. Never raises: the answer is the same without the row."""
        kind = (caller.action, error.code, caller.user_id, error.about, address_key(caller.address))
        count = (self._users if caller.user_id else self._strangers).admit(kind, time.monotonic())
        if count is None:
            self._metrics.audit_unwritten.labels("bounded").inc()
            return
        row = _row(caller, REFUSED) | {"code": error.code, "count": count}
        row["user_name"] = caller.name or error.about
        try:
            async with self._database.transaction() as session:
                audit = AuditRepository(session)
                await audit.add(row)
                await audit.prune(utc_now() - KEEP_REFUSED)
        except (SQLAlchemyError, OSError) as failure:
            self._metrics.audit_unwritten.labels("failed").inc()
            log.warning("a refused attempt was not written (%s)", type(failure).__name__, extra={"fields": _said(row)})

    async def page(self, filters: Mapping[str, Any], most: int) -> dict[str, Any]:
        """Entries, newest first, and the cursor of the next page or None."""
        async with self._database.reading() as connection:
            rows = await read_page(connection, filters, most + 1)
        entries = [row | {"at": row["at"].isoformat()} for row in rows[:most]]
        return {"entries": entries, "next": str(entries[-1]["id"]) if len(rows) > most else None}


def _row(caller: Caller, outcome: str) -> dict[str, Any]:
    return {
        "at": utc_now(),
        "request_id": caller.request_id,
        "user_id": caller.user_id,
        "user_name": caller.name,
        "address": caller.address,
        "action": caller.action,
        "target": "",
        "detail": "",
        "outcome": outcome,
        "code": "",
        "count": 1,
    }


def _said(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("request_id", "user_name", "address", "action", "code")}
