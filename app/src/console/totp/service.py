"""Sets up the second factor, asks for it, removes it."""

from __future__ import annotations

import logging
from typing import Any

from nacl.exceptions import CryptoError
from sqlalchemy.ext.asyncio import AsyncSession

from console.audit.service import AuditService
from console.auth.caller import Caller
from console.auth.confirm import OwnPassword
from console.database import Database
from console.errors import ConflictError, ForbiddenError, NotFoundError, UnauthorizedError
from console.totp.codes import Vault, new_recovery_codes, new_secret, otpauth, step_of
from console.totp.models import Totp
from console.totp.repository import TotpRepository
from console.users.models import User

log = logging.getLogger(__name__)


class TotpService:
    """A code is good once: its time step is taken together with what it was given for."""

    def __init__(self, database: Database, audit: AuditService, own: OwnPassword, vault: Vault) -> None:
        self._database = database
        self._audit = audit
        self._own = own
        self._vault = vault

    async def state(self, caller: Caller) -> dict[str, Any]:
        """Whether the caller has a second factor, and how many recovery codes are left."""
        async with self._database.transaction() as session:
            totp = TotpRepository(session)
            found, left = await totp.of(caller.user_id), await totp.recovery_codes_left(caller.user_id)
        return {"enabled": bool(found and found.confirmed_at), "recovery_codes_left": left}

    async def enrol(self, password: str, caller: Caller) -> dict[str, str]:
        """A new secret, shown this once. Raises ForbiddenError: ``wrong-password``, ConflictError: ``totp-enabled``."""
        await self._own.confirm(password, caller)
        secret = new_secret()
        async with self._database.transaction() as session:
            totp = TotpRepository(session)
            found = await totp.of(caller.user_id)
            if found and found.confirmed_at:
                raise ConflictError("There is a second factor already: disable it first.", code="totp-enabled")
            await totp.put(caller.user_id, self._vault.seal(secret, caller.user_id))
            await self._audit.done(session, caller)
        return {"secret": secret, "uri": otpauth(secret, caller.name)}

    async def confirm(self, code: str, caller: Caller) -> dict[str, list[str]]:
        """From now on it is asked for; returns the recovery codes, shown this once.

        Raises ConflictError: ``totp-not-enrolled``, ``totp-enabled``; ForbiddenError: ``wrong-code``.
        """
        async with self._database.transaction() as session:
            totp = TotpRepository(session)
            found = await totp.of(caller.user_id)
            if found is None or found.confirmed_at:
                enabled = found is not None
                raise ConflictError(
                    "There is a second factor already." if enabled else "Enrol a second factor first.",
                    code="totp-enabled" if enabled else "totp-not-enrolled",
                )
            step = self._step(found, code)
            if step is None or not await totp.use_step(caller.user_id, step):
                raise ForbiddenError("The code is wrong. Is the clock of your device right?", code="wrong-code")
            await totp.confirm(caller.user_id)
            await self._audit.done(session, caller)
            return {"recovery_codes": await self._new_codes(totp, caller.user_id)}

    async def renew_recovery_codes(self, password: str, caller: Caller) -> dict[str, list[str]]:
        """New ones; the old ones count no longer. Raises ForbiddenError, ConflictError: ``totp-not-enabled``."""
        await self._own.confirm(password, caller)
        async with self._database.transaction() as session:
            totp = TotpRepository(session)
            found = await totp.of(caller.user_id)
            if found is None or not found.confirmed_at:
                raise ConflictError("There is no second factor.", code="totp-not-enabled")
            await self._audit.done(session, caller)
            return {"recovery_codes": await self._new_codes(totp, caller.user_id)}

    async def disable(self, password: str, caller: Caller) -> None:
        """Remove the caller's own. Raises ForbiddenError: ``wrong-password``; ConflictError: ``totp-not-enabled``."""
        await self._own.confirm(password, caller)
        async with self._database.transaction() as session:
            if not await TotpRepository(session).remove(caller.user_id):
                raise ConflictError("There is no second factor.", code="totp-not-enabled")
            await self._audit.done(session, caller)

    async def remove(self, user_id: int, caller: Caller) -> None:
        """Remove somebody's, who has lost device and recovery codes. Raises NotFoundError."""
        async with self._database.transaction() as session:
            if not await TotpRepository(session).remove(user_id):
                raise NotFoundError("This user has no second factor.")
            await self._audit.done(session, caller, target=f"user:{user_id}")

    async def pass_second_step(self, session: AsyncSession, user: User, code: str | None) -> None:
        """Take the code of a user who has a second factor, in the transaction of the sign-in.

        Raises UnauthorizedError: ``code-required``, ``wrong-code``.
        """
        totp, user_id = TotpRepository(session), user.id
        found = await totp.of(user_id)
        if found is None or not found.confirmed_at:
            return
        if code is None:
            raise UnauthorizedError("Give the code of your second factor, too.", code="code-required")
        plain = code.replace(" ", "")
        if len(plain) == 6 and plain.isdecimal():
            step = self._step(found, plain)
            accepted = step is not None and await totp.use_step(user_id, step)
        else:
            accepted = await totp.use_recovery_code(user_id, self._vault.hash(code, user_id))
        if not accepted:
            raise UnauthorizedError("The code is wrong, or was used before.", code="wrong-code", about=user.name)

    def _step(self, found: Totp, code: str) -> int | None:
        """The time step of a code; None also where the secret cannot be read, as after a change of SECRET_KEY."""
        try:
            return step_of(self._vault.open(found.secret, found.user_id), code)
        except (CryptoError, ValueError):
            log.error("the second factor of user %d cannot be read: was SECRET_KEY changed?", found.user_id)
            return None

    async def _new_codes(self, totp: TotpRepository, user_id: int) -> list[str]:
        codes = new_recovery_codes()
        await totp.put_recovery_codes(user_id, [self._vault.hash(code, user_id) for code in codes])
        return codes
