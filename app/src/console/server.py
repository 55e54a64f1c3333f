"""uvicorn that drains: on SIGTERM it is no longer ready, goes on answering for a while, then closes.

The proxy notices the 503 of the ready check within its own interval and routes to other replicas;
only after ``drain_seconds`` are the listening sockets closed and open requests waited for.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from socket import socket
from types import FrameType
from typing import Any

import uvicorn

from console.lifecycle import Lifecycle

log = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 120  # above the 90 s for which Traefik keeps an idle connection by default
CLOSE_SECONDS = 15  # open requests get this long after the drain; below the stack's stop_grace_period


class DrainingServer(uvicorn.Server):
    """One worker. The first SIGTERM or SIGINT drains, the second closes at once."""

    def __init__(
        self,
        config: uvicorn.Config,
        lifecycle: Lifecycle,
        drain_seconds: float,
        on_drain: Callable[[float], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(config)
        self._lifecycle = lifecycle
        self._drain_seconds = drain_seconds
        self._on_drain = on_drain
        self._close_at: float | None = None
        self._announced = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Not passed on to uvicorn, which would raise the signal again: a drained stop exits with 0.
        if not self.started or self._lifecycle.draining:
            self._lifecycle.stopping = True
            self.should_exit = True
            return
        self._lifecycle.draining = True
        self._close_at = time.monotonic() + self._drain_seconds

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        log.info("serving on port %d", self.config.port)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        log.info("closing, %d connections are open", len(self.server_state.connections))
        await super().shutdown(sockets)
        log.info("stopped")

    async def on_tick(self, counter: int) -> bool:
        if self._close_at is not None and not self._announced:
            self._announced = True
            log.info("draining for %g s", self._drain_seconds)
            if self._on_drain is not None:
                await self._on_drain(self._drain_seconds)
        if self._close_at is not None and time.monotonic() >= self._close_at:
            self.should_exit = True
        return await super().on_tick(counter)


def serve(
    app: Any,
    lifecycle: Lifecycle,
    *,
    host: str,
    port: int,
    drain_seconds: float,
    trusted_proxies: str,
    websockets: type[asyncio.Protocol] | None = None,
    on_drain: Callable[[float], Awaitable[None]] | None = None,
) -> int:
    """Serve until told to stop; returns the exit code."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws=websockets or "none",
        ws_per_message_deflate=False,
        ws_max_size=1 << 20,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=trusted_proxies,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=CLOSE_SECONDS,
    )
    server = DrainingServer(config, lifecycle, drain_seconds, on_drain)
    server.run()
    return 0 if server.started else 3
