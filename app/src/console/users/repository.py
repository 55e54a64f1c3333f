"""Queries about users."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, bindparam, delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from console.auth.permissions import Role
from console.totp.models import Totp
from console.users.models import User

_SECOND_FACTOR = exists().where(Totp.user_id == User.id, Totp.confirmed_at.is_not(None)).label("second_factor")
_SHOWN = select(User.id, User.name, User.role, User.disabled_at, User.created_at, User.last_sign_in_at, _SECOND_FACTOR)
_ONE = _SHOWN.where(User.id == bindparam("user_id"))
_PAGE = _SHOWN.where(User.id > bindparam("after")).order_by(User.id).limit(bindparam("most"))
_ENABLED_ADMINS = select(User.id).where(User.role == Role.ADMIN.label, User.disabled_at.is_(None)).order_by(User.id)


class UserRepository:
    """Users, in the transaction it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def by_name(self, name: str) -> User | None:
        return await self._session.scalar(select(User).where(User.name == name))

    async def by_id(self, user_id: int) -> User | None:
        return await self._session.scalar(select(User).where(User.id == user_id))

    async def lock(self, user_id: int) -> User | None:
        """The user, for this transaction alone until it ends."""
        return await self._session.scalar(select(User).where(User.id == user_id).with_for_update())

    async def lock_admins(self) -> set[int]:
        """Who is an admin and not disabled; nobody else changes that until the transaction ends."""
        return set((await self._session.scalars(_ENABLED_ADMINS.with_for_update())).all())

    async def has_admin(self) -> bool:
        """Whether there is an admin, disabled or not."""
        return bool(await self._session.scalar(select(exists().where(User.role == Role.ADMIN.label))))

    async def page(self, after: int, most: int) -> Sequence[RowMapping]:
        """At most ``most`` users whose id is above ``after``, by id."""
        return (await self._session.execute(_PAGE, {"after": after, "most": most})).mappings().all()

    async def row(self, user_id: int) -> RowMapping:
        """The user as in a page, with what this transaction has changed."""
        return (await self._session.execute(_ONE, {"user_id": user_id})).mappings().one()

    async def add(self, user: User) -> None:
        self._session.add(user)
        await self._session.flush()

    async def remove(self, user_id: int) -> None:
        await self._session.execute(delete(User).where(User.id == user_id))
