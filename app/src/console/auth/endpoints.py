"""``/api/auth``."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.auth import examples, limits
from console.auth.caller import caller_of
from console.auth.guards import Allowed, Doorway, GuardedRoute, OwnPages, guarded
from console.auth.permissions import Permission
from console.auth.schemas import Proof, SignIn, profile
from console.auth.tokens import Principal
from console.errors import UnauthorizedError
from console.openapi.answers import answers
from console.sessions.cookie import COOKIE, forget, keep

router = APIRouter(prefix="/api/auth", route_class=GuardedRoute)


@router.post("/sign-in", response_model=None)
@guarded(Doorway(limits.SIGN_IN))
@answers(
    200,
    examples.ACCESS,
    body=examples.SIGN_IN,
    headers={"Set-Cookie": "The refresh token."},
    refuses={401: ("wrong-credentials", "code-required", "wrong-code")},
)
async def sign_in(request: Request, credentials: SignIn) -> Response:
    """Sign in, with a code where there is a second factor: 401 `code-required` asks for it."""
    services = request.app.state.services
    try:
        grant = await services.auth.sign_in(credentials, caller_of(request))
    except UnauthorizedError:
        services.metrics.sign_ins.labels("refused").inc()
        raise
    services.metrics.sign_ins.labels("accepted").inc()
    return keep(grant, services.settings)


@router.post("/refresh", response_model=None)
@guarded(OwnPages(limits.REFRESH))
@answers(200, examples.ACCESS, refuses={401: ("session-ended", "session-reused")})
async def refresh(request: Request) -> Response:
    """Get a fresh access token for the refresh token in the cookie, which is replaced."""
    services = request.app.state.services
    token = request.cookies.get(COOKIE)
    if not token:
        raise UnauthorizedError("Sign in first: there is no session.", code="session-ended")
    return keep(await services.sessions.refresh(token, caller_of(request)), services.settings)


@router.post("/confirm", response_model=None)
@guarded(Allowed(Permission.OWN))
@answers(204, body=examples.PROOF, refuses={403: ("wrong-password", "code-required", "wrong-code")})
async def confirm(request: Request, proof: Proof) -> Response:
    """Prove once more that it is you, in this session: what answered 403 `confirm-identity` is possible again.

    With a code where there is a second factor: 403 `code-required` asks for it.
    """
    await request.app.state.services.auth.confirm(proof, caller_of(request))
    return Response(status_code=204)


@router.post("/sign-out", response_model=None)
@guarded(Allowed(Permission.OWN))
@answers(204)
async def sign_out(request: Request) -> Response:
    """End this session."""
    await request.app.state.services.sessions.sign_out(caller_of(request))
    return forget()


@router.get("/me", response_model=None)
@guarded(Allowed(Permission.OWN))
@answers(200, examples.ME)
async def me(request: Request) -> Response:
    """Show who is signed in, and what they may do."""
    principal: Principal = request.state.principal
    return JSONResponse(profile(principal.name, principal.role).model_dump())
