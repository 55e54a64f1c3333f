"""Alerts: what Alertmanager tells is what people see, once, and they can say that they look after it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx import AsyncClient
from sqlalchemy import insert, text, update

from alerts import BEGAN, ENDED, Listener, alert, seen, tell, told
from backends import Backends
from console.alerts.models import RESOLVED, Alert
from console.alerts.repository import AlertRepository
from console.alerts.schemas import Notification
from console.alerts.service import AlertService
from console.api import Services
from console.auth.permissions import Role
from console.database import Database, make_engine, utc_now
from console.metrics import Metrics
from console.settings import ApiSettings
from processes import Browser, both, sign_in
from support import ALERTS_TOKEN, AsRole

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def test_what_was_told_is_shown(alertmanager: AsyncClient, viewer: AsyncClient) -> None:
    """If this failed, an alert would not be where people look for it, or would never be over."""
    await tell(alertmanager, alert())
    [firing] = await seen(viewer)
    await tell(alertmanager, alert(ends=ENDED))
    [over] = await seen(viewer)
    assert (firing["name"], firing["severity"], firing["status"]) == ("HostDiskAlmostFull", "critical", "firing")
    assert (firing["labels"], firing["annotations"]) == (alert()["labels"], alert()["annotations"])
    assert (firing["starts_at"], firing["ends_at"]) == (BEGAN.isoformat(), None)
    assert (over["id"], over["status"], over["ends_at"]) == (firing["id"], "resolved", ENDED)
    assert over["revision"] > firing["revision"]


async def test_repeats_change_nothing(alertmanager: AsyncClient, viewer: AsyncClient, listener: Listener) -> None:
    """If this failed, one alert would be listed as often as Alertmanager repeats it, or its note would be lost."""
    for _ in range(3):
        await tell(alertmanager, alert(), alert())
    [entry] = await seen(viewer)
    assert entry["revision"] == 1
    [(event, room, [heard])] = listener.heard
    assert (event, room) == ("alerts", "alerts")
    assert heard == entry | {"told_at": heard["told_at"]}


async def test_what_alertmanager_has_lost_is_over(
    alertmanager: AsyncClient, viewer: AsyncClient, services: Services, listener: Listener
) -> None:
    """If this failed, an alert whose end nobody tells would be counted as firing for ever."""
    await tell(alertmanager, alert())
    async with services.database.transaction() as session:
        await session.execute(update(Alert).values(told_at=utc_now() - timedelta(days=4)))
    await tell(alertmanager, alert("00000000000000aa"))
    assert [entry["status"] for entry in await seen(viewer)] == ["firing", "resolved"]
    assert len(listener.heard[-1][2]) == 2


async def test_firing_first_page_by_page(alertmanager: AsyncClient, viewer: AsyncClient) -> None:
    """If this failed, what needs somebody now could be on a page that nobody opens, or on none."""
    for number in range(6):
        ends = ENDED if number % 2 else None
        await tell(alertmanager, alert(f"{number:016x}", ends=ends, annotations={"summary": str(number)}))
    summaries: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = (await viewer.get("/api/alerts", params={"limit": 2, **after})).json()
        summaries += [entry["annotations"]["summary"] for entry in page["alerts"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert summaries == ["4", "2", "0", "5", "3", "1"]
    for wrong in ("firing", "firing.x", "gone.1", f"firing.{'9' * 19}"):
        assert (await viewer.get("/api/alerts", params={"after": wrong})).status_code == 422


async def test_filters(alertmanager: AsyncClient, as_role: AsRole) -> None:
    """If this failed, somebody who looks for one kind would see another, or miss some."""
    operator = as_role(Role.OPERATOR)
    await tell(alertmanager, alert(), alert("00000000000000aa", labels={"alertname": "Other", "severity": "Warning"}))
    await tell(alertmanager, alert("00000000000000bb", ends=ENDED, labels={}))
    [disk] = await seen(operator, severity="critical")
    await operator.post(f"/api/alerts/{disk['id']}/acknowledge", json={})
    assert [entry["name"] for entry in await seen(operator, status="firing")] == ["Other", "HostDiskAlmostFull"]
    assert [entry["severity"] for entry in await seen(operator, status="resolved")] == ["none"]
    assert [entry["severity"] for entry in await seen(operator, name="Other")] == ["warning"]
    assert [entry["name"] for entry in await seen(operator, acknowledged=True)] == ["HostDiskAlmostFull"]
    assert len(await seen(operator, acknowledged=False)) == 2
    assert await seen(operator, severity="critical", status="resolved") == []


async def test_acknowledging(
    alertmanager: AsyncClient, as_role: AsRole, admin: AsyncClient, viewer: AsyncClient, listener: Listener
) -> None:
    """If this failed, two people would work on the same, or nobody could tell who said that they do."""
    await tell(alertmanager, alert())
    [entry] = await seen(viewer)
    path = f"/api/alerts/{entry['id']}/acknowledge"
    refused = await viewer.post(path, json={"note": "mine"})
    answer = await as_role(Role.OPERATOR).post(path, json={"note": "  I empty it  "})
    assert (refused.status_code, answer.status_code) == (403, 200)
    [after] = await seen(viewer)
    assert answer.json() == after == listener.heard[-1][2][0]
    assert {name: after["acknowledged"][name] for name in ("by", "note")} == {"by": "operator", "note": "I empty it"}
    written = (await admin.get("/api/audit", params={"action": "alerts.acknowledge"})).json()["entries"]
    assert [(row["user_name"], row["target"], row["detail"], row["outcome"]) for row in written] == [
        ("operator", f"alert:{entry['id']} HostDiskAlmostFull", "I empty it", "done"),
        ("viewer", "", "", "refused"),
    ]
    await tell(alertmanager, alert(ends=ENDED))
    assert (await seen(viewer))[0]["acknowledged"] == after["acknowledged"]
    assert (await admin.post(path, json={})).json()["code"] == "alert-resolved"


@pytest.mark.parametrize(
    ("number", "body", "status"),
    [(2**63 - 1, {}, 404), (2**63, {}, 422), (0, {}, 422), (1, {"note": "x" * 501}, 422), (1, {"by": "me"}, 422)],
)
async def test_acknowledging_what_is_not_there(admin: AsyncClient, number: int, body: Any, status: int) -> None:
    """If this failed, a wrong number would be a fault of ours, or a note would be cut without a word."""
    assert (await admin.post(f"/api/alerts/{number}/acknowledge", json=body)).status_code == status


async def test_what_is_long_over_goes(alertmanager: AsyncClient, viewer: AsyncClient, services: Services) -> None:
    """If this failed, the table would grow for ever, or forget what still fires."""
    old = "2020-01-01T00:00:00Z"
    await tell(alertmanager, alert("00000000000000aa", old), alert("00000000000000bb", old, ends=old))
    async with services.database.transaction() as session:
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        over = {"starts_at": long_ago, "ends_at": long_ago, "told_at": long_ago, "status": RESOLVED, "name": "Old"}
        words = {"severity": "none", "labels": "{}", "annotations": "{}", "acknowledged_by": "", "note": ""}
        rows = [{"fingerprint": f"{n:x}", **over, **words, "revision": 1} for n in range(1500)]
        await session.execute(insert(Alert), rows)
    left = []
    for _ in range(2):
        await tell(alertmanager)
        async with services.database.transaction() as session:
            left.append(await session.scalar(text("SELECT COUNT(*) FROM alerts WHERE status = 'resolved'")))
    assert left == [500, 0]
    assert [entry["status"] for entry in await seen(viewer)] == ["firing"]


async def test_replicas_that_are_told_at_the_same_moment(
    settings: ApiSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, Alertmanager's second attempt would end in an error, or list the alert twice."""
    engine, listener = make_engine(settings.database_url), Listener()
    alerts = AlertService(Database(engine), None, listener, Metrics())  # type: ignore[arg-type] # no audit here
    notification = Notification.model_validate(told(*[alert(f"{number:016x}") for number in range(1, 6)]))
    look, both, seen_by = AlertRepository.lock, asyncio.Barrier(2), []

    async def look_together(self: AlertRepository, *asked: Any) -> Any:
        known = await look(self, *asked)
        seen_by.append(len(known))
        if len(seen_by) <= 2:  # both have found nothing before either writes
            await both.wait()
        return known

    monkeypatch.setattr(AlertRepository, "lock", look_together)
    try:
        async with asyncio.timeout(60):
            await asyncio.gather(alerts.take(notification), alerts.take(notification))
        page = await alerts.page({}, None, 50)
        assert len(page["alerts"]) == 5
        assert sum(len(heard) for _, _, heard in listener.heard) == 5
        assert seen_by == [0, 0, 5]
    finally:
        async with Database(engine).transaction() as session:
            await session.execute(text("DELETE FROM alerts"))
        await engine.dispose()


async def test_browsers_hear_of_it_at_once(migrated: Backends, tmp_path: Path, prefix: str) -> None:
    """If this failed, people would see an alert only after a reload."""
    with both(migrated, tmp_path, prefix) as (api, realtime):
        browser, news = Browser(), asyncio.Queue[dict[str, Any]]()
        browser.client.on("alerts", news.put)
        await browser.connect(realtime, await sign_in(api), transports=["websocket"])
        async with httpx.AsyncClient(base_url=api.url, headers={"authorization": f"Bearer {ALERTS_TOKEN}"}) as client:
            for ends in (None, ENDED):
                answer = await client.post("/api/alerts", json=told(alert("00000000000000ee", ends=ends)), timeout=60)
                assert answer.status_code == 204, answer.text
        async with asyncio.timeout(60):
            heard = [(await news.get())["alerts"][0] for _ in range(2)]
        assert [(entry["name"], entry["status"]) for entry in heard] == [
            ("HostDiskAlmostFull", "firing"),
            ("HostDiskAlmostFull", "resolved"),
        ]
        await browser.client.disconnect()
