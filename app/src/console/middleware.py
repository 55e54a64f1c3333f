"""Pure ASGI middleware: request id, metrics by route template, closing while draining; and a limit for bodies."""

from __future__ import annotations

import logging
import re
import time
import uuid
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.errors import problem
from console.lifecycle import Lifecycle
from console.metrics import Metrics

log = logging.getLogger(__name__)

_REQUEST_ID = re.compile(rb"[A-Za-z0-9_.-]{8,64}")


class RequestMiddleware:
    """Outermost layer of a process's HTTP side. Nothing that fails inside gets past it unanswered."""

    def __init__(self, app: ASGIApp, metrics: Metrics, lifecycle: Lifecycle) -> None:
        self._app = app
        self._metrics = metrics
        self._lifecycle = lifecycle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        status, complete = 0, False

        async def send_with_headers(message: Message) -> None:
            nonlocal status, complete
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *self._headers(request_id)]
            elif message["type"] == "http.response.body":
                complete = not message.get("more_body", False)
            await send(message)

        started = time.perf_counter()
        self._metrics.in_flight.inc()
        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            log.exception("request failed", extra={"fields": {"request_id": request_id, "path": scope["path"]}})
            if status and not complete:
                raise  # the server closes the connection, so that nobody takes a part for the whole
            if not status:
                await fault(request_id)(scope, receive, send_with_headers)
        finally:
            self._metrics.in_flight.dec()
            self._metrics.requests.labels(scope["method"], route_template(scope), str(status or 499)).observe(
                time.perf_counter() - started
            )

    def _headers(self, request_id: str) -> list[tuple[bytes, bytes]]:
        headers = [(b"x-request-id", request_id.encode()), (b"cache-control", b"no-store")]
        if self._lifecycle.draining:
            # The proxy keeps idle connections; without this it would reuse one that is about to close.
            headers.append((b"connection", b"close"))
        return headers


class BodyLimit:
    """No more than ``most`` bytes of a body are read: 413.

    Counted where it is read, so that who may not is told that, however long the body is. Starlette's own answers
    in plain text, and ahead of any other refusal.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = self._most

        async def receive_some() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, f"The body is too large: {self._most} bytes are the most.")
            return message

        await self._app(scope, receive_some if scope["type"] == "http" else receive, send)


def fault(request_id: str) -> Response:
    """What is answered for a bug of ours: nothing but where to find it."""
    return problem(500, "Something went wrong here. The log has it under this request id.", request_id=request_id)


def _request_id(scope: Scope) -> str:
    """The proxy's X-Request-Id if it is a plain token, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value.decode())
    return uuid.uuid4().hex


def route_template(scope: Scope) -> str:
    """``/api/users/{id}`` rather than what was asked for; ``unmatched`` for no route."""
    route: Any = scope.get("route")
    return getattr(route, "path", None) or "unmatched"
