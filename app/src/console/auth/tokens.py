"""Access tokens: short-lived JWTs, HS256. Shared by api (issues, verifies) and realtime (verifies)."""

from __future__ import annotations

import time
from dataclasses import dataclass

import jwt

from console.auth.permissions import PERMISSIONS, Permission, Role
from console.errors import UnauthorizedError
from console.keys import derive

ACCESS_SECONDS = 300
LEEWAY_SECONDS = 30  # clocks of two hosts differ
REMEMBERED = 1000  # tokens whose signature was checked
_ALGORITHM = "HS256"
_AUDIENCE = "console"
_REQUIRED = ["sub", "name", "role", "sid", "aud", "iat", "exp"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking. ``session`` is empty for machines; ``version`` counts the changes of the user's rights.

    ``scopes`` are what it may at most, whatever its role; None for a user, who may all that the role may.
    """

    key: str
    name: str
    role: Role
    user_id: int = 0
    session: str = ""
    version: int = 0
    expires_at: float = 0.0
    scopes: frozenset[Permission] | None = None

    def may(self, permission: Permission) -> bool:
        """Whether the role has the permission, and the scopes do."""
        return permission in PERMISSIONS[self.role] and (self.scopes is None or permission in self.scopes)


class Tokens:
    """Issues and verifies with one key, derived once from the secret for this purpose alone."""

    def __init__(self, secret: str) -> None:
        self._key = derive(secret, b"console.access")
        self._verified: dict[str, Principal] = {}

    def issue(self, user_id: int, name: str, role: Role, session: str, version: int = 0) -> str:
        """A token of ACCESS_SECONDS."""
        now = int(time.time())
        claims = {
            "sub": str(user_id),
            "name": name,
            "role": role.label,
            "sid": session,
            "ver": version,
            "aud": _AUDIENCE,
            "iat": now,
            "exp": now + ACCESS_SECONDS,
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def verify(self, token: str) -> Principal:
        """Who the token names. Raises UnauthorizedError: ``token-expired`` or ``token-invalid``.

        A signature is checked once. What may change, whether the token still counts, is asked elsewhere each time.
        """
        known = self._verified.get(token)
        if known is None or known.expires_at + LEEWAY_SECONDS <= time.time():
            known = self._decoded(token)
            if len(self._verified) >= REMEMBERED:
                self._verified.clear()
            self._verified[token] = known
        return known

    def _decoded(self, token: str) -> Principal:
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
                role=Role.of(str(claims["role"])),
                user_id=int(claims["sub"]),
                session=str(claims["sid"]),
                version=int(claims.get("ver", 0)),  # tokens of the release before this one have none
                expires_at=float(claims["exp"]),
            )
        except jwt.ExpiredSignatureError as error:
            raise UnauthorizedError("The access token has expired.", code="token-expired") from error
        except (jwt.InvalidTokenError, KeyError, ValueError) as error:
            raise UnauthorizedError("The access token is not valid.", code="token-invalid") from error
