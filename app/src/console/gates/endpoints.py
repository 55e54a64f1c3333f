"""``/api/gates``: what the console's pages ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.auth.caller import caller_of
from console.auth.guards import Allowed, GuardedRoute, guarded
from console.auth.permissions import Permission
from console.gates import examples
from console.gates.schemas import Way
from console.gates.service import GateService
from console.openapi.answers import answers

router = APIRouter(prefix="/api/gates", route_class=GuardedRoute)


def _gates(request: Request) -> GateService:
    gates: GateService = request.app.state.services.gates
    return gates


@router.get("", response_model=None)
@guarded(Allowed(Permission.OWN))
@answers(200, examples.GATES)
async def show(request: Request) -> Response:
    """List the sites that one's role may enter by the console's sign-in."""
    return JSONResponse({"gates": _gates(request).open_to(caller_of(request).role)})


@router.post("/{name}/codes", response_model=None)
@guarded(Allowed(Permission.OWN))
@answers(201, examples.INVITED, body=examples.WAY)
async def enter(request: Request, name: Annotated[str, Path(max_length=64)], way: Way) -> Response:
    """Get the address by which one's browser enters a site, once and within 30 s.

    `state` is what the site's door has given to the browser, and `to` the path that it asked for.
    """
    url = await _gates(request).invite(name, way.state, way.to, caller_of(request))
    return JSONResponse({"url": url}, 201)
