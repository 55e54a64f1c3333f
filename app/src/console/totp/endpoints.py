"""``/api/auth/totp``: one's own second factor; an admin can remove somebody else's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.auth.caller import caller_of
from console.auth.guards import Allowed, Fresh, GuardedRoute, guarded
from console.auth.permissions import Permission
from console.auth.schemas import Password
from console.openapi.answers import answers
from console.totp import examples
from console.totp.service import TotpService
from console.users.endpoints import UserId

router = APIRouter(route_class=GuardedRoute)


class WithPassword(BaseModel):
    """That it is really the user who asks."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    password: Password


class WithCode(BaseModel):
    """The code that the authenticator app shows."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


def _totp(request: Request) -> TotpService:
    totp: TotpService = request.app.state.services.totp
    return totp


@router.get("/api/auth/totp", response_model=None)
@guarded(Allowed(Permission.OWN))
@answers(200, examples.STATE)
async def show(request: Request) -> Response:
    """Show whether one has a second factor, and how many recovery codes are left."""
    return JSONResponse(await _totp(request).state(caller_of(request)))


@router.post("/api/auth/totp", response_model=None)
@guarded(Allowed(Permission.OWN))
@answers(200, examples.ENROLLED, body=examples.PASSWORD, refuses={403: ("wrong-password",), 409: ("totp-enabled",)})
async def enrol(request: Request, body: WithPassword) -> Response:
    """Begin to set up a second factor: its secret, shown this once. It counts once it is confirmed."""
    return JSONResponse(await _totp(request).enrol(body.password, caller_of(request)))


@router.post("/api/auth/totp/confirm", response_model=None)
@guarded(Allowed(Permission.OWN))
@answers(
    200,
    examples.RECOVERY_CODES,
    body=examples.CODE,
    refuses={403: ("wrong-code",), 409: ("totp-not-enrolled", "totp-enabled")},
)
async def confirm(request: Request, body: WithCode) -> Response:
    """Confirm the second factor with its first code: the recovery codes, shown this once."""
    return JSONResponse(await _totp(request).confirm(body.code, caller_of(request)))


@router.post("/api/auth/totp/recovery-codes", response_model=None)
@guarded(Fresh(Permission.OWN))
@answers(
    200, examples.RECOVERY_CODES, body=examples.PASSWORD, refuses={403: ("wrong-password",), 409: ("totp-not-enabled",)}
)
async def recovery_codes(request: Request, body: WithPassword) -> Response:
    """Make new recovery codes, shown this once; the old ones count no longer."""
    return JSONResponse(await _totp(request).renew_recovery_codes(body.password, caller_of(request)))


@router.post("/api/auth/totp/disable", response_model=None)
@guarded(Fresh(Permission.OWN))
@answers(204, body=examples.PASSWORD, refuses={403: ("wrong-password",), 409: ("totp-not-enabled",)})
async def disable(request: Request, body: WithPassword) -> Response:
    """Remove one's own second factor."""
    await _totp(request).disable(body.password, caller_of(request))
    return Response(status_code=204)


@router.delete("/api/users/{user_id}/totp", response_model=None)
@guarded(Fresh(Permission.USERS_WRITE))
@answers(204)
async def remove(request: Request, user_id: UserId) -> Response:
    """Remove somebody's second factor, who has lost the device and the recovery codes."""
    await _totp(request).remove(user_id, caller_of(request))
    return Response(status_code=204)
