"""``/gate``: what the proxy asks before each request to a gate's site. It is not routed from outside.

Traefik's forward-auth says what is asked for in X-Forwarded-Host and X-Forwarded-Uri. 2xx lets the request pass, with
the assertion; any other answer goes to the browser as it is.
"""

from __future__ import annotations

import secrets
from urllib.parse import parse_qs, quote, urlsplit

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.auth import limits
from console.auth.guards import Anonymous, GuardedRoute, guarded
from console.errors import UnauthorizedError
from console.gates.assertions import HEADER
from console.gates.gate import ENTER, Gate
from console.gates.schemas import Way
from console.gates.service import GateService

# A browser takes a name with __Host- from this very host only, over TLS (RFC 6265bis, 4.1.3.2).
PASS = "__Host-skerry-pass"  # noqa: S105 - a name
STATE = "__Host-skerry-state"
STATE_SECONDS = 600  # as long as signing in may take

router = APIRouter(route_class=GuardedRoute)


@router.get("/gate", response_model=None)
@guarded(Anonymous(limits.GATE))
async def door(request: Request) -> Response:
    """Let pass who has a pass, change a code into one, and send others to the console."""
    gates: GateService = request.app.state.services.gates
    gate = gates.at(request.headers.get("x-forwarded-host", ""))
    asked = urlsplit(request.headers.get("x-forwarded-uri", "/"))
    if asked.path == ENTER:
        return await _enter(gates, gate, request, "".join(parse_qs(asked.query).get("code", [])))
    visitor = await gates.visitor(gate, request.cookies.get(PASS, ""))
    if visitor is not None:
        return Response(status_code=204, headers={HEADER: gates.assertion(gate, visitor)})
    if not _is_visit(request):
        raise UnauthorizedError(f"Sign in first: open {gate.url}/ in a browser.", code="signed-out")
    to = asked.path + (f"?{asked.query}" if asked.query else "")
    return _to_console(request.app.state.services.settings.public_url, gate, to)


async def _enter(gates: GateService, gate: Gate, request: Request, code: str) -> Response:
    token, taken = await gates.enter(gate, code, request.cookies.get(STATE, ""))
    response = RedirectResponse(f"{gate.url}{taken.to}", 303, {"Referrer-Policy": "no-referrer"})
    _set(response, PASS, token, taken.seconds)
    response.delete_cookie(STATE, secure=True, httponly=True)
    return response


def _to_console(console: str, gate: Gate, to: str) -> Response:
    """The state ties the code to this browser: with somebody else's nobody is led into that one's session."""
    state = secrets.token_urlsafe(32)
    way = to if _is_way(state, to) else "/"
    response = RedirectResponse(f"{console}/#/gate/{quote(gate.name)}/{state}/{quote(way, safe='')}", 302)
    _set(response, STATE, state, STATE_SECONDS)
    return response


def _set(response: Response, name: str, value: str, seconds: int) -> None:
    # Lax: the way from the console is one from another site to the browser where their domains differ.
    response.set_cookie(name, value, max_age=seconds, secure=True, httponly=True, samesite="lax")


def _is_visit(request: Request) -> bool:
    """Whether somebody opens a page, rather than a script asking for something."""
    if request.headers.get("x-forwarded-method", "GET") not in ("GET", "HEAD"):
        return False
    mode = request.headers.get("sec-fetch-mode")
    return mode == "navigate" if mode else "text/html" in request.headers.get("accept", "")


def _is_way(state: str, to: str) -> bool:
    try:
        Way(state=state, to=to)
    except ValueError:
        return False
    return True
