"""What the runner sends, cut to what the console keeps. Lengths are characters.

The runner is believed about its jobs, but nothing that it says can make the console store without bounds, or fail.
"""

from __future__ import annotations

import json
import re
from typing import Any

from console.jobs.progress import STATES

VERSION = 1
MAX_EVENTS = 500
MAX_KNOWN = 5_000  # jobs that a runner may know
MAX_DEFINITIONS = 100
LINE_LENGTH = 4_000
NAME_LENGTH = 64
WORDS_LENGTH = 200
WHY_LENGTH = 500
SET_LENGTH = 8_000  # of parameters, or what is said on a state, as JSON

_ID = re.compile(r"[0-9a-f]{32}")


class WireError(ValueError):
    """It is not what the contract with the runner says."""


def job_id(value: object) -> str:
    """Raises WireError."""
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise WireError("the id of a job is 32 hexadecimal digits")


def about(value: object) -> dict[str, Any]:
    """What a job is, as fields of ``Job``."""
    given = value if isinstance(value, dict) else {}
    by = given.get("by")
    who = by if isinstance(by, dict) else {"user": by}
    return {
        "name": _text(given.get("name"), NAME_LENGTH),
        "parameters": _set(given.get("parameters")),
        "user": _text(who.get("user"), NAME_LENGTH),
        "role": _text(who.get("role"), 16),
        "why": _text(given.get("why"), WHY_LENGTH),
    }


def events(value: object) -> list[dict[str, Any]]:
    """Events without a gap in their numbers. Raises WireError."""
    if not isinstance(value, list) or not 0 < len(value) <= MAX_EVENTS:
        raise WireError(f"a message has 1 to {MAX_EVENTS} events")
    found = [_event(entry) for entry in value]
    first = found[0]["n"]
    if [event["n"] for event in found] != list(range(first, first + len(found))):
        raise WireError("the events of a message follow one another")
    return found


def known(value: object) -> dict[str, dict[str, Any]]:
    """The jobs that the runner knows: what each is. Raises WireError."""
    if not isinstance(value, dict) or len(value) > MAX_KNOWN:
        raise WireError(f"a runner knows {MAX_KNOWN} jobs at most")
    return {job_id(name): about(job) for name, job in value.items()}


def definitions(value: object) -> list[dict[str, Any]]:
    """The jobs that there are, still to be read one by one (``console.jobs.definitions``). Raises WireError."""
    if not isinstance(value, list) or len(value) > MAX_DEFINITIONS or not all(isinstance(one, dict) for one in value):
        raise WireError(f"a runner has {MAX_DEFINITIONS} definitions at most")
    return [json.loads(_clean(json.dumps(one, ensure_ascii=False))) for one in value]


def _event(value: object) -> dict[str, Any]:
    given = value if isinstance(value, dict) else {}
    number, at, kind = given.get("n"), given.get("at"), given.get("kind")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 2**53:
        raise WireError("an event has a number from 1 on")
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at < 2**33:
        raise WireError("an event has a time")
    event: dict[str, Any] = {"n": number, "at": round(at, 3), "kind": _text(kind, 32)}
    if kind == "line":
        event["text"] = _text(given.get("text"), LINE_LENGTH)
    elif kind == "task":
        event |= {name: _text(given.get(name), WORDS_LENGTH) for name in ("play", "task")}
    elif kind == "state":
        state = given.get("state")
        if state not in STATES:
            raise WireError(f"{_text(state, NAME_LENGTH)!r} is no state of a job")
        event |= {"state": state, "detail": _set(given.get("detail"))}
    return event


def _text(value: object, most: int) -> str:
    return _clean(value)[:most] if isinstance(value, str) else ""


def _set(value: object) -> dict[str, Any]:
    """A small object as it is; of another only that it was. Escaped, its text is ASCII, so it fits into its column."""
    given = value if isinstance(value, dict) else {}
    try:
        text = json.dumps(json.loads(_clean(json.dumps(given, ensure_ascii=False))), allow_nan=False)
    except ValueError:  # infinite numbers, which JSON does not have
        text = ""
    return json.loads(text) if 0 < len(text) <= SET_LENGTH else {"reason": "(not kept: too long, or no JSON)"}


def _clean(text: str) -> str:
    """Without halves of characters, which neither Redis nor the database takes."""
    return text.encode("utf-8", "replace").decode()
