"""``/api/audit``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field
from starlette.requests import Request
from starlette.responses import Response

from console.audit import examples
from console.auth.guards import Allowed, GuardedRoute, guarded
from console.auth.permissions import Permission
from console.openapi.answers import answers
from console.responses import Json

router = APIRouter(prefix="/api/audit", route_class=GuardedRoute)

_Word = Annotated[str | None, Query(max_length=64)]
# Far from the ends of what can be told in another zone.
_Time = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))]


@router.get("", response_model=None)
@guarded(Allowed(Permission.AUDIT_READ))
@answers(200, examples.PAGE)
async def show(
    request: Request,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    action: _Word = None,
    user: _Word = None,
    outcome: Literal["done", "refused"] | None = None,
    since: _Time | None = None,
    until: _Time | None = None,
) -> Response:
    """List who changed what, and who was refused, newest first.

    `before` is the cursor `next` of the page before; `since` and `until` are times with a zone.
    """
    asked: dict[str, int | str | datetime | None] = {
        "before": before,
        "action": action,
        "user": user,
        "outcome": outcome,
        "since": since,
        "until": until,
    }
    filters = {name: value for name, value in asked.items() if value is not None}
    return Json(await request.app.state.services.audit.page(filters, limit))
