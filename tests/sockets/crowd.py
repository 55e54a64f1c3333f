"""Very many browsers that follow one topic through Traefik, written against the protocol, not against our client.

Engine.IO 4 over WebSocket carries Socket.IO 5: "0{…}" opens, "40{…}" connects, "42[…]" is an event, "42<n>[…]" one that
wants "43<n>[]" as an answer, "2" asks for "3". https://socket.io/docs/v4/engine-io-protocol and /socket-io-protocol
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import aiohttp

FRAME = re.compile(r"4([0234])(\d*)(.*)", re.DOTALL)
AT_ONCE = 25  # connections that are being made: a browser takes its turn, too
SHORTEST_BREAK, LONGEST_BREAK = 0.2, 3.0  # seconds before a browser comes back


class Browser:
    """One that comes back whenever it loses its connection, and asks for what it has not got. `got`: what came."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._line: aiohttp.ClientWebSocketResponse | None = None
        self._since = 0
        self.got: list[Any] = []

    async def run(self) -> None:
        """Follow the topic until cancelled."""
        while True:
            try:
                await self._follow()
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                self._crowd.trouble[type(error).__name__] += 1
            self._crowd.connected.discard(self)
            await asyncio.sleep(random.uniform(SHORTEST_BREAK, LONGEST_BREAK))

    def cut(self) -> None:
        """Lose the connection as a network does: nothing is said to the other side."""
        if self._line and (connection := self._line._response.connection) and connection.transport:
            connection.transport.abort()

    async def _follow(self) -> None:
        async with self._crowd.turn:
            line = await self._crowd.session.ws_connect(self._crowd.url, ssl=self._crowd.tls, max_msg_size=0)
            self._line = line
            self._crowd.made += 1
            await line.receive_str(timeout=60)
            await line.send_str("40" + json.dumps({"token": self._crowd.token()}))
        async with line:
            async for message in line:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._heard(line, message.data)

    async def _heard(self, line: aiohttp.ClientWebSocketResponse, text: str) -> None:
        if text == "2":
            await line.send_str("3")
            return
        found = FRAME.fullmatch(text)
        if found is None:
            return
        kind, number, rest = found.groups()
        if kind == "0":
            await self._subscribe(line)
        elif kind == "4":
            self._crowd.trouble[f"refused {rest}"] += 1
            await line.close()
        elif kind == "3" and json.loads(rest)[0]["ok"]:
            self._crowd.connected.add(self)
        elif kind == "3":
            self._crowd.trouble[f"not subscribed {rest}"] += 1
            await line.close()
        elif kind == "2":
            name, *data = json.loads(rest)
            if number:
                await line.send_str(f"43{number}[]")
            if name == "events":
                await self._events(line, data[0])
            elif name in ("reset", "lagging"):
                self._crowd.trouble[name] += 1

    async def _events(self, line: aiohttp.ClientWebSocketResponse, message: dict[str, Any]) -> None:
        if message["first"] != self._since + 1:
            self._crowd.trouble["gap"] += 1
            await self._subscribe(line)
            return
        self.got += [event["text"] for event in message["events"]]
        self._since += len(message["events"])

    async def _subscribe(self, line: aiohttp.ClientWebSocketResponse) -> None:
        await line.send_str("421" + json.dumps(["subscribe", {"topic": self._crowd.topic, "since": self._since}]))


class Crowd:
    """Context manager: `size` browsers. `trouble` counts what went wrong by its name; a lost connection is none.

    `made` counts connections.
    """

    def __init__(self, size: int, url: str, ca_file: str, topic: str, token: Callable[[], str]) -> None:
        self.url = url.replace("https:", "wss:") + "/socket.io/?EIO=4&transport=websocket"
        self.tls = ssl.create_default_context(cafile=ca_file)
        self.topic, self.token = topic, token
        self.trouble: Counter[str] = Counter()
        self.connected: set[Browser] = set()
        self.made = 0
        self.turn = asyncio.Semaphore(AT_ONCE)
        self.browsers = [Browser(self) for _ in range(size)]

    async def __aenter__(self) -> Crowd:
        origin = re.sub(r"^wss:(//[^/]+)/.*", r"https:\1", self.url)
        connector = aiohttp.TCPConnector(limit=0, resolver=Here())
        self.session = aiohttp.ClientSession(connector=connector, headers={"Origin": origin})
        self._tasks = [asyncio.create_task(browser.run()) for browser in self.browsers]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.session.close()

    def cut(self, count: int) -> None:
        """Cut `count` of those that are connected, at random."""
        for browser in random.sample(sorted(self.connected, key=id), min(count, len(self.connected))):
            browser.cut()

    async def all_connected(self) -> None:
        """Wait until each of them follows the topic. Raises TimeoutError after five minutes."""
        async with asyncio.timeout(300):
            while len(self.connected) < len(self.browsers):
                await asyncio.sleep(0.2)

    async def all_have(self, count: int) -> None:
        """Wait until each of them has so many events; what is missing after five minutes, the caller sees."""
        with suppress(TimeoutError):
            async with asyncio.timeout(300):
                while any(len(browser.got) < count for browser in self.browsers):
                    await asyncio.sleep(0.2)

    def wrong(self, count: int) -> str:
        """Say who has not got exactly the lines 1 to `count` (lines.py) in their order; nothing where all have."""
        wanted = [str(number) for number in range(1, count + 1)]
        wrong = [browser.got for browser in self.browsers if browser.got != wanted]
        first = f"{len(wrong)} of {len(self.browsers)}, the first has {len(wrong[0])} of {count}" if wrong else ""
        return f"{first}; {dict(self.trouble)}" if wrong else ""

    @property
    def refused(self) -> dict[str, int]:
        """What they were refused, or got with a hole, with its count.

        Unavailable is what a browser is told while hundreds come back at once and Redis is late; it asks again.
        """
        faults = ("refused", "gap", "reset", "not subscribed")
        found = {name: count for name, count in self.trouble.items() if name.startswith(faults)}
        return {name: count for name, count in found.items() if "unavailable" not in name}


class Here(aiohttp.abc.AbstractResolver):
    """Every name is this machine: the C library does not know .localhost."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[Any]:
        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": port,
                "family": family or socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
        ]

    async def close(self) -> None:
        """Nothing is held."""
