"""Socket.IO namespaces. ``/`` sends the platform's services."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import socketio
from redis.asyncio import Redis
from redis.exceptions import RedisError

from console.auth.tokens import LEEWAY_SECONDS, Principal, Tokens, revoked_key
from console.errors import UnauthorizedError
from console.lifecycle import Lifecycle
from console.metrics import Metrics
from console.platform.repository import SnapshotRepository

log = logging.getLogger(__name__)


class PlatformNamespace(socketio.AsyncNamespace):  # type: ignore[misc]
    """Browsers that are signed in. The token comes in the ``auth`` payload, never in a URL.

    A connection lasts as long as its token; a browser keeps it by sending a fresh one with ``renew``.
    """

    def __init__(self, tokens: Tokens, redis: Redis, prefix: str, metrics: Metrics, lifecycle: Lifecycle) -> None:
        super().__init__("/")
        self._tokens = tokens
        self._redis = redis
        self._prefix = prefix
        self._snapshots = SnapshotRepository(redis, prefix)
        self._metrics = metrics
        self._lifecycle = lifecycle
        self._ends: dict[str, asyncio.TimerHandle] = {}
        self._ending: set[asyncio.Task[None]] = set()

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        try:
            principal = await self._principal(auth)
        except UnauthorizedError as error:
            raise socketio.exceptions.ConnectionRefusedError(error.code) from error
        self._keep(sid, principal)
        await self.enter_room(sid, "services")
        self._metrics.sockets.inc()
        try:
            snapshot = await self._snapshots.get()
        except (RedisError, OSError):
            log.warning("no snapshot to send, Redis does not answer")
            return
        await self.server.emit("services", snapshot, to=sid, ignore_queue=True)

    async def on_renew(self, sid: str, auth: object) -> str:
        """Go on with a fresh token; answers ``ok``, or the code of what is wrong with it."""
        try:
            self._keep(sid, await self._principal(auth))
        except UnauthorizedError as error:
            return error.code
        return "ok"

    async def on_disconnect(self, sid: str, reason: str) -> None:
        if end := self._ends.pop(sid, None):
            end.cancel()
            self._metrics.sockets.dec()

    async def _principal(self, auth: object) -> Principal:
        token = auth.get("token") if isinstance(auth, dict) else None
        principal = self._tokens.verify(token if isinstance(token, str) else "")
        if await self._is_revoked(principal.session):
            raise UnauthorizedError("This session was signed out.", code="signed-out")
        return principal

    def _keep(self, sid: str, principal: Principal) -> None:
        """End the connection when the token does, unless another comes before."""
        if end := self._ends.pop(sid, None):
            end.cancel()
        seconds = principal.expires_at + LEEWAY_SECONDS - time.time()
        self._ends[sid] = asyncio.get_running_loop().call_later(seconds, self._end, sid)

    def _end(self, sid: str) -> None:
        if self._lifecycle.draining:  # a client that is disconnected by the server would not come back
            return
        task = asyncio.ensure_future(self.disconnect(sid))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _is_revoked(self, session: str) -> bool:
        try:
            return bool(await self._redis.exists(revoked_key(self._prefix, session)))
        except (RedisError, OSError):
            return False  # the token itself lives five minutes at most
