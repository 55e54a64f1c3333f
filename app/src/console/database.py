"""The database: one engine a process, one transaction a request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from sqlalchemy import CursorResult, DateTime, MetaData, UpdateBase, text
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

POOL_SIZE = 5
CONNECT_SECONDS = 3


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
    """An aware datetime, stored as naive UTC (MariaDB's DATETIME has no zone)."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


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
    code = error.orig.args[0] if error.orig and error.orig.args else None
    return code in (1062, 1213)  # MariaDB's ER_DUP_ENTRY, ER_LOCK_DEADLOCK


def make_engine(url: str) -> AsyncEngine:
    """An engine whose connections are checked before use, so that a restart of the server is not an error."""
    return create_async_engine(
        url,
        pool_pre_ping=True,
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
        pool_timeout=CONNECT_SECONDS,
        pool_recycle=280,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "charset": "utf8mb4",
            "init_command": "SET time_zone = '+00:00'",
        },
    )


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
