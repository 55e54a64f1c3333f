"""One part of what the console is told beside the services: made from files, and sent where it has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .console import Console, ConsoleError
from .pace import SeldomPace
from .records import STATE, files, marks, read
from .service import say

Picture = dict[str, Any]


class Chapter:
    """What `make` makes of the files that match `patterns`, for one path of the console."""

    def __init__(
        self, path: str, patterns: tuple[str, ...], make: Callable[[dict[str, Any]], Picture], state: Path = STATE
    ) -> None:
        self._path, self._patterns, self._make, self._state = path, patterns, make, state
        self._pace = SeldomPace()
        self._marks: Any = None
        self._picture: Picture = {}

    def picture(self) -> Picture:
        """Return what there is to tell; the files are only read where they have changed."""
        found = files(self._state, self._patterns)
        seen = marks(found)
        if seen != self._marks:
            content = {pattern: read(some) for pattern, some in found.items()}
            self._picture, self._marks = self._make(content), seen
        return self._picture

    def tell(self, console: Console, about: Picture, now: float) -> None:
        """Send it where that is due, with `about`; a console that does not take it is told of in the journal, once.

        Whatever goes wrong here, the services are reported as before.
        """
        picture = self.picture()
        if not self._pace.due(picture, now):
            return
        try:
            console.put(self._path, {**picture, **about})
        except ConsoleError as problem:
            if self._pace.refused(now):
                say(f"{self._path} is not taken, the services are: {problem}")
            return
        self._pace.told(picture, now)

    def forget(self) -> None:
        """The console may have lost what it was told."""
        self._pace.forget()
