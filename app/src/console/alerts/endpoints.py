"""``/api/alerts``: Alertmanager's webhook, and what people see of it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.alerts import examples
from console.alerts.models import NAME_LENGTH, SEVERITY_LENGTH
from console.alerts.schemas import Acknowledgement, Notification
from console.alerts.service import AlertService
from console.auth.caller import caller_of
from console.auth.guards import Allowed, GuardedRoute, Machine, guarded
from console.auth.permissions import Permission
from console.openapi.answers import answers
from console.responses import Json

router = APIRouter(prefix="/api/alerts", route_class=GuardedRoute)


def _alerts(request: Request) -> AlertService:
    alerts: AlertService = request.app.state.services.alerts
    return alerts


@router.post("", response_model=None)
@guarded(Machine("alerts"))
@answers(204, body=examples.NOTIFICATION)
async def take(request: Request, notification: Notification) -> Response:
    """Take what Alertmanager's webhook tells; told twice is told once."""
    await _alerts(request).take(notification)
    return Response(status_code=204)


@router.get("", response_model=None)
@guarded(Allowed(Permission.ALERTS_READ))
@answers(200, examples.PAGE)
async def show(
    request: Request,
    after: Annotated[str | None, Query(pattern=r"^(firing|resolved)\.[0-9]{1,18}$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    status: Literal["firing", "resolved"] | None = None,
    severity: Annotated[str | None, Query(max_length=SEVERITY_LENGTH)] = None,
    name: Annotated[str | None, Query(max_length=NAME_LENGTH)] = None,
    acknowledged: bool | None = None,
) -> Response:
    """List alerts: those that fire, then those that are over, newest first.

    `after` is the cursor `next` of the page before.
    """
    asked = {"status": status, "severity": severity, "name": name, "acknowledged": acknowledged}
    filters = {key: value for key, value in asked.items() if value is not None}
    return Json(await _alerts(request).page(filters, after, limit))


@router.post("/{alert_id}/acknowledge", response_model=None)
@guarded(Allowed(Permission.ALERTS_ACKNOWLEDGE))
@answers(200, examples.ALERT, body=examples.ACKNOWLEDGEMENT, refuses={409: ("alert-resolved",)})
async def acknowledge(
    request: Request, alert_id: Annotated[int, Path(ge=1, le=2**63 - 1)], said: Acknowledgement
) -> Response:
    """Say that one looks after an alert."""
    return JSONResponse(await _alerts(request).acknowledge(alert_id, said.note, caller_of(request)))
