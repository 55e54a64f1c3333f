"""The audit log: every change, every refused attempt, no secret, and no end of rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from console.api import Services
from console.audit.refusals import BURST, KINDS, REPEAT_SECONDS, ROWS_A_MINUTE, Refusals
from console.audit.service import AuditService
from console.auth.caller import Caller
from console.database import Database, make_engine
from console.errors import ForbiddenError
from console.metrics import Metrics
from console.sessions.cookie import COOKIE
from console.settings import ApiSettings
from support import ADMIN, OURS, PASSWORD, Connect, bearer, sign_in
from test_sessions import refresh, time_passes
from test_users import THEIRS, make

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def entries(admin: AsyncClient, **filters: str | int) -> list[dict[str, Any]]:
    answer = await admin.get("/api/audit", params=filters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


async def test_every_change_is_written(admin: AsyncClient) -> None:
    """If this failed, nobody could tell afterwards who did it."""
    user = await make(admin)
    path, target = f"/api/users/{user['id']}", f"user:{user['id']} ann"
    await admin.patch(path, json={"role": "admin", "disabled": True}, headers={"x-request-id": "the-request"})
    await admin.put(f"{path}/password", json={"password": THEIRS})
    await admin.delete(path)
    await admin.put("/api/auth/password", json={"current": PASSWORD, "new": THEIRS})
    await admin.post("/api/auth/totp", json={"password": THEIRS})
    await admin.post("/api/auth/sign-out")
    fresh = await sign_in(admin, password=THEIRS)
    admin.headers.update(bearer(fresh))
    await admin.delete(f"/api/sessions/{fresh.cookies[COOKIE].split('.')[0]}")
    admin.headers.update(bearer(await sign_in(admin, password=THEIRS)))
    found = await entries(admin)
    assert [(entry["action"], entry["target"], entry["detail"]) for entry in reversed(found)] == [
        ("auth.sign-in", "", ""),
        ("users.create", target, "role operator"),
        ("users.update", target, "role operator to admin, disabled"),
        ("users.reset-password", target, ""),
        ("users.remove", target, ""),
        ("users.change-password", "", ""),
        ("totp.enrol", "", ""),
        ("auth.sign-out", "", ""),
        ("auth.sign-in", "", ""),
        ("sessions.end", f"session:{fresh.cookies[COOKIE].split('.')[0]}", ""),
        ("auth.sign-in", "", ""),
    ]
    assert {(entry["user_name"], entry["address"], entry["outcome"]) for entry in found} == {
        (ADMIN, "192.0.2.1", "done")
    }
    assert [entry["request_id"] for entry in await entries(admin, action="users.update")] == ["the-request"]


async def test_refused_attempts_are_written(
    admin: AsyncClient, viewer: AsyncClient, connect: Connect, services: Services
) -> None:
    """If this failed, somebody could try what they may not do without a trace."""
    await sign_in(connect(address="198.51.100.1"), ADMIN, "wrong")
    await sign_in(connect(address="198.51.100.2"), "a password typed as a name", "wrong")
    await viewer.delete("/api/users/1")
    await admin.put("/api/auth/password", json={"current": "wrong", "new": THEIRS})
    await connect(address="198.51.100.3").post("/api/auth/refresh", headers={"origin": "https://elsewhere.test"})
    stolen = (await sign_in(connect())).cookies[COOKIE]
    await refresh(connect, stolen)
    await time_passes(services)
    await refresh(connect, stolen, address="198.51.100.4")
    found = await entries(admin, outcome="refused")
    assert [(e["action"], e["code"], e["user_name"], e["address"]) for e in reversed(found)] == [
        ("auth.sign-in", "wrong-credentials", ADMIN, "198.51.100.1"),
        ("auth.sign-in", "wrong-credentials", "", "198.51.100.2"),
        ("users.remove", "forbidden", "viewer", "192.0.2.1"),
        ("users.change-password", "wrong-password", ADMIN, "192.0.2.1"),
        ("auth.refresh", "wrong-origin", "", "198.51.100.3"),
        ("auth.refresh", "session-reused", ADMIN, "198.51.100.4"),
    ]


async def test_too_many_sign_ins_are_written_once(admin: AsyncClient, connect: Connect) -> None:
    """If this failed, an attack would leave no trace, or as many rows as it has requests."""
    attacker = connect(address="198.51.100.1")
    for _ in range(15):
        await sign_in(attacker, ADMIN, "wrong")
    found = await entries(admin, outcome="refused")
    assert sorted(entry["code"] for entry in found) == ["rate-limited", "wrong-credentials"]


async def test_no_session_is_no_attempt(admin: AsyncClient, anonymous: AsyncClient) -> None:
    """If this failed, every visit to the sign-in page would be a row."""
    await anonymous.post("/api/auth/refresh", headers=OURS)
    await anonymous.get("/api/users")
    assert await entries(admin, outcome="refused") == []


async def test_no_secret_is_written(admin: AsyncClient, services: Services) -> None:
    """If this failed, whoever reads the log could use what is in it."""
    offered = (await admin.post("/api/auth/totp", json={"password": PASSWORD})).json()
    await admin.post("/api/auth/totp/confirm", json={"code": "000000"})
    await make(admin)
    await sign_in(admin, "ann", PASSWORD)
    async with services.database.transaction() as session:
        written = str((await session.execute(text("SELECT * FROM audit"))).all())
    assert "users.create" in written
    assert not [secret for secret in (PASSWORD, THEIRS, offered["secret"], "000000") if secret in written]


async def test_pages_and_filters(admin: AsyncClient) -> None:
    """If this failed, something could be in the log and yet not be found."""
    for name in ("ann", "bob", "cid"):
        await make(admin, name)
    targets: list[str] = []
    before: dict[str, str] = {}
    while True:
        page = (await admin.get("/api/audit", params={"limit": 2, "action": "users.create", **before})).json()
        targets += [entry["target"].split()[1] for entry in page["entries"]]
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert targets == ["cid", "bob", "ann"]
    at = (await entries(admin))[0]["at"]
    assert len(await entries(admin, user=ADMIN, since="2026-01-01T00:00:00Z")) == 4
    assert await entries(admin, until="2026-01-01T00:00:00+02:00") == []
    assert len(await entries(admin, since=at)) >= 1
    assert await entries(admin, user="nobody") == []
    for wrong in ("2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        assert (await admin.get("/api/audit", params={"since": wrong})).status_code == 422
        assert (await admin.get("/api/audit", params={"until": wrong})).status_code == 422


async def test_old_refusals_go_and_changes_stay(admin: AsyncClient, services: Services) -> None:
    """If this failed, the table would grow for ever, or forget who did it."""
    await make(admin)
    await sign_in(admin, "nobody", "wrong")
    async with services.database.transaction() as session:
        await session.execute(text("UPDATE audit SET at = '2020-01-01'"))
    await sign_in(admin, ADMIN, "wrong")
    found = [(entry["action"], entry["outcome"]) for entry in await entries(admin)]
    assert found == [("auth.sign-in", "refused"), ("users.create", "done"), ("auth.sign-in", "done")]


async def test_a_refusal_stays_one_without_the_database(closed_port: ApiSettings) -> None:
    """If this failed, an outage of the database would turn a 403 into something else."""
    engine, metrics = make_engine(closed_port.database_url), Metrics()
    await AuditService(Database(engine), metrics).refused(Caller(action="users.create"), ForbiddenError("no"))
    assert metrics.registry.get_sample_value("console_audit_unwritten_total", {"reason": "failed"}) == 1
    await engine.dispose()


def test_one_kind_gets_a_row_a_minute() -> None:
    """If this failed, repeating one refused request would fill the table, or repeats would not be counted."""
    refusals = Refusals()
    written = [refusals.admit("kind", 100 + second) for second in range(0, 121)]
    assert [(second, count) for second, count in enumerate(written) if count] == [(0, 1), (60, 60), (120, 60)]


def test_all_kinds_together_are_bounded() -> None:
    """If this failed, an attacker with many addresses would fill the table, or the memory."""
    refusals, hour = Refusals(), 3600
    rows = sum(refusals.admit(number, number / 10) is not None for number in range(10 * hour))
    assert BURST <= rows <= BURST + hour / 60 * ROWS_A_MINUTE
    assert len(refusals._kinds) <= KINDS
    later = hour + REPEAT_SECONDS * BURST / ROWS_A_MINUTE
    assert refusals.admit("new", later) == 1


async def test_strangers_do_not_hide_users(services: Services, admin: AsyncClient) -> None:
    """If this failed, a flood from outside would cover what somebody who is signed in tries."""
    stranger, insider = Caller(action="auth.sign-in"), Caller(action="users.create", user_id=7, name="ann")
    for number in range(BURST + 5):
        await services.audit.refused(replace(stranger, address=f"198.51.100.{number}"), ForbiddenError("no"))
    await services.audit.refused(insider, ForbiddenError("no"))
    assert len(await entries(admin, outcome="refused", user="ann")) == 1
