"""Examples of what the series' endpoint gives."""

from __future__ import annotations

from typing import Any

SERIES: dict[str, Any] = {
    "range": "1h",
    "start": "2026-01-02T03:04:30Z",
    "step": 30,
    "series": [
        {
            "name": "service-cpu",
            "unit": "processors",
            "lines": [{"stack": "shop", "service": "shop_web", "values": [0.0125, None, 0.2]}],
        }
    ],
}
