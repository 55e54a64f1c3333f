"""Brings the schema to this release, and makes sure that the first admin exists.

Runs under a lock in the database, so that replicas that start together migrate once. A database that a newer
release has already migrated is left as it is: schema changes are compatible with the release before (see
migrations/README.md), so that a rollback only has to start the old image.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from console.auth.passwords import hash_password
from console.auth.permissions import Role
from console.database import Database, make_engine
from console.lifecycle import Lifecycle
from console.settings import MigrateSettings
from console.users.models import User
from console.users.repository import UserRepository

log = logging.getLogger(__name__)

LOCK_SECONDS = 60
LOCK_POLL_SECONDS = 0.2
# How each database is asked for a lock of this name, without waiting, and told that it is free again.
LOCKS = {
    "mysql": (text("SELECT GET_LOCK(:lock, 0)"), text("SELECT RELEASE_LOCK(:lock)")),
    "postgresql": (
        text("SELECT pg_try_advisory_lock(hashtext(:lock))"),
        text("SELECT pg_advisory_unlock(hashtext(:lock))"),
    ),
}


class MigrationError(Exception):
    """The schema could not be brought to this release; the message says why."""


def lock_name(engine: AsyncEngine) -> str:
    """The lock of this database: MariaDB's lock names are one set for the whole server, of 64 characters at most."""
    return f"migrate:{engine.url.database}"[:64]


def alembic_config(script_location: str = "console:migrations") -> Config:
    """Alembic without an ini file: scripts come from the package."""
    config = Config()
    config.set_main_option("script_location", script_location)
    return config


async def migrate(settings: MigrateSettings, lifecycle: Lifecycle, config: Config | None = None) -> None:
    """Migrate and create the first admin. Raises MigrationError, StartupError."""
    engine = make_engine(settings.database_url)
    database = Database(engine)
    try:
        await lifecycle.wait_for("the database", database.ping, settings.startup_seconds)
        async with _locked(engine):
            async with engine.connect() as connection:
                await connection.run_sync(upgrade, config or alembic_config())
            await _ensure_admin(database, settings)
    except SQLAlchemyError as error:
        raise MigrationError(str(error).splitlines()[0]) from error
    finally:
        await engine.dispose()


def upgrade(connection: Connection, config: Config) -> None:
    """Run what is missing, one transaction a revision where the database can."""
    script = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_heads()
    connection.rollback()
    known = {revision.revision for revision in script.walk_revisions()}
    if newer := [revision for revision in current if revision not in known]:
        log.warning("the schema is of a newer release (%s): left as it is", ", ".join(newer))
        return
    if set(current) == set(script.get_heads()):
        log.info("the schema is up to date (%s)", ", ".join(current))
        return
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    log.info("the schema was migrated to %s", ", ".join(script.get_heads()))


@asynccontextmanager
async def _locked(engine: AsyncEngine) -> AsyncIterator[None]:
    """Hold the migration lock on a connection of its own. Raises MigrationError when it stays taken."""
    lock, (take, release) = {"lock": lock_name(engine)}, LOCKS[engine.dialect.name]
    deadline = time.monotonic() + LOCK_SECONDS
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        while not await connection.scalar(take, lock):
            if time.monotonic() >= deadline:
                raise MigrationError(f"another migration has held the lock for {LOCK_SECONDS} s")
            await asyncio.sleep(LOCK_POLL_SECONDS)
        try:
            yield
        finally:
            await connection.execute(release, lock)


async def _ensure_admin(database: Database, settings: MigrateSettings) -> None:
    async with database.transaction() as session:
        users = UserRepository(session)
        # Not "none of this name": an admin who was removed on purpose must not come back with the first password.
        if not await users.has_admin():
            await users.add(
                User(
                    name=settings.admin_user,
                    password_hash=hash_password(settings.admin_password),
                    role=Role.ADMIN.label,
                )
            )
            log.info("created the admin %s", settings.admin_user)
