"""Who enters which site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from redis.asyncio import Redis

from console.audit.service import AuditService
from console.auth.caller import Caller
from console.auth.permissions import Role
from console.auth.revocations import signed_out
from console.database import Database, utc_now
from console.errors import ForbiddenError, NotFoundError
from console.gates.assertions import Assertions
from console.gates.gate import ENTER, Gate
from console.gates.passes import Code, Codes, Passes, hashed
from console.sessions.repository import SessionRepository
from console.settings import ApiSettings


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who stands at a door, with a pass that counts."""

    user_id: int
    name: str
    role: Role


class GateService:
    """The gates by name, the codes and the passes for them."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        gates: Mapping[str, Gate],
        codes: Codes,
        passes: Passes,
        assertions: Assertions,
    ) -> None:
        self._database = database
        self._audit = audit
        self._gates = gates
        self._codes = codes
        self._passes = passes
        self._assertions = assertions

    def open_to(self, role: Role) -> list[dict[str, str]]:
        """The sites that the role may enter."""
        return [{"name": gate.name, "url": gate.url} for gate in self._gates.values() if role >= gate.role]

    async def invite(self, name: str, state: str, to: str, caller: Caller) -> str:
        """The address at which the caller's browser enters. Raises NotFoundError, ForbiddenError."""
        gate = self._gates.get(name)
        if gate is None:
            raise NotFoundError("There is no such gate.")
        _admit(gate, caller.role)
        async with self._database.transaction() as session:
            found = await SessionRepository(session).live_user(caller.user_id, caller.session, utc_now())
            if found is None:
                raise signed_out()
            await self._audit.done(session, caller, target=f"gate:{name}")
        seconds = int((found["expires_at"] - utc_now()).total_seconds())
        code = await self._codes.make(Code(name, caller.user_id, caller.session, seconds, hashed(state), to))
        return f"{gate.url}{ENTER}?{urlencode({'code': code})}"

    def at(self, host: str) -> Gate:
        """The gate of a host. Raises NotFoundError: whoever asks is not sent to an address that nobody named."""
        for gate in self._gates.values():
            if gate.host == host.lower():
                return gate
        raise NotFoundError("There is no such gate.")

    async def enter(self, gate: Gate, code: str, state: str) -> tuple[str, Code]:
        """A pass for a code. Raises ForbiddenError for one that does not count here, once and in this browser."""
        taken = await self._codes.take(code, gate, state)
        if taken is None:
            raise ForbiddenError(f"This way in has been used, or was for another browser. Open {gate.url}/ again.")
        return self._passes.issue(gate, taken), taken

    async def visitor(self, gate: Gate, token: str) -> Visitor | None:
        """Who has this pass, as they are now; None where it does not count. Raises ForbiddenError.

        The database is asked each time: whoever signs out, is disabled or loses a role is out with the next request.
        """
        read = self._passes.read(gate, token)
        if read is None:
            return None
        async with self._database.transaction() as session:
            found = await SessionRepository(session).live_user(*read, utc_now())
        if found is None:
            return None
        visitor = Visitor(read[0], found["name"], Role.of(found["role"]))
        _admit(gate, visitor.role)
        return visitor

    def assertion(self, gate: Gate, visitor: Visitor) -> str:
        """What the site is told."""
        return self._assertions.sign(gate, visitor.user_id, visitor.name, visitor.role)


def make_gates(database: Database, audit: AuditService, redis: Redis, settings: ApiSettings) -> GateService:
    """The gates of the settings."""
    codes, passes = Codes(redis, settings.redis_prefix), Passes(settings.secret_key)
    assertions = Assertions(settings.secret_key, settings.public_url)
    return GateService(database, audit, settings.gates, codes, passes, assertions)


def _admit(gate: Gate, role: Role) -> None:
    if role < gate.role:
        raise ForbiddenError(f"{gate.name} is for the role {gate.role.label} and above.")
