"""The cookie that holds the refresh token: out of reach of scripts and of other sites."""

from __future__ import annotations

from starlette.responses import Response

from console.sessions.service import Grant
from console.settings import ApiSettings

COOKIE = "console_refresh"
_PATH = "/api/auth"


def keep(grant: Grant, settings: ApiSettings) -> Response:
    """Answer with the access token, and set the cookie, where there is a new one, for as long as the session lasts."""
    response = Response(grant.access.model_dump_json(), media_type="application/json")
    if grant.refresh_token:
        response.set_cookie(
            COOKIE,
            grant.refresh_token,
            max_age=grant.seconds,
            path=_PATH,
            secure=settings.public_url.startswith("https:"),
            httponly=True,
            samesite="strict",
        )
    return response


def forget() -> Response:
    """Answer with nothing, and remove the cookie."""
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path=_PATH, httponly=True, samesite="strict")
    return response
