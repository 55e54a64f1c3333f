"""Machine tokens: a program may what its token says, for as long as it says, and nothing by which it could get more."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from console.api import Services
from console.auth.permissions import MACHINE_SCOPES, Permission
from console.jobs.live import LiveJobs
from runner import BACKUP, RESTORE
from support import Connect
from test_audit import entries
from test_guards import ALLOWED
from test_jobs import ask

pytestmark = [pytest.mark.anyio, pytest.mark.database]

ALL = sorted(MACHINE_SCOPES)


async def make(admin: AsyncClient, **changes: Any) -> dict[str, Any]:
    body = {"name": "ci", "role": "operator", "scopes": ["jobs:read", "jobs:run"], "days": 30} | changes
    answer = await admin.post("/api/tokens", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_pipeline_runs_a_job(admin: AsyncClient, connect: Connect, services: Services) -> None:
    """If this failed, a pipeline would need a person's password, or nobody could tell afterwards that it was one."""
    await LiveJobs(services.redis, services.settings.redis_prefix).define([BACKUP, RESTORE])
    pipeline = connect((await make(admin))["token"])
    job = (await ask(pipeline)).json()["job"]
    assert job["by"] == {"user": "token:ci", "role": "operator"}
    assert (await pipeline.get(f"/api/jobs/{job['id']}")).status_code == 200
    assert (await pipeline.get("/api/alerts")).json()["code"] == "forbidden"
    restore = await ask(pipeline, name="restore-backup", parameters={"app": "x"}, confirmation="restore-backup")
    assert restore.json()["code"] == "forbidden"
    [row] = await entries(admin, action="jobs.start", outcome="done")
    assert row["user_name"] == "token:ci"


async def test_a_token_is_shown_once(admin: AsyncClient, services: Services) -> None:
    """If this failed, whoever reads the list or the database could act as a pipeline."""
    made = await make(admin)
    token = made.pop("token")
    assert token.startswith("skerry_")
    assert len(token) > 40
    [listed] = (await admin.get("/api/tokens")).json()["tokens"]
    assert listed == made
    assert listed["scopes"] == ["jobs:read", "jobs:run"]
    async with services.database.transaction() as session:
        stored = (await session.execute(text("SELECT * FROM machine_tokens"))).mappings().one()
    assert token not in str(dict(stored))
    for row in await entries(admin):
        assert token not in str(row)


async def test_it_ends(admin: AsyncClient, connect: Connect, services: Services) -> None:
    """If this failed, a token that got lost would open the console for good."""
    removed, expired = await make(admin), await make(admin, name="other")
    for made in (removed, expired):
        assert (await connect(made["token"]).get("/api/jobs")).status_code == 200
    tokens = (await admin.get("/api/tokens")).json()["tokens"]
    assert all(entry["last_used_at"] for entry in tokens)
    assert (await admin.delete(f"/api/tokens/{removed['id']}")).status_code == 204
    assert (await admin.delete(f"/api/tokens/{removed['id']}")).status_code == 404
    async with services.database.transaction() as session:
        await session.execute(text("UPDATE machine_tokens SET expires_at = created_at"))
    for token in (removed["token"], expired["token"], "skerry_", "skerry_guess", "skerry_\x7f"):
        answer = await connect(token).get("/api/jobs")
        assert (answer.status_code, answer.json()["code"]) == (401, "token-invalid")
    changes = [(row["action"], row["target"]) for row in await entries(admin, outcome="done")]
    assert ("machines.remove", f"token:{removed['id']} ci") in changes
    assert ("machines.create", f"token:{expired['id']} other") in changes


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"scopes": ["users:write"]}, 422),
        ({"scopes": ["own"]}, 422),
        ({"scopes": []}, 422),
        ({"role": "root"}, 422),
        ({"days": 367}, 422),
        ({"name": "a b"}, 422),
        ({"name": "taken"}, 409),
    ],
)
async def test_what_is_wrong_with_a_new_token(admin: AsyncClient, change: dict[str, Any], status: int) -> None:
    """If this failed, a token could be made that makes others, or never ends."""
    await make(admin, name="taken")
    body = {"name": "ci", "role": "admin", "scopes": ["jobs:read"]} | change
    assert (await admin.post("/api/tokens", json=body)).status_code == status


async def test_no_token_gets_at_people_or_tokens(admin: AsyncClient, connect: Connect) -> None:
    """If this failed, a stolen token of a pipeline could make itself an admin's."""
    most = connect((await make(admin, role="admin", scopes=ALL))["token"])
    assert {Permission.OWN, Permission.USERS_WRITE, Permission.TOKENS_WRITE, Permission.AUDIT_READ}.isdisjoint(ALL)
    areas = ("jobs", "platform", "deploys", "backups", "alerts", "series", "certificates")
    served = tuple(f"/api/{area}" for area in areas)
    reported = ("PUT /api/platform/services", "PUT /api/deploys", "PUT /api/backups")
    for endpoint in ALLOWED:
        method, path = endpoint.split(" ")
        if not path.startswith("/api/") or path in ("/api/health", "/api/ready", "/api/auth/sign-in"):
            continue
        answer = await most.request(method, path, content=b"{" if method != "GET" else None)
        refused = answer.status_code in (401, 403)
        machines = endpoint in (*reported, "POST /api/alerts")
        assert refused == (machines or not path.startswith(served)), endpoint
