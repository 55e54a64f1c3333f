"""What filters that check a dict of settings share: kinds of values, and one sentence for each that is wrong.

A sentence names the setting, its value and what is allowed.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple


class Kind(NamedTuple):
    """One kind of value: a check, and what it allows in words that complete "allowed is …"."""

    check: Callable[[Any], bool]
    allowed: str


def text(pattern: str, allowed: str) -> Kind:
    """Texts that match a pattern in full."""
    return Kind(lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None, allowed)


def whole(low: int, high: int) -> Kind:
    """Whole numbers, bounds included."""
    return Kind(
        lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high,
        f"a whole number from {low} to {high}",
    )


def listing(item: Kind) -> Kind:
    """Lists of one kind."""
    return Kind(
        lambda value: isinstance(value, list) and all(item.check(one) for one in value),
        f"a list, each item {item.allowed}",
    )


def mapping(key: str, item: Kind, allowed: str) -> Kind:
    """Dicts of one kind, whose keys match a pattern in full."""
    return Kind(
        lambda value: (
            isinstance(value, Mapping)
            and all(isinstance(k, str) and re.fullmatch(key, k) and item.check(v) for k, v in value.items())
        ),
        allowed,
    )


def wrong(where: str, value: Any, allowed: str) -> str:
    """Return the sentence for a value that is not allowed."""
    shown = json.dumps(value, default=str, ensure_ascii=False)
    return f"{where} is {shown if len(shown) <= 80 else shown[:79] + '…'}: allowed is {allowed}."


def settings(where: str, given: Any, known: Mapping[str, Kind], required: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each setting that is missing, unknown or wrong."""
    if not isinstance(given, Mapping):
        yield wrong(where, given, "a dict")
        return
    for key in required:
        if key not in given:
            yield f"{where}.{key} is missing: needed is {known[key].allowed}."
    for key, value in given.items():
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            yield f"{where}.{key} is unknown{hint}: allowed are {', '.join(sorted(known))}."
        elif not known[key].check(value):
            yield wrong(f"{where}.{key}", value, known[key].allowed)
