"""Gives tokens to programs, and recognises them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.exc import DBAPIError

from console.audit.service import AuditService
from console.auth.caller import Caller
from console.auth.guards import MACHINE_PREFIX
from console.auth.permissions import Permission, Role
from console.auth.tokens import Principal
from console.database import Database, lost_race, utc_now
from console.errors import ConflictError, NotFoundError, UnauthorizedError
from console.machines.models import MachineToken
from console.machines.repository import MachineRepository
from console.machines.schemas import NewToken

MOST = 100
NOTED_EVERY = timedelta(hours=1)  # when it was used


class MachineService:
    """A token is shown once, when it is made; kept is its hash, which is enough: there is nothing to guess in it."""

    def __init__(self, database: Database, audit: AuditService) -> None:
        self._database = database
        self._audit = audit

    async def identify(self, token: str) -> Principal:
        """Who shows it. Raises UnauthorizedError: ``token-invalid``."""
        now = utc_now()
        async with self._database.transaction() as session:
            machines = MachineRepository(session)
            row = await machines.by_hash(_digest(token), now)
            if row is None:
                raise UnauthorizedError("The token is not valid, or has expired.", code="token-invalid")
            if row["last_used_at"] is None or row["last_used_at"] < now - NOTED_EVERY:
                await machines.note_use(row["id"], now, now - NOTED_EVERY)
        return Principal(
            key=f"token:{row['id']}",
            name=f"token:{row['name']}",
            role=Role.of(row["role"]),
            user_id=-row["id"],  # no user has such a number
            scopes=frozenset(Permission(scope) for scope in row["scopes"].split()),
        )

    async def all(self) -> dict[str, Any]:
        """The tokens, as people get to see them."""
        async with self._database.transaction() as session:
            return {"tokens": [_shown(row) for row in await MachineRepository(session).all()]}

    async def create(self, new: NewToken, caller: Caller) -> dict[str, Any]:
        """The token, this once with ``token`` itself. Raises ConflictError: ``name-taken``, ``too-many``."""
        token, now = MACHINE_PREFIX + secrets.token_urlsafe(32), utc_now()
        made = MachineToken(
            name=new.name,
            token_hash=_digest(token),
            role=new.role,
            scopes=" ".join(new.permissions()),
            created_at=now,
            created_by=caller.name,
            expires_at=now + timedelta(days=new.days),
        )
        try:
            async with self._database.transaction() as session:
                machines = MachineRepository(session)
                if await machines.count() >= MOST:
                    raise ConflictError(f"There are {MOST} tokens already.", code="too-many")
                await machines.add(made)
                detail = f"role {new.role}, {made.scopes}, {new.days} days"
                await self._audit.done(session, caller, target=f"token:{made.id} {new.name}", detail=detail)
        except DBAPIError as error:
            if lost_race(error):
                raise ConflictError("There is a token of this name already.", code="name-taken") from error
            raise
        columns = {column.name: getattr(made, column.name) for column in MachineToken.__table__.columns}
        return _shown(columns) | {"token": token}

    async def remove(self, token_id: int, caller: Caller) -> None:
        """It counts no longer, from the next request on. Raises NotFoundError."""
        async with self._database.transaction() as session:
            machines = MachineRepository(session)
            name = await machines.name_of(token_id)
            if name is None or not await machines.remove(token_id):
                raise NotFoundError("There is no such token.")
            await self._audit.done(session, caller, target=f"token:{token_id} {name}")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _shown(row: Mapping[str, Any] | RowMapping) -> dict[str, Any]:
    times = {name: row[name] and row[name].isoformat() for name in ("created_at", "expires_at", "last_used_at")}
    same = {name: row[name] for name in ("id", "name", "role", "created_by")}
    return same | {"scopes": row["scopes"].split()} | times
