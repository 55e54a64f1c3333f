"""``/api/users``, and one's own password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.auth.caller import caller_of
from console.auth.guards import Allowed, Fresh, GuardedRoute, guarded
from console.auth.permissions import Permission
from console.openapi.answers import answers
from console.users import examples
from console.users.schemas import NewUser, PasswordChange, PasswordReset, UserChange
from console.users.service import UserService

router = APIRouter(route_class=GuardedRoute)

UserId = Annotated[int, Path(ge=1, le=2**63 - 1)]


def _users(request: Request) -> UserService:
    users: UserService = request.app.state.services.users
    return users


@router.get("/api/users", response_model=None)
@guarded(Allowed(Permission.USERS_READ))
@answers(200, examples.PAGE)
async def show(
    request: Request,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Response:
    """List users by id; `after` is the cursor `next` of the page before."""
    return JSONResponse(await _users(request).page(after, limit))


@router.post("/api/users", response_model=None)
@guarded(Fresh(Permission.USERS_WRITE))
@answers(
    201,
    examples.USER,
    body=examples.NEW_USER,
    headers={"Location": "Where it is."},
    refuses={409: ("name-taken",)},
)
async def create(request: Request, new: NewUser) -> Response:
    """Make a user. Asked again, it is 409 `name-taken`: nobody is made twice."""
    user = await _users(request).create(new, caller_of(request))
    return JSONResponse(user, 201, {"Location": f"/api/users/{user['id']}"})


@router.patch("/api/users/{user_id}", response_model=None)
@guarded(Fresh(Permission.USERS_WRITE))
@answers(200, examples.USER, body=examples.CHANGE, refuses={409: ("last-admin",)})
async def update(request: Request, user_id: UserId, change: UserChange) -> Response:
    """Change somebody's role, disable or enable them; it counts at once."""
    return JSONResponse(await _users(request).update(user_id, change, caller_of(request)))


@router.put("/api/users/{user_id}/password", response_model=None)
@guarded(Fresh(Permission.USERS_WRITE))
@answers(204, body=examples.PASSWORD_RESET)
async def reset_password(request: Request, user_id: UserId, reset: PasswordReset) -> Response:
    """Set somebody's password, and sign them out everywhere."""
    await _users(request).reset_password(user_id, reset.password, caller_of(request))
    return Response(status_code=204)


@router.delete("/api/users/{user_id}", response_model=None)
@guarded(Fresh(Permission.USERS_WRITE))
@answers(204, refuses={409: ("last-admin",)})
async def remove(request: Request, user_id: UserId) -> Response:
    """Remove a user and all their sessions."""
    await _users(request).remove(user_id, caller_of(request))
    return Response(status_code=204)


@router.put("/api/auth/password", response_model=None)
@guarded(Allowed(Permission.OWN))
@answers(204, body=examples.PASSWORD_CHANGE, refuses={403: ("wrong-password",), 404: ("not-found",)})
async def change_password(request: Request, change: PasswordChange) -> Response:
    """Change one's own password, and end one's other sessions."""
    await _users(request).change_password(change, caller_of(request))
    return Response(status_code=204)
