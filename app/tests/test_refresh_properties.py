"""Refresh tokens, whatever the order of things: an honest browser stays signed in, and a theft is found.

Times are whole seconds, as the database keeps them.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import example, given, settings
from hypothesis import strategies as st

from console.sessions.models import Session
from console.sessions.refresh import GRACE_SECONDS, RefreshTokens, Verdict, digest, judge

TOKENS = RefreshTokens("secret-" * 6)
START = datetime(2026, 1, 1, tzinfo=UTC)
TRANSIT = GRACE_SECONDS // 4  # seconds that a request or an answer may be on its way


def first_entry() -> Session:
    return Session(generation=0, token_hash=digest(TOKENS.make("s", 0)))


@dataclass
class Server:
    """What SessionService.refresh does with a verdict."""

    entry: Session = field(default_factory=first_entry)

    def refresh(self, token: str, second: int) -> tuple[Verdict, str | None]:
        """The verdict, and the token that the cookie is set to."""
        now = START + timedelta(seconds=second)
        verdict = judge(self.entry, TOKENS.read(token), now)
        if verdict is Verdict.ROTATE:
            self.entry.generation += 1
            self.entry.token_hash = digest(TOKENS.make("s", self.entry.generation))
            self.entry.rotated_at = now
        successor = TOKENS.make("s", self.entry.generation)
        return verdict, successor if verdict in (Verdict.ROTATE, Verdict.REPEAT) else None


DELAYS = st.integers(0, TRANSIT)
REQUESTS = st.lists(st.tuples(st.integers(0, 40), DELAYS, DELAYS), min_size=1, max_size=30)


@settings(max_examples=400, deadline=None, database=None)
@given(REQUESTS)
@example([(0, 0, 0), (10, 0, 2), (11, 0, 0), (23, 0, 0)])  # the answer without change is overtaken by the next
def test_an_honest_browser_is_never_signed_out(requests: list[tuple[int, int, int]]) -> None:
    """If this failed, some order of reloads and tabs, with answers that overtake each other, would sign people out.

    A request is (when it is sent, how long it takes to the server, how long the answer takes back).
    """
    server, jar, number = Server(), TOKENS.make("s", 0), count()
    events: list[tuple[int, int, str, tuple[str, int]]] = []
    for sent, there, back in requests:
        heapq.heappush(events, (sent, next(number), "send", (str(there), back)))
    while events:
        second, _, kind, (value, delay) = heapq.heappop(events)
        if kind == "send":
            heapq.heappush(events, (second + int(value), next(number), "arrive", (jar, delay)))
        elif kind == "arrive":
            verdict, cookie = server.refresh(value, second)
            assert verdict in (Verdict.ROTATE, Verdict.REPEAT, Verdict.KEEP)
            if cookie:
                heapq.heappush(events, (second + delay, next(number), "answer", (cookie, 0)))
        else:
            jar = value


@settings(max_examples=200, deadline=None, database=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(GRACE_SECONDS + 1, 600)), min_size=1, max_size=20))
def test_two_holders_of_one_token_are_found_out(uses: list[tuple[bool, int]]) -> None:
    """If this failed, a thief could go on beside the user without either noticing."""
    server, second = Server(), 0
    held = dict.fromkeys((True, False), TOKENS.make("s", 0))
    for thief, pause in uses:
        second += pause
        verdict, cookie = server.refresh(held[thief], second)
        if thief != uses[0][0]:
            assert verdict is Verdict.REUSED
            return
        assert verdict is Verdict.ROTATE
        held[thief] = cookie or held[thief]
