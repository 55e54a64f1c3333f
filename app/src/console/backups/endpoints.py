"""``/api/backups``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.auth.guards import Allowed, GuardedRoute, Machine, guarded
from console.auth.permissions import Permission
from console.backups.schemas import RUN, BackupReport

router = APIRouter(prefix="/api/backups", route_class=GuardedRoute)


@router.get("", response_model=None)
@guarded(Allowed(Permission.BACKUPS_READ))
async def show(
    request: Request,
    before: Annotated[str | None, Query(pattern=f"^{RUN}$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """``before`` is the cursor ``next`` of the page before."""
    return JSONResponse(await request.app.state.services.backups.page(before, limit))


@router.put("", response_model=None)
@guarded(Machine("reporter"))
async def report(request: Request, told: BackupReport) -> Response:
    await request.app.state.services.backups.report(told)
    return Response(status_code=204)
