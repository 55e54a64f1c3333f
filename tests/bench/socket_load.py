"""A thousand Socket.IO clients in one process, each no more than it takes to be sent something.

WebSocket and the two protocols on it are spoken by hand, since client libraries take longer for a message than the
servers do.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import cast

HANDSHAKE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
LONG, LONGER = 126, 127  # how a frame says that its length follows, in 2 bytes or in 8


def framed(text: str) -> bytes:
    """A text as a client sends it: masked, here with zeros."""
    data = text.encode()
    length = bytes([0x80 | len(data)]) if len(data) < LONG else bytes([0x80 | LONG]) + len(data).to_bytes(2)
    return b"\x81" + length + bytes(4) + data


class Socket(asyncio.Protocol):
    """One client, which tells ``heard`` the time of each message of an event."""

    def __init__(self, origin: str, token: str, event: str, heard: Callable[[float], None]) -> None:
        self._origin = origin
        self._token = token
        self._event = f'42["{event}"'.encode()
        self._heard = heard
        self._buffer = bytearray()
        self._open = False
        self._transport: asyncio.Transport
        self.connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(HANDSHAKE.format(origin=self._origin).encode())

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self._buffer += data
        if not self._open:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self._refuse(head)
                return
            self._open, self._buffer = True, rest
        while (message := self._frame()) is not None:
            self._take(message, now)

    def _frame(self) -> bytes | None:
        """The next whole message, which no server masks or sends in parts."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        start = 2 + {LONG: 2, LONGER: 8}.get(buffer[1], 0)
        if len(buffer) < start:
            return None
        length = buffer[1] if start == 2 else int.from_bytes(buffer[2:start])
        if len(buffer) < start + length:
            return None
        message = bytes(buffer[start : start + length])
        del buffer[: start + length]
        return message

    def _take(self, message: bytes, now: float) -> None:
        if message.startswith(self._event):
            self._heard(now)
        elif message == b"2":
            self._transport.write(framed("3"))
        elif message.startswith(b"0"):
            self._transport.write(framed("40" + json.dumps({"token": self._token})))
        elif message.startswith(b"40"):
            self.connected.set_result(None)
        elif message.startswith(b"44"):
            self._refuse(message)

    def _refuse(self, said: bytes | bytearray) -> None:
        if not self.connected.done():
            self.connected.set_exception(SystemExit(f"not connected: {said.decode(errors='replace')[:300]}"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._refuse(f"the connection was lost ({exc})".encode())

    def close(self) -> None:
        """Without a word, as a machine that loses its network."""
        self._transport.abort()


class Crowd:
    """Clients, spread evenly over the servers, and who has heard of what was sent last."""

    def __init__(self, origin: str, tokens: dict[int, list[str]], event: str) -> None:
        """``tokens``: by the port of its server, a token for each client."""
        self._origin = origin
        self._tokens = tokens
        self._event = event
        self._sockets: list[Socket] = []
        self._all = asyncio.Event()
        self._times: list[float] = []

    async def connect(self) -> None:
        """Twenty at a time."""
        waiting = [(port, token) for port, tokens in self._tokens.items() for token in tokens]
        for first in range(0, len(waiting), 20):
            await asyncio.gather(*(self._connect(*one) for one in waiting[first : first + 20]))

    async def _connect(self, port: int, token: str) -> None:
        loop = asyncio.get_running_loop()
        socket = Socket(self._origin, token, self._event, self._heard)
        await loop.create_connection(lambda: socket, "127.0.0.1", port)
        await socket.connected
        self._sockets.append(socket)

    def _heard(self, now: float) -> None:
        self._times.append(now)
        if len(self._times) == len(self._sockets):
            self._all.set()

    def expect(self) -> None:
        """Something is about to be sent."""
        self._times = []
        self._all.clear()

    async def heard(self) -> list[float]:
        """When each client heard of it; waits for all. Raises TimeoutError."""
        async with asyncio.timeout(60):
            await self._all.wait()
        return self._times

    def close(self) -> None:
        for socket in self._sockets:
            socket.close()
