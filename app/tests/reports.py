"""What the reporter tells of deployments and backups, and an ear for what browsers are told of it."""

from __future__ import annotations

from typing import Any

ABOUT = {"reported_at": "2026-01-02T03:04:05Z", "host": "vps"}


def deploy(number: int, stack: str = "shop", **changes: Any) -> dict[str, Any]:
    """Deployment `number` of a stack, of release 1.`number`."""
    return {
        "stack": stack,
        "ended": f"2026-01-01T00:00:{number:02d}.500000Z",
        "seconds": 12.5,
        "verdict": "deployed",
        "release": f"1.{number}",
        "by": "ada",
        "message": "cheaper shipping",
        "reason": "",
    } | changes


def release(name: str, **changes: Any) -> dict[str, Any]:
    """A release that has run well."""
    return {"name": name, "since": "2026-01-01T00:00:00Z", "by": "ada", "message": "", "left": False} | changes


def deploys(*entries: dict[str, Any], apps: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A report of deployments."""
    return {"deploys": list(entries), "apps": apps or [], **ABOUT}


def target(name: str = "local", **changes: Any) -> dict[str, Any]:
    """A place at which all went well."""
    return {"name": name, "good": True, "stored": 300, "problems": []} | changes


def run(day: int, **changes: Any) -> dict[str, Any]:
    """The backup of a day."""
    return {
        "run": f"202601{day:02d}T030000Z",
        "started": f"2026-01-{day:02d}T03:00:00Z",
        "seconds": 61.5,
        "good": True,
        "partial": False,
        "bytes": 1020,
        "targets": [target(), target("offsite")],
    } | changes


def drill(day: int, of: int, **changes: Any) -> dict[str, Any]:
    """A drill on a day that restored the backup of another."""
    return {
        "target": "offsite",
        "run": run(of)["run"],
        "good": True,
        "started": f"2026-01-{day:02d}T05:00:00Z",
        "finished": f"2026-01-{day:02d}T05:01:00Z",
        "rto_seconds": 54.3,
        "rpo_seconds": 17.0,
        "problems": [],
    } | changes


def backups(*runs: dict[str, Any], drills: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A report of backups."""
    return {"runs": list(runs), "drills": drills or [], **ABOUT}


class Ear:
    """An emitter that keeps what it was given."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any, str]] = []

    async def emit(self, event: str, data: Any, *, room: str, namespace: str = "/") -> None:
        self.heard.append((event, data, room))
