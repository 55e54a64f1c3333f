"""Rate limits: sliding windows in Redis, shared by all replicas; without Redis in the process, or closed."""

from __future__ import annotations

import logging
import math
import time
from ipaddress import ip_address, ip_network
from typing import Any, NoReturn

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from console.errors import RateLimitedError, UnavailableError
from console.metrics import Metrics

log = logging.getLogger(__name__)

SIGN_IN = parse("10/minute")
REFRESH = parse("60/minute")
USER = parse("600/minute")
MACHINE = parse("240/minute")
GATE = parse("3000/minute")  # a page of Grafana asks for a hundred things at once


def address_key(address: str) -> str:
    """What an address is limited as: an IPv6 client owns a whole /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "address:unknown"
    if parsed.version == 6:
        return f"address:{ip_network((parsed, 64), strict=False).network_address}"
    return f"address:{parsed}"


class Limiter:
    """``hit`` counts a request, or raises."""

    def __init__(self, redis: Redis, prefix: str, metrics: Metrics) -> None:
        options: dict[str, Any] = {"connection_pool": redis.connection_pool}
        self._storage = RedisStorage(
            "async+redis://from-the-pool:6379", implementation="redispy", key_prefix=f"{prefix}limits", **options
        )
        self._shared = SlidingWindowCounterRateLimiter(self._storage)
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._metrics = metrics

    async def hit(self, item: RateLimitItem, *identifiers: str, closed: bool = False) -> None:
        """Count one request. Raises RateLimitedError with the seconds to wait.

        While Redis is away each process counts for itself; ``closed``: raises UnavailableError instead.
        """
        try:
            await self._hit(self._shared, item, identifiers)
        except (RedisError, OSError, TimeoutError) as error:
            if closed:
                self._metrics.limiter_closed.inc()
                log.warning("refused what needs a limit, Redis does not answer (%s)", type(error).__name__)
                raise UnavailableError("Signing in is not possible for a moment. Try again soon.") from error
            await self.hit_alone(error, item, *identifiers)

    async def hit_alone(self, error: Exception, item: RateLimitItem, *identifiers: str) -> None:
        """Count in this process, since Redis does not answer. Raises RateLimitedError."""
        self._metrics.limiter_fallbacks.inc()
        log.warning("limiting in the process, Redis does not answer (%s)", type(error).__name__)
        await self._hit(self._own, item, identifiers)

    async def refuse(self, item: RateLimitItem, *identifiers: str) -> NoReturn:
        """Raises RateLimitedError, for a request that was one too many."""
        await self._refuse(self._shared, item, identifiers)

    def keys(self, item: RateLimitItem, *identifiers: str) -> list[str]:
        """What ``script`` counts in."""
        key, storage = item.key_for(*identifiers), self._storage
        windows = (storage._previous_window_key(key), storage._current_window_key(key))
        return [storage.bridge.prefixed_key(window) for window in windows]

    @property
    def script(self) -> str:
        """Counts one request: ``keys``; the limit, its seconds, how many requests. Nothing, where that is too many."""
        return self._storage.bridge.SCRIPT_ACQUIRE_SLIDING_WINDOW.decode()

    async def _hit(
        self, strategy: SlidingWindowCounterRateLimiter, item: RateLimitItem, identifiers: tuple[str, ...]
    ) -> None:
        if not await strategy.hit(item, *identifiers):
            await self._refuse(strategy, item, identifiers)

    @staticmethod
    async def _refuse(
        strategy: SlidingWindowCounterRateLimiter, item: RateLimitItem, identifiers: tuple[str, ...]
    ) -> NoReturn:
        window = await strategy.get_window_stats(item, *identifiers)
        raise RateLimitedError(max(1, math.ceil(window.reset_time - time.time())))
