"""What may be told: from whom, of what form, how much; and that hostile values are only values."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient

from alerts import DISK, Listener, alert, seen, tell, told
from console.alerts.schemas import MAX_ALERTS, VALUE_LENGTH
from console.api import MAX_BODY, Services, make_asgi
from console.lifecycle import Lifecycle
from support import ALERTS_TOKEN

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "body",
    [
        {},
        told() | {"version": "3"},
        told(*[alert()] * (MAX_ALERTS + 1)),
        told(alert("../../etc")),
        told(alert(DISK.upper())),
        told(alert(status="loud")),
        told(alert(labels={"a": 1})),
        told(alert(labels={"": "no name"})),
        told(alert(labels={str(number): "" for number in range(65)})),
        told(alert(annotations={str(number): "x" * VALUE_LENGTH for number in range(17)})),
        told(alert(starts="yesterday")),
        told(alert(starts="2026-01-02T03:04:05")),
        told(alert(starts="0001-01-01T00:00:00+14:00")),
        told(alert(starts="9999-12-31T23:59:59-12:00")),
        told(alert(ends="soon")),
    ],
)
async def test_a_malformed_notification_is_refused(
    alertmanager: AsyncClient, viewer: AsyncClient, body: dict[str, Any]
) -> None:
    """If this failed, something that is not Alertmanager could break the list for everyone."""
    answer = await alertmanager.post("/api/alerts", json=body)
    assert answer.status_code == 422, answer.text
    assert await seen(viewer) == []


@pytest.mark.parametrize("where", ["labels", "annotations"])
async def test_half_a_character_is_refused(alertmanager: AsyncClient, where: str) -> None:
    """If this failed, text that cannot be encoded would be a fault of ours, in the name as in the value."""
    for broken in ({"\ud800": "x"}, {"x": "\ud800"}):
        answer = await alertmanager.post("/api/alerts", content=json.dumps(told(alert() | {where: broken})).encode())
        assert answer.status_code == 422, answer.text


async def test_too_much_is_refused_unread(alertmanager: AsyncClient) -> None:
    """If this failed, one request could fill the memory."""
    answer = await alertmanager.post("/api/alerts", content=b" " * (MAX_BODY + 1))
    assert answer.status_code == 413


HOSTILE = {
    "alertname": "<script>alert(1)</script>",
    "severity": "'; DROP TABLE alerts; --" + "x" * 100,
    "__proto__": "{{ 7 * 7 }} ${7 * 7} %s %(x)s",
    "nul": "a\x00b\r\n\x1b[31m",
    "right to left": "\u202egnp.exe",
    "astral": "💥" * 10,
}


async def test_hostile_values_are_values(alertmanager: AsyncClient, viewer: AsyncClient, listener: Listener) -> None:
    """If this failed, whoever can name a container could make the console do something."""
    await tell(alertmanager, alert(labels=HOSTILE, annotations=HOSTILE))
    [entry] = await seen(viewer)
    assert (entry["labels"], entry["annotations"], entry["name"]) == (HOSTILE, HOSTILE, HOSTILE["alertname"])
    assert entry["severity"] == "'; drop table alerts; --xxxxxxxx"
    assert listener.heard[0][2] == [entry]
    assert await seen(viewer, name="' OR 1=1 --") == []
    assert len(await seen(viewer, name=HOSTILE["alertname"])) == 1


async def test_what_is_too_long_is_cut(alertmanager: AsyncClient, viewer: AsyncClient) -> None:
    """If this failed, an alert with a long description would not be shown at all."""
    await tell(alertmanager, alert(annotations={"summary": "s", "description": "d" * 5000}))
    [entry] = await seen(viewer)
    assert len(entry["annotations"]["description"]) == VALUE_LENGTH
    assert entry["annotations"]["description"].endswith("d…")


async def test_no_token_no_route(services: Services, lifecycle: Lifecycle) -> None:
    """If this failed, a console without Alertmanager would take alerts from whoever guesses that there is no token."""

    closed = replace(services, settings=replace(services.settings, alerts_token=None))
    async with AsyncClient(transport=ASGITransport(make_asgi(closed, lifecycle)), base_url="https://x") as client:
        for headers in ({}, {"authorization": "Bearer None"}, {"authorization": f"Bearer {ALERTS_TOKEN}"}):
            answer = await client.post("/api/alerts", json=told(alert()), headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
