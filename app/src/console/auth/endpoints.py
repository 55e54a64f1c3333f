"""``/api/auth``."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.auth import limits
from console.auth.guards import Anonymous, GuardedRoute, SignedIn, guarded
from console.auth.schemas import Access, SignIn
from console.auth.service import SESSION_SECONDS
from console.auth.tokens import Principal, Role
from console.errors import ForbiddenError, UnauthorizedError

COOKIE = "console_refresh"
_PATH = "/api/auth"

router = APIRouter(prefix=_PATH, route_class=GuardedRoute)


@router.post("/sign-in", response_model=None)
@guarded(Anonymous(limits.SIGN_IN))
async def sign_in(request: Request, credentials: SignIn) -> Response:
    services = request.app.state.services
    try:
        access, refresh_token = await services.auth.sign_in(credentials.name, credentials.password)
    except UnauthorizedError:
        services.metrics.sign_ins.labels("refused").inc()
        raise
    services.metrics.sign_ins.labels("accepted").inc()
    response = _answer(access)
    response.set_cookie(
        COOKIE,
        refresh_token,
        max_age=SESSION_SECONDS,
        path=_PATH,
        secure=services.settings.public_url.startswith("https:"),
        httponly=True,
        samesite="strict",
    )
    return response


@router.post("/refresh", response_model=None)
@guarded(Anonymous(limits.REFRESH))
async def refresh(request: Request) -> Response:
    services = request.app.state.services
    origin = request.headers.get("origin")
    if origin is not None and origin != services.settings.public_url:
        raise ForbiddenError("This may only be asked for from the console's own pages.", code="wrong-origin")
    token = request.cookies.get(COOKIE)
    if not token:
        raise UnauthorizedError("Sign in first: there is no session.", code="session-ended")
    return _answer(await services.auth.refresh(token))


@router.post("/sign-out", response_model=None)
@guarded(SignedIn(Role.VIEWER))
async def sign_out(request: Request) -> Response:
    principal: Principal = request.state.principal
    await request.app.state.services.auth.sign_out(principal.session)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path=_PATH, httponly=True, samesite="strict")
    return response


@router.get("/me", response_model=None)
@guarded(SignedIn(Role.VIEWER))
async def me(request: Request) -> Response:
    principal: Principal = request.state.principal
    return JSONResponse({"name": principal.name, "role": principal.role.name.lower()})


def _answer(access: Access) -> Response:
    return Response(access.model_dump_json(), media_type="application/json")
