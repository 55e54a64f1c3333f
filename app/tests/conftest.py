"""Fixtures: the servers (once), a migrated database (once), and for each test a transaction that is rolled back."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import text

from alerts import Listener
from backends import Backends, backends, unreachable
from console.api import Services, make_asgi, make_services
from console.auth.attempts import Attempts
from console.auth.permissions import Role
from console.database import Database, make_engine
from console.lifecycle import Lifecycle
from console.metrics import Metrics
from console.migrate import migrate
from console.settings import ApiSettings, MigrateSettings
from prometheus import prometheus
from support import (
    ADMIN,
    ALERTS_TOKEN,
    GATES,
    LONG,
    PASSWORD,
    PUBLIC_URL,
    REPORTER_TOKEN,
    AsRole,
    Connect,
    bearer,
    sign_in,
)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backends]:
    """The database and Redis, empty."""
    with backends(tmp_path_factory.mktemp("servers")) as found:
        yield found


@pytest.fixture(scope="session")
def migrated(servers: Backends) -> Backends:
    """The servers, with the schema and the first admin in place."""
    settings = MigrateSettings(
        database_url=servers.database_url, admin_user=ADMIN, admin_password=PASSWORD, startup_seconds=60
    )
    asyncio.run(migrate(settings, Lifecycle()))
    return servers


@pytest.fixture(scope="session")
def prometheus_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus that has watched a small platform for a day."""
    with prometheus(tmp_path_factory.mktemp("prometheus")) as url:
        yield url


@pytest.fixture(autouse=True)
def patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the servers be slow, as on a machine that does much else; not where the time limits are what is tested."""
    if request.node.get_closest_marker("real_time_limits") is None:
        monkeypatch.setattr("console.cache.CALL_SECONDS", 30)
        monkeypatch.setattr("console.health.service.CHECK_SECONDS", 30)
        monkeypatch.setattr("console.prometheus.CALL_SECONDS", 30)


@pytest.fixture
def settings(migrated: Backends, request: pytest.FixtureRequest) -> ApiSettings:
    """Settings with a Redis prefix of this test's own."""
    watched = request.node.get_closest_marker("prometheus") is not None
    return ApiSettings(
        database_url=migrated.database_url,
        redis_url=migrated.redis_url,
        secret_key="secret-" + "0123456789" * 4,
        reporter_token=REPORTER_TOKEN,
        alerts_token=ALERTS_TOKEN,
        gates={gate.name: gate for gate in GATES},
        public_url=PUBLIC_URL,
        redis_prefix=f"console:{uuid.uuid4().hex}:",
        host="127.0.0.1",
        port=8000,
        drain_seconds=1,
        startup_seconds=10,
        trusted_proxies="127.0.0.1",
        prometheus_url=request.getfixturevalue("prometheus_url") if watched else None,
    )


@pytest.fixture
def prefix() -> str:
    """A Redis prefix of this test's own, for the processes that share it."""
    return f"console:{uuid.uuid4().hex}:"


@pytest.fixture
def lifecycle() -> Lifecycle:
    return Lifecycle()


@pytest.fixture
async def services(settings: ApiSettings, lifecycle: Lifecycle) -> AsyncIterator[Services]:
    """The wired domains; whatever they do in the database is rolled back."""
    engine = make_engine(settings.database_url)
    async with engine.connect() as connection, connection.begin() as transaction:
        # What tests with real processes have committed is out of the way; it comes back with the rollback.
        await connection.execute(text("DELETE FROM sessions"))
        await connection.execute(text("DELETE FROM audit"))
        await connection.execute(text("DELETE FROM alerts"))
        await connection.execute(text("DELETE FROM jobs"))
        await connection.execute(text("DELETE FROM machine_tokens"))
        made = make_services(settings, lifecycle, Database(engine, connection=connection))
        yield made
        await transaction.rollback()
    made.prometheus.close()
    await made.redis.aclose()
    await engine.dispose()


@pytest.fixture
async def connect(services: Services, lifecycle: Lifecycle) -> AsyncIterator[Connect]:
    """Makes a client of the api; ``address`` is where it seems to come from."""
    made: list[AsyncClient] = []
    app = make_asgi(services, lifecycle)

    def make(token: str | None = None, address: str = "192.0.2.1") -> AsyncClient:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        transport = ASGITransport(app, client=(address, 1))
        made.append(AsyncClient(transport=transport, base_url=PUBLIC_URL, headers=headers))
        return made[-1]

    yield make
    for client in made:
        await client.aclose()


@pytest.fixture
async def anonymous(connect: Connect) -> AsyncClient:
    return connect()


@pytest.fixture
async def as_role(services: Services, connect: Connect) -> AsRole:
    return lambda role: connect(services.tokens.issue(4710 + role, role.label, role, uuid.uuid4().hex))


@pytest.fixture
async def viewer(as_role: AsRole) -> AsyncClient:
    """Signed in with the least role."""
    return as_role(Role.VIEWER)


@pytest.fixture
async def admin(connect: Connect) -> AsyncClient:
    """The first admin, really signed in."""
    client = connect()
    client.headers.update(bearer(await sign_in(client)))
    return client


@pytest.fixture
async def reporter(connect: Connect) -> AsyncClient:
    return connect(REPORTER_TOKEN)


@pytest.fixture
async def alertmanager(connect: Connect) -> AsyncClient:
    return connect(ALERTS_TOKEN)


@pytest.fixture
def listener(services: Services) -> Listener:
    """Hears which alerts go to browsers."""
    services.alerts._emitter = made = Listener()
    return made


@pytest.fixture
def attempts(services: Services, monkeypatch: pytest.MonkeyPatch) -> Attempts:
    """With delays that are too long to pass by themselves."""
    monkeypatch.setattr("console.auth.attempts.FIRST_SECONDS", LONG)
    monkeypatch.setattr("console.auth.attempts.MOST_SECONDS", {"address": 8 * LONG, "name": 2 * LONG})
    return Attempts(services.redis, services.settings.redis_prefix, Metrics())


@pytest.fixture
def closed_port(settings: ApiSettings) -> ApiSettings:
    """Settings whose database and Redis do not answer."""
    return replace(
        settings,
        database_url=unreachable(settings.database_url),
        redis_url="redis://console:console@127.0.0.1:9/0",
    )
