"""Questions to the local VPS's Prometheus."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from tests.local import Vps


def query(vps: Vps, expression: str) -> list[dict[str, Any]]:
    """Return the result of an instant query: a list of `metric` (labels) with `value` (time and text)."""
    url = f"http://127.0.0.1:9090/api/v1/query?query={quote(expression)}"
    task = "$(docker ps --quiet --filter name=prometheus_prometheus)"
    answer = json.loads(vps.out(f"docker exec {task} wget -q -O - '{url}'"))
    found: list[dict[str, Any]] = answer["data"]["result"]
    return found
