"""Errors that carry their status code, and how they are answered: RFC 9457 ``application/problem+json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

CODE_REQUIRED = "code-required"  # the first of two steps, not a failure
_CODES = {413: "too-large"}  # Python's words for it change with its version


class ConsoleError(Exception):
    """Answered as a problem with this status, code and detail. ``about``: whose account it was, for the audit log.

    ``extensions`` are further members of the problem, or its own ``type`` and ``title``.
    """

    status = 500
    code = "internal"
    about = ""
    extensions: Mapping[str, Any] = {}

    def __init__(self, detail: str, *, code: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.headers = dict(headers or {})


class UnauthorizedError(ConsoleError):
    """No valid credentials."""

    status = 401
    code = "unauthorized"

    def __init__(self, detail: str, *, code: str | None = None, about: str = "") -> None:
        super().__init__(detail, code=code, headers={"WWW-Authenticate": "Bearer"})
        self.about = about


class ForbiddenError(ConsoleError):
    """Known, but not allowed."""

    status = 403
    code = "forbidden"


class NotFoundError(ConsoleError):
    """There is no such thing, or none that the caller may know of."""

    status = 404
    code = "not-found"


class ConflictError(ConsoleError):
    """It does not go together with what is there."""

    status = 409
    code = "conflict"


class InvalidError(ConsoleError):
    """It is not valid, for reasons that are only known here; ``errors`` says where and why, as for any 422."""

    status = 422
    code = "invalid"

    def __init__(self, detail: str, *, code: str | None = None, errors: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(detail, code=code)
        self.extensions = {"errors": list(errors)}


class RateLimitedError(ConsoleError):
    """Too many requests; says when to come back."""

    status = 429
    code = "rate-limited"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many requests. Try again in {seconds} s.", headers={"Retry-After": str(seconds)})


class UnavailableError(ConsoleError):
    """Something behind the console does not answer."""

    status = 503
    code = "unavailable"

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail, code=code, headers={"Retry-After": "5"})


def code_of(status: int) -> str:
    """The code of a problem that has none of its own."""
    return _CODES.get(status) or HTTPStatus(status).phrase.lower().replace(" ", "-")


def problem(
    status: int,
    detail: str,
    *,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
    **extensions: Any,
) -> Response:
    """A problem document; ``code`` is the stable name that clients switch on."""
    title = HTTPStatus(status).phrase
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code or code_of(status),
        **extensions,
    }
    return Response(json.dumps(body, ensure_ascii=False), status, headers, media_type="application/problem+json")
