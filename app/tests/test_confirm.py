"""Who does what matters has lately proved who they are: by the sign-in, or once more in the same session."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import update

from console.api import Services, make_app
from console.auth.attempts import FREE, Attempts
from console.auth.confirm import FRESH_SECONDS
from console.auth.permissions import Permission, Role
from console.database import utc_now
from console.jobs.live import LiveJobs
from console.lifecycle import Lifecycle
from console.sessions.models import Session
from described import routes
from runner import BACKUP, RESTORE
from support import ADMIN, PASSWORD, AsRole, Connect, bearer, sign_in
from test_audit import entries
from test_jobs import ask
from test_machines import make as make_token
from test_totp import enrol
from test_users import THEIRS, make

pytestmark = pytest.mark.anyio

# What changes who may do what, and ways around a second factor.
FRESH = {
    "POST /api/users",
    "PATCH /api/users/{user_id}",
    "PUT /api/users/{user_id}/password",
    "DELETE /api/users/{user_id}",
    "DELETE /api/users/{user_id}/totp",
    "POST /api/auth/totp/recovery-codes",
    "POST /api/auth/totp/disable",
    "POST /api/tokens",
}
POWER = {Permission.USERS_WRITE, Permission.TOKENS_WRITE}
URGENT = {"DELETE /api/tokens/{token_id}"}  # gives nobody anything, and a token may have got out
RESTORING: dict[str, Any] = {"name": "restore-backup", "parameters": {"app": "shop"}, "confirmation": "restore-backup"}


async def sit(services: Services, seconds: float = FRESH_SECONDS + 60) -> None:
    """Everybody signed in so many seconds ago, and has proved nothing since."""
    then = utc_now() - timedelta(seconds=seconds)
    async with services.database.transaction() as session:
        await session.execute(update(Session).values(created_at=then, confirmed_at=None))


async def confirm(client: AsyncClient, password: str = PASSWORD, code: str | None = None) -> Response:
    body = {"password": password} | ({"code": code} if code else {})
    return await client.post("/api/auth/confirm", json=body)


async def make_somebody(client: AsyncClient) -> Response:
    body = {"name": f"u{uuid.uuid4().hex}", "role": "viewer", "password": THEIRS}
    return await client.post("/api/users", json=body)


async def is_fresh(client: AsyncClient) -> bool:
    answer = await make_somebody(client)
    assert answer.status_code == 201 or answer.json()["code"] == "confirm-identity", answer.text
    return answer.status_code == 201


async def test_every_route_that_gives_power_asks(services: Services, admin: AsyncClient, lifecycle: Lifecycle) -> None:
    """If this failed, a console that was left open would do for making oneself an account, before or after its body."""
    await sit(services)
    found = routes(make_app(services, lifecycle)).items()
    assert {endpoint for endpoint, route in found if route.guard.fresh} == FRESH
    writes = {endpoint for endpoint, route in found if route.guard.permission in POWER and "GET" not in endpoint}
    assert writes - URGENT <= FRESH
    for endpoint in FRESH:
        method, path = endpoint.split(" ")
        answer = await admin.request(method, path.replace("{user_id}", "1"), content=b"{")
        assert (answer.status_code, answer.json()["code"]) == (403, "confirm-identity"), endpoint


async def test_who_proves_it_goes_on(services: Services, admin: AsyncClient) -> None:
    """If this failed, an admin would have to sign out and in again, or nobody could tell who went on and who tried."""
    assert await is_fresh(admin)
    await sit(services)
    refused = await make_somebody(admin)
    assert (
        refused.json().items()
        >= {
            "type": "urn:skerry:problem:confirm-identity",
            "title": "Confirm that it is you",
            "status": 403,
            "code": "confirm-identity",
            "max_age": FRESH_SECONDS,
        }.items()
    )
    assert (await admin.get("/api/users")).status_code == 200  # looking needs no proof
    assert (await confirm(admin)).status_code == 204
    assert await is_fresh(admin)
    rows = [(row["action"], row["outcome"], row["code"]) for row in await entries(admin)]
    assert rows[:3] == [
        ("users.create", "done", ""),
        ("auth.confirm", "done", ""),
        ("users.create", "refused", "confirm-identity"),
    ]


async def test_a_wrong_password_proves_nothing(services: Services, admin: AsyncClient) -> None:
    """If this failed, anybody at the keyboard could go on."""
    await sit(services)
    wrong = await confirm(admin, "wrong")
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong-password")
    assert not await is_fresh(admin)
    [row] = await entries(admin, action="auth.confirm")
    assert (row["user_name"], row["outcome"], row["code"]) == (ADMIN, "refused", "wrong-password")


async def test_the_second_factor_is_a_part_of_it(services: Services, admin: AsyncClient) -> None:
    """If this failed, a stolen password and an open console would do, whatever else the user has set up."""
    app, recovery = await enrol(admin, services)
    await sit(services)
    without, wrong = await confirm(admin), await confirm(admin, code="000000x")
    assert (without.status_code, without.json()["code"]) == (403, "code-required")
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong-code")
    assert (await confirm(admin, "wrong", app.now())).json()["code"] == "wrong-password"
    for ends in ("disable", "recovery-codes"):  # the ways around it
        answer = await admin.post(f"/api/auth/totp/{ends}", json={"password": PASSWORD})
        assert answer.json()["code"] == "confirm-identity"
    assert not await is_fresh(admin)
    code = app.now()
    assert (await confirm(admin, code=code)).status_code == 204
    assert await is_fresh(admin)
    await sit(services)
    assert (await confirm(admin, code=code)).json()["code"] == "wrong-code"  # was used
    assert not await is_fresh(admin)
    assert (await confirm(admin, code=recovery[0])).status_code == 204
    assert await is_fresh(admin)
    codes = {row["code"] for row in await entries(admin, action="auth.confirm", outcome="refused")}
    assert codes == {"wrong-code", "wrong-password"}  # to be asked for the code is no refusal


async def test_another_session_of_the_same_user_is_not_meant(
    services: Services, admin: AsyncClient, connect: Connect
) -> None:
    """If this failed, a thief would only have to wait until the user proves who they are, elsewhere."""
    elsewhere = connect()
    elsewhere.headers.update(bearer(await sign_in(elsewhere)))
    await sit(services)
    assert (await confirm(elsewhere)).status_code == 204
    assert (await is_fresh(admin), await is_fresh(elsewhere)) == (False, True)


async def test_a_refresh_is_no_proof(services: Services, admin: AsyncClient) -> None:
    """If this failed, an open page would stay fresh by itself."""
    await sit(services)
    admin.headers.update(bearer(await admin.post("/api/auth/refresh", headers={"sec-fetch-site": "same-origin"})))
    assert not await is_fresh(admin)


@pytest.mark.parametrize(
    ("seconds", "fresh"), [(FRESH_SECONDS - 60, True), (FRESH_SECONDS + 60, False), (-FRESH_SECONDS - 60, False)]
)
async def test_how_long_it_lasts(services: Services, admin: AsyncClient, seconds: float, *, fresh: bool) -> None:
    """If this failed, honest people would be asked all the time, or hardly ever; or never again by a clock set back."""
    await sit(services, seconds)
    assert await is_fresh(admin) == fresh


@pytest.mark.usefixtures("attempts")
async def test_guesses_count_with_those_of_the_sign_in(admin: AsyncClient, connect: Connect) -> None:
    """If this failed, an open console would do for guessing its user's password, as fast as one likes."""
    codes = [(await confirm(admin, "wrong")).status_code for _ in range(FREE + 2)]
    assert codes == [403] * (FREE + 1) + [429]
    assert (await confirm(admin)).status_code == 429
    assert (await sign_in(connect())).status_code == 429


async def test_a_password_alone_forgives_no_guessed_code(
    services: Services, admin: AsyncClient, attempts: Attempts
) -> None:
    """If this failed, who has the password could guess codes for ever: with it in between, each would be the first."""
    await enrol(admin, services)
    for number in range(FREE + 1):
        await attempts.begin(f"203.0.113.{number}", ADMIN)  # codes that were wrong
        await admin.post("/api/auth/totp", json={"password": PASSWORD})  # needs the password and no code
    assert int(await services.redis.hget(attempts._keys("", ADMIN)[1], "failures") or 0) == FREE + 1


async def test_a_dangerous_job_wants_a_proof(
    services: Services, admin: AsyncClient, viewer: AsyncClient, as_role: AsRole
) -> None:
    """If this failed, whoever finds an admin's console open could put old data in the place of today's."""
    live = LiveJobs(services.redis, services.settings.redis_prefix)
    await live.define([BACKUP, RESTORE])
    key = uuid.uuid4().hex
    assert (await ask(admin, key, **RESTORING)).status_code == 202
    await sit(services)
    for sent in (RESTORING, RESTORING | {"confirmation": "yes"}, RESTORING | {"parameters": {}}):
        answer = await ask(admin, **sent)
        assert (answer.status_code, answer.json()["code"]) == (403, "confirm-identity")
    for client in (viewer, as_role(Role.OPERATOR)):  # what they may never do, no proof helps with
        assert (await ask(client, **RESTORING)).json()["code"] == "forbidden"
    assert len(await live.outstanding()) == 1
    assert (await ask(admin, key, **RESTORING)).status_code == 200  # it was asked for then
    assert (await ask(admin)).status_code == 202  # any other job
    assert (await confirm(admin)).status_code == 204
    assert (await ask(admin, **RESTORING)).status_code == 202
    rows = await entries(admin, action="jobs.start", outcome="refused", user=ADMIN)
    assert {row["code"] for row in rows} == {"confirm-identity"}


async def test_no_machine_token_runs_a_dangerous_job(services: Services, admin: AsyncClient, connect: Connect) -> None:
    """If this failed, a token that got out of a pipeline could overwrite data: it types what it likes."""
    await LiveJobs(services.redis, services.settings.redis_prefix).define([BACKUP, RESTORE])
    pipeline = connect((await make_token(admin, role="admin"))["token"])
    refused = await ask(pipeline, **RESTORING)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "machine token" in refused.json()["detail"]
    assert (await ask(pipeline)).status_code == 202
    assert (await confirm(pipeline)).json()["code"] == "forbidden"


async def test_a_session_that_has_ended_is_not_revived(services: Services, admin: AsyncClient) -> None:
    """If this failed, whoever was signed out a moment ago would be told that all is well."""
    await make(admin, role="admin")
    async with services.database.transaction() as session:
        await session.execute(update(Session).values(id=uuid.uuid4().hex))  # gone, which Redis was not told
    answer = await confirm(admin)
    assert (answer.status_code, answer.json()["code"]) == (401, "signed-out")
