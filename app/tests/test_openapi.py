"""The API's description: every route is in it, whole, and what it says is true."""

from __future__ import annotations

import uuid
from typing import Any, cast

import pyotp
import pytest
import schemathesis
from fastapi import FastAPI
from httpx import AsyncClient
from pydantic import TypeAdapter

from console import __version__
from console.api import Services, make_app
from console.auth.permissions import PERMISSIONS, Role
from console.jobs.live import LiveJobs
from console.jobs.presence import Presence
from console.lifecycle import Lifecycle
from console.openapi.answers import answers_of
from console.openapi.document import SCHEMES, document
from described import Guide, differences, examples, operations, routes
from runner import BACKUP, line, state
from support import ADMIN, OURS, Connect, bearer, sign_in
from test_guards import ALLOWED, ANYONE
from test_users import own_id

pytestmark = pytest.mark.anyio

DESCRIBED = sorted(endpoint for endpoint in ALLOWED if endpoint.split(" ")[1].startswith("/api/"))


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """The routes, with nothing behind them."""
    return make_app(cast(Services, None), Lifecycle())


def test_every_route_is_described(app: FastAPI) -> None:
    """If this failed, the description would keep quiet about a route, or promise one that is not there."""
    assert sorted(operations(app)) == DESCRIBED
    ids = [said["operationId"] for said in operations(app).values()]
    assert sorted(ids) == sorted(set(ids))


def test_it_is_valid(app: FastAPI) -> None:
    """If this failed, no tool could read it."""
    schemathesis.openapi.from_dict(document(app)).validate()
    assert document(app)["info"]["version"] == __version__


async def test_it_is_served_to_who_is_signed_in(viewer: AsyncClient, anonymous: AsyncClient, app: FastAPI) -> None:
    """If this failed, a stranger would get a map of the API, or its users would get none."""
    assert (await viewer.get("/api/openapi.json")).json() == document(app)
    assert (await anonymous.get("/api/openapi.json")).status_code == 401


@pytest.mark.parametrize("endpoint", DESCRIBED)
def test_each_says_what_it_does(app: FastAPI, endpoint: str) -> None:
    """If this failed, a route could be added that nobody explains, or that has no example."""
    route, said = routes(app)[endpoint], operations(app)[endpoint]
    name = f"{endpoint} ({route.endpoint.__module__}.{route.endpoint.__name__})"
    assert route.endpoint.__doc__, f"{name} has no docstring: its first paragraph is the summary."
    assert answers_of(route.endpoint), f"{name} says not what it answers: add @answers(…) below @guarded(…)."
    for status, example in examples(said).items():
        assert status == 204 or example, f"{name} has no example of its answer {status}: give one to @answers(…)."
    if route.body_field is not None:
        body = said["requestBody"]["content"]["application/json"].get("example")
        assert body, f"{name} has no example of its body: give one to @answers(…, body=…)."
        TypeAdapter[Any](cast(Any, route.body_field.field_info.annotation)).validate_python(body)


@pytest.mark.parametrize("endpoint", DESCRIBED)
def test_each_says_who_may(app: FastAPI, endpoint: str) -> None:
    """If this failed, a program would show the wrong credentials, or ask for a token with the wrong scope."""
    said, callers = operations(app)[endpoint], ALLOWED[endpoint]
    if callers == ANYONE:
        wanted = "cookie" if endpoint == "POST /api/auth/refresh" else None
    else:
        wanted = next(iter(callers)) if callers & {"reporter", "alertmanager"} else "bearer"
    wanted = "alerts" if wanted == "alertmanager" else wanted
    assert said["security"] == ([{wanted: []}] if wanted else [])
    assert wanted is None or wanted in SCHEMES
    permission = said.get("x-permission")
    assert (permission is not None) == (wanted == "bearer")
    if permission:
        assert {role.label for role in Role if permission in PERMISSIONS[role]} == callers
        assert f"`{permission}`" in said["description"]
        assert {"401", "403", "429", "503"} <= said["responses"].keys()


@pytest.mark.prometheus
async def test_examples_are_what_is_answered(
    app: FastAPI,
    services: Services,
    connect: Connect,
    admin: AsyncClient,
    reporter: AsyncClient,
    alertmanager: AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If this failed, whoever writes a program by an example would look for what is not there, or miss what is."""
    guide = Guide(app)
    await _probes(guide, admin, services, monkeypatch)
    await _people(guide, admin, connect)
    await _second_factor(guide, admin)
    await _platform(guide, admin, reporter, alertmanager)
    await _jobs(guide, admin, services)
    token = await guide.ask(admin, "POST /api/tokens", 201)
    await guide.ask(admin, "GET /api/tokens", 200)
    await guide.ask(admin, "DELETE /api/tokens/{token_id}", 204, token_id=token["id"])
    await guide.ask(admin, "GET /api/gates", 200)
    await guide.ask(admin, "POST /api/gates/{name}/codes", 201, name="grafana")
    await guide.ask(admin, "GET /api/audit", 200)
    await guide.ask(admin, "GET /api/openapi.json", 200)
    await _way_out(guide, admin, connect)
    assert not guide.left, "\n".join(
        f"{endpoint}: its answer {status} is held against no real one: add it to the tour in test_openapi.py."
        for endpoint, status in sorted(guide.left)
    )


async def _probes(guide: Guide, admin: AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone() -> None:
        raise OSError

    await guide.ask(admin, "GET /api/health", 200)
    with monkeypatch.context() as patch:
        patch.setitem(services.readiness._checks, "database", gone)
        await guide.ask(admin, "GET /api/ready", 503)
    await guide.ask(admin, "GET /api/ready", 200)


async def _people(guide: Guide, admin: AsyncClient, connect: Connect) -> None:
    user, hers = await guide.ask(admin, "POST /api/users", 201), connect()
    await guide.ask(admin, "GET /api/users", 200)
    access = await guide.ask(hers, "POST /api/auth/sign-in", 200)
    await guide.ask(hers, "POST /api/auth/refresh", 200, headers=OURS)
    hers.headers["authorization"] = f"Bearer {access['access_token']}"
    await guide.ask(hers, "GET /api/auth/me", 200)
    await guide.ask(hers, "POST /api/auth/confirm", 204)
    await guide.ask(admin, "PATCH /api/users/{user_id}", 200, user_id=user["id"])
    await guide.ask(admin, "PUT /api/users/{user_id}/password", 204, user_id=user["id"])
    await guide.ask(admin, "DELETE /api/users/{user_id}", 204, user_id=user["id"])


async def _second_factor(guide: Guide, admin: AsyncClient) -> None:
    for end in ("POST /api/auth/totp/disable", "DELETE /api/users/{user_id}/totp"):
        enrolled = await guide.ask(admin, "POST /api/auth/totp", 200)
        code = {"code": pyotp.TOTP(enrolled["secret"]).now()}
        await guide.ask(admin, "POST /api/auth/totp/confirm", 200, json=code)
        await guide.ask(admin, "GET /api/auth/totp", 200)
        await guide.ask(admin, "POST /api/auth/totp/recovery-codes", 200)
        await guide.ask(admin, end, 204, **({"user_id": await own_id(admin)} if "user_id" in end else {}))


async def _platform(guide: Guide, admin: AsyncClient, reporter: AsyncClient, alertmanager: AsyncClient) -> None:
    await guide.ask(reporter, "PUT /api/platform/services", 204)
    await guide.ask(admin, "GET /api/platform/services", 200)
    for kept in ("deploys", "backups"):
        await guide.ask(reporter, f"PUT /api/{kept}", 204)
        await guide.ask(admin, f"GET /api/{kept}", 200)
    await guide.ask(admin, "GET /api/series", 200, params={"name": ["service-cpu", "host-cpu"]})
    await guide.ask(admin, "GET /api/certificates", 200)
    await guide.ask(alertmanager, "POST /api/alerts", 204)
    [alert] = (await admin.get("/api/alerts")).json()["alerts"]
    await guide.ask(admin, "POST /api/alerts/{alert_id}/acknowledge", 200, alert_id=alert["id"])
    await guide.ask(admin, "GET /api/alerts", 200)


async def _jobs(guide: Guide, admin: AsyncClient, services: Services) -> None:
    redis, prefix = services.redis, services.settings.redis_prefix
    live, parameters = LiveJobs(redis, prefix), cast(dict[str, Any], BACKUP["parameters"])
    await live.define([BACKUP | {"parameters": {"app": parameters["app"]}}])
    await Presence(redis, prefix).arrive("sid", "vps")
    await guide.ask(admin, "GET /api/jobs/definitions", 200)
    key = {"idempotency-key": uuid.uuid4().hex}
    job = (await guide.ask(admin, "POST /api/jobs", 202, headers=key))["job"]["id"]
    await guide.ask(admin, "POST /api/jobs", 200, headers=key)
    await guide.ask(admin, "POST /api/jobs/{job_id}/cancel", 202, job_id=job)
    await live.take(job, {}, [state(1, "running"), line(2), state(3, "succeeded")], gap=False)
    await guide.ask(admin, "GET /api/jobs/{job_id}", 200, job_id=job)
    await guide.ask(admin, "GET /api/jobs", 200)


async def _way_out(guide: Guide, admin: AsyncClient, connect: Connect) -> None:
    await guide.ask(admin, "PUT /api/auth/password", 204)
    new = guide.operations["PUT /api/auth/password"]["requestBody"]["content"]["application/json"]["example"]["new"]
    for end in ("DELETE /api/sessions/{session_id}", "DELETE /api/sessions", "POST /api/auth/sign-out"):
        client = connect()
        client.headers.update(bearer(await sign_in(client, ADMIN, new)))
        sessions = (await guide.ask(client, "GET /api/sessions", 200))["sessions"]
        mine = next(session["id"] for session in sessions if session["current"])
        await guide.ask(client, end, 204, **({"session_id": mine} if "session_id" in end else {}))


@pytest.mark.parametrize(
    ("example", "real", "said"),
    [
        ({"a": 1, "b": {"c": "x"}}, {"a": 2.5, "b": {"c": None}}, []),
        ({"a": {}}, {"a": {"any": "thing"}}, []),
        ({"a": 1, "b": 2}, {"a": 1}, ["answer.b is in the example only"]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1}, {"b": 1, "c": 2}]}, ["answer.a[].c is not in the example"]),
        ({"a": [{"b": 1}]}, {"a": []}, ["answer.a is empty on one side, so nothing was compared"]),
        ({"a": {"b": 1}}, {"a": None}, ["answer.a is {'b': 1} in the example, and None"]),
        ({"a": True}, {"a": 1}, ["answer.a is True in the example, and 1"]),
        (None, {"a": 1}, ["answer is None in the example, and {'a': 1}"]),
    ],
)
def test_what_counts_as_different(example: Any, real: Any, said: list[str]) -> None:
    """If this failed, an example that has rotted would be taken for a good one."""
    assert differences(example, real) == said
