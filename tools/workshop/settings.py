"""What the environment asks of the workshop, checked before anything starts."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from tools.workshop.shell import WorkshopError

ROOT = Path(__file__).resolve().parents[2]
SUITES = {"debian13": "trixie", "debian12": "bookworm"}
REGISTRY_HOST, ACME_HOST, OFFSITE_HOST, VPS_HOST, DYNAMIC = 2, 3, 4, 21, 64


@dataclass(frozen=True)
class Settings:
    """One workshop: its name, network, ports and the distribution of its VPS."""

    name: str = "skerry"
    subnet: str = "172.30.0"
    https_port: int = 8443
    http_port: int = 8080
    distro: str = "debian13"
    vps_memory: str = ""
    root: Path = ROOT

    @property
    def local(self) -> Path:
        """The directory of everything generated that is not in git."""
        return self.root / ".local"

    @property
    def network(self) -> IPv4Network:
        """The /24 of the workshop's bridge."""
        return IPv4Network(f"{self.subnet}.0/24")

    @property
    def dynamic_range(self) -> IPv4Network:
        """Addresses that the engine hands out by itself, away from the fixed ones."""
        return IPv4Network(f"{self.subnet}.{DYNAMIC}/26")

    def address(self, host: int) -> IPv4Address:
        """Return the fixed address with the last number `host`."""
        return self.network[host]

    @property
    def url(self) -> str:
        """The console's address from this machine."""
        port = "" if self.https_port == 443 else f":{self.https_port}"
        return f"https://console.skerry.localhost{port}"

    def container(self, role: str) -> str:
        """Return the name of the container that plays `role`."""
        return f"{self.name}-{role}"


def _port(environ: Mapping[str, str], key: str, default: int) -> int:
    value = environ.get(key) or str(default)
    if not value.isdigit() or not 1 <= int(value) <= 65535:
        raise WorkshopError(f"{key}={value}: must be a port number from 1 to 65535")
    return int(value)


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read Settings from SKERRY_* and DISTRO; raise WorkshopError naming the first bad value."""
    name = environ.get("SKERRY_WORKSHOP") or Settings.name
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", name):
        raise WorkshopError(f"SKERRY_WORKSHOP={name}: must be lower-case letters, digits and dashes")
    subnet = environ.get("SKERRY_SUBNET") or Settings.subnet
    try:
        private = IPv4Network(f"{subnet}.0/24").is_private
    except ValueError:
        private = False
    if not private:
        raise WorkshopError(f"SKERRY_SUBNET={subnet}: must be the first three numbers of a private /24, as in 172.30.0")
    distro = environ.get("DISTRO") or Settings.distro
    if distro not in SUITES:
        raise WorkshopError(f"DISTRO={distro}: must be one of {', '.join(SUITES)}")
    memory = environ.get("SKERRY_VPS_MEMORY") or ""
    if memory and not re.fullmatch(r"[1-9][0-9]*[kmg]", memory, re.IGNORECASE):
        raise WorkshopError(f"SKERRY_VPS_MEMORY={memory}: must be a number with k, m or g, as in 1g")
    return Settings(
        name=name,
        subnet=subnet,
        https_port=_port(environ, "SKERRY_HTTPS_PORT", Settings.https_port),
        http_port=_port(environ, "SKERRY_HTTP_PORT", Settings.http_port),
        distro=distro,
        vps_memory=memory,
    )
