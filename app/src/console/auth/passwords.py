"""argon2id hashes. One costs about 50 ms and 32 MiB, so at most two are computed at a time."""

from __future__ import annotations

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)

# Verified when the user is unknown, so that the answer takes as long as for a wrong password.
_NOBODY = _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """The hash in PHC format."""
    return _hasher.hash(password)


def needs_rehash(password_hash: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether the password matches; takes the same time when there is no hash."""
    try:
        return _hasher.verify(password_hash or _NOBODY, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


class Passwords:
    """Hashes and verifies off the event loop, two at a time."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(2)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        return await to_thread.run_sync(verify_password, password, password_hash, limiter=self._limiter)

    async def hash(self, password: str) -> str:
        return await to_thread.run_sync(hash_password, password, limiter=self._limiter)
