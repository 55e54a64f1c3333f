"""Queries about the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Result, RowMapping, Select, bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from console.audit.models import REFUSED, Audit
from console.database import UtcDateTime, prune

_INSERT = insert(Audit)
_FILTERS = {
    "before": Audit.id < bindparam("before"),
    "action": Audit.action == bindparam("action"),
    "user": Audit.user_name == bindparam("user"),
    "outcome": Audit.outcome == bindparam("outcome"),
    "since": Audit.at >= bindparam("since", type_=UtcDateTime),
    "until": Audit.at < bindparam("until", type_=UtcDateTime),
}


@cache
def _page(names: frozenset[str]) -> Select[Any]:
    """The statement with these filters, built once each."""
    conditions = [_FILTERS[name] for name in sorted(names)]
    return select(*Audit.__table__.columns).where(*conditions).order_by(Audit.id.desc()).limit(bindparam("most"))


class AuditRepository:
    """The audit log, in the transaction it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, row: Mapping[str, Any]) -> None:
        await self._session.execute(_INSERT, [row])

    async def page(self, filters: Mapping[str, Any], most: int) -> Sequence[RowMapping]:
        """At most ``most`` rows that pass all ``filters`` (see ``_FILTERS``), newest first."""
        result: Result[Any] = await self._session.execute(_page(frozenset(filters)), {**filters, "most": most})
        return result.mappings().all()

    async def prune(self, before: datetime) -> None:
        """Remove old refusals, a thousand at most; changes are kept for good."""
        await prune(self._session, Audit.id, Audit.outcome == REFUSED, Audit.at < before)
