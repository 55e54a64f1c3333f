"""What the sockets of this process read, and how far each may run ahead of its browser.

A browser confirms each message with events. At most WINDOW are under way to a socket, over all of its topics, so a slow
one gets them slower and nothing piles up here: what it has not got yet is in the store.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import socketio
from redis.exceptions import RedisError

from console.jobs.outputs import whole
from console.metrics import Metrics
from console.realtime.feeds import Feeds
from console.streams.store import Page

log = logging.getLogger(__name__)

WINDOW = 4  # messages
TOPICS = 8  # of one socket
CONFIRM_SECONDS = 30.0
RETRY_SECONDS = 1.0


class Reader:
    """One socket."""

    def __init__(self, server: socketio.AsyncServer, sid: str, feeds: Feeds, metrics: Metrics) -> None:
        self._server = server
        self._sid = sid
        self._feeds = feeds
        self._metrics = metrics
        self._window = asyncio.Semaphore(WINDOW)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def subscribe(self, topic: str, since: int) -> bool:
        """Send what follows after a number, from now on; False where the socket has too many topics."""
        self.unsubscribe(topic)
        if len(self._tasks) >= TOPICS:
            return False
        task = self._tasks[topic] = asyncio.create_task(self._run(topic, since))
        task.add_done_callback(lambda done: self._ended(topic, done))
        self._metrics.subscriptions.inc()
        return True

    def unsubscribe(self, topic: str) -> None:
        if task := self._tasks.pop(topic, None):
            task.cancel()

    def close(self) -> None:
        """The socket is gone."""
        for topic in list(self._tasks):
            self.unsubscribe(topic)

    def _ended(self, topic: str, task: asyncio.Task[None]) -> None:
        self._metrics.subscriptions.dec()
        if self._tasks.get(topic) is task:
            del self._tasks[topic]
        if not task.cancelled() and (error := task.exception()):
            log.error("a subscription ended by a fault", exc_info=error)

    async def _run(self, topic: str, number: int) -> None:
        with self._feeds.reading(topic) as feed:
            while True:
                try:
                    page = await feed.after(number)
                except (RedisError, OSError):
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                if page.first > number + 1 or page.last < number:
                    await self._emit("reset", {"topic": topic, "oldest": page.oldest, "last": page.last})
                    number = page.oldest - 1
                elif await self._may_send():
                    await self._send(topic, page)
                    number += len(page.events)
                else:
                    self._metrics.lagging.inc()
                    await self._emit("lagging", {"topic": topic, "last": number})
                    return

    async def _may_send(self) -> bool:
        """Wait until the browser has confirmed enough; False where it takes too long."""
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                await self._window.acquire()
        except TimeoutError:
            return False
        return True

    async def _send(self, topic: str, page: Page) -> None:
        events = [whole(number, kept) for number, kept in enumerate(page.events, page.first)]
        message = {"topic": topic, "first": page.first, "events": events}
        await self._emit("events", message, callback=lambda *_: self._window.release())
        self._metrics.topic_events.inc(len(page.events))

    async def _emit(self, event: str, data: dict[str, Any], **options: Any) -> None:
        await self._server.emit(event, data, to=self._sid, ignore_queue=True, **options)
