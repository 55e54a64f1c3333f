"""Refresh tokens: each is used once and followed by its successor; one that comes back is a theft.

A token is ``session.generation.mac``. The mac lets a token that was ours be told from a guess, so that nobody can end
a session just because they know its id. What counts is decided by the session's row:

- the current token is followed by its successor;
- the one before it, within GRACE_SECONDS of the change, gets that same successor: two tabs, or a reload, asked at once;
- any older one of ours ends the whole session: two parties hold it, and one of them is not the user;
- the current token within GRACE_SECONDS of the last change stays, so that no tab can fall two behind. The cookie is
  not set again then: such an answer that is overtaken by the next one would bring an old token back.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from console.keys import derive
from console.sessions.models import Session

GRACE_SECONDS = 10


class Verdict(Enum):
    """What to do with a presented token."""

    ROTATE = "rotate"
    KEEP = "keep"
    REPEAT = "repeat"
    REUSED = "reused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Presented:
    """A token as it came. ``generation`` is None where it is not one of ours (any more)."""

    session_id: str
    digest: str
    generation: int | None


class RefreshTokens:
    """Makes and reads tokens with one key, derived once from the secret for this purpose alone."""

    def __init__(self, secret: str) -> None:
        self._key = derive(secret, b"console.refresh")

    def make(self, session_id: str, generation: int) -> str:
        """The token of this generation: always the same one."""
        return f"{session_id}.{generation}.{self._mac(session_id, str(generation))}"

    def read(self, token: str) -> Presented:
        """Take a token apart; never raises."""
        session_id, _, secret = token.partition(".")
        generation, _, mac = secret.partition(".")
        ours = generation.isdecimal() and len(generation) < 10
        ours = hmac.compare_digest(mac.encode(), self._mac(session_id, generation).encode()) and ours
        return Presented(session_id, digest(token), int(generation) if ours else None)

    def _mac(self, session_id: str, generation: str) -> str:
        return hashlib.blake2b(f"{session_id}.{generation}".encode(), digest_size=32, key=self._key).hexdigest()


def digest(token: str) -> str:
    """What is stored of a token: the SHA-256 of what follows the session's id."""
    return hashlib.sha256(token.partition(".")[2].encode()).hexdigest()


def judge(entry: Session, presented: Presented, now: datetime) -> Verdict:
    """What the session's row says about a token that names it."""
    fresh = entry.rotated_at is not None and now - entry.rotated_at <= timedelta(seconds=GRACE_SECONDS)
    if hmac.compare_digest(entry.token_hash, presented.digest):
        return Verdict.KEEP if fresh else Verdict.ROTATE
    if presented.generation is None or presented.generation >= entry.generation:
        return Verdict.UNKNOWN
    return Verdict.REPEAT if fresh and presented.generation == entry.generation - 1 else Verdict.REUSED
