"""The order of the chain: who (401), how often (429), may they (403), is it they (403), and only then the body (422).

All combinations of what can be wrong with a request, for each way to be signed in: the first thing that is wrong, in
this order, decides the answer, whatever else is wrong.
"""

from __future__ import annotations

import uuid
from itertools import product

import pytest
from limits import parse

from console.api import Services
from console.auth.guards import Allowed, Machine
from console.auth.permissions import Role
from console.jobs.live import LiveJobs
from console.users.models import User
from console.users.repository import UserRepository
from runner import BACKUP
from support import ADMIN, ALERTS_TOKEN, OURS, PASSWORD, REPORTER_TOKEN, Connect, begin
from test_confirm import FRESH, sit

pytestmark = pytest.mark.anyio

WRONG = list(product([False, True], repeat=5))
ONCE = parse("1/hour")
MACHINES = {
    "reporter": (
        REPORTER_TOKEN,
        "PUT",
        "/api/platform/services",
        {"services": [], "reported_at": "2026-01-02T03:04:05Z", "host": "vps"},
    ),
    "alerts": (ALERTS_TOKEN, "POST", "/api/alerts", {"version": "4", "alerts": []}),
}


def first_of(*, who: bool, often: bool, may: bool, body: bool, good: int) -> int:
    return 401 if who else 429 if often else 403 if may else 422 if body else good


async def token_of(services: Services, role: Role, *, fresh: bool) -> str:
    """Of somebody of this role who signed in now, or some time ago."""
    someone = User(name="someone", role=role.label, password_hash="none")
    async with services.database.transaction() as session:
        await UserRepository(session).add(someone)
    token = await begin(services, someone.id)
    if not fresh:
        await sit(services)
    return token


# By path: the role that may, the one that may not, a body, and what it is answered with.
BODIES: dict[str, tuple[Role, Role, dict[str, object], int]] = {
    "/api/users": (Role.ADMIN, Role.OPERATOR, {"name": "ann", "role": "viewer", "password": PASSWORD}, 201),
    "/api/jobs": (Role.OPERATOR, Role.VIEWER, {"name": "run-backup"}, 202),
}


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(("who", "often", "may", "stale", "body"), WRONG)
async def test_for_users(
    services: Services,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    *,
    who: bool,
    often: bool,
    may: bool,
    stale: bool,
    body: bool,
) -> None:
    """If this failed, an attacker would learn from the answer, or make us work, before they are refused."""
    allowed, other, good, answered = BODIES[path]
    await LiveJobs(services.redis, services.settings.redis_prefix).define([BACKUP])
    role = other if may else allowed
    token = await token_of(services, role, fresh=not stale)
    if often:
        monkeypatch.setattr(Allowed, "limit", ONCE)
        await connect(token).get("/api/auth/me")
    client = connect("forged." + token if who else token)
    sent = {"role": "root"} if body else good
    answer = await client.post(path, json=sent, headers={"idempotency-key": uuid.uuid4().hex})
    asked = stale and f"POST {path}" in FRESH
    assert answer.status_code == first_of(who=who, often=often, may=may or asked, body=body, good=answered)
    if answer.status_code == 403:  # whoever may not is not asked to prove who they are
        assert answer.json()["code"] == ("forbidden" if may else "confirm-identity")


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("who", "often", "body"), list(product([False, True], repeat=3)))
async def test_for_machines(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, machine: str, *, who: bool, often: bool, body: bool
) -> None:
    """If this failed, whoever guesses a machine's token would use up the machine's own limit, or be told 429."""
    token, method, path, report = MACHINES[machine]
    sent = {} if body else report
    if often:
        monkeypatch.setattr(Machine, "limit", ONCE)
        await connect(token).request(method, path, json=sent)
    answer = await connect("a guess" if who else token).request(method, path, json=sent)
    assert answer.status_code == first_of(who=who, often=often, may=False, body=body, good=204)


@pytest.mark.parametrize(("often", "elsewhere", "body"), list(product([False, True], repeat=3)))
async def test_for_the_sign_in(connect: Connect, *, often: bool, elsewhere: bool, body: bool) -> None:
    """If this failed, another site could hammer the sign-in, or have bodies read. Who it is, only the body says."""
    client = connect()
    if often:
        for _ in range(15):  # ten a minute, and at most two more between two windows
            await client.post("/api/auth/sign-in", content=b"{")
    headers = {"origin": "https://elsewhere.test"} if elsewhere else OURS
    sent = {"name": ADMIN} if body else {"name": ADMIN, "password": PASSWORD}
    answer = await client.post("/api/auth/sign-in", json=sent, headers=headers)
    assert answer.status_code == (429 if often else 403 if elsewhere else 422 if body else 200)
