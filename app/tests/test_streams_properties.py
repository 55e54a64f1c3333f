"""Live and replayed events, whatever gets lost or late between: each reader gets every number once, in order."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from console.streams.tail import TAIL_BYTES, TAIL_EVENTS, Tail

KEPT = 12  # events that the store of this model keeps


@dataclass
class Topic:
    """What TopicStore does: numbers without gaps, the oldest go."""

    last: int = 0
    kept: list[int] = field(default_factory=list)

    def append(self, count: int) -> tuple[int, list[int]]:
        fresh = list(range(self.last + 1, self.last + count + 1))
        self.last += count
        self.kept = (self.kept + fresh)[-KEPT:]
        return fresh[0], fresh

    def after(self, number: int, most: int) -> tuple[int, list[int]]:
        """The number of the first, and what follows."""
        oldest = self.last - len(self.kept) + 1
        following = [event for event in self.kept if event > number]
        return max(number + 1, oldest), following[:most]


@dataclass
class Reader:
    """What Feed.after and a subscription do with a tail: a number, and what was sent up to there."""

    number: int = 0
    got: list[int] = field(default_factory=list)
    resets: list[int] = field(default_factory=list)

    def step(self, tail: Tail, topic: Topic, most: int) -> bool:
        """Whether there was something."""
        if events := tail.after(self.number, most):
            first = self.number + 1
        elif tail.is_at(self.number):
            return False
        else:
            first, events = topic.after(self.number, most)
        if first > self.number + 1:
            self.resets.append(first)
            self.number = first - 1
            return True
        self.got += events
        self.number += len(events)
        return bool(events)


APPEND = st.tuples(st.just("append"), st.integers(1, 6))
READ = st.tuples(st.just("read"), st.integers(1, 5))  # at most so many at once
DELIVER = st.tuples(st.just("deliver"), st.integers(0, 3))  # which of the announcements under way, from the oldest
LOSE = st.tuples(st.just("lose"), st.integers(0, 3))
REPEAT = st.tuples(st.just("repeat"), st.integers(0, 3))  # delivered, and once more later
BEGIN = st.tuples(st.just("begin"), st.just(0))  # the connection to Redis is new
STEPS = st.lists(st.one_of(APPEND, APPEND, READ, READ, DELIVER, DELIVER, LOSE, REPEAT, BEGIN), max_size=60)


@settings(max_examples=300, deadline=None, database=None)
@given(STEPS)
def test_every_number_once_and_in_order(steps: list[tuple[str, int]]) -> None:
    """If this failed, some order of things would cost a reader an event, or give it one twice, without a word."""
    topic, tail, reader = Topic(), Tail(), Reader()
    under_way: list[tuple[int, list[int]]] = []
    for kind, number in steps:
        if kind == "append":
            under_way.append(topic.append(number))
        elif kind == "read":
            reader.step(tail, topic, number)
        elif kind == "begin":
            under_way.clear()  # what was under way on the old connection never comes
            tail.clear()
        elif number < len(under_way):
            announced = under_way[number] if kind == "repeat" else under_way.pop(number)
            if kind != "lose":
                tail.hear(*announced, len(announced[1]))
    tail.clear()  # as when it hears again
    while reader.step(tail, topic, 5):
        pass
    expected = set(range(1, topic.last + 1))
    assert reader.number == topic.last
    assert reader.got == sorted(set(reader.got))
    missed = expected - set(reader.got)
    assert bool(missed) == bool(reader.resets)
    assert all(any(number < first for first in reader.resets) for number in missed)


@settings(max_examples=25, deadline=None, database=None)
@given(st.lists(st.tuples(st.integers(1, 600), st.integers(10, 400)), min_size=1, max_size=15))
def test_a_tail_is_bounded(announcements: list[tuple[int, int]]) -> None:
    """If this failed, a job that says much would fill the memory of every replica."""
    tail, number = Tail(), 1
    for count, length in announcements:
        events = ["x" * length] * count
        tail.hear(number, events, count * length)
        number += count
        assert len(tail.events) <= max(TAIL_EVENTS, count)
        assert sum(map(len, tail.events)) <= max(TAIL_BYTES, count * length)
        assert tail.after(number - 2, 5) == events[-1:]
        assert tail.is_at(number - 1)
