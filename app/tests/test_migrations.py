"""Migrations: once, under a lock, re-runnable, and never in the way of a rollback."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from backends import Backends, unreachable
from console import migrate as migration
from console.auth.passwords import verify_password
from console.database import Base, Database, make_engine
from console.lifecycle import Lifecycle
from console.migrate import MigrationError, alembic_config, migrate
from console.schema import head, is_current
from console.settings import MigrateSettings
from console.users.repository import UserRepository
from support import ADMIN, PASSWORD

pytestmark = [pytest.mark.anyio, pytest.mark.database]

TABLES = (
    "machine_tokens",
    "jobs",
    "alerts",
    "audit",
    "sessions",
    "totp",
    "recovery_codes",
    "users",
    "alembic_version",
    "broken",
)

RELEASE_BEFORE = (
    "INSERT INTO users (name, password_hash, role, created_at) VALUES ('b', 'hash', 'admin', NOW())",
    "INSERT INTO sessions (id, user_id, token_hash, created_at, expires_at)"
    " SELECT 's', id, 'hash', NOW(), NOW() FROM users WHERE name = 'b'",
    "SELECT sessions.id, sessions.user_id, sessions.token_hash, sessions.created_at, sessions.expires_at, users.id,"
    " users.name, users.password_hash, users.role, users.created_at FROM sessions JOIN users ON users.id = user_id",
)


@pytest.fixture
def settings(servers: Backends) -> MigrateSettings:
    return MigrateSettings(
        database_url=servers.database_url, admin_user=ADMIN, admin_password=PASSWORD, startup_seconds=30
    )


@pytest.fixture
async def engine(migrated: Backends, settings: MigrateSettings) -> AsyncIterator[AsyncEngine]:
    """An empty database; what the other tests need is put back at the end."""
    made = make_engine(migrated.database_url)
    await drop_all(made)
    yield made
    await drop_all(made)
    await migrate(settings, Lifecycle())
    await made.dispose()


async def drop_all(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for table in TABLES:
            await connection.execute(text(f"DROP TABLE IF EXISTS {table}"))


async def version(engine: AsyncEngine) -> str | None:
    async with engine.connect() as connection:
        return str(await connection.scalar(text("SELECT version_num FROM alembic_version")))


def with_revision(directory: Path, body: str) -> Config:
    """Our own scripts and one more that follows them."""
    source = Path(migration.__file__).parent / "migrations"
    (directory / "versions").mkdir(parents=True)
    for file in [source / "env.py", *source.glob("versions/r*.py")]:
        (directory / file.relative_to(source)).write_text(file.read_text())
    (directory / "versions/r9999_next.py").write_text(
        f"from alembic import op\nrevision = '9999'\ndown_revision = '{heads()}'\n\n\ndef upgrade():\n    {body}\n"
    )
    return alembic_config(str(directory))


def heads() -> str:
    return str(ScriptDirectory.from_config(alembic_config()).get_current_head())


async def test_the_schema_is_what_the_models_say(engine: AsyncEngine, settings: MigrateSettings) -> None:
    """If this failed, a model had been changed without a migration."""
    await migrate(settings, Lifecycle())

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_first_admin_is_made_once(engine: AsyncEngine, settings: MigrateSettings) -> None:
    """If this failed, nobody could sign in first, each deploy would reset a changed password, or bring a
    removed admin back."""
    await migrate(settings, Lifecycle())
    changed = replace(settings, admin_user="another", admin_password="another password of the admin")
    await migrate(changed, Lifecycle())
    async with Database(engine).transaction() as session:
        user = await UserRepository(session).by_name(ADMIN)
        assert await UserRepository(session).by_name("another") is None
    assert user is not None
    assert verify_password(PASSWORD, user.password_hash)


async def test_what_is_current_is_known_without_migrating(engine: AsyncEngine, settings: MigrateSettings) -> None:
    """If this failed, a new release would serve on an old schema, or each start would cost a migration run."""
    assert head() == heads()
    assert not await is_current(settings)
    await migrate(settings, Lifecycle())
    assert await is_current(settings)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE users SET role = 'viewer'"))
    assert not await is_current(settings)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE users SET role = 'admin', name = 'another'"))
    assert await is_current(settings)
    assert not await is_current(replace(settings, database_url=unreachable(settings.database_url)))
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert not await is_current(settings)


async def test_the_release_before_works_on_this_schema(engine: AsyncEngine, settings: MigrateSettings) -> None:
    """If this failed, people could not sign in during a rolling update, or after a rollback.

    The statements are those that the release before sends: it names the columns it knows, and no others.
    """
    await migrate(settings, Lifecycle())
    async with engine.begin() as connection:
        for statement in RELEASE_BEFORE:
            await connection.execute(text(statement))
        assert await connection.scalar(text("SELECT COUNT(*) FROM sessions WHERE id = 's'")) == 1


async def test_replicas_that_start_together_migrate_once(engine: AsyncEngine, settings: MigrateSettings) -> None:
    """If this failed, two replicas would alter the same tables at the same time."""
    await asyncio.gather(*(migrate(settings, Lifecycle()) for _ in range(3)))
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT COUNT(*) FROM users")) == 1
    assert await version(engine) == heads()


@pytest.mark.parametrize("lost", ["sessions", "audit", "alerts", "jobs", "machine_tokens", ""])
async def test_a_half_done_migration_is_done_again(engine: AsyncEngine, settings: MigrateSettings, lost: str) -> None:
    """If this failed, a migration that was killed half-way (MariaDB commits each statement) could never go on."""
    await migrate(settings, Lifecycle())
    async with engine.begin() as connection:
        if lost:
            await connection.execute(text(f"DROP TABLE {lost}"))
        await connection.execute(text("DELETE FROM alembic_version"))
    await migrate(settings, Lifecycle())
    assert await version(engine) == heads()


async def test_the_schema_of_a_newer_release_is_left_alone(
    engine: AsyncEngine, settings: MigrateSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """If this failed, the old release could not start again after a rollback."""
    newer = with_revision(tmp_path / "newer", "pass")
    await migrate(settings, Lifecycle(), newer)
    with caplog.at_level(logging.WARNING):
        await migrate(settings, Lifecycle())
    assert "newer release" in caplog.text
    assert await version(engine) == "9999"


async def test_a_failing_migration_is_an_error_that_says_why(
    engine: AsyncEngine, settings: MigrateSettings, tmp_path: Path
) -> None:
    """If this failed, a release with a broken migration would take traffic."""
    broken = with_revision(tmp_path / "broken", "op.execute('ALTER TABLE no_such_table ADD x INT')")
    with pytest.raises(MigrationError, match="no_such_table"):
        await migrate(settings, Lifecycle(), broken)
    assert await version(engine) == heads()


async def test_a_lock_that_stays_taken_is_an_error(
    engine: AsyncEngine, settings: MigrateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, a replica would wait for ever, or migrate without the lock."""
    monkeypatch.setattr(migration, "LOCK_SECONDS", 1)
    lock, (take, release) = {"lock": migration.lock_name(engine)}, migration.LOCKS[engine.dialect.name]
    async with engine.connect() as connection:
        assert await connection.scalar(take, lock)
        with pytest.raises(MigrationError, match="held the lock"):
            await migrate(settings, Lifecycle())
        assert await connection.scalar(release, lock)
    await migrate(settings, Lifecycle())
