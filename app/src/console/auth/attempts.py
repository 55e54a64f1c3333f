"""Guessed passwords take longer and longer, counted by address and by name, for all replicas together.

The first FREE failures cost nothing; after each further one nothing is tried for FIRST_SECONDS, then twice as long,
up to MOST_SECONDS. An attempt counts as failed from its beginning until it is known to be none, so that a hundred at
the same moment are no way around. A name waits a minute at most, and not at all for an address from which its user
signed in before: else anyone could lock anyone out.
"""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.exceptions import RedisError

from console.auth.limits import address_key
from console.errors import CODE_REQUIRED, ConsoleError, RateLimitedError, UnavailableError
from console.metrics import Metrics

log = logging.getLogger(__name__)

FREE = 5
FIRST_SECONDS = 1
MOST_SECONDS = {"address": 900, "name": 60}
FORGET_SECONDS = 3600
KNOWN_SECONDS = 30 * 24 * 3600

# KEYS: failures of the address, failures of the name, whether the name knows the address.
_BEGIN = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local keys = {KEYS[1]}
if redis.call('EXISTS', KEYS[3]) == 0 then keys[2] = KEYS[2] end
local wait = 0
for _, key in ipairs(keys) do
    wait = math.max(wait, (tonumber(redis.call('HGET', key, 'until')) or 0) - now)
end
if wait > 0 then return tostring(wait) end
for number, key in ipairs(keys) do
    local paid = redis.call('HINCRBY', key, 'failures', 1) - ARGV[1]
    local delay = paid > 0 and math.min(ARGV[2] * 2 ^ (paid - 1), ARGV[2 + number]) or 0
    redis.call('HSET', key, 'until', delay > 0 and string.format('%.3f', now + delay) or 0)
    redis.call('EXPIRE', key, ARGV[5])
end
return '0'
"""
# The attempt was no failure: what it counted goes. ARGV[1] is 1 where the user is in: their name starts anew, and knows
# the address.
_UNDO = """
local keys = {KEYS[1]}
if redis.call('EXISTS', KEYS[3]) == 0 then keys[2] = KEYS[2] end
for _, key in ipairs(keys) do
    if redis.call('EXISTS', key) == 1 then
        if redis.call('HINCRBY', key, 'failures', -1) <= 0 then redis.call('DEL', key)
        else redis.call('HSET', key, 'until', 0) end
    end
end
if ARGV[1] == '1' then
    redis.call('DEL', KEYS[2])
    redis.call('SET', KEYS[3], 1, 'EX', ARGV[2])
end
"""


class Attempts:
    """Fails closed: while Redis is away nobody can try a password."""

    def __init__(self, redis: Redis, prefix: str, metrics: Metrics) -> None:
        self._prefix = f"{prefix}attempts:"
        self._metrics = metrics
        self._begin = redis.register_script(_BEGIN)
        self._undo = redis.register_script(_UNDO)

    @asynccontextmanager
    async def one(self, address: str, name: str, *, forgives: bool) -> AsyncIterator[None]:
        """An attempt, which failed where an error leaves the block, unless that only asks for the second step.

        ``forgives``: when it succeeds, the user is in. Raises RateLimitedError, UnavailableError.
        """
        await self.begin(address, name)
        try:
            yield
        except ConsoleError as error:
            if error.code == CODE_REQUIRED:
                await self.undo(address, name, succeeded=False)
            raise
        await self.undo(address, name, succeeded=forgives)

    async def begin(self, address: str, name: str) -> None:
        """Before a password or code is looked at. Raises RateLimitedError, UnavailableError."""
        limits = [FREE, FIRST_SECONDS, MOST_SECONDS["address"], MOST_SECONDS["name"], FORGET_SECONDS]
        try:
            wait = float(await self._begin(keys=self._keys(address, name), args=limits))
        except (RedisError, OSError) as error:
            self._metrics.limiter_closed.inc()
            log.warning("nobody can sign in, Redis does not answer (%s)", type(error).__name__)
            raise UnavailableError("Signing in is not possible for a moment. Try again soon.") from error
        if wait > 0:
            raise RateLimitedError(max(1, math.ceil(wait)))

    async def undo(self, address: str, name: str, *, succeeded: bool) -> None:
        """It was no failure; ``succeeded``: the user is in. Best effort: not undone, it only costs a later wait."""
        try:
            await self._undo(keys=self._keys(address, name), args=[int(succeeded), KNOWN_SECONDS])
        except (RedisError, OSError) as error:
            log.warning("an attempt stays counted, Redis does not answer (%s)", type(error).__name__)

    def _keys(self, address: str, name: str) -> list[str]:
        # The name is hashed: it may be a password in the wrong field.
        who = hashlib.blake2b(name.casefold().encode(), digest_size=16).hexdigest()
        where = address_key(address)
        return [f"{self._prefix}{where}", f"{self._prefix}name:{who}", f"{self._prefix}known:{who}:{where}"]
