"""``/api/certificates``."""

from __future__ import annotations

import time

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.auth.guards import Allowed, GuardedRoute, guarded
from console.auth.permissions import Permission
from console.certificates import examples
from console.openapi.answers import answers
from console.prometheus import CODE

router = APIRouter(prefix="/api/certificates", route_class=GuardedRoute)


@router.get("", response_model=None)
@guarded(Allowed(Permission.METRICS_READ))
@answers(200, examples.CERTIFICATES, refuses={503: (CODE,)})
async def show(request: Request) -> Response:
    """Show until when the certificate of each public domain is good, the one that ends first at the top.

    `state` is `good`, `soon` (less than 21 days), `very-soon` (less than 7), or `unknown`: none was seen, as where a
    route does not answer. They are the bounds of the alerts.
    """
    return JSONResponse({"certificates": await request.app.state.services.certificates.show(time.time())})
