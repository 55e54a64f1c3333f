"""Variables that Skerry once read and reads no more: that a value quietly stopped counting is found out too late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

REMOVED: Mapping[str, str] = {}
"""By name, what to write instead, as the end of a sentence: `write traefik_memory` or `leave it out: …, by itself`.

Whoever renames or removes a variable of a role adds it here. So far none was.
"""


def removed(given: Iterable[str], table: Mapping[str, str] = REMOVED) -> list[str]:
    """Return a sentence for each variable that is given and counts no more."""
    return [f"{name} is not read any more; {table[name]}." for name in sorted(table.keys() & set(given))]
