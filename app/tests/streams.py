"""A client of the topics, as a browser is one, for the tests."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import socketio

from processes import Process
from support import PUBLIC_URL


class Follower:
    """Follows one topic, whatever happens to its connection; ``got`` is what it has of it."""

    def __init__(self, token: str, topic: str) -> None:
        self.token = token
        self.topic = topic
        self.got: list[Any] = []
        self.resets: list[dict[str, Any]] = []
        self.lagging: list[dict[str, Any]] = []
        self.confirms = True
        self.client: socketio.AsyncClient | None = None
        self.last = 0

    async def connect(self, realtime: Process) -> None:
        client = self.client = socketio.AsyncClient(reconnection=False)
        client.on("events", self._events)
        client.on("reset", self._reset)
        client.on("lagging", self.lagging.append)
        await client.connect(
            realtime.url,
            headers={"origin": PUBLIC_URL},
            auth={"token": self.token},
            transports=["websocket"],
            wait_timeout=60,
        )

    async def subscribe(self, topic: str | None = None, since: object = None) -> dict[str, Any]:
        assert self.client is not None
        asked = {"topic": topic or self.topic, "since": self.last if since is None else since}
        answer: dict[str, Any] = await self.client.call("subscribe", asked, timeout=60)
        return answer

    async def cut(self) -> None:
        """Lose the connection as a network does: nothing is said to the other side."""
        assert self.client is not None
        if websocket := self.client.eio.ws:
            websocket._response.connection.transport.abort()
        with suppress(TimeoutError):
            async with asyncio.timeout(60):
                while self.client.connected:
                    await asyncio.sleep(0.01)

    async def close(self) -> None:
        if self.client is not None:
            await self.client.disconnect()

    async def until(self, number: int) -> None:
        async with asyncio.timeout(120):
            while self.last < number:
                await asyncio.sleep(0.02)

    async def _events(self, message: dict[str, Any]) -> None:
        assert message["topic"] == self.topic
        assert message["first"] == self.last + 1, (message["first"], self.last)
        self.got += message["events"]
        self.last += len(message["events"])
        if not self.confirms:
            await asyncio.Event().wait()  # no answer, ever

    def _reset(self, message: dict[str, Any]) -> None:
        self.resets.append(message)
        self.last = message["oldest"] - 1
