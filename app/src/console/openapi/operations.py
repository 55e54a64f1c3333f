"""What the API's description says of one route, by its guard, its endpoint's docstring and ``@answers``."""

from __future__ import annotations

import inspect
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.dependencies.utils import get_flat_params

from console.auth.permissions import MACHINE_SCOPES
from console.openapi.answers import Answers, Refusals, answers_of
from console.openapi.problems import headers, responses

if TYPE_CHECKING:
    from console.auth.guards import GuardedRoute

PREFIX = "/api/"  # what is not below it is for probes and Prometheus, and not described

_PATH: Refusals = {404: ("not-found",)}
_INVALID: Refusals = {422: ("invalid",)}
_BODY: Refusals = {400: ("bad-request",), 413: ("too-large",)}


def describe(route: GuardedRoute) -> None:
    """Set on the route what FastAPI puts into its description."""
    route.include_in_schema = route.path_format.startswith(PREFIX)
    said = answers_of(route.endpoint) or Answers(examples={})
    route.operation_id = route.action
    route.tags = [route.action.partition(".")[0]]
    summary, _, rest = inspect.cleandoc(route.endpoint.__doc__ or "").partition("\n\n")
    route.summary = " ".join(summary.split()) or route.name
    route.description = "\n\n".join(part for part in (rest, _permission(route)) if part)
    route.status_code = next(iter(said.examples), None)
    route.responses = _successes(said) | responses(_refusals(route, said))
    route.openapi_extra = _extra(route)


def _successes(said: Answers) -> dict[int | str, dict[str, Any]]:
    found: dict[int | str, dict[str, Any]] = {}
    for status, example in said.examples.items():
        found[status] = {"description": HTTPStatus(status).phrase, "headers": headers(said.headers)}
        if example is not None:
            found[status]["content"] = {"application/json": {"schema": {"type": "object"}}}
    return found


def _refusals(route: GuardedRoute, said: Answers) -> list[Refusals]:
    found = [route.guard.refuses]
    if route.dependant.path_params:
        found.append(_PATH)
    if route.body_field is not None:
        found.append(_BODY)
    if route.body_field is not None or get_flat_params(route.dependant):
        found.append(_INVALID)
    return [*found, said.refuses]


def _permission(route: GuardedRoute) -> str:
    permission = route.guard.permission
    if permission is None:
        return ""
    machines = "" if permission in MACHINE_SCOPES else ", which no machine token has"
    fresh = (
        " Wants a proof of who you are that is not old, as by `POST /api/auth/confirm`." if route.guard.fresh else ""
    )
    return f"Takes the permission `{permission}`{machines}.{fresh}"


def _extra(route: GuardedRoute) -> dict[str, Any]:
    scheme, permission = route.guard.scheme, route.guard.permission
    extra: dict[str, Any] = {"security": [{scheme: []}] if scheme else []}
    if permission:
        extra["x-permission"] = str(permission)
    return extra
