"""``/api/backups``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.auth.guards import Allowed, GuardedRoute, Machine, guarded
from console.auth.permissions import Permission
from console.backups import examples
from console.backups.schemas import RUN, BackupReport
from console.openapi.answers import answers

router = APIRouter(prefix="/api/backups", route_class=GuardedRoute)


@router.get("", response_model=None)
@guarded(Allowed(Permission.BACKUPS_READ))
@answers(200, examples.BACKUPS)
async def show(
    request: Request,
    before: Annotated[str | None, Query(pattern=f"^{RUN}$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Show backups, newest first, and restore drills.

    `before` is the cursor `next` of the page before.
    """
    return JSONResponse(await request.app.state.services.backups.page(before, limit))


@router.put("", response_model=None)
@guarded(Machine("reporter"))
@answers(204, body=examples.REPORT)
async def report(request: Request, told: BackupReport) -> Response:
    """Take what the host keeps of backups and drills."""
    await request.app.state.services.backups.report(told)
    return Response(status_code=204)
