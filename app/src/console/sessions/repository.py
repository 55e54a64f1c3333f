"""Queries about sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from console.database import affected
from console.sessions.models import Session
from console.users.models import User

_OF_USER = (
    select(
        Session.id,
        Session.created_at,
        Session.last_used_at,
        Session.expires_at,
        Session.address,
        Session.user_agent,
    )
    .where(Session.user_id == bindparam("user_id"), Session.expires_at > bindparam("now"))
    .order_by(Session.created_at.desc(), Session.id)
    .limit(200)
)
_LIVE = (
    select(User.token_version)
    .join(Session, Session.user_id == User.id)
    .where(Session.id == bindparam("session_id"), Session.user_id == bindparam("user_id"))
)
_USER = (
    select(User.name, User.role, Session.expires_at)
    .join(Session, Session.user_id == User.id)
    .where(
        Session.id == bindparam("session_id"),
        Session.user_id == bindparam("user_id"),
        Session.expires_at > bindparam("now"),
    )
)
_PROVEN = select(func.coalesce(Session.confirmed_at, Session.created_at)).where(
    Session.id == bindparam("session_id"), Session.user_id == bindparam("user_id")
)


class SessionRepository:
    """Sessions, in the transaction it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, entry: Session) -> None:
        self._session.add(entry)
        await self._session.flush()

    async def lock_with_user(self, session_id: str) -> tuple[Session, User] | None:
        """Both rows, for this transaction alone until it ends."""
        statement = select(Session, User).join(User, User.id == Session.user_id).where(Session.id == session_id)
        row = (await self._session.execute(statement.with_for_update())).one_or_none()
        return (row[0], row[1]) if row else None

    async def live_version(self, user_id: int, session_id: str) -> int | None:
        """The version that the user's tokens have now; None when the session has ended."""
        values: dict[str, Any] = {"user_id": user_id, "session_id": session_id}
        return await self._session.scalar(_LIVE, values)

    async def live_user(self, user_id: int, session_id: str, now: datetime) -> RowMapping | None:
        """``name``, ``role`` and the session's ``expires_at``, as they are now; None when the session has ended."""
        values: dict[str, Any] = {"user_id": user_id, "session_id": session_id, "now": now}
        return (await self._session.execute(_USER, values)).mappings().one_or_none()

    async def proven_at(self, user_id: int, session_id: str) -> datetime | None:
        """When the user last proved in the session who they are; None when it has ended."""
        values: dict[str, Any] = {"user_id": user_id, "session_id": session_id}
        return await self._session.scalar(_PROVEN, values)

    async def confirm(self, user_id: int, session_id: str, now: datetime) -> bool:
        """They have, now. Whether the user has such a session."""
        mine = (Session.id == session_id, Session.user_id == user_id)
        return await affected(self._session, update(Session).where(*mine).values(confirmed_at=now)) > 0

    async def of_user(self, user_id: int, now: datetime) -> Sequence[RowMapping]:
        """The user's sessions, newest first, at most 200."""
        return (await self._session.execute(_OF_USER, {"user_id": user_id, "now": now})).mappings().all()

    async def remove(self, session_id: str, user_id: int) -> bool:
        """Whether the user had such a session."""
        statement = delete(Session).where(Session.id == session_id, Session.user_id == user_id)
        return await affected(self._session, statement) > 0

    async def remove_all(self, user_id: int, *, but: str = "") -> list[str]:
        """Remove the user's sessions except one; returns their ids."""
        mine = select(Session.id).where(Session.user_id == user_id, Session.id != but).with_for_update()
        ids = list((await self._session.scalars(mine)).all())
        await self._session.execute(delete(Session).where(Session.id.in_(ids)))
        return ids

    async def remove_expired(self, now: datetime) -> None:
        await self._session.execute(delete(Session).where(Session.expires_at < now))
