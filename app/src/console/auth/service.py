"""Signing in."""

from __future__ import annotations

from console.audit.service import AuditService
from console.auth.attempts import Attempts
from console.auth.caller import Caller
from console.auth.confirm import OwnPassword
from console.auth.passwords import Passwords, needs_rehash
from console.auth.schemas import Proof, SignIn
from console.database import Database, utc_now
from console.errors import ForbiddenError, UnauthorizedError
from console.sessions.service import Grant, SessionService
from console.totp.service import TotpService
from console.users.models import User
from console.users.repository import UserRepository


class AuthService:
    """Decides whether someone is who they say."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        attempts: Attempts,
        passwords: Passwords,
        own: OwnPassword,
        sessions: SessionService,
        totp: TotpService,
    ) -> None:
        self._database = database
        self._audit = audit
        self._attempts = attempts
        self._passwords = passwords
        self._own = own
        self._sessions = sessions
        self._totp = totp

    async def sign_in(self, credentials: SignIn, caller: Caller) -> Grant:
        """A new session.

        Raises UnauthorizedError: ``wrong-credentials``, ``code-required``, ``wrong-code``; RateLimitedError;
        UnavailableError.
        """
        async with self._attempts.one(caller.address, credentials.name, forgives=True):
            return await self._sign_in(credentials, caller)

    async def confirm(self, proof: Proof, caller: Caller) -> None:
        """The caller's session is fresh from now on, as after a sign-in; no other one of theirs is.

        Raises ForbiddenError: ``wrong-password``, ``code-required``, ``wrong-code``; UnauthorizedError: ``signed-out``;
        RateLimitedError; UnavailableError.
        """
        async with self._attempts.one(caller.address, caller.name, forgives=True):
            user = await self._own.verify(proof.password, caller)
            async with self._database.transaction() as session:
                try:
                    await self._totp.pass_second_step(session, user, proof.code)
                except UnauthorizedError as error:  # they are known, and stay signed in
                    raise ForbiddenError(error.detail, code=error.code) from error
                await self._sessions.confirm(session, caller)
                await self._audit.done(session, caller)

    async def _sign_in(self, credentials: SignIn, caller: Caller) -> Grant:
        async with self._database.transaction() as session:
            user = await UserRepository(session).by_name(credentials.name)
        # The database takes "Ádmin " for "admin"; the count of attempts does not.
        if user and user.name.casefold() != credentials.name.casefold():
            user = None
        user = await self._verified(user, credentials.password)
        better_hash = None
        if needs_rehash(user.password_hash):
            better_hash = await self._passwords.hash(credentials.password)
        async with self._database.transaction() as session:
            attached = await UserRepository(session).lock(user.id)
            # Looked at again: hashing takes long enough for an admin to have disabled them, or set another password.
            if attached is None or attached.disabled_at or attached.password_hash != user.password_hash:
                raise wrong_credentials(user.name)
            await self._totp.pass_second_step(session, attached, credentials.code)
            attached.last_sign_in_at = utc_now()
            if better_hash:
                attached.password_hash = better_hash
            known = caller.known_as(attached.id, attached.name)
            await self._audit.done(session, known)
            return await self._sessions.begin(session, attached, known)

    async def _verified(self, user: User | None, password: str) -> User:
        """The user, when the password is theirs. Called outside a transaction: hashing takes long."""
        stored = user.password_hash if user else None
        if not await self._passwords.verify(password, stored) or user is None or user.disabled_at is not None:
            raise wrong_credentials(user.name if user else "")
        return user


def wrong_credentials(about: str) -> UnauthorizedError:
    """The same for whatever is wrong, so that nobody learns who has an account.

    ``about`` is a user's own name, never what was typed: that may be a password in the wrong field.
    """
    return UnauthorizedError("Name or password is wrong.", code="wrong-credentials", about=about)
