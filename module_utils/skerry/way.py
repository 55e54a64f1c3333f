"""How visitors reach a stack while it is changed: as ever, or past the service that is replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module

from .engine import Engine

DETOUR_SECONDS = 300.0
"""What a detour adds to a deployment at most: its start, its routes and those of the new task, and two drains."""


@dataclass(frozen=True)
class Past:
    """What a detour leads past: a service, and how it and its stand-in are told to let go of their clients.

    While `drain_file` has the content `drain`, whoever reads it ends each connection with the answer under way.
    """

    service: str
    drain_file: str = ""
    drain: str = ""


class Way:
    """The usual one: nothing is done about it. `tick` is called now and then."""

    def __init__(self, tick: Callable[[], None]) -> None:
        self.tick = tick
        self.warnings: list[str] = []

    @contextmanager
    def open(self) -> Iterator[None]:
        """Hold the way open meanwhile."""
        yield

    def missed(self) -> str:
        """Wait until visitors are answered as before; return what is wrong, empty for nothing."""
        return ""


def way_past(past: Past | None, stack: str, engine: Engine, tick: Callable[[], None]) -> Way:
    """Return the way past a service of a stack, the usual one for None."""
    if past is None:
        return Way(tick)
    # What a detour imports would cost each task of a rerun some 30 ms.
    way: Way = import_module(".detour", __package__).Detour(past, stack, engine, tick)
    return way
