"""Topics in Redis: numbered, kept within bounds, and read from any number on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from console.api import Services
from console.realtime.feeds import Feeds
from console.realtime.listen import Listener
from console.streams.store import PAGE_EVENTS, TopicStore, channel_of
from console.streams.topics import Keep
from console.tasks import heed_cancel, stop

pytestmark = pytest.mark.anyio

KEEP = Keep(events=100, bytes=10_000)


@pytest.fixture
def topics(services: Services) -> TopicStore:
    return TopicStore(services.redis, services.settings.redis_prefix)


async def everything(topics: TopicStore, topic: str = "t", since: int = 0) -> list[Any]:
    found: list[Any] = []
    while (page := await topics.read(topic, since)).events:
        found += page.events
        since = page.first + len(page.events) - 1
    return found


async def test_numbers_follow_each_other_whoever_appends(topics: TopicStore) -> None:
    """If this failed, two replicas could give one number to two events, and one would never be seen."""
    ends = await asyncio.gather(*(topics.append("t", [f"{n}.{m}" for m in range(3)], KEEP) for n in range(20)))
    assert sorted(ends) == list(range(3, 61, 3))
    events = await everything(topics)
    assert len(events) == 60
    for start in range(0, 60, 3):
        assert [event.split(".")[1] for event in events[start : start + 3]] == ["0", "1", "2"]


async def test_what_is_there_already_is_left_out(topics: TopicStore) -> None:
    """If this failed, an event that the runner sends again would be shown twice."""
    assert await topics.append("t", [1, 2, 3], KEEP, first=1) == 3
    assert await topics.append("t", [2, 3], KEEP, first=2) == 3
    assert await topics.append("t", [3, 4, 5], KEEP, first=3) == 5
    assert await everything(topics) == [1, 2, 3, 4, 5]
    assert await topics.append("t", [9], KEEP, first=9) == 9
    assert (await topics.span("t"), await everything(topics)) == ((9, 9), [9])


@pytest.mark.parametrize("keep", [Keep(events=5, bytes=10_000), Keep(events=100, bytes=35)])
async def test_the_oldest_go(topics: TopicStore, keep: Keep) -> None:
    """If this failed, a job without end would fill Redis, or a reader would not be told what it missed."""
    for number in range(1, 21):
        await topics.append("t", [{"n": f"{number:02}"[-1:]}] if number % 2 else [{"n": "x"}], keep)
    oldest, last = await topics.span("t")
    assert last == 20
    assert 2 <= last - oldest + 1 <= 5
    page = await topics.read("t", 3)
    assert (page.first, page.oldest, len(page.events)) == (oldest, oldest, last - oldest + 1)
    [size] = await topics.sizes(["t"])
    assert size == len('{"n":"x"}') * (last - oldest + 1)


async def test_what_has_expired_is_missing_not_forgotten(topics: TopicStore, services: Services) -> None:
    """If this failed, whoever comes back late would take the rest of a job for all of it."""
    await topics.append("t", [1, 2, 3], KEEP)
    await topics.forget(["t"])
    assert await topics.span("t") == (4, 3)
    page = await topics.read("t", 1)
    assert (page.first, page.events) == (4, [])
    assert await topics.append("t", [4], KEEP) == 4
    assert await everything(topics, since=3) == [4]
    assert await topics.sizes(["t"]) == [1]
    short = Keep(events=9, bytes=99, seconds=10, number_seconds=20)
    await topics.append("s", [1], short)
    key = f"{services.settings.redis_prefix}topic:s"
    assert 0 < await services.redis.ttl(key) <= 10 < await services.redis.ttl(f"{key}:meta") <= 20


async def test_numbers_that_were_lost_take_their_events_along(topics: TopicStore, services: Services) -> None:
    """If this failed, a Redis that drops a key for want of memory would give wrong numbers to what is left."""
    await topics.append("t", [1, 2, 3], KEEP)
    await services.redis.delete(f"{services.settings.redis_prefix}topic:t:meta")
    assert await topics.append("t", [4], KEEP) == 1
    assert (await topics.span("t"), await everything(topics)) == ((1, 1), [4])


async def test_pages_are_bounded(topics: TopicStore) -> None:
    """If this failed, one message to a browser could be as long as a job has said."""
    keep = Keep(events=5_000, bytes=10_000_000)
    for start in range(0, 2_000, 500):
        await topics.append("many", list(range(start, start + 500)), keep)
        await topics.append("long", ["x" * 4_000] * 50, keep)
    assert len((await topics.read("many", 0)).events) == PAGE_EVENTS
    assert 10 < len((await topics.read("long", 0)).events) < 20
    assert await everything(topics, "many") == list(range(2_000))
    await topics.append("huge", ["x" * 100_000], keep)
    assert len((await topics.read("huge", 0)).events) == 1


async def test_a_feed_survives_that_redis_cuts_its_connection(topics: TopicStore, services: Services) -> None:
    """If this failed, an open page would stand still after Redis was restarted, until somebody reloads it."""
    feeds, hears = Feeds(topics), asyncio.Event()

    async def begun() -> None:
        await feeds.begun()
        hears.set()

    listener = Listener(services.redis, channel_of(services.settings.redis_prefix), begun, feeds.heard)
    listening = asyncio.create_task(listener.run())
    got: list[Any] = []
    with feeds.reading("t") as feed:
        async with asyncio.timeout(120):
            await hears.wait()
            await topics.append("t", [1], KEEP)
            got += (await feed.after(0)).events
            waiting = asyncio.create_task(feed.after(1))
            await topics.append("t", [2], KEEP)
            got += (await waiting).events
            while not feed.tail.is_at(2):
                await asyncio.sleep(0.01)
            await stop(listening)
            waiting = asyncio.create_task(feed.after(2))
            await topics.append("t", [3], KEEP)  # nobody hears of it
            await asyncio.sleep(0.1)
            assert not waiting.done()
            listening = asyncio.create_task(listener.run())
            got += (await waiting).events
    await stop(listening)
    assert got == [1, 2, 3]
    assert feeds._feeds == {}


async def test_a_cancellation_that_was_taken_is_heeded() -> None:
    """If this failed, a page that is closed at a bad moment would be served for ever, or a process would not stop."""
    heard = []

    async def deaf(heeds: bool) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            heard.append(heeds)
        if heeds:
            heed_cancel()
        await asyncio.sleep(60)

    tasks = [asyncio.create_task(deaf(heeds)) for heeds in (True, False)]
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await stop(*tasks)
    assert sorted(heard) == [False, True]
