"""Series for small graphs and certificates: the console's own expressions, answered by a real Prometheus."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from datetime import datetime
from threading import Event
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx import AsyncClient, Response

from console.api import Services
from console.certificates.service import DAY, SOON, VERY_SOON, state_of
from console.series.catalogue import NAMES, POINTS, SERIES, STEPS
from console.series.service import GRID
from prometheus import Impostor, impostor

pytestmark = pytest.mark.anyio

ALL = {"name": [*NAMES]}


async def lines(client: AsyncClient, name: str, wanted: str = "1h") -> dict[str, list[float | None]]:
    """The lines of a series by service."""
    answer = await client.get("/api/series", params={"name": name, "range": wanted})
    assert answer.status_code == 200, answer.text
    [series] = answer.json()["series"]
    return {line["service"]: line["values"] for line in series["lines"]}


@pytest.mark.prometheus
@pytest.mark.parametrize(
    ("name", "now"),
    [
        ("host-cpu", {None: 0.25}),
        ("host-memory", {None: 0.75}),
        ("host-disk", {None: 0.7}),  # not that of the full tmpfs
        ("route-requests", {"blog_web": 0, "shop_web": 3}),  # of both its paths; what is no service's route is none
        ("route-errors", {"blog_web": None, "shop_web": 0.1}),  # of no requests no part can fail
        ("route-latency", {"shop_web": 0.55}),  # neither of long polling nor of WebSockets
        ("service-cpu", {"shop_web": 0.3}),  # of both replicas
        ("service-memory", {"blog_web": 5e7, "shop_web": 1.235e8}),
    ],
)
async def test_each_series_says_what_it_should(viewer: AsyncClient, name: str, now: dict[str | None, Any]) -> None:
    """If this failed, people would see a graph of something else, or an empty one."""
    found = {service: values[-1] for service, values in (await lines(viewer, name)).items()}
    assert found == {service: value and pytest.approx(value, rel=0.01) for service, value in now.items()}


@pytest.mark.prometheus
@pytest.mark.parametrize("wanted", STEPS)
async def test_a_range_has_120_points_that_end_now(viewer: AsyncClient, wanted: str) -> None:
    """If this failed, a graph would be cut short, shifted, or cost more the longer it looks back."""
    began = time.time()
    answer = (await viewer.get("/api/series", params={**ALL, "range": wanted})).json()
    start, step = datetime.fromisoformat(answer["start"]).timestamp(), answer["step"]
    assert step * POINTS == int(wanted.removesuffix("h")) * 3600
    assert start % GRID == 0
    assert began - GRID < start + (POINTS - 1) * step <= time.time()
    assert [series["name"] for series in answer["series"]] == list(NAMES)
    assert {len(line["values"]) for series in answer["series"] for line in series["lines"]} == {POINTS}


@pytest.mark.prometheus
async def test_what_was_not_there_yet_is_a_gap(viewer: AsyncClient) -> None:
    """If this failed, a service that is half an hour old would be drawn over the whole hour."""
    values = (await lines(viewer, "service-memory"))["blog_web"]
    assert values[0] is None
    assert values[POINTS // 2 + 5 :] == [5e7] * (POINTS // 2 - 5)


@pytest.mark.prometheus
async def test_certificates_by_domain_the_first_to_end_first(viewer: AsyncClient) -> None:
    """If this failed, somebody would learn of a certificate that ends from visitors."""
    found = (await viewer.get("/api/certificates")).json()["certificates"]
    told = [(one["domain"], one["state"], [route["url"] for route in one["routes"]]) for one in found]
    assert told == [
        ("gone.test", "unknown", ["https://gone.test/"]),
        ("old.test:8443", "very-soon", ["https://old.test:8443/"]),
        ("blog.test", "soon", ["https://blog.test/"]),
        ("shop.test", "good", ["https://shop.test/", "https://shop.test/api"]),
    ]
    assert found[0]["expires_at"] is None
    left = datetime.fromisoformat(found[3]["expires_at"]).timestamp() - time.time()
    assert 21.9 * DAY < left < 22.1 * DAY  # of two, the one that ends first


@pytest.mark.parametrize(
    ("left", "state"),
    [(SOON, "good"), (SOON - 1, "soon"), (VERY_SOON, "soon"), (VERY_SOON - 1, "very-soon"), (-1, "very-soon")],
)
def test_the_bounds_of_a_certificate(left: float, state: str) -> None:
    """If this failed, the page and the alert would not say the same."""
    assert state_of(1e9 + left, 1e9) == state


@pytest.mark.parametrize("query", ["", "name=up", "name=host-cpu&range=2h", "name=host-cpu&range=", "range=1h"])
async def test_only_what_is_on_the_list(viewer: AsyncClient, query: str) -> None:
    """If this failed, whoever is signed in could ask Prometheus anything, or have it work for minutes."""
    assert (await viewer.get(f"/api/series?{query}")).status_code == 422


@pytest.fixture
def beside(services: Services) -> Iterator[Impostor]:
    """What the console takes for its Prometheus."""
    with impostor() as found:
        services.prometheus._url = urlsplit(found.url)
        yield found


async def test_a_hundred_browsers_cost_one_question(viewer: AsyncClient, beside: Impostor) -> None:
    """If this failed, many open pages would keep Prometheus busy."""
    beside.go.clear()
    asking = [asyncio.create_task(viewer.get("/api/series", params={"name": "host-cpu"})) for _ in range(100)]
    while not beside.asked:
        await asyncio.sleep(0.01)
    for leaving in asking[:50]:  # whoever goes away takes the answer from nobody
        leaving.cancel()
    beside.go.set()
    answers = await asyncio.gather(*asking[50:])
    await viewer.get("/api/series", params=[("name", "host-cpu"), ("name", "host-cpu")])
    assert {answer.status_code for answer in answers} == {200}
    # Two where a half minute began in between.
    assert 1 <= len(beside.asked) <= 2
    asked = parse_qs(urlsplit(beside.asked[0]).query)
    assert asked["query"] == [SERIES["host-cpu"].over(30)]


async def test_an_answer_is_kept_for_seconds_only(
    viewer: AsyncClient, beside: Impostor, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, the page would show the same for ever, or the answers would fill the memory."""
    monkeypatch.setattr("console.prometheus.KEPT_SECONDS", 0)
    for _ in range(3):
        assert (await viewer.get("/api/certificates")).status_code == 200
    assert len(beside.asked) == 3
    assert len(services.prometheus._kept) == 1


def is_unavailable(answer: Response) -> bool:
    """Whether it is the problem that is described."""
    told = answer.json()
    return (answer.status_code, told["code"], answer.headers["retry-after"]) == (503, "metrics-unavailable", "5")


@pytest.mark.parametrize("path", ["/api/series?name=host-cpu", "/api/certificates"])
async def test_without_prometheus_one_is_told(viewer: AsyncClient, services: Services, path: str) -> None:
    """If this failed, a console without monitoring would answer with a fault of its own."""
    assert is_unavailable(await viewer.get(path))
    services.prometheus._url = urlsplit("http://127.0.0.1:9")
    services.prometheus._kept.clear()
    assert is_unavailable(await viewer.get(path))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (503, b'{"status": "error", "errorType": "timeout", "error": "query timed out"}'),
        (302, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"data": {"result": [{"metric": [], "value": [1, "1"]}]}}'),
        (200, b'{"data": {"result": [{"metric": {}, "value": [1, "one"]}]}}'),
        (200, b'{"data": {"result": [{"metric": {}, "value": 1}]}}'),
        (200, b"\xff"),
        (200, b'{"data": {"result": []}}' + b" " * 4 * 1024 * 1024),  # good, but too much
    ],
)
async def test_what_is_no_answer_is_none(viewer: AsyncClient, beside: Impostor, status: int, body: bytes) -> None:
    """If this failed, whatever answers in Prometheus's place could make the console fail, or fill its memory."""
    beside.status, beside.body = status, body
    assert is_unavailable(await viewer.get("/api/certificates"))
    assert is_unavailable(await viewer.get("/api/certificates"))
    assert len(beside.asked) == 1  # and is left alone for a while


@pytest.fixture
def unresolved(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """A name of which the resolver says nothing, until this is set."""
    found, resolve = Event(), socket.getaddrinfo

    def ask(host: Any, *rest: Any, **more: Any) -> Any:
        if host == "prometheus.test":
            found.wait(60)
        return resolve("127.0.0.1" if host == "prometheus.test" else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    yield found
    found.set()


@pytest.mark.real_time_limits
@pytest.mark.parametrize("dripping", [False, True])
async def test_a_prometheus_that_hangs_holds_up_nobody(
    viewer: AsyncClient, services: Services, beside: Impostor, dripping: bool
) -> None:
    """If this failed, every page would wait for it, and once it answers again there would be nobody left to ask."""
    hanging, beside.dripping = beside.go, dripping
    hanging.clear()
    try:
        assert is_unavailable(await asyncio.wait_for(viewer.get("/api/series", params=ALL), 30))
        beside.go = Event()
        beside.go.set()
        async with asyncio.timeout(30):
            while (await viewer.get("/api/certificates")).status_code != 200:
                services.prometheus._kept.clear()
    finally:
        hanging.set()


@pytest.mark.real_time_limits
async def test_a_name_that_is_not_resolved_holds_up_nobody(
    viewer: AsyncClient, services: Services, unresolved: Event
) -> None:
    """If this failed, a page would wait for half a minute where no Prometheus is installed."""
    services.prometheus._url = urlsplit("http://prometheus.test:9090")
    assert is_unavailable(await asyncio.wait_for(viewer.get("/api/series", params=ALL), 30))
    assert not unresolved.is_set()


async def test_values_that_are_no_numbers_are_gaps(viewer: AsyncClient, beside: Impostor) -> None:
    """If this failed, the answer would be no JSON that a browser reads."""
    step = STEPS["1h"]
    now = int(time.time()) // GRID * GRID
    pairs = [[now - 3 * step, "NaN"], [now - 2 * step, "+Inf"], [now - step, "12345.678"], [now + 9 * step, "1"]]
    beside.body = str({"data": {"result": [{"metric": {}, "values": pairs}]}}).replace("'", '"').encode()
    [values] = (await lines(viewer, "host-cpu")).values()
    assert [value for value in values if value is not None] == [12350]
