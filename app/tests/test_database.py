"""What the database says when things go wrong is understood, whichever it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from backends import Backends
from console.database import Database, is_away, lost_race, make_engine
from console.users.models import User

pytestmark = [pytest.mark.anyio, pytest.mark.database]

KILL = {
    "mysql": ("SELECT CONNECTION_ID()", "SELECT SLEEP(30)", "KILL {}"),
    "postgresql": ("SELECT pg_backend_pid()", "SELECT pg_sleep(30)", "SELECT pg_terminate_backend({})"),
}
PAIR = [{"name": name, "password_hash": "", "role": "viewer"} for name in ("castor", "pollux")]


@pytest.fixture
async def engine(migrated: Backends) -> AsyncIterator[AsyncEngine]:
    """With two users, who are gone again at the end."""
    made = make_engine(migrated.database_url)
    async with made.begin() as connection:
        await connection.execute(insert(User), PAIR)
    yield made
    async with made.begin() as connection:
        await connection.execute(text("DELETE FROM users WHERE name IN ('castor', 'pollux')"))
    await made.dispose()


async def test_a_connection_that_breaks_is_no_fault_of_ours(engine: AsyncEngine) -> None:
    """If this failed, a restart of the database would look like a bug: 500 and a stack trace instead of 503."""
    own_id, long, kill = KILL[engine.dialect.name]
    async with engine.connect() as victim, engine.connect() as killer:
        number = await victim.scalar(text(own_id))
        statement = asyncio.create_task(victim.execute(text(long)))
        await asyncio.sleep(1)  # under way by now; if it is not, the connection is found broken at its start
        await killer.execute(text(kill.format(number)))
        with pytest.raises(DBAPIError) as broken:
            await statement
        await victim.invalidate()
    assert is_away(broken.value)
    assert not lost_race(broken.value)
    await Database(engine).ping()


async def test_a_statement_of_ours_that_is_wrong_is_one(engine: AsyncEngine) -> None:
    """If this failed, a bug would be answered with 503, and be looked for in the database."""
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError) as wrong:
            await connection.execute(text("SELECT nothing FROM nowhere"))
    assert not is_away(wrong.value)
    assert not lost_race(wrong.value)


async def test_who_comes_second_has_lost_a_race(engine: AsyncEngine) -> None:
    """If this failed, what two replicas do at the same moment would be an error instead of done once."""
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError) as twice:
            await connection.execute(insert(User), PAIR[:1])
    assert lost_race(twice.value)


async def test_a_deadlock_is_a_lost_race(engine: AsyncEngine) -> None:
    """If this failed, two transactions that wait for each other would be an error instead of one after the other."""
    both = asyncio.Barrier(2)

    async def touch(*names: str) -> None:
        async with Database(engine).transaction() as session:
            for name in names:
                await session.execute(update(User).where(User.name == name).values(role="operator"))
                if name == names[0]:
                    await both.wait()

    done = await asyncio.gather(touch("castor", "pollux"), touch("pollux", "castor"), return_exceptions=True)
    lost = [error for error in done if error is not None]
    assert [isinstance(error, DBAPIError) and lost_race(error) for error in lost] == [True]


async def test_names_are_the_same_in_upper_and_lower_case(engine: AsyncEngine) -> None:
    """If this failed, «Castor» could be made beside «castor», and which of them did it would be a matter of reading."""
    async with engine.connect() as connection:
        found = await connection.scalars(select(User.name).where(User.name == "CASTOR"))
        assert found.all() == ["castor"]
        with pytest.raises(DBAPIError) as twice:
            await connection.execute(insert(User), [PAIR[0] | {"name": "Castor"}])
    assert lost_race(twice.value)


async def test_a_nul_is_no_fault_of_ours(engine: AsyncEngine) -> None:
    """If this failed, anybody could cause a 500 with a character that PostgreSQL's text cannot hold."""
    async with engine.connect() as connection:
        rows = [PAIR[0] | {"name": name} for name in ("one\0", "another\0", "a third\0")]
        await connection.execute(insert(User), rows[:1])
        await connection.execute(insert(User), rows[1:])
        await connection.rollback()


@pytest.mark.parametrize(("mode", "gets_in"), [("disable", True), ("require", False)])
async def test_the_sslmode_of_a_url_counts(migrated: Backends, mode: str, *, gets_in: bool) -> None:
    """If this failed, the URL that a provider hands out would not work, or would not encrypt.

    The server of the tests has no certificate.
    """
    if not migrated.database_url.startswith("postgresql"):
        pytest.skip("only PostgreSQL's URLs have it")
    engine = make_engine(f"{migrated.database_url}?sslmode={mode}")
    if gets_in:
        await Database(engine).ping()
    else:
        with pytest.raises(DBAPIError) as refused:
            await Database(engine).ping()
        assert is_away(refused.value)
    await engine.dispose()
