"""``/api/tokens``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.auth.caller import caller_of
from console.auth.guards import Allowed, Fresh, GuardedRoute, guarded
from console.auth.permissions import Permission
from console.machines import examples
from console.machines.schemas import NewToken
from console.machines.service import MachineService
from console.openapi.answers import answers

router = APIRouter(prefix="/api/tokens", route_class=GuardedRoute)


def _machines(request: Request) -> MachineService:
    machines: MachineService = request.app.state.services.machines
    return machines


@router.get("", response_model=None)
@guarded(Allowed(Permission.TOKENS_WRITE))
@answers(200, examples.TOKENS)
async def show(request: Request) -> Response:
    """List machine tokens, without the tokens themselves."""
    return JSONResponse(await _machines(request).all())


@router.post("", response_model=None)
@guarded(Fresh(Permission.TOKENS_WRITE))
@answers(201, examples.MADE, body=examples.NEW_TOKEN, refuses={409: ("name-taken", "too-many")})
async def create(request: Request, new: NewToken) -> Response:
    """Make a machine token, shown this once.

    Asked again, it is 409 `name-taken`: whoever has lost the answer ends that token and makes another.
    """
    return JSONResponse(await _machines(request).create(new, caller_of(request)), 201)


@router.delete("/{token_id}", response_model=None)
@guarded(Allowed(Permission.TOKENS_WRITE))
@answers(204)
async def remove(request: Request, token_id: Annotated[int, Path(ge=1, le=2**63 - 1)]) -> Response:
    """End a machine token; it counts no longer, from the next request on."""
    await _machines(request).remove(token_id, caller_of(request))
    return Response(status_code=204)
