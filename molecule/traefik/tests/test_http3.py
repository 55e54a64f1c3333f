"""HTTP/3 over QUIC, from outside."""

import asyncio
import ssl

from aioquic.asyncio import QuicConnectionProtocol, connect
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import HeadersReceived
from aioquic.quic.configuration import QuicConfiguration


class Client(QuicConnectionProtocol):
    """Sends one GET and keeps the answer's headers."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.http = H3Connection(self._quic)
        self.answer = asyncio.get_running_loop().create_future()

    def quic_event_received(self, event) -> None:
        """Take the first headers that come."""
        for found in self.http.handle_event(event):
            if isinstance(found, HeadersReceived) and not self.answer.done():
                self.answer.set_result(dict(found.headers))

    async def get(self, name: str) -> dict[bytes, bytes]:
        """Give the headers of the answer to GET /."""
        fields = {":method": "GET", ":scheme": "https", ":authority": name, ":path": "/"}
        stream = self._quic.get_next_available_stream_id()
        self.http.send_headers(stream, [(key.encode(), value.encode()) for key, value in fields.items()], True)
        self.transmit()
        return await asyncio.wait_for(self.answer, 10)


async def get(address: str, name: str) -> dict[bytes, bytes]:
    """Ask over HTTP/3; the chain is verified by the other tests."""
    settings = QuicConfiguration(alpn_protocols=H3_ALPN, server_name=name, verify_mode=ssl.CERT_NONE)
    async with connect(address, 443, configuration=settings, create_protocol=Client) as client:
        return await client.get(name)


def test_http3_answers(address, domain):
    """Browsers on lossy networks would stay on TCP, though Alt-Svc promises QUIC."""
    headers = asyncio.run(get(address, domain))
    assert headers[b":status"] == b"200"
    assert headers[b"x-frame-options"] == b"DENY"


def test_http3_is_announced(fetch):
    """No browser would ever try HTTP/3."""
    assert fetch("/").headers["alt-svc"].startswith('h3=":443"')
