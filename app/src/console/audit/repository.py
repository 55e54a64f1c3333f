"""Queries about the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import Result, Select, Table, bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from console.audit.models import REFUSED, Audit
from console.database import UtcDateTime, prune

_INSERT = insert(cast("Table", Audit.__table__))  # of the table, not of the class: no object is made for it
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
        await self._session.execute(_INSERT, dict(row))

    async def prune(self, before: datetime) -> None:
        """Remove old refusals, a thousand at most; changes are kept for good."""
        await prune(self._session, Audit.id, Audit.outcome == REFUSED, Audit.at < before)


async def read_page(connection: AsyncConnection, filters: Mapping[str, Any], most: int) -> list[dict[str, Any]]:
    """At most ``most`` rows that pass all ``filters`` (see ``_FILTERS``), newest first."""
    result: Result[Any] = await connection.execute(_page(frozenset(filters)), {**filters, "most": most})
    names = tuple(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result.all()]
