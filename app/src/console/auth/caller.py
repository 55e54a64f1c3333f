"""Who asks for what, and from where: what services need to know of a request."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.requests import Request

from console.auth.permissions import Role
from console.auth.tokens import Principal

ADDRESS_LENGTH = 45
USER_AGENT_LENGTH = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """``user_id`` is 0 and ``name`` empty for nobody in particular. ``action`` names the route, as ``users.create``."""

    action: str = ""
    request_id: str = ""
    address: str = ""
    user_agent: str = ""
    user_id: int = 0
    name: str = ""
    session: str = ""
    role: Role = Role.VIEWER

    def known_as(self, user_id: int, name: str) -> Caller:
        """The same, now that it is known who it is."""
        return replace(self, user_id=user_id, name=name)


def caller_of(request: Request) -> Caller:
    """Read the caller off a request that has passed the first part of its chain."""
    principal: Principal | None = request.state.principal
    return Caller(
        action=request.scope["route"].action,
        request_id=request.state.request_id,
        address=(request.client.host if request.client else "")[:ADDRESS_LENGTH],
        user_agent=request.headers.get("user-agent", "")[:USER_AGENT_LENGTH],
        user_id=principal.user_id if principal else 0,
        name=principal.name if principal else "",
        session=principal.session if principal else "",
        role=principal.role if principal else Role.VIEWER,
    )
