"""Containers of the workshop: started once, replaced only when what they are made of changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from tools.workshop import engine
from tools.workshop.settings import Settings
from tools.workshop.shell import WorkshopError

WORKSHOP, CHECKOUT, SPEC = "skerry.workshop", "skerry.checkout", "skerry.spec"


def labels(settings: Settings) -> list[str]:
    """Return the options that mark an object as this workshop's."""
    return ["--label", f"{WORKSHOP}={settings.name}", "--label", f"{CHECKOUT}={settings.root}"]


def label(kind: str, name: str, key: str) -> str | None:
    """Return one label of an object: "" where it lacks it, None where there is no such object."""
    path = ".Labels" if kind in {"network", "volume"} else ".Config.Labels"
    found = engine.inspect(kind, name, f"{{{{json {path}}}}}")
    return None if found is None else (json.loads(found) or {}).get(key, "")


def ensure_network(settings: Settings) -> bool:
    """Make the workshop's bridge unless it is there; tell whether it was made.

    Raises WorkshopError where the name or the addresses are taken.
    """
    template = "{{range .IPAM.Config}}{{.Subnet}}{{end}}"
    subnet = engine.inspect("network", settings.name, template)
    if subnet is not None and subnet != str(settings.network):
        raise WorkshopError(
            f"the network {settings.name} exists with {subnet} instead of {settings.network}",
            "`make clean` removes it; or set SKERRY_SUBNET or SKERRY_WORKSHOP",
        )
    if subnet is not None:
        return False
    ranges = ["--subnet", str(settings.network), "--ip-range", str(settings.dynamic_range)]
    gateway = ["--gateway", str(settings.address(1))]
    engine.docker(
        "network", "create", *labels(settings), *ranges, *gateway, settings.name,
        hint="if the addresses are taken, choose others: SKERRY_SUBNET=172.29.0 make up",
    )  # fmt: skip
    return True


def foreign_checkout(settings: Settings, name: str) -> str | None:
    """Return the path of another checkout that still exists and owns the container `name`."""
    owner = label("container", name, CHECKOUT)
    if owner and Path(owner) != settings.root and Path(owner).is_dir():
        return owner
    return None


def ensure(settings: Settings, role: str, image: str, options: Sequence[str], *, replace: bool = True) -> bool:
    """Make sure that the container playing `role` runs `image` with `options`; tell whether it started.

    One that was made differently is replaced, or kept where `replace` is false (it holds state).
    """
    name = settings.container(role)
    image_id = engine.inspect("image", image, "{{.Id}}")
    if image_id is None:
        raise WorkshopError(f"the image {image} is missing", "`make workshop` builds it")
    spec = hashlib.sha256("\0".join([image_id, *options]).encode()).hexdigest()[:16]
    state = engine.inspect("container", name, f'{{{{.State.Status}}}} {{{{index .Config.Labels "{SPEC}"}}}}')
    if state is not None:
        status, _, made_of = state.partition(" ")
        if made_of == spec or not replace:
            if status == "running":
                return False
            engine.docker("start", name)
            return True
        remove(name)
    engine.docker(
        "run", "--detach", "--name", name, "--hostname", name, "--restart", "unless-stopped",
        "--network", settings.name, *labels(settings), "--label", f"{SPEC}={spec}", *options, image,
    )  # fmt: skip
    return True


def remove(name: str) -> bool:
    """Stop and remove a container with its anonymous volumes; tell whether it was there."""
    if not engine.exists("container", name):
        return False
    engine.docker("rm", "--force", "--volumes", name)
    return True


def of_workshop(settings: Settings) -> list[str]:
    """Return the names of all containers with this workshop's label or on its network, running or not."""
    found: set[str] = set()
    for query in (f"label={WORKSHOP}={settings.name}", f"network={settings.name}"):
        found.update(engine.docker("ps", "--all", "--filter", query, "--format", "{{.Names}}").split())
    return sorted(found)


def published(name: str, port: str) -> str:
    """Return the address on this machine that `port` (as in 5000/tcp) of a container is published to."""
    return engine.docker("port", name, port).splitlines()[0]
