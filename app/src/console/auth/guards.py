"""The chain that every request passes before its body is read: who (401), how often (429), may they (403).

Every route names its guard with ``@guarded(...)``; a route without one cannot be created.
"""

from __future__ import annotations

import hmac
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from types import MappingProxyType
from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from limits import RateLimitItem
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from console.auth import limits
from console.auth.caller import caller_of
from console.auth.confirm import CONFIRM_IDENTITY
from console.auth.permissions import Permission, Role
from console.auth.tokens import Principal
from console.errors import (
    CODE_REQUIRED,
    ConsoleError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnauthorizedError,
    code_of,
)
from console.openapi.answers import Refusals
from console.openapi.operations import describe

MACHINE_PREFIX = "skerry_"  # so that a token that got into a repository can be searched for

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

_LIMITED: dict[int, tuple[str, ...]] = {429: ("rate-limited",), 503: ("unavailable",)}
_NO_TOKEN = ("token-missing", "token-invalid")


class Guard(ABC):
    """Decides about one kind of caller. ``limit`` None means not counted.

    A 403 is always written to the audit log; ``watched`` says that 401 and 429 are, too, and ``strict`` that what is
    not valid is. ``closed``: while the limit cannot be shared, nobody gets in. ``fresh``: the user must
    have proved lately who they are.

    For the API's description: ``scheme`` is how one shows who one is, ``permission`` what is asked for, ``refuses``
    the codes of what a guard answers itself, by status, or what comes before or behind it for every such caller.
    """

    limit: RateLimitItem | None = None
    watched = False
    strict = False
    closed = False
    fresh = False
    scheme: str | None = None
    permission: Permission | None = None
    refuses: Refusals = MappingProxyType({})

    @abstractmethod
    async def identify(self, request: Request) -> Principal | None:
        """Who asks; None for nobody in particular. Raises UnauthorizedError."""

    async def count(self, principal: Principal | None, request: Request) -> None:
        """Count the request: of a user or a machine over all routes together, of anyone else by address and route.

        Raises RateLimitedError, UnavailableError.
        """
        if self.limit is None:
            return
        if principal is not None:
            caller = [principal.key]
        else:
            address = request.client.host if request.client else ""
            caller = [limits.address_key(address), request.scope["route"].path]
        await request.app.state.services.limiter.hit(self.limit, *caller, closed=self.closed)

    async def authorise(self, principal: Principal | None, request: Request) -> None:
        """Allow everyone who was identified; raises ForbiddenError where a guard asks for more."""
        return


class Open(Guard):
    """Anyone, uncounted: for the probes of the engine, the proxy and Prometheus."""

    async def identify(self, request: Request) -> None:
        return None


class Anonymous(Guard):
    """Anyone, counted by address."""

    refuses = _LIMITED

    def __init__(self, limit: RateLimitItem) -> None:
        self.limit = limit

    async def identify(self, request: Request) -> None:
        return None


class OwnPages(Anonymous):
    """Anyone who comes from the console's own pages, counted by address: for what works by the cookie alone.

    Every browser says where a POST comes from, in Origin, Sec-Fetch-Site or both.
    """

    required = True
    scheme: str | None = "cookie"
    refuses = _LIMITED | {403: ("wrong-origin",)}

    async def authorise(self, principal: Principal | None, request: Request) -> None:
        origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
        ours: str = request.app.state.services.settings.public_url
        unsaid = origin is None and site is None
        if (unsaid and self.required) or origin not in (None, ours) or site not in (None, "same-origin"):
            raise ForbiddenError("This may only be asked for from the console's own pages.", code="wrong-origin")


class Doorway(OwnPages):
    """For the sign-in. Also lets in who says nothing of where they come from, so no browser: no cookie helps here."""

    required = False
    scheme = None
    watched = True
    closed = True


class Allowed(Guard):
    """A user with a valid access token whose session goes on, or a machine token; and its role has the permission."""

    limit = limits.USER
    scheme = "bearer"
    permission: Permission
    refuses = _LIMITED | {401: (*_NO_TOKEN, "token-expired", "token-stale", "signed-out"), 403: ("forbidden",)}

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def identify(self, request: Request) -> Principal:
        services, token = request.app.state.services, bearer_token(request)
        principal: Principal
        if token.startswith(MACHINE_PREFIX):
            principal = await services.machines.identify(token)
            return principal
        principal = services.tokens.verify(token)
        return principal

    async def count(self, principal: Principal | None, request: Request) -> None:
        """A user is asked for their session, too."""
        if principal is None or not principal.session or self.limit is None:
            await super().count(principal, request)
            return
        await request.app.state.services.admission.admit(principal, self.limit)

    async def authorise(self, principal: Principal | None, request: Request) -> None:
        if principal is None or not principal.may(self.permission):
            raise ForbiddenError(f"Your role, or token, does not have the permission {self.permission}.")


class Powerful(Allowed):
    """The same, for what does something to the host: whatever is refused is in the audit log."""

    strict = True


class Fresh(Allowed):
    """The same, for what changes who may do what: within FRESH_SECONDS of a sign-in, or of a proof like one."""

    fresh = True
    refuses = Allowed.refuses | {403: ("forbidden", CONFIRM_IDENTITY)}

    async def authorise(self, principal: Principal | None, request: Request) -> None:
        await super().authorise(principal, request)
        if principal is not None:
            await request.app.state.services.sessions.check_fresh(principal.user_id, principal.session)


class Machine(Guard):
    """A machine, by a token of its own: setting ``<name>_token``. Where that is not set there is no such route: 404."""

    limit = limits.MACHINE
    refuses = _LIMITED | {401: _NO_TOKEN, 404: ("not-found",)}

    def __init__(self, name: str) -> None:
        self.name = self.scheme = name

    async def identify(self, request: Request) -> Principal:
        expected: str | None = getattr(request.app.state.services.settings, f"{self.name}_token")
        if expected is None:
            raise NotFoundError("Not Found")
        if not hmac.compare_digest(bearer_token(request).encode(), expected.encode()):
            raise UnauthorizedError(f"The {self.name} token is not valid.", code="token-invalid")
        return Principal(key=f"machine:{self.name}", name=self.name, role=Role.VIEWER)


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


def action_of(endpoint: Callable[..., Any]) -> str:
    """What an endpoint does, as ``users.create`` for ``create`` in ``console.users.endpoints``."""
    return f"{endpoint.__module__.split('.')[-2:][0]}.{endpoint.__name__.replace('_', '-')}"


class GuardedRoute(APIRoute):
    """A route that passes the chain first. Raises TypeError when its endpoint names no guard."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        guard = getattr(endpoint, "__guard__", None)
        if not isinstance(guard, Guard):
            raise TypeError(f"{path}: {endpoint.__name__} names no guard; add @guarded(...)")
        self.guard = guard
        self.action = action_of(endpoint)
        super().__init__(path, endpoint, **options)
        describe(self)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()
        guard = self.guard

        async def handle(request: Request) -> Response:
            try:
                request.state.principal = None
                await pass_chain(guard, request)
                return await handler(request)
            except (ConsoleError, RequestValidationError, HTTPException) as error:
                refusal = _refusal(error)
                if _is_audited(guard, refusal):
                    await request.app.state.services.audit.refused(caller_of(request), refusal)
                raise

        return handle


def _refusal(error: ConsoleError | RequestValidationError | HTTPException) -> ConsoleError:
    """What FastAPI refuses, as one of our own."""
    if isinstance(error, ConsoleError):
        return error
    if isinstance(error, RequestValidationError):
        return InvalidError("The request is not valid.")
    refusal = ConsoleError(str(error.detail), code=code_of(error.status_code))
    refusal.status = error.status_code
    return refusal


def _is_audited(guard: Guard, error: ConsoleError) -> bool:
    if error.code == CODE_REQUIRED:
        return False
    return (
        error.status == 403
        or error.code == "session-reused"
        or (guard.watched and error.status in (401, 429))
        or (guard.strict and error.status in (400, 409, 413, 422))
    )


async def pass_chain(guard: Guard, request: Request) -> Principal | None:
    """Identify, count, authorise, in this order; returns who asks."""
    principal = await guard.identify(request)
    await guard.count(principal, request)
    request.state.principal = principal
    await guard.authorise(principal, request)
    return principal
