"""The problems that an operation may answer with (RFC 9457), and their one schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from console.openapi.answers import Refusals

MEDIA_TYPE = "application/problem+json"
REQUEST_ID = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}

SCHEMA = {
    "type": "object",
    "description": "RFC 9457. Switch on `code`, which stays; `detail` is for people.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "`about:blank` where the status says it all."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "pattern": "^[a-z0-9-]+$"},
        "request_id": {"type": "string", "description": "The log and the audit log have it under this."},
        "max_age": {
            "type": "integer",
            "description": "With `confirm-identity`: for how many seconds a proof by `POST /api/auth/confirm` is good.",
        },
        "errors": {
            "type": "array",
            "description": "With 422: where and why, never what was sent.",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
    "example": {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no such user.",
        "code": "not-found",
        "request_id": "5f0c1d2e3b4a49588d7c6b5a40312213",
    },
}

_HEADERS = {
    401: {"WWW-Authenticate": "The scheme: `Bearer`."},
    429: {"Retry-After": "Seconds to wait."},
    503: {"Retry-After": "Seconds to wait."},
}


def headers(said: Mapping[str, str]) -> dict[str, Any]:
    """Headers that are always there, with the one that every answer has."""
    always = {
        name: {"required": True, "description": meaning, "schema": {"type": "string"}} for name, meaning in said.items()
    }
    return always | REQUEST_ID


def components(statuses: Iterable[int]) -> dict[str, Any]:
    """The shared part of each status' problem."""
    return {
        _name(status): {
            "description": HTTPStatus(status).phrase,
            "headers": headers(_HEADERS.get(status, {})),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def responses(refusals: Iterable[Refusals]) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI wants to hear of these refusals together, by status; their codes are in the description."""
    codes: dict[int, list[str]] = {}
    for refused in refusals:
        for status, names in refused.items():
            codes.setdefault(status, []).extend(name for name in names if name not in codes.get(status, []))
    return {
        status: {
            "$ref": f"#/components/responses/{_name(status)}",
            "description": f"{HTTPStatus(status).phrase}: {', '.join(f'`{code}`' for code in names)}",
        }
        for status, names in sorted(codes.items())
    }


def _name(status: int) -> str:
    return f"Problem{status}"
