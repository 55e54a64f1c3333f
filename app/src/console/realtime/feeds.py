"""The topics that somebody reads in this process: their tails, and whom to wake when there is something new."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from console.streams.store import PAGE_EVENTS, Page, TopicStore, announcement
from console.streams.tail import Tail
from console.tasks import heed_cancel


@dataclass(eq=False, slots=True)
class Feed:
    """One topic, for all of its readers in this process."""

    topic: str
    store: TopicStore
    tail: Tail = field(default_factory=Tail)
    readers: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def after(self, number: int) -> Page:
        """What a reader gets who has read up to a number; waits until there is something.

        Raises what Redis raises when it is away.
        """
        while True:
            news = self._news
            if events := self.tail.after(number, PAGE_EVENTS):
                return Page(number + 1, self.tail.last, number + 1, events)
            if not self.tail.is_at(number):
                page = await self.store.read(self.topic, number)
                heed_cancel()
                if page.events or page.first > number + 1 or page.last < number:
                    return page
            await news.wait()

    def wake(self) -> None:
        """Let every reader look again."""
        self._news.set()
        self._news = asyncio.Event()


class Feeds:
    """Hears what is announced on the channel of ``store.channel_of``."""

    def __init__(self, store: TopicStore) -> None:
        self._store = store
        self._feeds: dict[str, Feed] = {}

    @contextmanager
    def reading(self, topic: str) -> Iterator[Feed]:
        """The feed of a topic, kept for as long as it has readers."""
        feed = self._feeds.setdefault(topic, Feed(topic, self._store))
        feed.readers += 1
        try:
            yield feed
        finally:
            feed.readers -= 1
            if not feed.readers:
                del self._feeds[topic]

    async def begun(self) -> None:
        """Announcements may have been missed: ask the store, once."""
        for feed in self._feeds.values():
            feed.tail.clear()
            feed.wake()

    async def heard(self, data: bytes) -> None:
        topic, first, events = announcement(data)
        if feed := self._feeds.get(topic):
            feed.tail.hear(first, json.loads(events), len(events))
            feed.wake()
