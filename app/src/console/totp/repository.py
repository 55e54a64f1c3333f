"""Queries about the second factor."""

from __future__ import annotations

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from console.database import affected, utc_now
from console.totp.models import RecoveryCode, Totp


class TotpRepository:
    """The second factor of users, in the transaction it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, user_id: int) -> Totp | None:
        return await self._session.scalar(select(Totp).where(Totp.user_id == user_id))

    async def put(self, user_id: int, secret: bytes) -> None:
        """Begin anew, not confirmed yet."""
        await self.remove(user_id)
        self._session.add(Totp(user_id=user_id, secret=secret))
        await self._session.flush()

    async def use_step(self, user_id: int, step: int) -> bool:
        """Take a time step; False when it, or a later one, was taken before. One statement: nobody takes it twice."""
        statement = update(Totp).where(Totp.user_id == user_id, Totp.last_step < step).values(last_step=step)
        return await affected(self._session, statement) == 1

    async def confirm(self, user_id: int) -> None:
        await self._session.execute(update(Totp).where(Totp.user_id == user_id).values(confirmed_at=utc_now()))

    async def use_recovery_code(self, user_id: int, code_hash: str) -> bool:
        """Take a recovery code; False when there is none such (any more)."""
        mine = (RecoveryCode.user_id == user_id, RecoveryCode.code_hash == code_hash)
        return await affected(self._session, delete(RecoveryCode).where(*mine)) == 1

    async def put_recovery_codes(self, user_id: int, hashes: list[str]) -> None:
        """These instead of the ones there were."""
        await self._session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
        rows = [{"user_id": user_id, "code_hash": code_hash} for code_hash in hashes]
        await self._session.execute(insert(RecoveryCode), rows)

    async def recovery_codes_left(self, user_id: int) -> int:
        statement = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user_id)
        return await self._session.scalar(statement) or 0

    async def remove(self, user_id: int) -> bool:
        """Whether there was a second factor."""
        await self._session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
        return await affected(self._session, delete(Totp).where(Totp.user_id == user_id)) == 1
