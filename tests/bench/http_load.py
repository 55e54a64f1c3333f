"""Asks a server the same thing again and again over connections that are kept: little work, and the same for all.

An HTTP client of its own, since general ones take longer for a request than the servers do.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import cast

import uvloop

from tests.bench.measured import Sample, Server

CONNECTIONS = 8  # below the size of the pools of database connections, so that nobody waits for one


def request(method: str, path: str, token: str = "", body: bytes = b"") -> bytes:
    """As it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Accept: application/json"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Client(asyncio.Protocol):
    """One connection; takes the next request when it has the answer of the last."""

    def __init__(self, requests: Sequence[bytes], left: list[int], done: asyncio.Future[None]) -> None:
        self._requests = requests
        self._left = left  # of all connections together, one number
        self._done = done
        self._buffer = b""
        self._sent = 0.0
        self._transport: asyncio.Transport
        self.waits: list[float] = []
        self.body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def _next(self) -> None:
        if self._left[0] == 0:
            self._transport.close()
            return
        self._left[0] -= 1
        self._sent = time.perf_counter()
        self._transport.write(self._requests[self._left[0] % len(self._requests)])

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        if len(body) < length:
            return
        self.waits.append((time.perf_counter() - self._sent) * 1000)
        self._buffer, self.body = b"", body
        if not head.startswith(b"HTTP/1.1 200"):
            self._fail(f"{head.decode()}\n{body.decode()[:500]}")
            return
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._buffer or exc:
            self._fail(f"the connection was lost: {exc}")
        elif not self._done.done():
            self._done.set_result(None)

    def _fail(self, why: str) -> None:
        if not self._done.done():
            self._done.set_exception(SystemExit(f"not answered as expected: {why}"))
        self._transport.close()


def measure(server: Server, requests: Sequence[bytes], count: int) -> tuple[Sample, bytes]:
    """Send `count` requests, these in turn; returns what they cost, and the body of an answer."""

    async def run() -> tuple[Sample, bytes]:
        loop, left = asyncio.get_running_loop(), [count]
        before = server.cpu()
        clients, ends = [], []
        for _ in range(CONNECTIONS):
            ends.append(loop.create_future())
            client = Client(requests, left, ends[-1])
            await loop.create_connection(lambda client=client: client, "127.0.0.1", server.port)  # type: ignore[misc]
            clients.append(client)
        await asyncio.gather(*ends)
        spent = server.cpu() - before
        return Sample(spent / count * 1e6, [wait for client in clients for wait in client.waits]), clients[0].body

    return uvloop.run(run())
