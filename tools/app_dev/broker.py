"""The stand-in for Redis: fakeredis, in this process and in its memory, reached over TCP as Redis is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fakeredis import TcpFakeServer


@contextmanager
def server(port: int) -> Iterator[str]:
    """Listens on 127.0.0.1 until the end, and gives its URL. What it held is gone afterwards."""
    made = TcpFakeServer(("127.0.0.1", port))
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        made.shutdown()
        made.server_close()
