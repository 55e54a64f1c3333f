"""What goes to many is made once, as bytes, and written to each WebSocket at once.

python-socketio runs a task, a queue and a timer for each recipient, and the server frames the same text anew for each.
Here a broadcast is one frame. A socket for which something waits already, and one that polls, gets it by the queue as
ever, so that everyone gets everything in the order in which it was sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import socketio
from engineio import packet as engineio_packet
from socketio import packet as socketio_packet
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request

_EXTENSION = "console.write"  # of the ASGI scope
Write = Callable[[bytes], bool]


class DirectProtocol(WebSocketsSansIOProtocol):
    """uvicorn's, with a way past everything for frames that are whole already. Not for compressed WebSockets."""

    _sending = 0  # messages that wait until the client has read enough

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            cast("dict[str, Any]", self.scope["extensions"])[_EXTENSION] = self.write

    async def send(self, message: Any) -> None:
        self._sending += 1
        try:
            await super().send(message)
        finally:
            self._sending -= 1

    def write(self, frame: bytes) -> bool:
        """Write a frame; False where it would not be its turn, or there is nobody any more."""
        if self._sending or not self.writable.is_set():
            return False
        if not self.handshake_complete or self.close_sent or self.transport.is_closing():
            return False
        self.transport.write(frame)
        return True


class DirectManager(socketio.AsyncManager):  # type: ignore[misc]
    """Emits by ``DirectProtocol`` where that serves the socket; what wants an answer goes the long way."""

    async def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: str | None = None,
        skip_sid: Any = None,
        callback: Any = None,
        to: str | None = None,
        **options: Any,
    ) -> None:
        """As ``AsyncManager.emit``."""
        packet = None if callback else _packet(self.server, event, data, namespace)
        if packet is None or namespace not in self.rooms:
            await super().emit(event, data, namespace, room, skip_sid, callback, to, **options)
            return
        frame = Frame(Opcode.TEXT, packet.encode().encode()).serialize(mask=False)
        skipped = skip_sid if isinstance(skip_sid, list) else [skip_sid]
        waiting = [
            self.server._send_eio_packet(eio_sid, packet)
            for sid, eio_sid in self.get_participants(namespace, to or room)
            if sid not in skipped and not self._write(eio_sid, frame)
        ]
        await asyncio.gather(*waiting, return_exceptions=True)  # who has gone meanwhile is nobody's error

    def _write(self, eio_sid: str, frame: bytes) -> bool:
        environ, socket = self.server.environ.get(eio_sid), self.server.eio.sockets.get(eio_sid)
        if environ is None or socket is None or socket.closing or socket.closed or not socket.queue.empty():
            return False
        write: Write | None = environ["asgi.scope"].get("extensions", {}).get(_EXTENSION)
        return write is not None and write(frame)


class DirectRedisManager(socketio.AsyncRedisManager, DirectManager):  # type: ignore[misc]
    """Takes what api tells by Redis; its own ``super().emit`` is DirectManager's."""


def _packet(server: socketio.AsyncServer, event: str, data: Any, namespace: str) -> engineio_packet.Packet | None:
    """The one packet of an event; None where it has binary parts, which follow in packets of their own."""
    arguments = list(data) if isinstance(data, tuple) else [] if data is None else [data]
    encoded = server.packet_class(socketio_packet.EVENT, namespace=namespace, data=[event, *arguments]).encode()
    return None if isinstance(encoded, list) else engineio_packet.Packet(engineio_packet.MESSAGE, encoded)
