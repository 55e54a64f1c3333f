"""What the engine says of its services, reduced to what the console shows. Pure: no clock, no network."""

from __future__ import annotations

from collections import Counter
from typing import Any

RUNNING = "running"

BY_HAND = "by-hand"
"""What is shown as the stack of a service that belongs to none."""


def services(engine_services: list[dict[str, Any]], engine_tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the list for the console, sorted by stack and service.

    engine_services, engine_tasks: the engine's answers to ``GET /services`` and ``GET /tasks`` (Engine API 1.41).
    Each item: {stack, name, image, desired, running, healthy, updated_at}; updated_at is RFC 3339 in UTC.

    A task whose container has a health check is ``running`` for the engine only once that check has passed, and is
    ended when it fails later, so running tasks are healthy ones. A task that is being replaced has another desired
    state and does not count.
    """
    wanted = [task for task in engine_tasks if task.get("DesiredState") == RUNNING]
    placed = Counter(task.get("ServiceID") for task in wanted)
    running = Counter(task.get("ServiceID") for task in wanted if task.get("Status", {}).get("State") == RUNNING)
    found = [_service(one, placed[one["ID"]], running[one["ID"]]) for one in engine_services]
    return sorted(found, key=lambda one: (one["stack"], one["name"]))


def _service(one: dict[str, Any], placed: int, running: int) -> dict[str, Any]:
    spec = one["Spec"]
    stack = spec.get("Labels", {}).get("com.docker.stack.namespace", "")
    replicated = spec.get("Mode", {}).get("Replicated")
    desired = placed if replicated is None else replicated.get("Replicas", 0)
    return {
        "stack": stack or BY_HAND,
        "name": spec["Name"].removeprefix(f"{stack}_") if stack else spec["Name"],
        # The digest that the engine may add says nothing to a reader, and is long.
        "image": spec["TaskTemplate"].get("ContainerSpec", {}).get("Image", "none").partition("@")[0],
        "desired": desired,
        "running": running,
        "healthy": running >= desired,
        "updated_at": _to_seconds(one.get("UpdatedAt", "")),
    }


def _to_seconds(instant: str) -> str:
    """Cut the engine's nanoseconds off: 2026-11-24T17:34:10.123456789Z → 2026-11-24T17:34:10Z."""
    return instant.partition(".")[0].rstrip("Z") + "Z" if instant else ""
