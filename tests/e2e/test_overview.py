"""The graphs and certificates of the console's pages, out of the Prometheus of the running VPS."""

from __future__ import annotations

import json
import re
import time
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Route, expect

from tests.e2e.looks import DESKTOP
from tests.e2e.people import Person
from tests.local import Vps

# Each series, and a service that it must know of; none for those of the machine.
SERIES = {
    "host-cpu": None,
    "host-memory": None,
    "host-disk": None,
    "route-requests": "console_api",
    "route-errors": "console_api",
    "route-latency": "console_api",
    "service-cpu": "mariadb_mariadb",
    "service-memory": "mariadb_mariadb",
}
DRAWN = re.compile(r"M[\d. ]+h0L")
"""The path of a line of two points at least."""
UNAVAILABLE = {"code": "metrics-unavailable", "title": "Service Unavailable", "status": 503, "detail": "…"}


def measured(person: Person, name: str) -> list[float]:
    """What a series has of its service; nothing while Prometheus is too busy to say."""
    status, answer = person.ask("GET", f"/api/series?name={name}&range=1h")
    if status == 503:
        return []
    assert status == 200, answer
    lines: list[dict[str, Any]] = answer["series"][0]["lines"]
    values = next((line["values"] for line in lines if line["service"] == SERIES[name]), [])
    return [value for value in values if value is not None]


def test_every_series_is_measured(viewer: Person) -> None:
    """If this failed, a graph would be empty on every platform: its expression asks for what is not there."""
    end, left = time.monotonic() + 180, set(SERIES)
    while left and time.monotonic() < end:
        left = {name for name in left if len(measured(viewer, name)) < 2}
        time.sleep(5 if left else 0)
    assert left == set(), "these have no values"
    assert 0 < measured(viewer, "host-memory")[-1] < 1
    assert measured(viewer, "service-memory")[-1] > 10e6


def test_the_overview_draws_them(viewer: Person, vps: Vps) -> None:
    """If this failed, nobody would see at a glance how machine and routes fare, and until when they are trusted."""
    page = viewer.page
    viewer.open("Overview")
    for name in ("host-cpu", "host-memory", "host-disk"):
        graph = page.locator(f"[data-series={name}] svg")
        expect(graph.locator("path")).to_have_attribute("d", DRAWN)
        expect(graph).to_have_attribute("aria-label", re.compile(r": now [\d.]+%, lowest .+ highest .+ Last hour"))
    requests = page.locator("[data-route=console_api] [data-series=route-requests] svg")
    expect(requests.locator("path")).to_have_attribute("d", DRAWN)
    expect(page.locator("[data-route=console_api] [data-series=route-latency] svg")).to_be_visible()

    page.get_by_label("Time shown").select_option("6h")
    expect(requests).to_have_attribute("aria-label", re.compile("Last 6 hours"))
    page.get_by_label("Time shown").select_option("1h")

    domain = urlsplit(vps.values["SKERRY_URL"]).hostname
    certificate = page.locator(f"[data-certificate='{domain}']")
    expect(certificate).to_have_attribute("data-state", "good")
    expect(certificate).to_contain_text("days left")
    assert viewer.complaints == []


def test_a_service_shows_what_it_uses(viewer: Person) -> None:
    """If this failed, people would have to go to the host to see which service takes all the memory."""
    viewer.page.set_viewport_size(DESKTOP)
    viewer.open("Services")
    used = viewer.page.locator('[data-service="mariadb/mariadb"] [data-series=service-memory] svg')
    expect(used).to_have_attribute("aria-label", re.compile(r"Memory, mariadb_mariadb: now [\d.]+ MB"))
    widths = "['.card', '.card table'].map((one) => document.querySelector(`main ${one}`).clientWidth)"
    inside, table = viewer.page.evaluate(widths)
    assert table <= inside
    assert viewer.complaints == []


def test_without_prometheus_the_page_goes_on(viewer: Person) -> None:
    """If this failed, a platform without monitoring, or whose Prometheus is down, would have no overview."""
    page = viewer.page

    def refuse(route: Route) -> None:
        route.fulfill(status=503, content_type="application/problem+json", body=json.dumps(UNAVAILABLE))

    viewer.open("Profile")
    page.route(re.compile(r"/api/(series|certificates)"), refuse)
    try:
        viewer.open("Overview")
        expect(page.locator("[data-unmeasured]")).to_contain_text("Prometheus does not answer")
        expect(page.get_by_role("link", name="Services").last).to_be_visible()
        viewer.open("Services")
        expect(page.locator('[data-service="mariadb/mariadb"]')).to_contain_text("Healthy")
        expect(page.locator("[data-series]")).to_have_count(0)
    finally:
        page.unroute(re.compile(r"/api/(series|certificates)"), refuse)
        viewer.complaints.clear()  # the browser's own words about the 503
