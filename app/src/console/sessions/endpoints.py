"""``/api/sessions``: where the caller is signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.auth.caller import caller_of
from console.auth.guards import Allowed, GuardedRoute, guarded
from console.auth.permissions import Permission
from console.openapi.answers import answers
from console.sessions import examples
from console.sessions.cookie import forget

router = APIRouter(prefix="/api/sessions", route_class=GuardedRoute)


@router.get("", response_model=None)
@guarded(Allowed(Permission.OWN))
@answers(200, examples.SESSIONS)
async def show(request: Request) -> Response:
    """List where one is signed in, newest first."""
    return JSONResponse({"sessions": await request.app.state.services.sessions.list_own(caller_of(request))})


@router.delete("/{session_id}", response_model=None)
@guarded(Allowed(Permission.OWN))
@answers(204)
async def end(request: Request, session_id: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]) -> Response:
    """End one of one's own sessions."""
    caller = caller_of(request)
    await request.app.state.services.sessions.end_own(session_id, caller)
    return forget() if session_id == caller.session else Response(status_code=204)


@router.delete("", response_model=None)
@guarded(Allowed(Permission.OWN))
@answers(204)
async def end_all(request: Request) -> Response:
    """Sign out everywhere, here too."""
    await request.app.state.services.sessions.end_all_own(caller_of(request))
    return forget()
