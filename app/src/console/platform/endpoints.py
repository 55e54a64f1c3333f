"""``/api/platform``."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.auth.guards import Allowed, GuardedRoute, Machine, guarded
from console.auth.permissions import Permission
from console.openapi.answers import answers
from console.platform import examples
from console.platform.schemas import Snapshot

router = APIRouter(prefix="/api/platform", route_class=GuardedRoute)


@router.get("/services", response_model=None)
@guarded(Allowed(Permission.SERVICES_READ))
@answers(200, examples.SERVICES)
async def services(request: Request) -> Response:
    """Show the services as the host last reported them, `age` seconds ago; null where it never did."""
    return JSONResponse(await request.app.state.services.platform.current())


@router.put("/services", response_model=None)
@guarded(Machine("reporter"))
@answers(204, body=examples.SNAPSHOT)
async def report_services(request: Request, snapshot: Snapshot) -> Response:
    """Take the newest snapshot of the services, from the host."""
    await request.app.state.services.platform.report(snapshot)
    return Response(status_code=204)
