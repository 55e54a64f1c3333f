"""Queries about users."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from console.users.models import User


class UserRepository:
    """Users, in the transaction it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def by_name(self, name: str) -> User | None:
        return await self._session.scalar(select(User).where(User.name == name))

    async def add(self, user: User) -> None:
        self._session.add(user)
        await self._session.flush()
