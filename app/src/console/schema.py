"""Whether there is anything to migrate, asked without loading what migrations need (a second of CPU at every start)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from console.database import CONNECT_SECONDS, Database, make_engine
from console.settings import MigrateSettings
from console.users.repository import UserRepository

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def head() -> str:
    """The newest revision: files are called ``r<revision>_<words>.py``, and revisions count up."""
    return max(file.stem.removeprefix("r").partition("_")[0] for file in VERSIONS.glob("r*.py"))


async def is_current(settings: MigrateSettings) -> bool:
    """True when schema and an admin are there; False also when the database cannot say."""
    engine = make_engine(settings.database_url)
    try:
        async with asyncio.timeout(CONNECT_SECONDS), Database(engine).transaction() as session:
            version = await session.scalar(text("SELECT version_num FROM alembic_version"))
            return version == head() and await UserRepository(session).has_admin()
    except (SQLAlchemyError, OSError):
        return False
    finally:
        await engine.dispose()
