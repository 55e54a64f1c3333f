"""Topics over real processes: who goes away and comes back, to another replica, has everything once."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from backends import Backends
from console.api import Services
from console.auth.permissions import Permission, Role
from console.auth.tokens import Tokens
from console.cache import make_redis
from console.lifecycle import Lifecycle
from console.metrics import Metrics
from console.realtime import subscriptions
from console.realtime.feeds import Feeds
from console.realtime.namespaces import PlatformNamespace
from console.streams.store import TopicStore
from console.streams.topics import KEEP_OUTPUT, Keep, output_of
from processes import SECRET_KEY, console
from streams import Follower

pytestmark = pytest.mark.anyio

TOPIC = output_of("0" * 32)
CLIENTS = 8
EVENTS = 1_500


def token(role: Role = Role.VIEWER, user: int = 4711) -> str:
    return Tokens(SECRET_KEY).issue(user, "someone", role, f"session-{user}")


@asynccontextmanager
async def topics_of(servers: Backends, prefix: str) -> AsyncIterator[tuple[TopicStore, Redis]]:
    redis = make_redis(servers.redis_url)
    yield TopicStore(redis, prefix), redis
    await redis.aclose()


async def test_connections_cut_at_random_lose_and_double_nothing(
    migrated: Backends, tmp_path: Path, prefix: str
) -> None:
    """If this failed, a browser whose network is bad, or that a deploy moves to another replica, would miss lines."""
    chance = random.Random(4711)
    with (
        console("realtime", migrated, tmp_path, REDIS_PREFIX=prefix) as one,
        console("realtime", migrated, tmp_path, REDIS_PREFIX=prefix) as two,
    ):
        for process in (one, two):
            process.wait_until_ready("/ready")
        followers = [Follower(token(user=number), TOPIC) for number in range(CLIENTS)]

        async def follow(follower: Follower) -> None:
            while True:
                await follower.connect(chance.choice((one, two)))
                assert (await follower.subscribe())["ok"]
                if follower.last >= EVENTS * 0.8:
                    await follower.until(EVENTS)
                    return
                await asyncio.sleep(chance.random() * 0.3)
                await follower.cut()

        async with topics_of(migrated, prefix) as (topics, _), asyncio.timeout(240):
            following = [asyncio.create_task(follow(follower)) for follower in followers]
            for first in range(1, EVENTS + 1, 10):
                await topics.append(TOPIC, [{"n": first + more} for more in range(10)], KEEP_OUTPUT, first=first)
                await asyncio.sleep(chance.random() * 0.02)
            await asyncio.gather(*following)
        for follower in followers:
            assert [event["n"] for event in follower.got] == list(range(1, EVENTS + 1))
            assert (follower.resets, follower.lagging) == ([], [])
            await follower.close()


async def test_what_is_not_kept_is_said(migrated: Backends, tmp_path: Path, prefix: str) -> None:
    """If this failed, a gap would look like the whole, or a page would hold on to what another history numbered."""
    with console("realtime", migrated, tmp_path, REDIS_PREFIX=prefix) as realtime:
        realtime.wait_until_ready("/ready")
        async with topics_of(migrated, prefix) as (topics, redis):
            late, live = Follower(token(), TOPIC), Follower(token(), TOPIC)
            keep = Keep(events=5, bytes=1_000)
            await topics.append(TOPIC, list(range(1, 9)), keep)
            await late.connect(realtime)
            assert await late.subscribe() == {"ok": True, "topic": TOPIC, "oldest": 4, "last": 8}
            await late.until(8)
            assert late.resets == [{"topic": TOPIC, "oldest": 4, "last": 8}]
            assert late.got == [4, 5, 6, 7, 8]

            await live.connect(realtime)
            live.last = 8
            await live.subscribe()
            await topics.append(TOPIC, ["old"], keep)
            await live.until(9)
            await late.until(9)
            keys = [f"{prefix}topic:{TOPIC}", f"{prefix}topic:{TOPIC}:meta"]
            await redis.delete(*keys)
            await topics.append(TOPIC, ["new"], keep)
            async with asyncio.timeout(60):
                while not live.got[-1] == late.got[-1] == "new":
                    await asyncio.sleep(0.02)
            assert live.resets == late.resets[1:] == [{"topic": TOPIC, "oldest": 1, "last": 1}]
            assert live.got == ["old", "new"]
            for follower in (late, live):
                await follower.close()


async def test_a_slow_browser_holds_up_nobody(migrated: Backends, tmp_path: Path, prefix: str) -> None:
    """If this failed, one page on a bad line would fill the memory of realtime, or stop the others."""
    with console("realtime", migrated, tmp_path, REDIS_PREFIX=prefix) as realtime:
        realtime.wait_until_ready("/ready")
        async with topics_of(migrated, prefix) as (topics, _):
            slow, quick = Follower(token(), TOPIC), Follower(token(), TOPIC)
            slow.confirms = False
            for follower in (slow, quick):
                await follower.connect(realtime)
                await follower.subscribe()
            for first in range(1, 10_000, 500):
                await topics.append(TOPIC, list(range(first, first + 500)), KEEP_OUTPUT)
            await quick.until(10_000)
            assert 0 < slow.last <= 500 * subscriptions.WINDOW
            for follower in (slow, quick):
                await follower.cut()


async def test_who_may_subscribe_to_what(migrated: Backends, tmp_path: Path, prefix: str) -> None:
    """If this failed, topics could be read without the right, or a socket could make the server follow without end."""
    with console("realtime", migrated, tmp_path, REDIS_PREFIX=prefix) as realtime:
        realtime.wait_until_ready("/ready")
        async with topics_of(migrated, prefix) as (topics, redis):
            follower = Follower(token(), "jobs")
            await follower.connect(realtime)
            assert follower.client is not None
            codes = [
                (await follower.subscribe(topic, since))["code"]
                for topic, since in (
                    ("audit", 0),
                    ("job:../x", 0),
                    ("jobs", -1),
                    ("jobs", "0"),
                    ("jobs", True),
                    ("jobs", 2**60),
                )
            ]
            assert codes == ["unknown-topic"] * 2 + ["invalid"] * 4
            assert (await follower.client.call("subscribe", "jobs", timeout=60))["code"] == "invalid"
            for number in range(8):
                assert (await follower.subscribe(output_of(f"{number:032x}"), 0))["ok"]
            assert (await follower.subscribe())["code"] == "too-many"
            assert (await follower.client.call("unsubscribe", {"topic": output_of("0" * 32)}, timeout=60))["ok"]
            assert (await follower.subscribe())["ok"]
            await topics.append("jobs", [{"kind": "x"}], KEEP_OUTPUT)
            await follower.until(1)

            # Another user's token does not take over what this one was allowed to.
            assert await follower.client.call("renew", {"token": token(user=4712)}, timeout=60) == "token-other"
            assert await follower.client.call("renew", {"token": token(Role.ADMIN)}, timeout=60) == "token-other"
            assert await follower.client.call("renew", {"token": token()}, timeout=60) == "ok"

            await redis.set(f"{prefix}version:4711", 9)
            await redis.publish(f"{prefix}access", json.dumps({"user": 4711, "sessions": []}))
            async with asyncio.timeout(60):
                while follower.client.connected:
                    await asyncio.sleep(0.02)
            await topics.append("jobs", [{"kind": "y"}], KEEP_OUTPUT)
            assert (await follower.client.eio.disconnect()) is None
            assert len(follower.got) == 1


async def test_a_topic_wants_its_permission(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, the first topic that not everybody may read would be read by everybody."""
    redis, prefix = services.redis, services.settings.redis_prefix
    feeds = Feeds(TopicStore(redis, prefix))
    namespace = PlatformNamespace(services.tokens, redis, prefix, feeds, Metrics(), Lifecycle())
    monkeypatch.setattr("console.realtime.namespaces.permission_of", lambda _: Permission.AUDIT_READ)
    answers = []
    for sid, role in (("viewer", Role.VIEWER), ("admin", Role.ADMIN)):
        namespace._principals[sid] = services.tokens.verify(token(role))
        answers.append(await namespace.on_subscribe(sid, {"topic": "audit", "since": 0}))
    answers.append(await namespace.on_subscribe("gone", {"topic": "audit", "since": 0}))
    assert [answer.get("code") for answer in answers] == ["forbidden", None, "forbidden"]
    assert set(namespace._readers) == {"admin"}
    namespace._forget("admin")
    async with asyncio.timeout(60):
        while feeds._feeds:
            await asyncio.sleep(0.01)


async def test_who_confirms_nothing_gets_no_more(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a browser that does not read would fill the memory of the process."""
    sent: list[tuple[str, dict[str, Any]]] = []
    confirm: list[Any] = []

    class Server:
        async def emit(self, event: str, data: dict[str, Any], *, callback: Any = None, **_: Any) -> None:
            sent.append((event, data))
            if callback:
                confirm.append(callback)

    monkeypatch.setattr(subscriptions, "CONFIRM_SECONDS", 1.5)
    topics, metrics = TopicStore(services.redis, services.settings.redis_prefix), Metrics()
    for first in range(1, 5_000, 500):
        await topics.append(TOPIC, list(range(first, first + 500)), KEEP_OUTPUT)
    reader = subscriptions.Reader(Server(), "sid", Feeds(topics), metrics)
    async with asyncio.timeout(60):
        assert reader.subscribe(TOPIC, 0)
        while len(sent) < subscriptions.WINDOW:
            await asyncio.sleep(0.01)
        confirm.pop()()  # one is read: one more may follow
        while sent[-1][0] != "lagging":
            await asyncio.sleep(0.01)
    assert [event for event, _ in sent] == ["events"] * (subscriptions.WINDOW + 1) + ["lagging"]
    assert sent[-1][1] == {"topic": TOPIC, "last": 500 * (subscriptions.WINDOW + 1)}

    monkeypatch.setattr(subscriptions, "CONFIRM_SECONDS", 60)
    assert reader.subscribe(TOPIC, 2_500)  # a new subscription does not make room
    await asyncio.sleep(0.1)
    assert len(sent) == subscriptions.WINDOW + 2
    for callback in confirm:
        callback()
    async with asyncio.timeout(60):
        while sent[-1][1].get("first") != 4_001:
            await asyncio.sleep(0.01)
    reader.close()
