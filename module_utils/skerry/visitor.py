"""Ask for an app as a visitor does: by its domain, over https with a certificate that verifies, through the edge."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

PORT = 443
IN_A_ROW = 3  # answers of which the first may still have come by way of the old release
PAUSE_SECONDS = 0.5
# Traefik asks the engine each second and a container each second; this also holds a slow first answer.
PATIENCE_SECONDS = 20.0
ANSWER_SECONDS = 10.0
NOWHERE = ("192.0.2.1", 9)  # RFC 5737: an address for documentation; nothing is sent there


@dataclass(frozen=True)
class Route:
    """What is asked for, and which answers are well: a status from `lowest` to `highest`.

    `authorities` are certificates (PEM) that the chain must end in, empty for the public ones.
    """

    domain: str
    path: str = "/"
    lowest: int = 200
    highest: int = 399
    authorities: str = ""

    @property
    def url(self) -> str:
        """The address as a person would write it."""
        return f"https://{self.domain}{self.path}"


def own_address() -> str:
    """Return the address by which this host is reached, as far as its routes tell, else the loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(NOWHERE)
        except OSError:
            return "127.0.0.1"
        address: str = probe.getsockname()[0]
        return address


def visit(route: Route, tick: Callable[[], None], address: str = "", port: int = PORT) -> str:
    """Return what is wrong with the public route, empty as soon as IN_A_ROW answers were well.

    Domain and certificate are those of the public; only the address is this host's own, so DNS is not asked.
    """
    context = ssl.create_default_context(cadata=route.authorities or None)
    end = time.monotonic() + PATIENCE_SECONDS
    well, wrong = 0, ""
    while well < IN_A_ROW:
        tick()
        wrong = _ask(route, context, address or own_address(), port)
        well = 0 if wrong else well + 1
        if wrong and time.monotonic() > end:
            return f"The public route {route.url} is not well: {wrong}."
        time.sleep(PAUSE_SECONDS)
    return ""


def status_at(domain: str, path: str, context: ssl.SSLContext, address: str, port: int) -> int:
    """Return the status of one GET for a domain at an address. Raises OSError and http.client.HTTPException."""
    with (
        socket.create_connection((address, port), timeout=ANSWER_SECONDS) as raw,
        context.wrap_socket(raw, server_hostname=domain) as secured,
    ):
        connection = http.client.HTTPConnection(domain)
        connection.sock = secured
        connection.request("GET", path, headers={"User-Agent": "Skerry", "Connection": "close"})
        return connection.getresponse().status


def _ask(route: Route, context: ssl.SSLContext, address: str, port: int) -> str:
    try:
        status = status_at(route.domain, route.path, context, address, port)
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    if route.lowest <= status <= route.highest:
        return ""
    upto = f" to {route.highest}" if route.highest != route.lowest else ""
    return f"it answers {status}, expected is {route.lowest}{upto}"
