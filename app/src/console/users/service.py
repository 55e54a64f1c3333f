"""Makes, changes and removes users. A change of what somebody may do takes effect at once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from console.audit.service import AuditService
from console.auth.caller import Caller
from console.auth.confirm import OwnPassword
from console.auth.passwords import Passwords
from console.auth.permissions import Role
from console.auth.revocations import Revocations
from console.database import Database, utc_now
from console.errors import ConflictError, NotFoundError
from console.sessions.repository import SessionRepository
from console.users.models import User
from console.users.repository import UserRepository
from console.users.schemas import NewUser, PasswordChange, UserChange


class UserService:
    """There is always an admin who can sign in; whatever would leave none is refused."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        passwords: Passwords,
        own: OwnPassword,
        revocations: Revocations,
    ) -> None:
        self._database = database
        self._audit = audit
        self._passwords = passwords
        self._own = own
        self._revocations = revocations

    async def page(self, after: int, most: int) -> dict[str, Any]:
        """Users by id, and the cursor of the next page or None."""
        async with self._database.transaction() as session:
            rows = await UserRepository(session).page(after, most + 1)
        following = str(rows[most - 1]["id"]) if len(rows) > most else None
        return {"users": [shown(row) for row in rows[:most]], "next": following}

    async def create(self, new: NewUser, caller: Caller) -> dict[str, Any]:
        """The new user. Raises ConflictError: ``name-taken``."""
        user = User(name=new.name, role=new.role, password_hash=await self._passwords.hash(new.password))
        try:
            async with self._database.transaction() as session:
                users = UserRepository(session)
                await users.add(user)
                await self._audit.done(session, caller, target=_target(user), detail=f"role {user.role}")
                row = await users.row(user.id)
        except IntegrityError as error:
            raise ConflictError("There is a user of this name already.", code="name-taken") from error
        return shown(row)

    async def update(self, user_id: int, change: UserChange, caller: Caller) -> dict[str, Any]:
        """The user as changed. Raises NotFoundError, ConflictError: ``last-admin``."""
        ended: list[str] = []
        async with self._database.transaction() as session:
            user, admins = await self._locked(session, user_id)
            role = change.role or user.role
            disabled = (user.disabled_at is not None) if change.disabled is None else change.disabled
            if disabled or role != Role.ADMIN.label:
                _keep_an_admin(admins, user_id)
            detail = _changes(user, role, disabled=disabled)
            less = role != user.role or disabled
            if disabled != (user.disabled_at is not None):
                user.disabled_at = utc_now() if disabled else None
            user.role = role
            if less:
                user.token_version += 1
            if disabled:
                ended = await SessionRepository(session).remove_all(user_id)
            await self._audit.done(session, caller, target=_target(user), detail=detail)
            row = await UserRepository(session).row(user_id)
        await self._revocations.end(user_id, ended)
        if less:
            await self._revocations.outdate(user_id, user.token_version)
        return shown(row)

    async def reset_password(self, user_id: int, password: str, caller: Caller) -> None:
        """Set somebody's password; they are signed out everywhere. Raises NotFoundError."""
        password_hash = await self._passwords.hash(password)
        async with self._database.transaction() as session:
            user, _ = await self._locked(session, user_id)
            user.password_hash = password_hash
            ended = await SessionRepository(session).remove_all(user_id)
            await self._audit.done(session, caller, target=_target(user))
        await self._revocations.end(user_id, ended)

    async def change_password(self, change: PasswordChange, caller: Caller) -> None:
        """Change one's own; every other session of one's own ends. Raises ForbiddenError: ``wrong-password``."""
        await self._own.confirm(change.current, caller)
        password_hash = await self._passwords.hash(change.new)
        async with self._database.transaction() as session:
            user, _ = await self._locked(session, caller.user_id)
            user.password_hash = password_hash
            ended = await SessionRepository(session).remove_all(caller.user_id, but=caller.session)
            await self._audit.done(session, caller)
        await self._revocations.end(caller.user_id, ended)

    async def remove(self, user_id: int, caller: Caller) -> None:
        """Remove somebody and all their sessions. Raises NotFoundError, ConflictError: ``last-admin``."""
        async with self._database.transaction() as session:
            user, admins = await self._locked(session, user_id)
            _keep_an_admin(admins, user_id)
            ended = await SessionRepository(session).remove_all(user_id)
            await UserRepository(session).remove(user_id)
            await self._audit.done(session, caller, target=_target(user))
        await self._revocations.end(user_id, ended)
        await self._revocations.outdate(user_id, user.token_version + 1)

    @staticmethod
    async def _locked(session: AsyncSession, user_id: int) -> tuple[User, set[int]]:
        """The user and who the admins are, in this order of locks everywhere: admins, user, sessions."""
        users = UserRepository(session)
        admins = await users.lock_admins()
        user = await users.lock(user_id)
        if user is None:
            raise NotFoundError("There is no such user.")
        return user, admins


def _keep_an_admin(admins: set[int], user_id: int) -> None:
    if admins == {user_id}:
        raise ConflictError("This is the last admin: make another one first.", code="last-admin")


def _target(user: User) -> str:
    return f"user:{user.id} {user.name}"


def _changes(user: User, role: str, *, disabled: bool) -> str:
    """What an update will change, in words."""
    changes = [f"role {user.role} to {role}"] if role != user.role else []
    if disabled != (user.disabled_at is not None):
        changes.append("disabled" if disabled else "enabled")
    return ", ".join(changes) or "nothing"


def shown(row: RowMapping) -> dict[str, Any]:
    """A user as the API shows them."""
    signed_in = row["last_sign_in_at"]
    return {
        "id": row["id"],
        "name": row["name"],
        "role": row["role"],
        "disabled": row["disabled_at"] is not None,
        "second_factor": bool(row["second_factor"]),
        "created_at": row["created_at"].isoformat(),
        "last_sign_in_at": signed_in.isoformat() if signed_in else None,
    }
