"""``/api/openapi.json``."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.auth.guards import Allowed, GuardedRoute, guarded
from console.auth.permissions import Permission
from console.openapi.answers import answers
from console.openapi.document import document

router = APIRouter(route_class=GuardedRoute)

_EXAMPLE = {
    "openapi": "3.1.0",
    "info": {"title": "Skerry console", "description": "What the console's pages use …", "version": "0.1.0"},
    "paths": {},
    "components": {"schemas": {}, "responses": {}, "headers": {}, "securitySchemes": {}},
}


@router.get("/api/openapi.json", response_model=None)
@guarded(Allowed(Permission.OWN))
@answers(200, _EXAMPLE)
async def show(request: Request) -> Response:
    """Show this description of the API."""
    return JSONResponse(document(request.app))
