"""Every route, every kind of caller: who gets past the guard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import APIRouter, FastAPI
from limits import parse
from starlette.requests import Request
from starlette.routing import BaseRoute

from console.api import Services, make_app
from console.auth.guards import Allowed, Guard, GuardedRoute, Open, guarded, pass_chain
from console.auth.permissions import PERMISSIONS, Permission, Role
from console.auth.tokens import Principal
from console.errors import ForbiddenError, RateLimitedError
from console.lifecycle import Lifecycle
from support import ALERTS_TOKEN, OURS, REPORTER_TOKEN, AsRole, Connect

pytestmark = pytest.mark.anyio

USERS = {"viewer", "operator", "admin"}
ANYONE = USERS | {"anonymous", "forged", "reporter", "alertmanager"}
OPERATORS = {"operator", "admin"}
ADMINS = {"admin"}

# A new route belongs here, with those who may use it; a test fails until it does.
ALLOWED = {
    "GET /api/health": ANYONE,
    "GET /health": ANYONE,
    "GET /api/ready": ANYONE,
    "GET /metrics": ANYONE,
    "GET /gate": ANYONE,
    "POST /api/auth/sign-in": ANYONE,
    "POST /api/auth/refresh": ANYONE,
    "POST /api/auth/confirm": USERS,
    "POST /api/auth/sign-out": USERS,
    "GET /api/auth/me": USERS,
    "GET /api/sessions": USERS,
    "DELETE /api/sessions": USERS,
    "DELETE /api/sessions/{session_id}": USERS,
    "PUT /api/auth/password": USERS,
    "GET /api/auth/totp": USERS,
    "POST /api/auth/totp": USERS,
    "POST /api/auth/totp/confirm": USERS,
    "POST /api/auth/totp/recovery-codes": USERS,
    "POST /api/auth/totp/disable": USERS,
    "DELETE /api/users/{user_id}/totp": ADMINS,
    "GET /api/audit": ADMINS,
    "GET /api/users": ADMINS,
    "POST /api/users": ADMINS,
    "PATCH /api/users/{user_id}": ADMINS,
    "PUT /api/users/{user_id}/password": ADMINS,
    "DELETE /api/users/{user_id}": ADMINS,
    "GET /api/platform/services": USERS,
    "PUT /api/platform/services": {"reporter"},
    "GET /api/series": USERS,
    "GET /api/certificates": USERS,
    "GET /api/deploys": USERS,
    "PUT /api/deploys": {"reporter"},
    "GET /api/backups": USERS,
    "PUT /api/backups": {"reporter"},
    "GET /api/alerts": USERS,
    "POST /api/alerts": {"alertmanager"},
    "POST /api/alerts/{alert_id}/acknowledge": OPERATORS,
    "GET /api/jobs": USERS,
    "GET /api/jobs/definitions": USERS,
    "GET /api/jobs/{job_id}": USERS,
    "POST /api/jobs": OPERATORS,
    "POST /api/jobs/{job_id}/cancel": OPERATORS,
    "GET /api/gates": USERS,
    "POST /api/gates/{name}/codes": USERS,
    "GET /api/openapi.json": USERS,
    "GET /api/tokens": ADMINS,
    "POST /api/tokens": ADMINS,
    "DELETE /api/tokens/{token_id}": ADMINS,
}


def walk(routes: list[BaseRoute]) -> Iterator[BaseRoute]:
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            yield from walk(inner.routes)


@pytest.fixture
def app(services: Services, lifecycle: Lifecycle) -> FastAPI:
    return make_app(services, lifecycle)


async def test_every_route_is_guarded_and_in_the_table(app: FastAPI) -> None:
    """If this failed, a route could be added that nobody thought about protecting."""
    found = set()
    for route in walk(app.routes):
        assert isinstance(route, GuardedRoute), route
        assert isinstance(route.guard, Guard), route
        found |= {f"{method} {route.path}" for method in route.methods or ()}
    assert found == set(ALLOWED)


@pytest.mark.parametrize("caller", sorted(ANYONE))
@pytest.mark.parametrize("endpoint", sorted(ALLOWED))
async def test_matrix(as_role: AsRole, connect: Connect, endpoint: str, caller: str) -> None:
    """If this failed, a guard would let in whom it must not, or keep out whom it serves.

    Bodies are not valid JSON on purpose: whoever is let in gets another error than 401 or 403, and whoever is not
    must be refused before the body is looked at. Nobody here has a fresh session: who may do what gives power
    is asked for a proof.
    """
    clients = {"anonymous": connect(), "forged": connect("x.y.z")}
    clients |= {"reporter": connect(REPORTER_TOKEN), "alertmanager": connect(ALERTS_TOKEN)}
    clients |= {role.label: as_role(role) for role in Role}
    method, path = endpoint.split(" ")
    headers = OURS | {"content-type": "application/json"}
    answer = await clients[caller].request(method, path, content=b"{" if method != "GET" else None, headers=headers)
    code = answer.json().get("code") if "json" in answer.headers.get("content-type", "") else None
    refused = code in {"token-missing", "token-invalid", "forbidden"}
    assert refused == (caller not in ALLOWED[endpoint]), answer.text


async def test_a_route_without_a_guard_cannot_be_made() -> None:
    """If this failed, forgetting the guard would open the route to all."""
    router = APIRouter(route_class=GuardedRoute)

    async def forgotten() -> None: ...

    with pytest.raises(TypeError, match="names no guard"):
        router.get("/forgotten")(forgotten)


def request_for(app: FastAPI, path: str = "/x") -> Request:
    route = GuardedRoute(path, guarded(Open())(lambda: None))
    headers = [(b"authorization", b"Bearer x")]
    scope = {"type": "http", "app": app, "route": route, "headers": headers, "client": ("192.0.2.7", 1), "state": {}}
    return Request(scope)


class Known(Allowed):
    """As Allowed, for a caller who was identified before."""

    limit = parse("1/minute")

    async def identify(self, request: Request) -> Principal:
        return Principal(key="user:known", name="known", role=Role.VIEWER)


async def test_the_limit_comes_before_the_role(app: FastAPI) -> None:
    """If this failed, someone without the role could hammer a route without ever being limited."""
    guard = Known(Permission.USERS_WRITE)
    with pytest.raises(ForbiddenError):
        await pass_chain(guard, request_for(app))
    with pytest.raises(RateLimitedError):
        await pass_chain(guard, request_for(app))


def test_a_role_includes_the_lower_ones() -> None:
    """If this failed, an admin would be locked out of an operator's work."""
    assert PERMISSIONS[Role.VIEWER] < PERMISSIONS[Role.OPERATOR] < PERMISSIONS[Role.ADMIN] == set(Permission)
