"""Debian's programs that some parts need on this machine besides the workshop's own."""

from __future__ import annotations

from collections.abc import Iterable

from tests.run.parts import Part
from tools.workshop import packages

# Part: the commands that must be there, and the packages that bring them.
NEEDED = {
    "e2e": (("chromium", "certutil"), ("chromium", "libnss3-tools")),
    **dict.fromkeys(("app-dev", "postgresql", "app-postgresql"), (("pg_ctlcluster",), ("postgresql",))),
    "molecule-default": (("curl",), ("curl",)),
    "molecule-traefik": (("openssl",), ("openssl",)),
    "workflows": (("curl", "jq"), ("curl", "jq")),
}


def ensure(parts: Iterable[Part]) -> None:
    """Install what is missing for `parts`; raise WorkshopError where that fails."""
    for name in {part.name.removesuffix("-debian12") for part in parts} & set(NEEDED):
        commands, debian = NEEDED[name]
        packages.ensure(commands, debian)
