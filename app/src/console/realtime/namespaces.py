"""Socket.IO namespaces. ``/`` sends the platform's services."""

from __future__ import annotations

import logging
from typing import Any

import socketio
from redis.asyncio import Redis
from redis.exceptions import RedisError

from console.auth.tokens import Tokens
from console.errors import UnauthorizedError
from console.metrics import Metrics
from console.platform.repository import SnapshotRepository

log = logging.getLogger(__name__)


class PlatformNamespace(socketio.AsyncNamespace):  # type: ignore[misc]
    """Browsers that are signed in. The token comes in the ``auth`` payload, never in a URL."""

    def __init__(self, tokens: Tokens, redis: Redis, prefix: str, metrics: Metrics) -> None:
        super().__init__("/")
        self._tokens = tokens
        self._redis = redis
        self._prefix = prefix
        self._snapshots = SnapshotRepository(redis, prefix)
        self._metrics = metrics

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        token = auth.get("token") if isinstance(auth, dict) else None
        try:
            principal = self._tokens.verify(token if isinstance(token, str) else "")
        except UnauthorizedError as error:
            raise socketio.exceptions.ConnectionRefusedError(error.code) from error
        if await self._is_revoked(principal.session):
            raise socketio.exceptions.ConnectionRefusedError("signed-out")
        await self.save_session(sid, {"principal": principal})
        await self.enter_room(sid, "services")
        self._metrics.sockets.inc()
        try:
            snapshot = await self._snapshots.get()
        except (RedisError, OSError):
            log.warning("no snapshot to send, Redis does not answer")
            return
        await self.server.emit("services", snapshot, to=sid, ignore_queue=True)

    async def on_disconnect(self, sid: str, reason: str) -> None:
        if (await self.get_session(sid)).get("principal"):
            self._metrics.sockets.dec()

    async def _is_revoked(self, session: str) -> bool:
        try:
            return bool(await self._redis.exists(f"{self._prefix}revoked:{session}"))
        except (RedisError, OSError):
            return False  # the token itself lives five minutes at most
