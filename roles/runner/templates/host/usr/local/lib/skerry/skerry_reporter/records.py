"""What the host keeps of its own work, as JSON in files, and how much of it fits into one report."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

STATE = Path("/var/lib/skerry")

NEWEST = 200
"""Files of one kind that are read, the last by name."""

TEXT = 400
"""Characters of a text that somebody else wrote."""

Told = TypeVar("Told")


def files(state: Path, patterns: Iterable[str]) -> dict[str, list[Path]]:
    """Return the files of each pattern below the state directory, sorted by name."""
    return {pattern: sorted(state.glob(pattern))[-NEWEST:] for pattern in patterns}


def marks(found: dict[str, list[Path]]) -> list[tuple[str, int, int]]:
    """Return what is different whenever the content of one of these files may be: they are replaced, never changed."""
    told = []
    for file in (file for some in found.values() for file in some):
        try:
            seen = file.stat()
        except FileNotFoundError:
            continue
        told.append((str(file), seen.st_mtime_ns, seen.st_ino))
    return told


def read(found: Iterable[Path]) -> dict[str, Any]:
    """Return the files' content by name without suffix; one that went away or is damaged is left out."""
    content = {}
    for file in found:
        try:
            content[file.stem] = json.loads(file.read_text())
        except (OSError, ValueError):
            continue
    return content


def each(rows: Any, tell: Callable[[Any], Told]) -> Iterator[Told]:
    """Yield what `tell` makes of each row; one that is damaged or of another version is left out."""
    for row in rows if isinstance(rows, list) else []:
        try:
            yield tell(row)
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            continue


def fitting(rows: Iterable[Told], size: int) -> list[Told]:
    """Return the first of the rows, as many as `size` bytes of JSON hold."""
    kept = []
    for row in rows:
        size -= len(json.dumps(row)) + 2
        if size < 0:
            break
        kept.append(row)
    return kept


def line(text: Any) -> str:
    """Return a text as one line of a length that can be shown."""
    return "".join(letter if letter.isprintable() else " " for letter in str(text))[:TEXT].strip()


def instant(seconds: float) -> str:
    """Return a time since the epoch in UTC, to the millisecond, as RFC 3339 writes it."""
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{int(seconds * 1000) % 1000:03d}Z"
