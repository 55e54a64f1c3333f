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

from console.auth.revocations import channel_of
from console.auth.tokens import Tokens
from console.cache import connection_options, make_redis
from console.health.service import Readiness
from console.lifecycle import Lifecycle
from console.metrics import Metrics
from console.middleware import RequestMiddleware
from console.realtime.namespaces import PlatformNamespace
from console.realtime.watch import AccessWatch
from console.settings import RealtimeSettings

MAX_MESSAGE = 100_000  # bytes that a browser may send at once


def make_asgi(settings: RealtimeSettings, lifecycle: Lifecycle) -> tuple[ASGIApp, Callable[[float], Awaitable[None]]]:
    """What the server runs, and what it calls when the drain begins."""
    redis, metrics = make_redis(settings.redis_url), Metrics()
    readiness = Readiness(lifecycle, {"redis": redis.ping})
    manager = socketio.AsyncRedisManager(
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
    platform = PlatformNamespace(Tokens(settings.secret_key), redis, settings.redis_prefix, metrics, lifecycle)
    server.register_namespace(platform)
    watch = AccessWatch(redis, channel_of(settings.redis_prefix), platform.recheck)

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
        watching = asyncio.create_task(watch.run())
        yield
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
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
