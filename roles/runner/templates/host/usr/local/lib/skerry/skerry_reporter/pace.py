"""When to look at the engine, when to report, how long to wait after a failure. Pure: the caller brings the clock."""

from __future__ import annotations

from typing import Any

POLL = 5.0
"""Seconds between two looks where no event comes: tasks on other nodes make none here."""

SETTLE = 1.0
"""Seconds between two looks after an event: the engine's task states follow its events within a few of these."""

SETTLE_FOR = 8.0
"""Seconds after an event during which it is looked at each SETTLE."""

HEARTBEAT = 15.0
"""Seconds after which an unchanged picture is reported again (the console's contract)."""

BACKOFF = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds to wait after the first, second, … failure in a row; the last one for all that follow."""


class Pace:
    """Holds what was reported last and the failures since."""

    def __init__(self) -> None:
        self._reported: Any = None
        self._reported_at = float("-inf")
        self._event_at = float("-inf")
        self._failures = 0

    def event(self, now: float) -> None:
        """Take note of an event at ``now`` (monotonic seconds)."""
        self._event_at = now

    def due(self, picture: Any, now: float) -> bool:
        """Tell whether the picture has to be reported."""
        return picture != self._reported or now - self._reported_at >= HEARTBEAT

    def reported(self, picture: Any, now: float) -> bool:
        """Take note of a report that arrived; return True when it ended a row of failures."""
        self._reported, self._reported_at = picture, now
        recovered, self._failures = self._failures > 0, 0
        return recovered

    def failed(self) -> bool:
        """Take note of a failure; return True when it is the first in a row.

        What the console last had is unknown from then on, so the next picture is due in any case.
        """
        self._reported = None
        self._failures += 1
        return self._failures == 1

    def wait(self, now: float) -> float:
        """Return for how many seconds nothing is to be done unless an event comes."""
        if now - self._event_at < SETTLE_FOR:
            # Also after failures: what just happened may be the console or the engine coming back.
            return SETTLE
        return BACKOFF[min(self._failures, len(BACKOFF)) - 1] if self._failures else POLL


REPEAT = 600.0
"""Seconds after which what seldom changes is told again: a console that lost its memory has it back by then."""

RETRY = 60.0
"""Seconds until it is tried again where the console did not take it: it may be older than this reporter."""


class SeldomPace:
    """Holds which picture of what seldom changes was told last, or refused."""

    def __init__(self) -> None:
        self._told: Any = None
        self._again_at = float("-inf")
        self._refused = False

    def due(self, picture: Any, now: float) -> bool:
        """Tell whether the picture has to be told at ``now`` (monotonic seconds)."""
        return now >= self._again_at or (not self._refused and picture != self._told)

    def told(self, picture: Any, now: float) -> None:
        """Take note that it arrived."""
        self._told, self._again_at, self._refused = picture, now + REPEAT, False

    def refused(self, now: float) -> bool:
        """Take note that it did not; return True when that is the first time in a row."""
        first, self._refused, self._again_at = not self._refused, True, now + RETRY
        return first

    def forget(self) -> None:
        """The console may be another one: it is due at once."""
        self._again_at = float("-inf")
