"""A subscription to a channel of Redis that comes back by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

LISTEN_SECONDS = 5.0
RETRY_SECONDS = 1.0


class Listener:
    """Calls ``begun`` whenever it begins to hear, since something may have been missed before; then ``heard`` each."""

    def __init__(
        self,
        redis: Redis,
        channel: str,
        begun: Callable[[], Awaitable[None]],
        heard: Callable[[bytes], Awaitable[None]],
    ) -> None:
        self._redis = redis
        self._channel = channel
        self._begun = begun
        self._heard = heard

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                log.warning("not hearing of %s, Redis does not answer (%s)", self._channel, type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:  # a fault of ours must not end it: nothing live would come any more
                log.exception("a message on %s was not understood", self._channel)
                await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        pubsub = self._redis.pubsub()
        try:
            await pubsub.subscribe(self._channel)
            while True:
                message = await pubsub.get_message(timeout=LISTEN_SECONDS)
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    await self._begun()
                elif message["type"] == "message":
                    await self._heard(message["data"])
        finally:
            await pubsub.aclose()  # type: ignore[no-untyped-call]
