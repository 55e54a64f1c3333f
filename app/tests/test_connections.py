"""How connections are kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from sqlalchemy import text

from backends import Backends
from console.database import Database, open_database

pytestmark = pytest.mark.anyio

WHO = text("SELECT CONNECTION_ID()")
IN_TRANSACTION = text("SELECT @@in_transaction")


@pytest.fixture
async def database(migrated: Backends) -> AsyncIterator[Database]:
    """As api opens it."""
    if not migrated.database_url.startswith("mysql"):
        pytest.skip("PostgreSQL's are checked and reset by SQLAlchemy itself")
    made = open_database(migrated.database_url)
    yield made
    await made.close()


async def both(database: Database) -> set[int]:
    """The ids of the connection that reads, and of the one with transactions."""
    async with database.reading() as connection, database.transaction() as session:
        return {(await connection.execute(WHO)).scalar_one(), (await session.execute(WHO)).scalar_one()}


async def test_a_server_that_was_restarted_is_no_error(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, the first requests after each restart of MariaDB would be refused."""
    before = await both(database)
    assert await both(database) == before
    other = open_database(database._engine.url.render_as_string(hide_password=False))
    async with other.transaction() as session:
        for connection in before:
            await session.execute(text(f"KILL {connection}"))
    await other.close()
    monkeypatch.setattr("console.database.REST_SECONDS", 0)
    assert not await both(database) & before


async def test_nothing_is_left_open(database: Database) -> None:
    """If this failed, a request would see the database as it was for the one before, or what that did not commit."""
    with suppress(ZeroDivisionError):
        async with database.transaction() as session:
            await session.execute(text("DELETE FROM alerts"))
            assert (await session.execute(IN_TRANSACTION)).scalar_one() == 1
            raise ZeroDivisionError
    async with database.transaction() as session:
        assert (await session.execute(IN_TRANSACTION)).scalar_one() == 0
    async with database.reading() as connection:
        await connection.execute(text("SELECT COUNT(*) FROM alerts"))
        assert (await connection.execute(IN_TRANSACTION)).scalar_one() == 0
