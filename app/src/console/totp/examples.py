"""Examples of what the second factor's endpoints take and give."""

from __future__ import annotations

from typing import Any

PASSWORD: dict[str, Any] = {"password": "correct horse battery staple"}
CODE: dict[str, Any] = {"code": "492039"}

STATE: dict[str, Any] = {"enabled": True, "recovery_codes_left": 10}
ENROLLED: dict[str, Any] = {
    "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "uri": "otpauth://totp/Skerry:ann?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Skerry",
}
RECOVERY_CODES: dict[str, Any] = {"recovery_codes": ["k7mq2-x9dfa"]}
