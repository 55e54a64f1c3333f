"""``/api/deploys``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.auth.guards import Allowed, GuardedRoute, Machine, guarded
from console.auth.permissions import Permission
from console.deploys import examples
from console.deploys.schemas import DeployReport, Verdict
from console.openapi.answers import answers
from console.platform.schemas import Name

router = APIRouter(prefix="/api/deploys", route_class=GuardedRoute)

_Cursor = Annotated[str | None, Query(pattern=r"^[0-9]{13}\.[A-Za-z0-9_.-]{1,128}$")]


@router.get("", response_model=None)
@guarded(Allowed(Permission.DEPLOYS_READ))
@answers(200, examples.DEPLOYS)
async def show(
    request: Request,
    before: _Cursor = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    stack: Annotated[Name | None, Query()] = None,
    verdict: Verdict | None = None,
) -> Response:
    """Show each app with its releases, and the deployments, newest first.

    `before` is the cursor `next` of the page before.
    """
    return JSONResponse(await request.app.state.services.deploys.page(stack, verdict, before, limit))


@router.put("", response_model=None)
@guarded(Machine("reporter"))
@answers(204, body=examples.REPORT)
async def report(request: Request, told: DeployReport) -> Response:
    """Take what the host keeps of deployments and releases."""
    await request.app.state.services.deploys.report(told)
    return Response(status_code=204)
