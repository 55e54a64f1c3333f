"""What the reporter tells of the host's own records: kept whole, announced in brief, and shown page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from console.events import Emitter
from console.platform.repository import ReportRepository


async def take(reports: ReportRepository, emitter: Emitter, event: str, document: dict[str, Any]) -> None:
    """Keep a report; browsers are told that there is another one, and ask for what they show of it."""
    await reports.put(document)
    about = {name: document[name] for name in ("reported_at", "host")}
    await emitter.emit(event, about, room=event)


def page_of(
    entries: Sequence[dict[str, Any]], before: str | None, most: int
) -> tuple[list[dict[str, Any]], str | None]:
    """The first ``most`` entries after ``id`` ``before``, and the cursor of the next page or None.

    The entries come in the falling order of their ids.
    """
    following = [entry for entry in entries if before is None or entry["id"] < before]
    return following[:most], following[most - 1]["id"] if len(following) > most else None
