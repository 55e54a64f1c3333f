"""Examples of what the alerts' endpoints take and give."""

from __future__ import annotations

from typing import Any

_SAYS: dict[str, Any] = {
    "labels": {"alertname": "HostDiskAlmostFull", "severity": "critical", "mountpoint": "/"},
    "annotations": {"summary": "Disk almost full on /", "runbook_url": "docs/runbooks/HostDiskAlmostFull.md"},
}
NOTIFICATION: dict[str, Any] = {
    "version": "4",
    "alerts": [
        _SAYS
        | {
            "status": "firing",
            "fingerprint": "00000000000000d1",
            "startsAt": "2026-01-02T03:04:05.678Z",
            "endsAt": "0001-01-01T00:00:00Z",
        }
    ],
}
ACKNOWLEDGEMENT: dict[str, Any] = {"note": "I am clearing old images."}
ALERT: dict[str, Any] = {
    "id": 12,
    "revision": 2,
    "name": "HostDiskAlmostFull",
    "severity": "critical",
    "status": "firing",
    "starts_at": "2026-01-02T03:04:05+00:00",
    "ends_at": None,
    "told_at": "2026-01-02T03:05:05+00:00",
    **_SAYS,
    "acknowledged": {"at": "2026-01-02T03:06:05+00:00", "by": "ann", "note": "I am clearing old images."},
}
PAGE: dict[str, Any] = {"alerts": [ALERT], "next": "firing.12"}
