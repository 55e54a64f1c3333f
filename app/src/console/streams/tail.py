"""Live and replayed events become one row without gap or duplicate: the rule, apart from everything that does I/O.

A process keeps the newest events of each topic that somebody reads, its *tail*, as they are announced to it. A reader
is no more than the number up to which it has read. What it gets next comes from the tail where that goes on exactly
there, and else from the store, which has everything; so announcements may be lost, doubled or late, and a reader may be
as slow as it likes without anything piling up for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Any

TAIL_EVENTS = 1_000
TAIL_BYTES = 256 * 1024


@dataclass(slots=True)
class Tail:
    """The newest events of one topic, in a row: ``first`` and up. ``last`` is the highest number heard of."""

    first: int = 1
    events: list[Any] = field(default_factory=list)
    last: int = 0
    _sizes: list[int] = field(default_factory=list)  # of announcements, bytes
    _counts: list[int] = field(default_factory=list)  # of announcements, events

    def hear(self, first: int, events: list[Any], size: int) -> None:
        """Take an announcement of ``size`` bytes."""
        if first != self.first + len(self.events):  # another history, or something between was not heard of
            self.clear()
            self.first = first
        self.events += events
        self._sizes.append(size)
        self._counts.append(len(events))
        self.last = first + len(events) - 1
        while len(self._counts) > 1 and (len(self.events) > TAIL_EVENTS or sum(self._sizes) > TAIL_BYTES):
            gone = self._counts.pop(0)
            self._sizes.pop(0)
            del self.events[:gone]
            self.first += gone

    def clear(self) -> None:
        """Something may have been missed: the store knows better."""
        self.events, self._sizes, self._counts = [], [], []
        self.first, self.last = 1, 0

    def is_at(self, number: int) -> bool:
        """Whether a reader at this number has read everything that there is."""
        return bool(self.events) and number == self.last

    def after(self, number: int, most: int) -> list[Any]:
        """What follows after a number, at most so much; nothing where the tail does not go on exactly there."""
        start = number + 1 - self.first
        return list(islice(self.events, start, start + most)) if 0 <= start < len(self.events) else []
