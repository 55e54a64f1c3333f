"""The Socket.IO namespace ``/``: the platform's services, its alerts, news of reports, and topics by subscription."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import socketio
from redis.asyncio import Redis
from redis.exceptions import RedisError

from console.auth.permissions import Permission
from console.auth.revocations import Revocations
from console.auth.tokens import LEEWAY_SECONDS, Principal, Tokens
from console.errors import UnauthorizedError
from console.events import ALERTS, BACKUPS, DEPLOYS, SERVICES
from console.lifecycle import Lifecycle
from console.metrics import Metrics
from console.platform.repository import service_reports
from console.realtime.feeds import Feeds
from console.realtime.subscriptions import Reader
from console.streams.store import TopicStore
from console.streams.topics import permission_of

log = logging.getLogger(__name__)

MAX_NUMBER = 2**53  # of an event: what JavaScript counts exactly

ROOMS = {
    SERVICES: Permission.SERVICES_READ,
    ALERTS: Permission.ALERTS_READ,
    DEPLOYS: Permission.DEPLOYS_READ,
    BACKUPS: Permission.BACKUPS_READ,
}


class PlatformNamespace(socketio.AsyncNamespace):  # type: ignore[misc]
    """Browsers that are signed in. The token comes in the ``auth`` payload, never in a URL.

    A connection lasts as long as its token; a browser keeps it by sending a fresh one with ``renew``. It ends at once
    when the session does, or when the user's rights change: the browser comes back with a fresh token, if it gets one.
    """

    def __init__(
        self, tokens: Tokens, redis: Redis, prefix: str, feeds: Feeds, metrics: Metrics, lifecycle: Lifecycle
    ) -> None:
        super().__init__("/")
        self._tokens = tokens
        self._revocations = Revocations(redis, prefix)
        self._snapshots = service_reports(redis, prefix)
        self._store = TopicStore(redis, prefix)
        self._feeds = feeds
        self._readers: dict[str, Reader] = {}
        self._metrics = metrics
        self._lifecycle = lifecycle
        self._principals: dict[str, Principal] = {}
        self._ends: dict[str, asyncio.TimerHandle] = {}
        self._ending: set[asyncio.Task[None]] = set()

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        try:
            principal = await self._admit(sid, auth)
        except UnauthorizedError as error:
            self._forget(sid)
            raise socketio.exceptions.ConnectionRefusedError(error.code) from error
        for room, permission in ROOMS.items():  # for as long as the socket lasts: it ends when the user's rights change
            if principal.may(permission):
                await self.enter_room(sid, room)
        try:
            snapshot = await self._snapshots.get()
        except (RedisError, OSError):
            log.warning("no snapshot to send, Redis does not answer")
            return
        await self.server.emit(SERVICES, snapshot, to=sid, ignore_queue=True)

    async def on_renew(self, sid: str, auth: object) -> str:
        """Go on with a fresh token; answers ``ok``, or the code of what is wrong with it."""
        try:
            await self._admit(sid, auth)
        except UnauthorizedError as error:
            return error.code
        return "ok"

    async def on_subscribe(self, sid: str, asked: object = None) -> dict[str, Any]:
        """Send a topic's events from the one after number ``since`` on."""
        topic, since = (asked.get("topic"), asked.get("since", 0)) if isinstance(asked, dict) else (None, None)
        if not isinstance(topic, str) or type(since) is not int or not 0 <= since < MAX_NUMBER:
            return _no("invalid")
        permission = permission_of(topic)
        if permission is None:
            return _no("unknown-topic")
        try:
            oldest, last = await self._store.span(topic)
        except (RedisError, OSError):
            return _no("unavailable")
        principal = self._principals.get(sid)
        if principal is None or not principal.may(permission):
            return _no("forbidden")
        reader = self._readers.setdefault(sid, Reader(self.server, sid, self._feeds, self._metrics))
        if not reader.subscribe(topic, since):
            return _no("too-many")
        return {"ok": True, "topic": topic, "oldest": oldest, "last": last}

    async def on_unsubscribe(self, sid: str, asked: object = None) -> dict[str, Any]:
        topic = asked.get("topic") if isinstance(asked, dict) else None
        if isinstance(topic, str) and (reader := self._readers.get(sid)):
            reader.unsubscribe(topic)
        return {"ok": True}

    async def on_disconnect(self, sid: str, reason: str) -> None:
        self._forget(sid)

    async def recheck(self, user_id: int | None) -> None:
        """End the sockets of this user, or of all, whose token no longer counts."""
        concerned = [
            (sid, principal) for sid, principal in self._principals.items() if user_id in (None, principal.user_id)
        ]
        for sid, principal in concerned:
            try:
                await self._check(principal)
            except UnauthorizedError:
                await self.disconnect(sid)

    async def _admit(self, sid: str, auth: object) -> Principal:
        """Keep the socket for whom the token names. Raises UnauthorizedError."""
        token = auth.get("token") if isinstance(auth, dict) else None
        principal = self._tokens.verify(token if isinstance(token, str) else "")
        before = self._principals.get(sid, principal)
        if (principal.user_id, principal.role) != (before.user_id, before.role):
            # What the socket gets was allowed to whom it began with; a change of rights would no longer end it.
            raise UnauthorizedError("This token is another user's, or another role's.", code="token-other")
        await self._check(principal)
        if not principal.may(Permission.SERVICES_READ):
            raise UnauthorizedError("This role sees no services.", code="forbidden")
        self._keep(sid, principal)
        await self._check(principal)  # again: what changed before the socket was kept was not looked for among the kept
        return principal

    async def _check(self, principal: Principal) -> None:
        try:
            await self._revocations.check(principal)
        except (RedisError, OSError):
            return  # the token itself lives five minutes at most

    def _keep(self, sid: str, principal: Principal) -> None:
        """End the connection when the token does, unless another comes before."""
        if end := self._ends.pop(sid, None):
            end.cancel()
        self._principals[sid] = principal
        self._metrics.sockets.set(len(self._principals))
        seconds = principal.expires_at + LEEWAY_SECONDS - time.time()
        self._ends[sid] = asyncio.get_running_loop().call_later(seconds, self._end, sid)

    def _forget(self, sid: str) -> None:
        self._principals.pop(sid, None)
        if reader := self._readers.pop(sid, None):
            reader.close()
        self._metrics.sockets.set(len(self._principals))
        if end := self._ends.pop(sid, None):
            end.cancel()

    def _end(self, sid: str) -> None:
        if self._lifecycle.draining:  # a client that is disconnected by the server would not come back
            return
        task = asyncio.ensure_future(self.disconnect(sid))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


def _no(code: str) -> dict[str, Any]:
    return {"ok": False, "code": code}
