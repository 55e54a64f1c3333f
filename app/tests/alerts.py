"""Alerts as Alertmanager tells them, for the tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from httpx import AsyncClient

from console.database import utc_now

NEVER = "0001-01-01T00:00:00Z"  # what Alertmanager gives as the end of an alert that fires
DISK = "00000000000000d1"
BEGAN = utc_now() - timedelta(hours=1)
ENDED = (BEGAN + timedelta(minutes=10)).isoformat()


def alert(
    fingerprint: str = DISK, starts: str = (BEGAN + timedelta(microseconds=678_000)).isoformat(), **changes: Any
) -> dict[str, Any]:
    """A firing alert as Alertmanager sends it; ``ends`` makes it one that is over."""
    ends = changes.pop("ends", None)
    return {
        "status": "resolved" if ends else "firing",
        "labels": {"alertname": "HostDiskAlmostFull", "severity": "critical", "mountpoint": "/"},
        "annotations": {"summary": "Disk almost full on /", "runbook_url": "docs/runbooks/HostDiskAlmostFull.md"},
        "startsAt": starts,
        "endsAt": ends or NEVER,
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": fingerprint,
    } | changes


def told(*alerts: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": "4",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "console",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "alerts": list(alerts),
    }


async def tell(alertmanager: AsyncClient, *alerts: dict[str, Any]) -> None:
    answer = await alertmanager.post("/api/alerts", json=told(*alerts))
    assert answer.status_code == 204, answer.text


async def seen(client: AsyncClient, **filters: str | int | bool) -> list[dict[str, Any]]:
    answer = await client.get("/api/alerts", params=filters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["alerts"]
    return found


class Listener:
    """An emitter that keeps what it was given."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, list[dict[str, Any]]]] = []

    async def emit(self, event: str, data: Any, *, room: str, namespace: str = "/") -> None:
        self.heard.append((event, room, data["alerts"]))
