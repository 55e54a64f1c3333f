"""Begins sessions, hands out their tokens, ends them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from console.audit.service import AuditService
from console.auth.caller import Caller
from console.auth.confirm import FRESH_SECONDS, NotFreshError
from console.auth.permissions import Role
from console.auth.revocations import Revocations, signed_out, stale
from console.auth.schemas import Access, profile
from console.auth.tokens import ACCESS_SECONDS, Principal, Tokens
from console.database import Database, utc_now
from console.errors import ForbiddenError, NotFoundError, UnauthorizedError
from console.sessions.models import Session
from console.sessions.refresh import RefreshTokens, Verdict, digest, judge
from console.sessions.repository import SessionRepository
from console.users.models import User

SESSION_SECONDS = 12 * 3600


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token, and the refresh token for the cookie with the seconds that the session still has.

    ``refresh_token`` is None where the browser has the right one.
    """

    access: Access
    refresh_token: str | None
    seconds: int


class SessionService:
    """Sessions live in the database; that one has ended is also noted in Redis, for its access tokens."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        revocations: Revocations,
        tokens: Tokens,
        refresh: RefreshTokens,
    ) -> None:
        self._database = database
        self._audit = audit
        self._revocations = revocations
        self._tokens = tokens
        self._refresh = refresh

    async def begin(self, session: AsyncSession, user: User, caller: Caller) -> Grant:
        """A new session of the user, in the transaction it is given."""
        now, session_id = utc_now(), secrets.token_hex(16)
        entry = Session(
            id=session_id,
            user_id=user.id,
            token_hash=digest(self._refresh.make(session_id, 0)),
            created_at=now,
            expires_at=now + timedelta(seconds=SESSION_SECONDS),
            generation=0,
            last_used_at=now,
            address=caller.address,
            user_agent=caller.user_agent,
        )
        sessions = SessionRepository(session)
        await sessions.remove_expired(now)
        await sessions.add(entry)
        return self._grant(entry, user)

    async def refresh(self, token: str, caller: Caller) -> Grant:
        """Fresh tokens for a refresh token. Raises UnauthorizedError: ``session-ended``, ``session-reused``."""
        presented, now = self._refresh.read(token), utc_now()
        async with self._database.transaction() as session:
            sessions = SessionRepository(session)
            found = await sessions.lock_with_user(presented.session_id)
            if found is None or found[0].expires_at <= now:
                raise _ended()
            entry, user = found
            verdict = judge(entry, presented, now)
            if verdict is Verdict.ROTATE:
                entry.generation += 1
                entry.token_hash = digest(self._refresh.make(entry.id, entry.generation))
                entry.rotated_at = entry.last_used_at = now
                entry.address, entry.user_agent = caller.address, caller.user_agent
            elif verdict is Verdict.REUSED:
                await sessions.remove(entry.id, user.id)
        if verdict is Verdict.UNKNOWN:
            raise _ended()
        if verdict is Verdict.REUSED:
            await self._revocations.end(user.id, [entry.id])
            detail = "Sign in again: this session was used from two places, so it was ended."
            raise UnauthorizedError(detail, code="session-reused", about=user.name)
        grant = self._grant(entry, user)
        return replace(grant, refresh_token=None) if verdict is Verdict.KEEP else grant

    async def check_in_database(self, principal: Principal) -> None:
        """Raises UnauthorizedError when the token no longer counts; for while Redis is away, which is asked first."""
        async with self._database.transaction() as session:
            version = await SessionRepository(session).live_version(principal.user_id, principal.session)
        if version is None:
            raise signed_out()
        if principal.version < version:
            raise stale()

    async def check_fresh(self, user_id: int, session_id: str) -> None:
        """Raises NotFreshError when the user proved too long ago in this session who they are.

        A machine token has no session, and nobody who could prove anything: ForbiddenError.
        """
        if not session_id:
            raise ForbiddenError("This needs a person who has just signed in: no machine token may do it.")
        async with self._database.transaction() as session:
            proven = await SessionRepository(session).proven_at(user_id, session_id)
        # In both directions: a clock that is set back makes nothing fresh.
        if proven is None or abs(utc_now() - proven) > timedelta(seconds=FRESH_SECONDS):
            raise NotFreshError

    async def confirm(self, session: AsyncSession, caller: Caller) -> None:
        """The caller's session is fresh from now on, in the transaction it is given. Raises UnauthorizedError."""
        if not await SessionRepository(session).confirm(caller.user_id, caller.session, utc_now()):
            raise signed_out()

    async def list_own(self, caller: Caller) -> list[dict[str, Any]]:
        """The caller's sessions, newest first."""
        async with self._database.transaction() as session:
            rows = await SessionRepository(session).of_user(caller.user_id, utc_now())
        return [
            {
                "id": row["id"],
                "created_at": row["created_at"].isoformat(),
                "last_used_at": (row["last_used_at"] or row["created_at"]).isoformat(),
                "expires_at": row["expires_at"].isoformat(),
                "address": row["address"],
                "user_agent": row["user_agent"],
                "current": row["id"] == caller.session,
            }
            for row in rows
        ]

    async def sign_out(self, caller: Caller) -> None:
        """End the caller's session; its access tokens stop counting at once."""
        async with self._database.transaction() as session:
            await SessionRepository(session).remove(caller.session, caller.user_id)
            await self._audit.done(session, caller)
        await self._revocations.end(caller.user_id, [caller.session])

    async def end_own(self, session_id: str, caller: Caller) -> None:
        """End one of the caller's sessions. Raises NotFoundError, also for somebody else's."""
        async with self._database.transaction() as session:
            if not await SessionRepository(session).remove(session_id, caller.user_id):
                raise NotFoundError("You have no such session.")
            await self._audit.done(session, caller, target=f"session:{session_id}")
        await self._revocations.end(caller.user_id, [session_id])

    async def end_all_own(self, caller: Caller) -> None:
        """Sign the caller out everywhere, here too."""
        async with self._database.transaction() as session:
            ended = await SessionRepository(session).remove_all(caller.user_id)
            await self._audit.done(session, caller, detail=f"{len(ended)} sessions")
        await self._revocations.end(caller.user_id, ended)

    def _grant(self, entry: Session, user: User) -> Grant:
        role = Role.of(user.role)
        token = self._tokens.issue(user.id, user.name, role, entry.id, user.token_version)
        access = Access(access_token=token, expires_in=ACCESS_SECONDS, user=profile(user.name, role))
        left = int((entry.expires_at - utc_now()).total_seconds())
        return Grant(access, self._refresh.make(entry.id, entry.generation), max(1, left))


def _ended() -> UnauthorizedError:
    return UnauthorizedError("Sign in again: the session has ended.", code="session-ended")
