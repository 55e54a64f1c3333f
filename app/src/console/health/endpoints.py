"""Probes: ``/api/health`` (and ``/health``, for the image's own check), ``/api/ready``, ``/metrics``."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.auth.guards import GuardedRoute, Open, guarded
from console.openapi.answers import answers

router = APIRouter(route_class=GuardedRoute)


@router.get("/api/health", response_model=None)
@router.get("/health", response_model=None)
@guarded(Open())
@answers(200, {"status": "ok"})
async def health() -> Response:
    """Say that the process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/api/ready", response_model=None)
@guarded(Open())
@answers(200, {"status": "ready"}, also={503: {"status": "unavailable", "missing": ["database"]}})
async def ready(request: Request) -> Response:
    """Say whether what it needs answers, too, and what is missing."""
    status, body = await request.app.state.services.readiness.report()
    return JSONResponse(body, status)


@router.get("/metrics", response_model=None)
@guarded(Open())
async def metrics(request: Request) -> Response:
    """What Prometheus scrapes."""
    response: Response = request.app.state.services.metrics.response()
    return response
