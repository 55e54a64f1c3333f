"""The database, MariaDB (or MySQL) or PostgreSQL: one engine a process, one transaction a request.

What PostgreSQL wants otherwise than MariaDB stands here and in ``console.postgresql``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, DateTime, MetaData, String, UpdateBase, delete, event, select, text
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.types import TypeDecorator

CASELESS = "caseless"  # PostgreSQL's collation of names, which migration 0001 makes
POOL_SIZE = 5
CONNECT_SECONDS = 3
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
    return kind(
        url,
        pool_pre_ping=True,
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
        pool_timeout=CONNECT_SECONDS,
        pool_recycle=280,
    )


def _mariadb(url: str, **options: Any) -> AsyncEngine:
    return create_async_engine(
        url,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "charset": "utf8mb4",
            "init_command": "SET time_zone = '+00:00'",
        },
        **options,
    )


def _postgresql(url: str, **options: Any) -> AsyncEngine:
    from console.postgresql import connect, replace_nul

    connect_args = {"async_creator_fn": connect, "timeout": CONNECT_SECONDS}
    engine = create_async_engine(url, connect_args=connect_args, **options)
    event.listen(engine.sync_engine, "before_cursor_execute", replace_nul, retval=True)
    return engine


class Database:
    """Sessions and the reachability check."""

    def __init__(self, engine: AsyncEngine, connection: AsyncConnection | None = None) -> None:
        """``connection``: do all work inside its transaction, as tests do that roll back what they did."""
        self._engine = engine
        self._bind = connection or engine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed at the end, or rolled back by an exception."""
        session = AsyncSession(self._bind, expire_on_commit=False, join_transaction_mode="create_savepoint")
        async with session, session.begin():
            yield session

    async def ping(self) -> None:
        """One round trip. Raises what the driver raises."""
        async with self._engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self._engine.dispose()
