"""That it is really the user who asks, and not somebody at their desk or with their token: they prove it once more."""

from __future__ import annotations

from types import MappingProxyType

from console.auth.attempts import Attempts
from console.auth.caller import Caller
from console.auth.passwords import Passwords
from console.database import Database
from console.errors import ForbiddenError
from console.users.models import User
from console.users.repository import UserRepository

# For what must not be done by whoever finds a console open or gets hold of an access token. Long enough to read what a
# job does, or to make a few accounts; two lives of an access token, and less than the 15 minutes of Debian's sudo.
FRESH_SECONDS = 600
CONFIRM_IDENTITY = "confirm-identity"


class NotFreshError(ForbiddenError):
    """The session's user proved too long ago who they are; ``POST /api/auth/confirm`` helps."""

    code = CONFIRM_IDENTITY
    extensions = MappingProxyType(
        {
            "type": f"urn:skerry:problem:{CONFIRM_IDENTITY}",
            "title": "Confirm that it is you",
            "max_age": FRESH_SECONDS,
        }
    )

    def __init__(self) -> None:
        super().__init__(f"Confirm that it is you: you last did more than {FRESH_SECONDS // 60} minutes ago.")


class OwnPassword:
    """Guesses are counted together with those of the sign-in."""

    def __init__(self, database: Database, passwords: Passwords, attempts: Attempts) -> None:
        self._database = database
        self._passwords = passwords
        self._attempts = attempts

    async def confirm(self, password: str, caller: Caller) -> None:
        """Raises ForbiddenError: ``wrong-password``; RateLimitedError, UnavailableError. Opens its own transaction."""
        # It is half of a sign-in where there is a second factor, so it forgives no failure of one.
        async with self._attempts.one(caller.address, caller.name, forgives=False):
            await self.verify(password, caller)

    async def verify(self, password: str, caller: Caller) -> User:
        """The same for an attempt that is counted by whoever calls; returns the user."""
        async with self._database.transaction() as session:
            user = await UserRepository(session).by_id(caller.user_id)
        if user is None or not await self._passwords.verify(password, user.password_hash):
            raise ForbiddenError("The current password is wrong.", code="wrong-password")
        return user
