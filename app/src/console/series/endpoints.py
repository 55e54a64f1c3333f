"""``/api/series``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.auth.guards import Allowed, GuardedRoute, guarded
from console.auth.permissions import Permission
from console.openapi.answers import answers
from console.prometheus import CODE
from console.series import examples
from console.series.catalogue import NAMES, Name, Range

router = APIRouter(prefix="/api/series", route_class=GuardedRoute)


@router.get("", response_model=None)
@guarded(Allowed(Permission.METRICS_READ))
@answers(200, examples.SERIES, refuses={503: (CODE,)})
async def show(
    request: Request,
    name: Annotated[list[Name], Query(min_length=1, max_length=len(NAMES))],
    over: Annotated[Range, Query(alias="range")] = "1h",
) -> Response:
    """Show the last hours of some series, each by its `name`, as 120 values of each line, the newest last.

    A value is null where there was none: `route-errors` and `route-latency` have none while nobody asks for anything.
    The lines of the `host-` series are of no stack and service. Ratios are from 0 to 1; `route-latency` is what 99 of
    100 requests take at most.
    """
    return JSONResponse(await request.app.state.services.series.show(name, over))
