"""What makes an access token stop counting before it expires. In Redis, for as long as such tokens live.

Api writes and reads it; realtime reads it, and is told on a channel to look again at its sockets.
"""

from __future__ import annotations

import json
import logging

from redis.asyncio import Redis
from redis.exceptions import RedisError

from console.auth.tokens import ACCESS_SECONDS, LEEWAY_SECONDS, Principal
from console.errors import UnauthorizedError

log = logging.getLogger(__name__)

_REMEMBER_SECONDS = ACCESS_SECONDS + LEEWAY_SECONDS


def channel_of(prefix: str) -> str:
    """Where it is said whose access has changed: ``{"user": id, "sessions": [ids that have ended]}``."""
    return f"{prefix}access"


class Revocations:
    """Sessions that have ended, and the version that a user's tokens must have since their rights changed.

    Noting something is best effort: while Redis is away the database is asked instead (see the guard).
    """

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis = redis
        self._prefix = prefix

    async def check(self, principal: Principal) -> None:
        """Raises UnauthorizedError (``signed-out``, ``token-stale``), or what Redis raises when it is away."""
        ended, version = await self._redis.mget(self.keys(principal))
        if ended is not None:
            raise signed_out()
        if version is not None and principal.version < int(version):
            raise stale()

    def keys(self, principal: Principal) -> list[str]:
        """Where it says whether the token's session has ended, and which version it must have."""
        return [self._ended(principal.session), self._version(principal.user_id)]

    async def end(self, user_id: int, sessions: list[str]) -> None:
        """Tokens of these sessions count no longer."""
        if sessions:
            await self._note({self._ended(session): 1 for session in sessions}, user_id, sessions)

    async def outdate(self, user_id: int, version: int) -> None:
        """Tokens of the user below this version count no longer; the session gets new ones by refresh."""
        await self._note({self._version(user_id): version}, user_id, [])

    async def _note(self, values: dict[str, int], user_id: int, sessions: list[str]) -> None:
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                for key, value in values.items():
                    pipeline.set(key, value, ex=_REMEMBER_SECONDS)
                pipeline.publish(channel_of(self._prefix), json.dumps({"user": user_id, "sessions": sessions}))
                await pipeline.execute()
        except (RedisError, OSError) as error:
            log.warning("a change of access was not noted in Redis (%s)", type(error).__name__)

    def _ended(self, session: str) -> str:
        return f"{self._prefix}revoked:{session}"

    def _version(self, user_id: int) -> str:
        return f"{self._prefix}version:{user_id}"


def signed_out() -> UnauthorizedError:
    """The session of the token has ended."""
    return UnauthorizedError("This session was signed out.", code="signed-out")


def stale() -> UnauthorizedError:
    """The token says what its user was, not what the user is."""
    return UnauthorizedError("Your rights have changed: get a fresh token.", code="token-stale")
