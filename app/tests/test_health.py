"""Liveness, readiness, metrics, and how errors are answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from httpx import ASGITransport, AsyncClient

from console.api import make_app, make_asgi, make_services
from console.auth.guards import GuardedRoute, Open, guarded
from console.health.service import Readiness
from console.lifecycle import Lifecycle, StartupError
from console.middleware import RequestMiddleware
from console.settings import ApiSettings
from support import PUBLIC_URL, Connect

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def client_of(settings: ApiSettings, lifecycle: Lifecycle) -> AsyncIterator[AsyncClient]:
    services = make_services(settings, lifecycle)
    transport = ASGITransport(make_asgi(services, lifecycle))
    async with AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        yield client
    await services.redis.aclose()
    await services.database.close()


async def test_ready(settings: ApiSettings, lifecycle: Lifecycle) -> None:
    """If this failed, the proxy would never route to a good replica."""
    async with client_of(settings, lifecycle) as client:
        answer = await client.get("/api/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


@pytest.mark.parametrize("missing", [["database"], ["redis"], ["database", "redis"]])
async def test_not_ready_says_what_is_missing(
    settings: ApiSettings, closed_port: ApiSettings, lifecycle: Lifecycle, missing: list[str]
) -> None:
    """If this failed, a replica that cannot work would get requests, or nobody would know why it does not."""
    urls = {f"{name}_url": getattr(closed_port, f"{name}_url") for name in missing}
    async with client_of(replace(settings, **urls), lifecycle) as client:
        answer, alive = await client.get("/api/ready"), await client.get("/api/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable", "missing": missing})
    assert alive.status_code == 200


async def test_what_is_missing_for_a_moment_takes_no_replica_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a Redis that is slow for a second would be an outage: every replica would be out of service."""
    there, now = True, 100.0

    async def check() -> None:
        if not there:
            raise OSError

    monkeypatch.setattr("console.health.service.time.monotonic", lambda: now)
    readiness = Readiness(Lifecycle(), {"redis": check})
    assert await readiness.report() == (200, {"status": "ready"})
    there, now = False, 114.0
    assert await readiness.report() == (200, {"status": "ready", "missing": ["redis"]})
    now = 115.0
    assert await readiness.report() == (503, {"status": "unavailable", "missing": ["redis"]})
    there = True
    assert (await readiness.report())[0] == 200


@pytest.mark.real_time_limits
async def test_a_redis_that_hangs_does_not_hang_the_console(settings: ApiSettings, lifecycle: Lifecycle) -> None:
    """If this failed, a frozen Redis would freeze every request (redis-py's defaults wait for a minute)."""
    held: list[asyncio.StreamWriter] = []
    async with await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        async with client_of(replace(settings, redis_url=f"redis://127.0.0.1:{port}/0"), lifecycle) as client:
            async with asyncio.timeout(20):
                ready = await client.get("/api/ready")
                signed_in = await client.post("/api/auth/sign-in", json={"name": "admin", "password": "wrong"})
        for writer in held:
            writer.close()
    assert (ready.json()["missing"], signed_in.status_code) == (["redis"], 503)


async def test_draining_is_not_ready_but_answers(connect: Connect, lifecycle: Lifecycle) -> None:
    """If this failed, a deploy would drop requests: the proxy must leave, and be told to close its connections."""
    lifecycle.draining = True
    client = connect()
    ready, alive = await client.get("/api/ready"), await client.get("/api/health")
    assert (ready.status_code, ready.json()["status"]) == (503, "draining")
    assert (alive.status_code, alive.headers["connection"]) == (200, "close")


async def test_metrics_count_by_route_template(viewer: AsyncClient) -> None:
    """If this failed, dashboards would be empty, or a label per URL would fill Prometheus."""
    await viewer.get("/api/auth/me")
    await viewer.get("/api/does/not/exist/12345")
    text = (await viewer.get("/metrics")).text
    assert 'http_request_duration_seconds_count{method="GET",route="/api/auth/me",status="200"} 1.0' in text
    assert 'route="unmatched",status="404"' in text
    assert "12345" not in text


async def test_database_gone_is_a_503(settings: ApiSettings, closed_port: ApiSettings, lifecycle: Lifecycle) -> None:
    """If this failed, an outage of the database would look like a fault of the console."""
    async with client_of(replace(settings, database_url=closed_port.database_url), lifecycle) as client:
        answer = await client.post("/api/auth/sign-in", json={"name": "admin", "password": "x"})
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "unavailable", "5")
    assert "database" in answer.json()["detail"]


async def test_start_up_gives_up_in_time(closed_port: ApiSettings, lifecycle: Lifecycle) -> None:
    """If this failed, a console without a database would hang instead of saying so."""
    services = make_services(closed_port, lifecycle)
    with pytest.raises(StartupError, match="the database did not answer within"):
        await lifecycle.wait_for("the database", services.database.ping, 0.5)


@pytest.mark.parametrize(("sent", "kept"), [("abcdef0123456789", True), ("bad id\twith spaces", False)])
async def test_request_id(anonymous: AsyncClient, sent: str, *, kept: bool) -> None:
    """If this failed, a request could not be followed through the logs, or a caller could write into them."""
    answer = await anonymous.get("/api/nothing", headers={"x-request-id": sent})
    assert (answer.headers["x-request-id"] == sent) == kept
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_a_fault_of_ours_is_a_problem_without_details(settings: ApiSettings, lifecycle: Lifecycle) -> None:
    """If this failed, a bug would show a stack trace, or answer with nothing at all."""
    services = make_services(settings, lifecycle)
    routes = make_app(services, lifecycle)
    app = RequestMiddleware(routes, services.metrics, lifecycle)

    @guarded(Open())
    async def broken() -> None:
        raise ValueError("a secret in the message")

    routes.routes.append(GuardedRoute("/api/broken", broken))
    async with AsyncClient(transport=ASGITransport(app), base_url=PUBLIC_URL) as client:
        answer = await client.get("/api/broken")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "secret" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
