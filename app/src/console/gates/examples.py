"""Examples of what the gates' endpoints take and give."""

from __future__ import annotations

from typing import Any

GATES: dict[str, Any] = {"gates": [{"name": "grafana", "url": "https://grafana.example.com"}]}
WAY: dict[str, Any] = {"state": "q3Jm0x5Wc2v8uYk1Zt7Rb4Nf9Hd6Ls0Pa3Gi5Oe8Vyx", "to": "/d/skerry-overview"}
INVITED: dict[str, Any] = {"url": "https://grafana.example.com/.skerry/enter?code=Y9d2n6c4…"}
