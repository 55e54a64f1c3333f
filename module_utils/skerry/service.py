"""What a long-running service of the host says: to systemd that it lives, to the journal what happened."""

from __future__ import annotations

import os
import socket


def say(text: str) -> None:
    """Write one line to the journal."""
    print(text, flush=True)


def notify(state: str) -> None:
    """Tell systemd (sd_notify(3)); without systemd do nothing."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)
