"""One stack file for engines of several ages.

`start_interval` (probe often while a container starts, seldom afterwards) is worth having: on an idle host most of the
CPU goes into health checks, each of which starts a process in a container. Engines know it from API 1.44 (Docker 25)
on, and their client from file version 3.12; a file for an older client says version 3.9 at most, and must not name it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from .engine import Engine, EngineAbsentError
from .payload import Entry

KNOWS_START_INTERVAL = (1, 44)
# Without it the one interval has to serve for the start too, where waiting 15 s for the first probe delays each deploy.
OLD_INTERVAL = "5s"

_VERSION = re.compile(r"""^(version:\s*)["']?3\.1\d["']?""", re.MULTILINE)
# In flow style, in JSON, or on two lines: `interval: 15s, start_interval: 1s`, in this order.
_PAIR = re.compile(r"""("?)\binterval\1(\s*:\s*)("?)\w+\3\s*(?:,|\n)\s*"?start_interval"?\s*:\s*"?\w+"?""")


def for_engine(text: str, api: tuple[int, int]) -> str:
    """Return the stack file `text` as the client of an engine with this API version can read it."""
    if api >= KNOWS_START_INTERVAL:
        return text
    return _PAIR.sub(rf"\1interval\1\2\g<3>{OLD_INTERVAL}\3", _VERSION.sub(r'\1"3.9"', text))


def adapt(entries: Iterable[Entry], engine: Engine) -> list[Entry]:
    """Return `entries` with the stack file in the engine's dialect; unchanged where no engine answers yet."""
    found = list(entries)
    if not any(b"start_interval" in entry.content for entry in found if entry.path == "stack.yml"):
        return found
    try:
        api = engine.api()
    except EngineAbsentError:
        return found
    return [
        replace(entry, content=for_engine(entry.content.decode(), api).encode()) if entry.path == "stack.yml" else entry
        for entry in found
    ]
