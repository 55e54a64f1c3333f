"""The chain that every request passes before its body is read: who (401), how often (429), may they (403).

Every route names its guard with ``@guarded(...)``; a route without one cannot be created.
"""

from __future__ import annotations

import hmac
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fastapi.routing import APIRoute
from limits import RateLimitItem
from starlette.requests import Request
from starlette.responses import Response

from console.auth import limits
from console.auth.tokens import Principal, Role
from console.errors import ForbiddenError, UnauthorizedError

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class Guard(ABC):
    """Decides about one kind of caller. ``limit`` None means not counted."""

    limit: RateLimitItem | None = None

    @abstractmethod
    async def identify(self, request: Request) -> Principal | None:
        """Who asks; None for nobody in particular. Raises UnauthorizedError."""

    def authorise(self, principal: Principal | None) -> None:
        """Allow everyone who was identified; raises ForbiddenError where a guard asks for more."""
        return


class Open(Guard):
    """Anyone, uncounted: for the probes of the engine, the proxy and Prometheus."""

    async def identify(self, request: Request) -> None:
        return None


class Anonymous(Guard):
    """Anyone, counted by address."""

    def __init__(self, limit: RateLimitItem) -> None:
        self.limit = limit

    async def identify(self, request: Request) -> None:
        return None


class SignedIn(Guard):
    """A user with a valid access token whose session was not signed out, and at least this role."""

    limit = limits.USER

    def __init__(self, role: Role) -> None:
        self.role = role

    async def identify(self, request: Request) -> Principal:
        services = request.app.state.services
        principal: Principal = services.tokens.verify(bearer_token(request))
        if await services.auth.is_revoked(principal.session):
            raise UnauthorizedError("This session was signed out.", code="signed-out")
        return principal

    def authorise(self, principal: Principal | None) -> None:
        if principal is None or principal.role < self.role:
            raise ForbiddenError(f"This needs the role {self.role.name.lower()}.")


class Reporter(Guard):
    """The machine that reports the platform's services, by its own token."""

    limit = limits.MACHINE

    async def identify(self, request: Request) -> Principal:
        expected: str = request.app.state.services.settings.reporter_token
        if not hmac.compare_digest(bearer_token(request).encode(), expected.encode()):
            raise UnauthorizedError("The reporter token is not valid.", code="token-invalid")
        return Principal(key="machine:reporter", name="reporter", role=Role.VIEWER)


def bearer_token(request: Request) -> str:
    """The token of the Authorization header. Raises UnauthorizedError."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthorizedError("Sign in first: this needs an access token.", code="token-missing")
    return token.strip()


def guarded(guard: Guard) -> Callable[[Endpoint], Endpoint]:
    """Name the guard of an endpoint; goes below the route decorator."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.__guard__ = guard  # type: ignore[attr-defined]
        return endpoint

    return mark


class GuardedRoute(APIRoute):
    """A route that passes the chain first. Raises TypeError when its endpoint names no guard."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        guard = getattr(endpoint, "__guard__", None)
        if not isinstance(guard, Guard):
            raise TypeError(f"{path}: {endpoint.__name__} names no guard; add @guarded(...)")
        self.guard = guard
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()
        guard = self.guard

        async def handle(request: Request) -> Response:
            request.state.principal = await pass_chain(guard, request)
            return await handler(request)

        return handle


async def pass_chain(guard: Guard, request: Request) -> Principal | None:
    """Identify, count, authorise, in this order; returns who asks.

    A user or a machine is counted over all routes together; anonymous callers by address and route.
    """
    principal = await guard.identify(request)
    if guard.limit is not None:
        if principal is not None:
            caller = [principal.key]
        else:
            address = request.client.host if request.client else ""
            caller = [limits.address_key(address), request.scope["route"].path]
        await request.app.state.services.limiter.hit(guard.limit, *caller)
    guard.authorise(principal)
    return principal
