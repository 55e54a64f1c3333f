"""Whether a user's session goes on (401), and whether they ask too often (429): one question to Redis a request."""

from __future__ import annotations

import logging

from limits import RateLimitItem
from redis.asyncio import Redis
from redis.exceptions import RedisError

from console.auth.limits import Limiter
from console.auth.revocations import Revocations, signed_out, stale
from console.auth.tokens import Principal
from console.sessions.service import SessionService

log = logging.getLogger(__name__)

# Before the limiter's own script, so that a token which does not count any more uses up nobody's limit.
_RIGHTS = """
local ended, version = unpack(redis.call('MGET', KEYS[3], KEYS[4]))
if ended then return 'ended' end
if version and tonumber(version) > tonumber(ARGV[4]) then return 'stale' end
"""


class Admission:
    """``admit`` counts a user's request, or raises."""

    def __init__(self, redis: Redis, revocations: Revocations, sessions: SessionService, limiter: Limiter) -> None:
        self._revocations = revocations
        self._sessions = sessions
        self._limiter = limiter
        self._ask = redis.register_script(_RIGHTS + limiter.script)

    async def admit(self, principal: Principal, item: RateLimitItem) -> None:
        """Raises UnauthorizedError (``signed-out``, ``token-stale``), RateLimitedError.

        While Redis is away, the database says whether the session goes on, and each process counts for itself.
        """
        keys = [*self._limiter.keys(item, principal.key), *self._revocations.keys(principal)]
        try:
            answer = await self._ask(keys, [item.amount, item.get_expiry(), 1, principal.version])
        except (RedisError, OSError, TimeoutError) as error:
            await self._sessions.check_in_database(principal)
            await self._limiter.hit_alone(error, item, principal.key)
            return
        if answer == b"ended":
            raise signed_out()
        if answer == b"stale":
            raise stale()
        if not answer:
            await self._limiter.refuse(item, principal.key)
