"""That it is really the user who asks, and not somebody at their desk: their own password, once more."""

from __future__ import annotations

from console.auth.attempts import Attempts
from console.auth.caller import Caller
from console.auth.passwords import Passwords
from console.database import Database
from console.errors import ForbiddenError
from console.users.repository import UserRepository


class OwnPassword:
    """Guesses are counted together with those of the sign-in."""

    def __init__(self, database: Database, passwords: Passwords, attempts: Attempts) -> None:
        self._database = database
        self._passwords = passwords
        self._attempts = attempts

    async def confirm(self, password: str, caller: Caller) -> None:
        """Raises ForbiddenError: ``wrong-password``; RateLimitedError, UnavailableError. Opens its own transaction."""
        await self._attempts.begin(caller.address, caller.name)
        async with self._database.transaction() as session:
            user = await UserRepository(session).by_id(caller.user_id)
        if user is None or not await self._passwords.verify(password, user.password_hash):
            raise ForbiddenError("The current password is wrong.", code="wrong-password")
        await self._attempts.undo(caller.address, caller.name, succeeded=True)
