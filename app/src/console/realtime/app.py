"""The realtime process: python-socketio, plus the probes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import socketio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from console.auth import revocations
from console.auth.tokens import Tokens
from console.cache import connection_options, make_redis
from console.health.service import Readiness
from console.jobs.live import LiveJobs
from console.jobs.presence import Presence
from console.lifecycle import Lifecycle
from console.metrics import Metrics
from console.middleware import RequestMiddleware
from console.realtime.direct import DirectRedisManager
from console.realtime.feeds import Feeds
from console.realtime.listen import Listener
from console.realtime.namespaces import PlatformNamespace
from console.realtime.runner import RunnerNamespace
from console.realtime.watch import AccessWatch
from console.settings import RealtimeSettings
from console.streams import store
from console.streams.store import TopicStore
from console.tasks import stop

MAX_MESSAGE = 320_000  # bytes that a client may send at once; the runner sends events by 256 kB


def make_asgi(settings: RealtimeSettings, lifecycle: Lifecycle) -> tuple[ASGIApp, Callable[[float], Awaitable[None]]]:
    """What the server runs, and what it calls when the drain begins."""
    redis, metrics = make_redis(settings.redis_url), Metrics()
    readiness = Readiness(lifecycle, {"redis": redis.ping})
    manager = DirectRedisManager(
        settings.redis_url,
        channel=f"{settings.redis_prefix}socketio",
        redis_options=connection_options(),
    )
    server = socketio.AsyncServer(
        async_mode="asgi",
        client_manager=manager,
        cors_allowed_origins=[settings.public_url],
        max_http_buffer_size=MAX_MESSAGE,
        http_compression=False,
        logger=logging.getLogger("socketio"),  # given none, it would add a handler of its own
        engineio_logger=logging.getLogger("engineio"),
    )
    prefix = settings.redis_prefix
    feeds = Feeds(TopicStore(redis, prefix))
    platform = PlatformNamespace(Tokens(settings.secret_key), redis, prefix, feeds, metrics, lifecycle)
    server.register_namespace(platform)
    live, presence = LiveJobs(redis, prefix), Presence(redis, prefix)
    server.register_namespace(RunnerNamespace(settings.runner_token, live, presence, metrics))
    watch = AccessWatch(platform.recheck)
    listeners = [
        Listener(redis, revocations.channel_of(prefix), watch.begun, watch.heard),
        Listener(redis, store.channel_of(prefix), feeds.begun, feeds.heard),
    ]

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(request: Request) -> Response:
        status, body = await readiness.report()
        return JSONResponse(body, status)

    async def scrape(request: Request) -> Response:
        return metrics.response()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await lifecycle.wait_for("Redis", redis.ping, settings.startup_seconds)
        listening = [asyncio.create_task(listener.run()) for listener in listeners]
        yield
        await stop(*listening)
        await redis.aclose()

    probes = Starlette(
        routes=[Route("/health", health), Route("/ready", ready), Route("/metrics", scrape)],
        lifespan=lifespan,
    )

    async def ask_to_reconnect(drain_seconds: float) -> None:
        # Clients come back by themselves when the connection closes, but not after a server-side
        # disconnect(). The event lets them move over one by one, once the proxy has noticed that
        # this replica is not ready.
        window = {"after": drain_seconds / 2, "within": drain_seconds / 2}
        await server.emit("draining", window, ignore_queue=True)

    return RequestMiddleware(socketio.ASGIApp(server, probes), metrics, lifecycle), ask_to_reconnect
