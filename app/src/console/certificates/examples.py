"""Examples of what the certificates' endpoint gives."""

from __future__ import annotations

from typing import Any

CERTIFICATES: dict[str, Any] = {
    "certificates": [
        {
            "domain": "shop.example.org",
            "state": "good",
            "expires_at": "2026-03-04T05:06:07Z",
            "routes": [{"url": "https://shop.example.org/", "service": "shop_web"}],
        }
    ]
}
