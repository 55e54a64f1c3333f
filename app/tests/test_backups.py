"""Backups and drills: what the reporter told is what people see, and which of them are proven."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import AsyncClient

from console.api import Services
from reports import ABOUT, Ear, backups, drill, run, target

pytestmark = pytest.mark.anyio


async def test_before_any_report_there_is_nothing(viewer: AsyncClient) -> None:
    """If this failed, a console beside an older reporter would show an error instead of an empty page."""
    answer = await viewer.get("/api/backups")
    assert answer.json() == {"runs": [], "drills": [], "next": None, "reported_at": None, "host": None, "age": None}


async def test_a_run_is_shown_with_what_became_of_it_at_each_target(reporter: AsyncClient, viewer: AsyncClient) -> None:
    """If this failed, a backup that never arrives off-site would look like one that does."""
    bad = run(2, good=False, targets=[target(), target("offsite", good=False, problems=["run: refused"])])
    taken = await reporter.put("/api/backups", json=backups(bad))
    [shown] = (await viewer.get("/api/backups")).json()["runs"]
    assert taken.status_code == 204
    assert shown == bad | {"id": bad["run"], "proven": None}


async def test_a_run_is_proven_by_the_newest_good_drill_of_it(reporter: AsyncClient, viewer: AsyncClient) -> None:
    """If this failed, a backup that was never restored would be called proven, or one that does not restore."""
    drills = [drill(3, of=2), drill(5, of=2, target="local"), drill(6, of=3, good=False, problems=["files: gone"])]
    await reporter.put("/api/backups", json=backups(run(1), run(2), run(3), drills=drills))
    shown = (await viewer.get("/api/backups")).json()
    assert [one["proven"] for one in shown["runs"]] == [
        None,
        {"at": "2026-01-05T05:01:00Z", "target": "local"},
        None,
    ]
    assert shown["drills"] == drills[::-1]


async def test_the_newest_first_page_by_page(reporter: AsyncClient, viewer: AsyncClient) -> None:
    """If this failed, a run would be on no page, or on two, when another one comes in between."""
    runs = [run(day) for day in (3, 1, 5, 2, 4, 4)]  # one twice
    await reporter.put("/api/backups", json=backups(*runs))
    first = (await viewer.get("/api/backups?limit=3")).json()
    await reporter.put("/api/backups", json=backups(*runs, run(6)))
    second = (await viewer.get("/api/backups", params={"limit": 3, "before": first["next"]})).json()
    assert [one["run"][6:8] for one in first["runs"] + second["runs"]] == ["05", "04", "03", "02", "01"]
    assert second["next"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        backups(run(1, run="../../etc")),
        backups(run(1, bytes=-1)),
        backups(run(1, targets=[target("<b>")])),
        backups(drills=[drill(1, of=1, started="2026-01-01 05:00")]),
        backups(drills=[drill(1, of=1, problems=["x"] * 21)]),
        backups(*[run(1)] * 501),
    ],
)
async def test_a_malformed_report_is_refused(reporter: AsyncClient, viewer: AsyncClient, body: dict[str, Any]) -> None:
    """If this failed, a broken reporter would break every browser."""
    assert (await reporter.put("/api/backups", json=body)).status_code in (413, 422)
    assert (await viewer.get("/api/backups")).json()["reported_at"] is None


async def test_browsers_hear_that_there_is_news(
    reporter: AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, people would see a backup that failed only after a reload."""
    ear = Ear()
    monkeypatch.setattr(services.backups, "_emitter", ear)
    await reporter.put("/api/backups", json=backups(run(1)))
    assert ear.heard == [("backups", ABOUT, "backups")]
