"""Redis: short time limits and no retries, so that a Redis that hangs cannot hang the console.

redis-py's defaults take 60 s a call when Redis hangs.
"""

from __future__ import annotations

from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

CALL_SECONDS = 0.5
CONNECTIONS = 10


def connection_options() -> dict[str, Any]:
    """What every Redis connection of the console is made with."""
    return {
        "socket_timeout": CALL_SECONDS,
        "socket_connect_timeout": CALL_SECONDS,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 15,
    }


def texts(answer: Any) -> list[str]:
    """A list as Redis answers it, which is of bytes."""
    return [entry.decode() for entry in answer]


def make_redis(url: str) -> Redis:
    """A client on a pool that waits for a free connection no longer than a call may take."""
    pool = BlockingConnectionPool.from_url(
        url, max_connections=CONNECTIONS, timeout=CALL_SECONDS, **connection_options()
    )
    return Redis(connection_pool=pool)
