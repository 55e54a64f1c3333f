"""How far this host's clock is from another machine's, by the header Date of its answers."""

from __future__ import annotations

import calendar
import re
import socket
import ssl
import time
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from .output import Sample, write_metrics

INTERVAL = 300
"""Seconds between two questions."""

DATE = re.compile(rb"\r\ndate: *([^\r]+)\r", re.IGNORECASE)


def watch(url: str, file: Path) -> NoReturn:
    """Ask for ever, and write what comes of it; a question without an answer takes the metric away."""
    while True:
        try:
            samples: list[Sample] = [("skerry_clock_offset_seconds", {}, offset(url))]
        except (OSError, ValueError):
            samples = []
        write_metrics(file, samples)
        time.sleep(INTERVAL)


def offset(url: str, timeout: float = 10) -> float:
    """Return our clock minus the other's, in seconds.

    Raises OSError where nobody answers, ValueError for an answer without a date.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    # Not verified: with a clock that is off by months no certificate is valid, and nothing but a time is learnt.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((host, parts.port or 443), timeout) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        before = time.time()
        connection.sendall(f"HEAD {parts.path or '/'} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        answer = connection.recv(1 << 16)
        after = time.time()
    return difference(before, after, told(answer))


def difference(before: float, after: float, theirs: int) -> float:
    """Return our clock minus theirs; the header has whole seconds, so half a second is its precision."""
    return (before + after) / 2 - (theirs + 0.5)


def told(answer: bytes) -> int:
    """Return the time that an answer's head tells."""
    match = DATE.search(answer)
    if match is None:
        raise ValueError("the answer has no date")
    return calendar.timegm(time.strptime(match[1].decode(), "%a, %d %b %Y %H:%M:%S GMT"))
