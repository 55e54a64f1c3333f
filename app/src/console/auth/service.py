"""Signing in, staying signed in, signing out."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from datetime import timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

from console.auth.passwords import Passwords, needs_rehash
from console.auth.schemas import Access, Me
from console.auth.tokens import ACCESS_SECONDS, LEEWAY_SECONDS, Role, Tokens, revoked_key
from console.database import Database, utc_now
from console.errors import UnauthorizedError
from console.users.models import Session, User
from console.users.repository import SessionRepository, UserRepository

log = logging.getLogger(__name__)

SESSION_SECONDS = 12 * 3600
_FORGET_SECONDS = ACCESS_SECONDS + LEEWAY_SECONDS


class AuthService:
    """Sessions live in the database; a sign-out is also noted in Redis for as long as access tokens live."""

    def __init__(self, database: Database, redis: Redis, prefix: str, tokens: Tokens) -> None:
        self._database = database
        self._redis = redis
        self._prefix = prefix
        self._tokens = tokens
        self._passwords = Passwords()

    async def sign_in(self, name: str, password: str) -> tuple[Access, str]:
        """An access token and a refresh token. Raises UnauthorizedError: ``wrong-credentials``."""
        async with self._database.transaction() as session:
            user = await UserRepository(session).by_name(name)
        # Outside the transaction: hashing takes long and must not hold a connection.
        if not await self._passwords.verify(password, user.password_hash if user else None) or user is None:
            raise UnauthorizedError("Name or password is wrong.", code="wrong-credentials")
        better_hash = await self._passwords.hash(password) if needs_rehash(user.password_hash) else None
        secret, now = secrets.token_urlsafe(32), utc_now()
        entry = Session(
            id=secrets.token_hex(16),
            user_id=user.id,
            token_hash=_digest(secret),
            created_at=now,
            expires_at=now + timedelta(seconds=SESSION_SECONDS),
        )
        async with self._database.transaction() as session:
            sessions = SessionRepository(session)
            await sessions.remove_expired(now)
            await sessions.add(entry)
            if better_hash:
                (await session.merge(user)).password_hash = better_hash
        return self._access(user, entry.id), f"{entry.id}.{secret}"

    async def refresh(self, refresh_token: str) -> Access:
        """A fresh access token. Raises UnauthorizedError: ``session-ended``."""
        session_id, _, secret = refresh_token.partition(".")
        async with self._database.transaction() as session:
            found = await SessionRepository(session).with_user(session_id)
        if found is None or not hmac.compare_digest(found[0].token_hash, _digest(secret)):
            raise UnauthorizedError("Sign in again: the session has ended.", code="session-ended")
        entry, user = found
        if entry.expires_at <= utc_now():
            raise UnauthorizedError("Sign in again: the session has ended.", code="session-ended")
        return self._access(user, entry.id)

    async def sign_out(self, session_id: str) -> None:
        """End the session everywhere; its access tokens stop counting at once."""
        async with self._database.transaction() as session:
            await SessionRepository(session).remove(session_id)
        try:
            await self._redis.set(revoked_key(self._prefix, session_id), b"1", ex=_FORGET_SECONDS)
        except (RedisError, OSError) as error:
            log.warning("sign-out not noted in Redis (%s)", type(error).__name__)

    async def is_revoked(self, session_id: str) -> bool:
        """Whether the session was signed out. The database is asked only while Redis is away."""
        try:
            return bool(await self._redis.exists(revoked_key(self._prefix, session_id)))
        except (RedisError, OSError):
            async with self._database.transaction() as session:
                return not await SessionRepository(session).exists(session_id)

    def _access(self, user: User, session_id: str) -> Access:
        token = self._tokens.issue(user.id, user.name, Role[user.role.upper()], session_id)
        return Access(access_token=token, expires_in=ACCESS_SECONDS, user=Me(name=user.name, role=user.role))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
