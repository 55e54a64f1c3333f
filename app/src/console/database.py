"""The database, MariaDB (or MySQL) or PostgreSQL: one engine a process, one transaction a request.

What PostgreSQL wants otherwise than MariaDB stands here and in ``console.postgresql``.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, DateTime, MetaData, String, UpdateBase, delete, event, select, text
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.types import TypeDecorator

CASELESS = "caseless"  # PostgreSQL's collation of names, which migration 0001 makes
POOL_SIZE = 5  # as many more for a while
READING_POOL_SIZE = 2
CONNECT_SECONDS = 3
REST_SECONDS = 1.0  # no server that was restarted is back sooner
PRUNE_MOST = 1000  # rows that are removed at once, so that nobody waits for their locks for long

# MariaDB's ER_DUP_ENTRY and ER_LOCK_DEADLOCK; PostgreSQL's unique_violation and deadlock_detected.
_LOST_RACE = (1062, 1213, "23505", "40P01")
# PostgreSQL's classes of errors that may be over soon: connection, rollback, resources, an operator who intervenes.
_SOON_OVER = ("08", "40", "53", "57")


class Base(DeclarativeBase):
    """Base of every model; constraints get names, so that migrations can refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored as naive UTC (MariaDB's DATETIME has no zone) and to the second (nor a fraction)."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


def name_type(length: int) -> String:
    """Of a name that is the same in upper and lower case: MariaDB's own collation, and one of ours in PostgreSQL."""
    return String(length).with_variant(String(length, collation=CASELESS), "postgresql")


def utc_now() -> datetime:
    """Now, to the second, as the database stores it."""
    return datetime.now(UTC).replace(microsecond=0)


async def affected(session: AsyncSession, statement: UpdateBase) -> int:
    """Execute an update or a delete; returns how many rows it found."""
    result = await session.execute(statement)
    assert isinstance(result, CursorResult)  # noqa: S101 - for the type checker
    return result.rowcount


def lost_race(error: DBAPIError) -> bool:
    """Whether another transaction came first, by a unique key or in a deadlock: once more, it is known what it did."""
    return _code(error) in _LOST_RACE


def is_away(error: DBAPIError) -> bool:
    """Whether the database is away or overloaded, so that the same may succeed soon."""
    if isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated:
        return True
    return str(_code(error)).startswith(_SOON_OVER)


def _code(error: DBAPIError) -> Any:
    """MariaDB's number or PostgreSQL's SQLSTATE."""
    first = error.orig.args[0] if error.orig and error.orig.args else None
    return first if isinstance(first, int) else getattr(error.orig, "sqlstate", None)


async def prune(session: AsyncSession, key: InstrumentedAttribute[int], *conditions: ColumnElement[bool]) -> None:
    """Delete rows of the key's table that meet all conditions, PRUNE_MOST at most.

    In two statements: PostgreSQL's DELETE takes no LIMIT, and MariaDB's IN no subquery that has one.
    """
    found = (await session.scalars(select(key).where(*conditions).limit(PRUNE_MOST))).all()
    if found:
        await session.execute(delete(key.class_).where(key.in_(found), *conditions))


def make_engine(url: str) -> AsyncEngine:
    """An engine whose connections are checked before use, so that a restart of the server is not an error."""
    kind = {"postgresql": _postgresql, "mysql": _mariadb}[make_url(url).get_backend_name()]
    return kind(url, **_pool(POOL_SIZE))


def _pool(size: int) -> dict[str, Any]:
    return {"pool_size": size, "max_overflow": size, "pool_timeout": CONNECT_SECONDS, "pool_recycle": 280}


def _mariadb(url: str, **options: Any) -> AsyncEngine:
    engine = create_async_engine(
        url,
        # Nothing is left to roll back: SQLAlchemy's connections end their transactions before the pool has them again.
        pool_reset_on_return=None,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "charset": "utf8mb4",
            "init_command": "SET time_zone = '+00:00'",
        },
        **options,
    )
    return _checked(engine)


def _postgresql(url: str, **options: Any) -> AsyncEngine:
    from console.postgresql import connect, replace_nul

    connect_args = {"async_creator_fn": connect, "timeout": CONNECT_SECONDS}
    engine = create_async_engine(url, connect_args=connect_args, pool_pre_ping=True, **options)
    event.listen(engine.sync_engine, "before_cursor_execute", replace_nul, retval=True)
    return engine


def _checked(engine: AsyncEngine) -> AsyncEngine:
    """Ask a connection that has rested whether it is still there.

    As ``pool_pre_ping`` does, but that asks each time: a round trip for nothing.
    """
    pool, dialect = engine.sync_engine, engine.dialect

    @event.listens_for(pool, "connect")
    @event.listens_for(pool, "checkin")
    def note(connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["used"] = time.monotonic()

    @event.listens_for(pool, "checkout")
    def check(connection: Any, record: ConnectionPoolEntry, proxy: PoolProxiedConnection) -> None:
        if time.monotonic() - record.info["used"] < REST_SECONDS:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error  # SQLAlchemy tries once more, with a new connection

    return engine


class Database:
    """Sessions and the reachability check."""

    def __init__(
        self, engine: AsyncEngine, reading: AsyncEngine | None = None, *, connection: AsyncConnection | None = None
    ) -> None:
        """``connection``: do all work inside its transaction, as tests do that roll back what they did."""
        self._engine = engine
        self._reading = reading or engine
        self._connection = connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed at the end, or rolled back by an exception."""
        bind = self._connection or self._engine
        session = AsyncSession(bind, expire_on_commit=False, join_transaction_mode="create_savepoint")
        async with session, session.begin():
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for one statement that only reads: no session, no transaction, one round trip."""
        if self._connection:
            yield self._connection
            return
        async with self._reading.connect() as connection:
            yield connection

    async def ping(self) -> None:
        """One round trip. Raises what the driver raises."""
        async with self._engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self._engine.dispose()
        await self._reading.dispose()


def open_database(url: str) -> Database:
    """The database of a process that serves. Opens no connection yet.

    In MariaDB, single statements that only read have an engine of their own, in which each is its own transaction, so
    that nobody has to say that it ends.
    """
    engine = make_engine(url)
    if engine.dialect.name != "mysql":
        return Database(engine)
    options = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}
    return Database(engine, _mariadb(url, **_pool(READING_POOL_SIZE), **options))
