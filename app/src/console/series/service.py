"""Asks for series, and puts what comes onto one row of times."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from console.prometheus import Line, Prometheus
from console.series.catalogue import POINTS, SERIES, STEPS, Name, Range

MOST_LINES = 200
GRID = 30  # seconds: who asks in the same half minute gets the same times, and so shares an answer
DIGITS = 4  # of a value that count


class SeriesService:
    """The last hours of what Prometheus knows."""

    def __init__(self, prometheus: Prometheus) -> None:
        self._prometheus = prometheus

    async def show(self, names: Sequence[Name], wanted: Range) -> dict[str, Any]:
        """Each series over the range, at POINTS times, the last of them now. Raises UnavailableError."""
        step = STEPS[wanted]
        end = int(time.time()) // GRID * GRID
        start = end - (POINTS - 1) * step
        unique = list(dict.fromkeys(names))
        found = await asyncio.gather(
            *(self._prometheus.over(SERIES[name].over(step), start, end, step) for name in unique)
        )
        shown = [_shown(name, lines, start, step) for name, lines in zip(unique, found, strict=True)]
        began = datetime.fromtimestamp(start, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"range": wanted, "start": began, "step": step, "series": shown}


def _shown(name: Name, lines: Sequence[Line], start: int, step: int) -> dict[str, Any]:
    drawn = sorted(
        (_line(line, start, step) for line in lines), key=lambda one: (one["stack"] or "", one["service"] or "")
    )
    return {"name": name, "unit": SERIES[name].unit, "lines": drawn[:MOST_LINES]}


def _line(line: Line, start: int, step: int) -> dict[str, Any]:
    values: list[float | None] = [None] * POINTS
    for at, value in line.values:
        place = round((at - start) / step)
        if 0 <= place < POINTS:
            values[place] = float(f"{value:.{DIGITS}g}")
    return {"stack": line.labels.get("stack"), "service": line.labels.get("service"), "values": values}
