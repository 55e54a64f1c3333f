"""``/api/jobs``: what the runner can do, what it does, and how to ask for it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.auth.caller import caller_of
from console.auth.confirm import CONFIRM_IDENTITY
from console.auth.guards import Allowed, GuardedRoute, Powerful, guarded
from console.auth.permissions import Permission
from console.jobs import examples
from console.jobs.schemas import IdempotencyKey, NewJob
from console.jobs.service import JobService
from console.jobs.wire import NAME_LENGTH
from console.openapi.answers import answers
from console.responses import Json

router = APIRouter(prefix="/api/jobs", route_class=GuardedRoute)

JobId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
_Word = Annotated[str | None, Query(max_length=NAME_LENGTH)]


def _jobs(request: Request) -> JobService:
    jobs: JobService = request.app.state.services.jobs
    return jobs


@router.get("/definitions", response_model=None)
@guarded(Allowed(Permission.JOBS_READ))
@answers(200, examples.DEFINITIONS)
async def definitions(request: Request) -> Response:
    """List which jobs there are, and whether one's role may run them."""
    return JSONResponse(await _jobs(request).definitions(caller_of(request).role))


@router.get("", response_model=None)
@guarded(Allowed(Permission.JOBS_READ))
@answers(200, examples.PAGE)
async def show(
    request: Request,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    state: _Word = None,
    name: _Word = None,
    user: _Word = None,
) -> Response:
    """List jobs, newest first.

    `before` is the cursor `next` of the page before; `stream.last` is from where the topic `jobs` goes on.
    """
    asked = {"before": before, "state": state, "name": name, "user": user}
    filters = {key: value for key, value in asked.items() if value is not None}
    return Json(await _jobs(request).page(filters, limit))


@router.get("/{job_id}", response_model=None)
@guarded(Allowed(Permission.JOBS_READ))
@answers(200, examples.JOB)
async def show_one(request: Request, job_id: JobId) -> Response:
    """Show a job, with its last lines once it is over."""
    return JSONResponse(await _jobs(request).one(job_id))


@router.post("", response_model=None)
@guarded(Powerful(Permission.JOBS_RUN))
@answers(
    202,
    examples.ASKED,
    also={200: examples.ASKED},
    body=examples.NEW_JOB,
    headers={"Location": "Where it is."},
    refuses={
        403: (CONFIRM_IDENTITY,),
        409: ("idempotency-key-reused", "queue-full"),
        422: ("confirmation-wrong", "unknown-job"),
        503: ("no-definitions",),
    },
)
async def start(request: Request, new: NewJob, idempotency_key: Annotated[IdempotencyKey, Header()]) -> Response:
    """Ask the runner for a job.

    202 for a job that is asked for now; 200 for one that was, with the same key. One whose name has to be typed wants a
    proof of who you are that is not old (403 `confirm-identity`), and so no machine token.
    """
    answer, is_new = await _jobs(request).start(new, idempotency_key, caller_of(request))
    return JSONResponse(answer, 202 if is_new else 200, {"Location": f"/api/jobs/{answer['job']['id']}"})


@router.post("/{job_id}/cancel", response_model=None)
@guarded(Powerful(Permission.JOBS_RUN))
@answers(202, examples.CANCELLING, refuses={409: ("job-finished",)})
async def cancel(request: Request, job_id: JobId) -> Response:
    """Cancel a job; one that no runner has seen yet ends at once."""
    return JSONResponse(await _jobs(request).cancel(job_id, caller_of(request)), 202)
