"""What a site is told of who asks: a JWT (RFC 7519) signed with Ed25519 (EdDSA, RFC 8037), good for a minute.

The site verifies it by the public key, which Ansible derives from the same secret (filter_plugins/gates.py).
"""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from nacl.signing import SigningKey

from console.auth.permissions import Role
from console.gates.gate import Gate
from console.keys import derive

HEADER = "X-Skerry-Assertion"
SECONDS = 60
KEY_ID = "skerry"
_PURPOSE = b"console.assert"


class Assertions:
    """Signs with one key."""

    def __init__(self, secret: str, issuer: str) -> None:
        self._key = SigningKey(derive(secret, _PURPOSE))
        self._issuer = issuer

    def sign(self, gate: Gate, user_id: int, name: str, role: Role) -> str:
        """That this user, with this role, asks for something of this site now."""
        now = int(time.time())
        claims = {
            "iss": self._issuer,
            "aud": gate.name,
            "sub": str(user_id),
            "preferred_username": name,
            "name": name,
            "role": role.label,
            "iat": now,
            "exp": now + SECONDS,
        }
        said = f"{_part({'alg': 'EdDSA', 'typ': 'JWT', 'kid': KEY_ID})}.{_part(claims)}"
        return f"{said}.{_base64(self._key.sign(said.encode()).signature)}"


def _part(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
