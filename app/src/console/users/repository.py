"""Queries about users and sessions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from console.users.models import Session, User


class UserRepository:
    """Users, in the transaction it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def by_name(self, name: str) -> User | None:
        return await self._session.scalar(select(User).where(User.name == name))

    async def add(self, user: User) -> None:
        self._session.add(user)
        await self._session.flush()


class SessionRepository:
    """Sessions, in the transaction it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, entry: Session) -> None:
        self._session.add(entry)
        await self._session.flush()

    async def with_user(self, session_id: str) -> tuple[Session, User] | None:
        statement = select(Session, User).join(User, User.id == Session.user_id).where(Session.id == session_id)
        row = (await self._session.execute(statement)).one_or_none()
        return (row[0], row[1]) if row else None

    async def exists(self, session_id: str) -> bool:
        statement = select(Session.id).where(Session.id == session_id)
        return await self._session.scalar(statement) is not None

    async def remove(self, session_id: str) -> None:
        await self._session.execute(delete(Session).where(Session.id == session_id))

    async def remove_expired(self, now: datetime) -> None:
        await self._session.execute(delete(Session).where(Session.expires_at < now))
