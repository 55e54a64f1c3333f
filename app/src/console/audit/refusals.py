"""Which refused attempts get a row. Whoever is refused chooses how often, so the table must not grow with it.

Attempts of one kind (action, reason, user, address) get one row a minute, which says how many came since the row
before. All kinds together get BURST rows at once and ROWS_A_MINUTE after that; the rest is counted in a metric.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

REPEAT_SECONDS = 60.0
BURST = 60
ROWS_A_MINUTE = 2
KINDS = 1000


class Refusals:
    """The attempts of one process. Times are those of a monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._kinds: OrderedDict[Hashable, tuple[float, int]] = (
            OrderedDict()
        )  # when it got its last row, how many since
        self._rows = float(BURST)
        self._filled = 0.0

    def admit(self, kind: Hashable, now: float) -> int | None:
        """How many attempts the row is for that is to be written now; None for no row."""
        written, waiting = self._kinds.pop(kind, (now - REPEAT_SECONDS, 0))
        waiting += 1
        if now - written >= REPEAT_SECONDS and self._take(now):
            self._keep(kind, now, 0)
            return waiting
        self._keep(kind, written, waiting)
        return None

    def _keep(self, kind: Hashable, written: float, waiting: int) -> None:
        self._kinds[kind] = (written, waiting)
        if len(self._kinds) > KINDS:
            self._kinds.popitem(last=False)

    def _take(self, now: float) -> bool:
        self._rows = min(BURST, self._rows + (now - self._filled) / 60 * ROWS_A_MINUTE)
        self._filled = now
        if self._rows < 1:
            return False
        self._rows -= 1
        return True
