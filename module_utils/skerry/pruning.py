"""Remove what a stack no longer uses, and see a removed stack out."""

from __future__ import annotations

import time

from .engine import Engine

GONE_SECONDS = 60.0


def prune(engine: Engine, stack: str) -> None:
    """Delete the stack's configs, secrets and networks that no service refers to.

    The engine itself refuses to delete what a service uses, so trying is safe; only what is unused costs a request.
    """
    used = _used(engine)
    for kind in ("configs", "secrets", "networks"):
        for item in engine.of_stack(kind, stack):
            identifier = item.get("ID") or item.get("Id")
            if identifier not in used:
                engine.remove(kind, str(identifier))


def _used(engine: Engine) -> set[str]:
    """Return the ids that any service of the Swarm refers to, of whichever stack: a network may be shared."""
    found: set[str] = set()
    for service in engine.get("/services"):
        template = service["Spec"].get("TaskTemplate") or {}
        container = template.get("ContainerSpec") or {}
        found |= {item["ConfigID"] for item in container.get("Configs") or []}
        found |= {item["SecretID"] for item in container.get("Secrets") or []}
        found |= {item["Target"] for item in template.get("Networks") or []}
    return found


def wait_until_gone(engine: Engine, stack: str, seconds: float = GONE_SECONDS) -> bool:
    """Wait until a removed stack's services, containers and networks are gone; False if they are not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        services, networks = engine.of_stack("services", stack), engine.of_stack("networks", stack)
        if not services and not networks and not engine.of_stack("containers/json", stack, all="true"):
            return True
        time.sleep(0.25)
    return False
