"""Broadcasts that go straight to the WebSockets: what python-socketio and uvicorn must go on doing for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import socketio
import uvicorn
from engineio.async_socket import AsyncSocket
from engineio.packet import MESSAGE, Packet
from websockets.asyncio.client import ClientConnection, connect

from backends import free_port
from console.realtime.direct import DirectManager, DirectProtocol

pytestmark = pytest.mark.anyio

PATIENCE = 60


@asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[tuple[socketio.AsyncServer, str]]:
    """A server of this process whose sockets are all in room ``all``, and where it is."""
    server = socketio.AsyncServer(
        async_mode="asgi", client_manager=DirectManager(), cors_allowed_origins="*", **options
    )

    @server.event  # type: ignore[untyped-decorator]
    async def connect(sid: str, environ: dict[str, Any]) -> None:
        await server.enter_room(sid, "all")

    port = free_port()
    config = uvicorn.Config(
        socketio.ASGIApp(server), port=port, ws=DirectProtocol, ws_per_message_deflate=False, log_config=None
    )
    runner = uvicorn.Server(config)
    running = asyncio.create_task(runner.serve())
    while not runner.started:
        await asyncio.sleep(0.01)
    yield server, f"//127.0.0.1:{port}"
    runner.should_exit = True
    await running


@asynccontextmanager
async def browser(address: str) -> AsyncIterator[ClientConnection]:
    """A WebSocket that is connected to namespace ``/``; it reads only what it is asked to."""
    url = f"ws:{address}/socket.io/?EIO=4&transport=websocket"
    async with connect(url, max_queue=1, compression=None, ping_interval=None) as socket:
        await socket.recv()
        await socket.send("40")
        assert str(await socket.recv()).startswith("40")
        yield socket


async def next_event(socket: ClientConnection) -> Any:
    """The next event and its arguments."""
    async with asyncio.timeout(PATIENCE):
        while not (message := str(await socket.recv())).startswith("42"):
            pass
    return json.loads(message[2:])


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Packets that went by a socket's queue, the usual way."""
    found: list[str] = []
    send = AsyncSocket.send

    async def noting(self: AsyncSocket, packet: Any) -> None:
        found.append(packet.encode())
        await send(self, packet)

    monkeypatch.setattr(AsyncSocket, "send", noting)
    return found


async def test_a_broadcast_passes_no_queue(queued: list[str]) -> None:
    """If this failed, a broadcast would cost three times as much, and nobody would notice."""
    async with serving() as (server, address), browser(address) as one, browser(address) as other:
        queued.clear()
        await server.emit("news", {"text": "größer"}, room="all")
        await server.emit("bare", room="all")
        for socket in (one, other):
            assert await next_event(socket) == ["news", {"text": "größer"}]
            assert await next_event(socket) == ["bare"]
    assert queued == []


async def test_slow_browsers_get_everything_in_order(queued: list[str]) -> None:
    """If this failed, a browser on a bad line would show what is out of date, or would miss something."""
    text, sent = "x" * 20_000, 400  # more than the buffers on the way take
    async with serving() as (server, address), browser(address) as slow:
        queued.clear()
        for number in range(sent):
            await server.emit("news", [number, text], room="all")
        assert 0 < len(queued) < sent, "both ways should have been taken"
        got: list[int] = []
        while len(got) < sent:
            got.append((await next_event(slow))[1][0])
            if len(got) % 10 == 0 and sent < 500:  # now it catches up: what is new must not overtake what waits
                await server.emit("news", [sent, text], room="all")
                sent += 1
    assert got == list(range(sent))


async def test_what_waits_in_a_queue_comes_first() -> None:
    """If this failed, an old state that was sent on connect could overwrite the newer one that was told to all."""
    async with serving() as (server, address), browser(address) as one:
        [waiting] = server.eio.sockets.values()
        waiting.queue.put_nowait(Packet(MESSAGE, '2["first"]'))
        await server.emit("second", room="all")
        assert [await next_event(one), await next_event(one)] == [["first"], ["second"]]


async def test_who_polls_is_told_too() -> None:
    """If this failed, a browser whose proxy lets no WebSocket through would never hear of anything."""
    async with serving(ping_interval=1, ping_timeout=1) as (server, address):
        client, heard = socketio.AsyncClient(), asyncio.Queue[Any]()
        client.on("news", heard.put)
        await client.connect(f"http:{address}", transports=["polling"])
        await server.emit("news", "one", room="all")
        async with asyncio.timeout(PATIENCE):
            assert await heard.get() == "one"
        await client.disconnect()


async def test_binary_parts_follow_their_event() -> None:
    """If this failed, an event with bytes in it would come without them."""
    async with serving() as (server, address):
        client, heard = socketio.AsyncClient(), asyncio.Queue[Any]()
        client.on("news", heard.put)
        await client.connect(f"http:{address}", transports=["websocket"])
        await server.emit("news", b"\x00\x01", room="all")
        async with asyncio.timeout(PATIENCE):
            assert await heard.get() == b"\x00\x01"
        await client.disconnect()


async def test_one_that_is_skipped_and_one_that_has_gone(queued: list[str]) -> None:
    """If this failed, one closed browser would keep news from all that come after it."""
    async with serving() as (server, address), browser(address) as one:
        async with browser(address):
            pass
        [sid] = [sid for sid, _ in server.manager.get_participants("/", "all")][:1]
        await server.emit("news", 1, room="all", skip_sid=sid)
        await server.emit("news", 2, room="all")
        assert await next_event(one) == ["news", 2]
