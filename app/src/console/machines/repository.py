"""Queries about machine tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from console.database import affected
from console.machines.models import MachineToken

_SHOWN = [column for column in MachineToken.__table__.columns if column.name != "token_hash"]
_ALL = select(*_SHOWN).order_by(MachineToken.id)
_BY_HASH = select(*_SHOWN).where(
    MachineToken.token_hash == bindparam("token_hash"), MachineToken.expires_at > bindparam("now")
)


class MachineRepository:
    """Machine tokens, in the transaction it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def all(self) -> Sequence[RowMapping]:
        return (await self._session.execute(_ALL)).mappings().all()

    async def by_hash(self, token_hash: str, now: datetime) -> RowMapping | None:
        """The token that has this hash and has not expired."""
        found = await self._session.execute(_BY_HASH, {"token_hash": token_hash, "now": now})
        return found.mappings().one_or_none()

    async def add(self, token: MachineToken) -> None:
        self._session.add(token)
        await self._session.flush()

    async def count(self) -> int:
        return await self._session.scalar(select(func.count()).select_from(MachineToken)) or 0

    async def name_of(self, token_id: int) -> str | None:
        return await self._session.scalar(select(MachineToken.name).where(MachineToken.id == token_id))

    async def note_use(self, token_id: int, now: datetime, unless_since: datetime) -> None:
        """It was used now, which is written down where the last time is longer ago."""
        seldom = or_(MachineToken.last_used_at.is_(None), MachineToken.last_used_at < unless_since)
        statement = update(MachineToken).where(MachineToken.id == token_id, seldom).values(last_used_at=now)
        await self._session.execute(statement)

    async def remove(self, token_id: int) -> bool:
        """Whether there was such a token."""
        return await affected(self._session, delete(MachineToken).where(MachineToken.id == token_id)) > 0
