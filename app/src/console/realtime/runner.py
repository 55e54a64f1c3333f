"""The Socket.IO namespace ``/runner``: the one process on the host that runs jobs, and tells how they go.

What the runner sends is numbered, and kept by it until it is confirmed here; what it sends again is dropped. What it is
sent (``start``, ``cancel``) is sent again when it says hello, until its events show that it has it.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from typing import Any

import socketio
from redis.exceptions import RedisError

from console.events import RUNNER
from console.jobs import wire
from console.jobs.live import LiveJobs
from console.jobs.presence import BEAT_SECONDS, Presence
from console.metrics import Metrics
from console.tasks import heed_cancel

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0


class RunnerNamespace(socketio.AsyncNamespace):  # type: ignore[misc]
    """Of several runners the newest counts. Without a token, none gets in."""

    def __init__(self, token: str | None, live: LiveJobs, presence: Presence, metrics: Metrics) -> None:
        super().__init__(RUNNER)
        self._token = token
        self._live = live
        self._presence = presence
        self._metrics = metrics
        self._beats: dict[str, asyncio.Task[None]] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._one = asyncio.Lock()
        self._begins: dict[str, int] = {}  # jobs whose events were asked for from further back: what was sent then

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: object = None) -> None:
        given = auth if isinstance(auth, dict) else {}
        token = given.get("token")
        if self._token is None or not isinstance(token, str) or not _same(token, self._token):
            log.warning("a runner was refused: its token is not valid")
            raise socketio.exceptions.ConnectionRefusedError("unauthorized")
        if given.get("version") != wire.VERSION:
            log.warning("a runner was refused: it speaks another version than %d", wire.VERSION)
            raise socketio.exceptions.ConnectionRefusedError("unsupported-version")
        try:
            before = await self._presence.arrive(sid, str(given.get("host", ""))[:253])
            await self.enter_room(sid, RUNNER)
            await self._tell()
            if before and before != sid:
                await self.disconnect(before)  # wherever it is connected
        except (RedisError, OSError) as error:
            raise socketio.exceptions.ConnectionRefusedError("unavailable") from error
        self._beats[sid] = asyncio.create_task(self._beat(sid))
        self._metrics.runner_connected.set(len(self._beats))
        log.info("the runner has connected")

    async def on_disconnect(self, sid: str, reason: str) -> None:
        if beat := self._beats.pop(sid, None):
            beat.cancel()
        self._metrics.runner_connected.set(len(self._beats))
        try:
            if await self._presence.beat(sid, connected=False):
                log.warning("the runner has disconnected")
                await self._tell()
        except (RedisError, OSError):
            return  # it is not heard of any more, which says the same

    async def on_hello(self, sid: str, told: object = None) -> dict[str, Any]:
        """What jobs there are, and which the runner knows; answers from which event on each is wanted."""
        given = told if isinstance(told, dict) else {}
        try:
            definitions, known = wire.definitions(given.get("jobs")), wire.known(given.get("known"))
        except wire.WireError as error:
            return _refused(error)
        while True:
            try:
                await self._live.define(definitions)
                answer = {"next": await self._live.following(list(known))}
                break
            except (RedisError, OSError):
                await asyncio.sleep(RETRY_SECONDS)
        sending = asyncio.create_task(self._send_again(sid))  # after the answer
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)
        return answer

    async def on_events(self, sid: str, told: object = None) -> dict[str, Any]:
        """Events of one job; answers with the number of the next one that is wanted."""
        given = told if isinstance(told, dict) else {}
        try:
            job, events = wire.job_id(given.get("job")), wire.events(given.get("events"))
        except wire.WireError as error:
            return _refused(error)
        first = int(events[0]["n"])
        async with self._one:
            try:
                # Asked once to go further back and yet here again: it has nothing from before any more.
                following = await self._live.take(
                    job, wire.about(given.get("about")), events, gap=self._begins.pop(job, None) == first
                )
            except (RedisError, OSError):
                await asyncio.sleep(RETRY_SECONDS)
                return {"next": first}
            if following < first:
                self._begins[job] = first
        self._metrics.job_events.inc(max(0, following - first))
        return {"next": following}

    async def _beat(self, sid: str) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            heed_cancel()
            try:
                if await self._presence.beat(sid, connected=True):
                    continue
            except (RedisError, OSError):
                continue
            await self.disconnect(sid)  # another one came meanwhile
            return

    async def _send_again(self, sid: str) -> None:
        try:
            for event, message in await self._live.outstanding():
                await self.server.emit(event, message, to=sid, namespace=RUNNER, ignore_queue=True)
        except (RedisError, OSError):
            log.warning("the runner was not told what it is asked for, Redis does not answer")  # api tells it again

    async def _tell(self) -> None:
        await self._live.tell({"kind": "runner", "runner": await self._presence.shown()})


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _refused(error: wire.WireError) -> dict[str, Any]:
    log.error("the runner sent what is not in the contract: %s", error)
    return {"error": str(error)}
