"""The whole description, made once a process."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from console import __version__
from console.openapi.answers import answers_of
from console.openapi.problems import SCHEMA, components
from console.sessions.cookie import COOKIE

TITLE = "Skerry console"
_DESCRIPTION = (
    "What the console's pages use, and your programs may: JSON in, JSON out, errors as RFC 9457 problems. Lists come "
    "in pages: `next` is the cursor of the next one, or null. The audit log calls an action by its operation's id."
)


def _bearer(description: str) -> dict[str, str]:
    return {"type": "http", "scheme": "bearer", "description": description}


SCHEMES: dict[str, dict[str, str]] = {
    "bearer": _bearer("The access token of a sign-in, good for five minutes; or a machine token, `skerry_…`."),
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "The refresh token of a sign-in; from the console's pages only, by Origin or Sec-Fetch-Site.",
    },
    "reporter": _bearer("The token of the host's reporter, setting `REPORTER_TOKEN`."),
    "alerts": _bearer("The token of Alertmanager, setting `ALERTS_TOKEN`."),
}


def document(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1."""
    if app.openapi_schema is None:
        made = get_openapi(title=TITLE, version=__version__, description=_DESCRIPTION, routes=app.routes)
        _put_examples(app, made["paths"])
        parts = made.setdefault("components", {})
        parts.setdefault("schemas", {})["Problem"] = SCHEMA
        parts["responses"] = components(_problems(made))
        parts["headers"] = {
            "RequestId": {"required": True, "description": "Of this request.", "schema": {"type": "string"}}
        }
        parts["securitySchemes"] = SCHEMES
        app.openapi_schema = made
    return app.openapi_schema


def _put_examples(app: FastAPI, paths: dict[str, Any]) -> None:
    """Here and not in the routes: FastAPI would leave out what is null."""
    for route in iter_route_contexts(app.routes):
        said = answers_of(route.endpoint) if route.endpoint else None
        for method in route.methods or ():
            operation = paths.get(route.path_format or "", {}).get(method.lower())
            if operation is None or said is None:
                continue
            if said.body is not None:
                operation["requestBody"]["content"]["application/json"]["example"] = said.body
            for status, example in said.examples.items():
                if example is not None:
                    operation["responses"][str(status)]["content"]["application/json"]["example"] = example


def _problems(made: dict[str, Any]) -> list[int]:
    """The statuses that some operation refuses something with."""
    operations = (operation for path in made["paths"].values() for operation in path.values())
    named = {status for one in operations for status, answer in one["responses"].items() if "$ref" in answer}
    return sorted(int(status) for status in named)
