"""How the console connects to PostgreSQL. Loaded only where that is the database: asyncpg takes memory."""

from __future__ import annotations

from typing import Any

import asyncpg


async def connect(**options: Any) -> asyncpg.Connection[asyncpg.Record]:
    """A connection. ``sslmode`` in a URL is what asyncpg calls ``ssl``.

    Raises asyncpg.InterfaceError for every reason not to get one: SQLAlchemy passes others on as they are, so that
    a server that is away would look like a fault of the console.
    """
    if "sslmode" in options:
        options["ssl"] = options.pop("sslmode")
    try:
        return await asyncpg.connect(**options)
    except (OSError, asyncpg.PostgresError) as error:
        raise asyncpg.InterfaceError(f"{type(error).__name__}: {error}") from error


def replace_nul(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> Any:
    """U+FFFD instead of NUL, which MariaDB's text has and PostgreSQL's has not: it comes from outside, and is no fault.

    An event handler of SQLAlchemy's, ``before_cursor_execute``.
    """
    return statement, _clean(parameters)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    # A row, or rows, by what SQLAlchemy is about to do.
    return type(value)(map(_clean, value)) if isinstance(value, tuple | list) else value
