"""Which public domains an edge answers for: asked at a container's own address, to hold one edge against another."""

from __future__ import annotations

import http.client
import re
import ssl
from collections.abc import Iterable, Mapping

from .engine import Json
from .visitor import status_at

RULE = re.compile(r"traefik\.http\.routers\.[^.]+\.rule")
HOST = re.compile(r"Host\(`([^`]+)`\)")
NOT_ROUTED = 404  # Traefik's answer where no router matches


def domains(services: Iterable[Json]) -> list[str]:
    """Return the domains that routers on the labels of Swarm services name, whoever's services they are."""
    found = {
        domain
        for service in services
        for label, value in (service["Spec"].get("Labels") or {}).items()
        if RULE.fullmatch(label)
        for domain in HOST.findall(value)
    }
    return sorted(found)


def answers(names: Iterable[str], address: str, port: int) -> dict[str, int]:
    """Return the status with which `address` answers https for each domain; 0 where it does not answer.

    The certificate is not looked at: whether it is there is seen by the handshake, which an edge refuses without one.
    """
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    found = {}
    for domain in names:
        try:
            found[domain] = status_at(domain, "/", context, address, port)
        except (OSError, http.client.HTTPException):
            found[domain] = 0
    return found


def routed(found: Mapping[str, int]) -> dict[str, int]:
    """Return the domains that an edge leads anywhere; an app's own trouble (5xx) is not the edge's."""
    return {domain: status for domain, status in found.items() if status not in (0, NOT_ROUTED)}


def missing(before: Mapping[str, int], now: Mapping[str, int]) -> list[str]:
    """Return a text for each domain of `before`, which was routed, that is so no more."""
    return [
        f"{domain} ({was} before, now {now.get(domain) or 'no answer'})"
        for domain, was in before.items()
        if now.get(domain, 0) in (0, NOT_ROUTED)
    ]
