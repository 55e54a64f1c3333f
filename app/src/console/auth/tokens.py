"""Access tokens: short-lived JWTs, HS256. Shared by api (issues, verifies) and realtime (verifies)."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from enum import IntEnum

import jwt

from console.errors import UnauthorizedError

ACCESS_SECONDS = 300
LEEWAY_SECONDS = 30  # clocks of two hosts differ
_ALGORITHM = "HS256"
_AUDIENCE = "console"
_REQUIRED = ["sub", "name", "role", "sid", "aud", "iat", "exp"]


class Role(IntEnum):
    """What a user may do; each includes the ones below it."""

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking. ``session`` is empty for machines."""

    key: str
    name: str
    role: Role
    user_id: int = 0
    session: str = ""
    expires_at: float = 0.0


def revoked_key(prefix: str, session_id: str) -> str:
    """The Redis key that says: access tokens of this session no longer count."""
    return f"{prefix}revoked:{session_id}"


class Tokens:
    """Issues and verifies with one key, derived once from the secret for this purpose alone."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.blake2b(secret.encode(), digest_size=32, person=b"console.access").digest()

    def issue(self, user_id: int, name: str, role: Role, session: str) -> str:
        """A token of ACCESS_SECONDS."""
        now = int(time.time())
        claims = {
            "sub": str(user_id),
            "name": name,
            "role": role.name.lower(),
            "sid": session,
            "aud": _AUDIENCE,
            "iat": now,
            "exp": now + ACCESS_SECONDS,
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def verify(self, token: str) -> Principal:
        """Who the token names. Raises UnauthorizedError: ``token-expired`` or ``token-invalid``."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                leeway=LEEWAY_SECONDS,
                options={"require": _REQUIRED},
            )
            return Principal(
                key=f"user:{int(claims['sub'])}",
                name=str(claims["name"]),
                role=Role[str(claims["role"]).upper()],
                user_id=int(claims["sub"]),
                session=str(claims["sid"]),
                expires_at=float(claims["exp"]),
            )
        except jwt.ExpiredSignatureError as error:
            raise UnauthorizedError("The access token has expired.", code="token-expired") from error
        except (jwt.InvalidTokenError, KeyError, ValueError) as error:
            raise UnauthorizedError("The access token is not valid.", code="token-invalid") from error
