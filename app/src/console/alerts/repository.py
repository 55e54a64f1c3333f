"""Queries about alerts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Result, RowMapping, Select, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from console.alerts.models import FIRING, RESOLVED, Alert
from console.database import prune

_LOCK_ONE = select(Alert).where(Alert.id == bindparam("alert_id")).with_for_update()
_FILTERS = {
    "before": Alert.id < bindparam("before"),
    "status": Alert.status == bindparam("status"),
    "severity": Alert.severity == bindparam("severity"),
    "name": Alert.name == bindparam("name"),
    "acknowledged": Alert.acknowledged_at.is_not(None) == bindparam("acknowledged"),
}


@cache
def _page(names: frozenset[str]) -> Select[Any]:
    """The statement with these filters, built once each."""
    conditions = [_FILTERS[name] for name in sorted(names)]
    return select(*Alert.__table__.columns).where(*conditions).order_by(Alert.id.desc()).limit(bindparam("most"))


class AlertRepository:
    """Alerts, in the transaction it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, fingerprints: Collection[str], began: Collection[datetime]) -> Sequence[Alert]:
        """Those of these fingerprints that fire or began at one of these times or later; nobody else changes them."""
        if not fingerprints:
            return []
        relevant = or_(Alert.status == FIRING, Alert.starts_at >= min(began))
        statement = select(Alert).where(Alert.fingerprint.in_(fingerprints), relevant).order_by(Alert.id)
        return (await self._session.scalars(statement.with_for_update())).all()

    async def lock_forgotten(self, before: datetime) -> Sequence[Alert]:
        """Those that fire and were last told before then; nobody else changes them."""
        statement = select(Alert).where(Alert.status == FIRING, Alert.told_at < before).order_by(Alert.id).limit(1000)
        return (await self._session.scalars(statement.with_for_update())).all()

    async def lock_one(self, alert_id: int) -> Alert | None:
        return await self._session.scalar(_LOCK_ONE, {"alert_id": alert_id})

    async def add(self, alerts: Collection[Alert]) -> None:
        """Also writes what has changed of those that are known."""
        self._session.add_all(alerts)
        await self._session.flush()

    async def page(self, filters: Mapping[str, Any], most: int) -> Sequence[RowMapping]:
        """At most ``most`` rows that pass all ``filters`` (see ``_FILTERS``), newest first."""
        result: Result[Any] = await self._session.execute(_page(frozenset(filters)), {**filters, "most": most})
        return result.mappings().all()

    async def prune(self, before: datetime) -> None:
        """Remove what was over before then, a thousand at most."""
        await prune(self._session, Alert.id, Alert.status == RESOLVED, Alert.ends_at < before)
