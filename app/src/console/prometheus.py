"""Questions to Prometheus: short, bounded, and asked once for all who want the same within some seconds.

The standard library's client in a few threads of its own: what hangs there holds up nothing else.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from console.errors import UnavailableError

log = logging.getLogger(__name__)

CALL_SECONDS = 5.0  # a small machine that is busy may need more than one
KEPT_SECONDS = 10.0  # failures, too: who does not answer is left alone for as long
MOST_BYTES = 4 * 1024 * 1024
THREADS = 4
CODE = "metrics-unavailable"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line:
    """What one series had at times, Unix seconds. Its values are finite."""

    labels: dict[str, str]
    values: tuple[tuple[float, float], ...]


class Prometheus:
    """The Prometheus at a URL; None: there is none, and whoever asks is told so."""

    def __init__(self, url: str | None) -> None:
        self._url = None if url is None else urlsplit(url)
        self._threads = ThreadPoolExecutor(THREADS, "prometheus")
        self._kept: dict[str, tuple[float, asyncio.Task[tuple[Line, ...]]]] = {}

    async def over(self, expression: str, start: int, end: int, step: int) -> tuple[Line, ...]:
        """What an expression was from ``start`` to ``end``, each ``step`` seconds. Raises UnavailableError."""
        return await self._once("query_range", {"query": expression, "start": start, "end": end, "step": step}, _matrix)

    async def now(self, expression: str) -> tuple[Line, ...]:
        """What an expression is; each line has one value. Raises UnavailableError."""
        return await self._once("query", {"query": expression}, _vector)

    def close(self) -> None:
        """Wait for nobody."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _once(
        self, kind: str, parameters: dict[str, Any], read: Callable[[Any], tuple[Line, ...]]
    ) -> tuple[Line, ...]:
        """The answer that somebody else has got, or is waiting for; or a new one."""
        target = f"/api/v1/{kind}?{urlencode(parameters | {'timeout': f'{CALL_SECONDS:g}s'})}"
        now = time.monotonic()
        self._kept = {key: one for key, one in self._kept.items() if not one[1].done() or now - one[0] < KEPT_SECONDS}
        if target not in self._kept:
            self._kept[target] = now, asyncio.create_task(self._ask(target, read))
        # Whoever goes away takes the answer from nobody.
        return await asyncio.shield(self._kept[target][1])

    async def _ask(self, target: str, read: Callable[[Any], tuple[Line, ...]]) -> tuple[Line, ...]:
        if self._url is None:
            raise UnavailableError("There is no Prometheus: PROMETHEUS_URL is not set.", code=CODE)
        asking = asyncio.get_running_loop().run_in_executor(self._threads, self._fetch, target)
        try:
            return read(json.loads(await asyncio.wait_for(asking, CALL_SECONDS)))
        except (OSError, HTTPException, AttributeError, LookupError, TypeError, ValueError) as error:
            log.warning("Prometheus gave no answer (%s: %s)", type(error).__name__, error)
            raise UnavailableError("Prometheus does not answer. Try again soon.", code=CODE) from error

    def _fetch(self, target: str) -> bytes:
        assert self._url is not None  # noqa: S101 - for the type checker
        deadline = time.monotonic() + CALL_SECONDS
        connection = HTTPConnection(self._url.hostname or "", self._url.port, timeout=CALL_SECONDS)
        try:
            connection.request("GET", self._url.path.rstrip("/") + target, headers={"Accept": "application/json"})
            answer, body = connection.getresponse(), b""
            while part := answer.read1(65_536):
                body += part
                if len(body) > MOST_BYTES or time.monotonic() > deadline:
                    raise HTTPException(f"no end after {len(body)} bytes")
        finally:
            connection.close()
        if answer.status != 200:
            raise HTTPException(f"status {answer.status}: {body[:200]!r}")
        return body


def _matrix(answer: Any) -> tuple[Line, ...]:
    return tuple(Line(_labels(one), _values(one["values"])) for one in answer["data"]["result"])


def _vector(answer: Any) -> tuple[Line, ...]:
    return tuple(Line(_labels(one), _values([one["value"]])) for one in answer["data"]["result"])


def _labels(one: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in one["metric"].items()}


def _values(pairs: Any) -> tuple[tuple[float, float], ...]:
    read = ((float(at), float(value)) for at, value in pairs)
    return tuple((at, value) for at, value in read if math.isfinite(value))
