"""What a browser holds: codes, once and for 30 s, and the passes that they are changed into."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from dataclasses import asdict, dataclass

import jwt
from redis.asyncio import Redis

from console.gates.gate import Gate
from console.keys import derive

CODE_SECONDS = 30
_ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Code:
    """What a code stands for. ``state`` is the hash of what its browser was given at the site's door."""

    gate: str
    user_id: int
    session: str
    seconds: int
    state: str
    to: str


class Codes:
    """In Redis. What Redis raises when it is away, these raise."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis = redis
        self._prefix = prefix

    async def make(self, code: Code) -> str:
        """A code for it."""
        made = secrets.token_urlsafe(32)
        await self._redis.set(self._key(made), json.dumps(asdict(code)), ex=CODE_SECONDS)
        return made

    async def take(self, made: str, gate: Gate, state: str) -> Code | None:
        """What the code stands for, this once; None where it stands for nothing at this door and in this browser."""
        found = await self._redis.getdel(self._key(made))
        if found is None:
            return None
        code = Code(**json.loads(found))
        return code if code.gate == gate.name and hmac.compare_digest(code.state, hashed(state)) else None

    def _key(self, made: str) -> str:
        return f"{self._prefix}gate:{hashed(made)}"


class Passes:
    """Say which session somebody entered by; whether that goes on is for the database to say, each time."""

    def __init__(self, secret: str) -> None:
        self._key = derive(secret, b"console.pass")

    def issue(self, gate: Gate, code: Code) -> str:
        """A pass for one site, as long as the session may last."""
        claims = {"aud": gate.name, "sub": str(code.user_id), "sid": code.session, "exp": time.time() + code.seconds}
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def read(self, gate: Gate, token: str) -> tuple[int, str] | None:
        """The user and the session; None for what is no pass for this site."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=gate.name,
                options={"require": ["aud", "sub", "sid", "exp"]},
            )
            return int(claims["sub"]), str(claims["sid"])
        except (jwt.InvalidTokenError, ValueError):
            return None


def hashed(value: str) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(value.encode()).hexdigest()
