"""One gate: which site, and who may enter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from console.auth.permissions import Role

ENTER = "/.skerry/enter"
"""The one path of a site that is the door's own."""


@dataclass(frozen=True, slots=True)
class Gate:
    """``url``: the site's address, without a path; ``role``: the least one that may enter."""

    name: str
    url: str
    role: Role

    @property
    def host(self) -> str:
        """As a browser says it: with the port where that is not the usual one."""
        return urlsplit(self.url).netloc


def gates_of(text: str) -> dict[str, Gate]:
    """Read ``{"grafana": {"url": "https://grafana.example.com", "role": "viewer"}}``. Raises ValueError."""
    found = json.loads(text)
    if not isinstance(found, Mapping):
        raise ValueError("not an object")
    return {str(name): _gate(str(name), one) for name, one in found.items()}


def _gate(name: str, one: Mapping[str, str]) -> Gate:
    try:
        gate = Gate(name, one["url"], Role.of(one["role"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{name} needs url and role") from error
    parts = urlsplit(gate.url)
    if parts.scheme not in ("https", "http") or not parts.netloc or gate.url != f"{parts.scheme}://{parts.netloc}":
        raise ValueError(f"{name}'s url is not of the form https://host")
    return gate
