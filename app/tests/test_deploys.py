"""Deployments and releases: what the reporter told is what people see."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import AsyncClient

from console.api import Services
from reports import ABOUT, Ear, deploy, deploys, release

pytestmark = pytest.mark.anyio


async def test_before_any_report_there_is_nothing(viewer: AsyncClient) -> None:
    """If this failed, a console beside an older reporter would show an error instead of an empty page."""
    answer = await viewer.get("/api/deploys")
    nothing: dict[str, Any] = {
        "apps": [],
        "deploys": [],
        "stacks": [],
        "next": None,
        "reported_at": None,
        "host": None,
        "age": None,
    }
    assert answer.json() == nothing


async def test_each_app_is_shown_with_what_it_can_go_back_to(reporter: AsyncClient, viewer: AsyncClient) -> None:
    """If this failed, people would go back to another release than they meant."""
    apps = [
        {"name": "shop", "releases": [release("1.3"), release("1.5", left=True), release("1.4")]},
        {"name": "blog", "releases": [release("7")]},
    ]
    taken = await reporter.put("/api/deploys", json=deploys(apps=apps))
    shown = (await viewer.get("/api/deploys")).json()
    assert taken.status_code == 204
    assert [(app["name"], app["running"]["name"]) for app in shown["apps"]] == [("blog", "7"), ("shop", "1.4")]
    assert shown["apps"][1]["earlier"] == [release("1.5", left=True), release("1.3")]
    assert (shown["host"], shown["reported_at"]) == ("vps", ABOUT["reported_at"])


async def test_the_newest_first_page_by_page(reporter: AsyncClient, viewer: AsyncClient) -> None:
    """If this failed, a deployment would be on no page, or on two, when another one comes in between."""
    entries = [deploy(number, stack) for number in (3, 1, 2, 2) for stack in ("shop", "blog")]  # one twice
    await reporter.put("/api/deploys", json=deploys(*entries))
    first = (await viewer.get("/api/deploys?limit=3")).json()
    await reporter.put("/api/deploys", json=deploys(*entries, deploy(4)))
    second = (await viewer.get("/api/deploys", params={"limit": 3, "before": first["next"]})).json()
    names = [f"{entry['stack']} {entry['release']}" for entry in first["deploys"] + second["deploys"]]
    assert names == ["shop 1.3", "blog 1.3", "shop 1.2", "blog 1.2", "shop 1.1", "blog 1.1"]
    assert second["next"] is None
    assert first["stacks"] == ["blog", "shop"]


async def test_filters(reporter: AsyncClient, viewer: AsyncClient) -> None:
    """If this failed, who looks for what went wrong would have to read it all."""
    failed = deploy(2, verdict="rolled back", reason="shop_web ended with code 1")
    await reporter.put("/api/deploys", json=deploys(deploy(1), failed, deploy(3, "blog")))
    of_shop = (await viewer.get("/api/deploys?stack=shop")).json()
    bad = (await viewer.get("/api/deploys", params={"stack": "shop", "verdict": "rolled back"})).json()
    assert [entry["release"] for entry in of_shop["deploys"]] == ["1.2", "1.1"]
    assert bad["deploys"] == [failed | {"id": bad["deploys"][0]["id"]}]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "before=x", "verdict=great", "stack=%3Cb%3E"])
async def test_a_query_of_another_form_is_refused(viewer: AsyncClient, query: str) -> None:
    """If this failed, a mistyped filter would show everything, or nothing, as if that were the answer."""
    assert (await viewer.get(f"/api/deploys?{query}")).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {},
        deploys(deploy(1, verdict="vanished")),
        deploys(deploy(1, ended="yesterday")),
        deploys(deploy(1, stack="<b>")),
        deploys(deploy(1, reason="x" * 501)),
        deploys(apps=[{"name": "shop", "releases": []}]),
        deploys(*[deploy(1)] * 2001),
    ],
)
async def test_a_malformed_report_is_refused(reporter: AsyncClient, viewer: AsyncClient, body: dict[str, Any]) -> None:
    """If this failed, a broken reporter would break every browser."""
    assert (await reporter.put("/api/deploys", json=body)).status_code in (413, 422)
    assert (await viewer.get("/api/deploys")).json()["reported_at"] is None


async def test_what_a_newer_reporter_says_besides_is_left_out(reporter: AsyncClient, viewer: AsyncClient) -> None:
    """If this failed, an update of the host would end the reports until the console is updated, too."""
    newer = deploys(deploy(1, colour="green"), apps=[{"name": "shop", "releases": [release("1")], "more": 1}])
    assert (await reporter.put("/api/deploys", json=newer | {"extra": []})).status_code == 204
    assert "colour" not in (await viewer.get("/api/deploys")).text


async def test_browsers_hear_that_there_is_news(
    reporter: AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, people would see a deploy only after a reload; or all of it would go to each open page."""
    ear = Ear()
    monkeypatch.setattr(services.deploys, "_emitter", ear)
    await reporter.put("/api/deploys", json=deploys(deploy(1)))
    assert ear.heard == [("deploys", ABOUT, "deploys")]
