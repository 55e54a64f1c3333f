"""Alerts, put into the console as Alertmanager's webhook puts them."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime, timedelta

from tests.local import Vps

NAME = "E2eDiskAlmostFull"
BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
NEVER = "0001-01-01T00:00:00Z"
"""What Alertmanager gives as the end of an alert that fires."""

# In the container of api, with its own settings: what the endpoint does once its guard is passed. From outside, the
# webhook is only there for who has given it a token.
TAKE = """
import asyncio, os, sys
from console.alerts.schemas import Notification
from console.api import make_services
from console.lifecycle import Lifecycle
from console.settings import api_settings
services = make_services(api_settings(os.environ), Lifecycle())
asyncio.run(services.alerts.take(Notification.model_validate_json(sys.argv[1])))
"""


def tell(vps: Vps, *alerts: dict[str, object]) -> None:
    """Have the console take a notification of these alerts."""
    told = json.dumps({"version": "4", "status": "firing", "alerts": alerts})
    task = "$(docker ps --quiet --filter name=console_api | head -n 1)"
    vps.out(f"docker exec {task} python3 -c {shlex.quote(TAKE)} {shlex.quote(told)}")


def alert(number: int, *, over: bool = False, severity: str = "critical") -> dict[str, object]:
    """One of the tests' own alerts, about disk `number`."""
    return {
        "status": "resolved" if over else "firing",
        "labels": {"alertname": NAME, "severity": severity, "mountpoint": f"/disk{number}"},
        "annotations": {
            "summary": f"Disk {number} is almost full",
            "description": "Less than a tenth is free.",
            "job": "prune-images days=3",
            "runbook_url": "https://docs.skerry.localhost/runbooks/HostDiskAlmostFull",
        },
        "startsAt": BEGAN.isoformat(),
        "endsAt": (BEGAN + timedelta(minutes=10)).isoformat() if over else NEVER,
        "fingerprint": f"{number:016x}",
    }
