"""Schemathesis over the whole description: whatever is sent, by whomever, is answered as it says, and never with 5xx.

Each operation gets its boundary values and then made-up requests, right ones and wrong ones, in the transaction of its
own test. Always the same ones: what fails once fails again.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import anyio.from_thread
import anyio.to_thread
import pytest
import requests
import schemathesis
from argon2 import PasswordHasher
from fastapi import FastAPI
from httpx import AsyncClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy, one_of
from limits import RateLimitItem
from schemathesis import Case, CheckContext, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from alerts import alert, told
from console.alerts.schemas import Notification
from console.api import Services, make_app
from console.auth.admission import Admission
from console.auth.permissions import Role
from console.auth.tokens import Principal
from console.jobs.live import LiveJobs
from console.jobs.presence import Presence
from console.lifecycle import Lifecycle
from console.openapi.document import document
from runner import BACKUP, RESTORE
from support import ALERTS_TOKEN, OURS, PUBLIC_URL, REPORTER_TOKEN, Connect, begin, sign_in
from test_jobs import asked
from test_machines import make as make_token
from test_openapi import DESCRIBED
from test_users import make as make_user
from test_users import own_id

pytestmark = pytest.mark.anyio

# Of an operation, so that all of them take about a minute on a slow machine.
BOUNDARIES = 60
REQUESTS = {"entitled": 8, "viewer": 3, "nobody": 2}  # made-up ones
BOTH = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
MACHINES = {"reporter": REPORTER_TOKEN, "alerts": ALERTS_TOKEN}
# Credentials come from the test; they are what test_chain.py is about.
CONFIG = SchemathesisConfig.from_dict(
    {"generation": {"with-security-parameters": False}, "phases": {"coverage": {"unexpected-methods": []}}}
)

APP: FastAPI = make_app(cast(Services, None), Lifecycle())
SPEC = schemathesis.openapi.from_dict(document(APP), config=CONFIG)


def problem_code_conformance(ctx: CheckContext, response: schemathesis.Response, case: Case[Any]) -> None:
    """The code of a problem is one that the operation names."""
    said = case.operation.definition.raw["responses"].get(str(response.status_code))
    if said is not None and "problem+json" in (response.headers.get("content-type") or [""])[0]:
        code, named = response.json()["code"], said["description"]
        assert code in re.findall(r"`([a-z0-9-]+)`", named), f"code {code} is not among those described, {named}"


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    problem_code_conformance,
]


@pytest.fixture
def patient(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousandfold limits, which a run does not come to: who is counted, and where, stays. And cheap passwords."""
    hit, admit = services.limiter.hit, services.admission.admit

    def raised(item: RateLimitItem) -> RateLimitItem:
        return type(item)(item.amount * 1000, item.multiples)

    async def count(item: RateLimitItem, *identifiers: str, closed: bool = False) -> None:
        await hit(raised(item), *identifiers, closed=closed)

    async def let_in(self: Admission, principal: Principal, item: RateLimitItem) -> None:
        await admit(principal, raised(item))

    monkeypatch.setattr(services.limiter, "hit", count)
    monkeypatch.setattr(Admission, "admit", let_in)
    monkeypatch.setattr("console.auth.attempts.FREE", 100_000)
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("console.auth.passwords._hasher", hasher)
    monkeypatch.setattr("console.auth.passwords._NOBODY", hasher.hash("nobody has this password"))


async def one_each(path: str, admin: AsyncClient, services: Services) -> dict[str, Any]:
    """Values for the path by name that lead to something."""
    redis, prefix = services.redis, services.settings.redis_prefix
    await LiveJobs(redis, prefix).define([BACKUP, RESTORE])
    await Presence(redis, prefix).arrive("sid", "vps")
    found: dict[str, Any] = {}
    if "{user_id}" in path:
        found["user_id"] = (await make_user(admin))["id"]
    if "{token_id}" in path:
        found["token_id"] = (await make_token(admin))["id"]
    if "{job_id}" in path:
        found["job_id"] = (await asked(admin))["id"]
    if "{session_id}" in path:
        found["session_id"] = (await admin.get("/api/sessions")).json()["sessions"][0]["id"]
    if "{alert_id}" in path:
        await services.alerts.take(Notification.model_validate(told(alert())))
        found["alert_id"] = (await admin.get("/api/alerts")).json()["alerts"][0]["id"]
    return found


def to_bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


class Sender:
    """Sends what was made up as one kind of caller, from another thread, and checks what comes back."""

    def __init__(self, client: AsyncClient, services: Services, scheme: str, admin_id: int) -> None:
        self.client, self.services, self.scheme, self.admin_id = client, services, scheme, admin_id

    def send(self, caller: str, case: Case[Any]) -> None:
        made = requests.Request(**case.as_transport_kwargs(base_url=PUBLIC_URL)).prepare()
        headers = dict(made.headers) | OURS | anyio.from_thread.run(self._credentials, caller)
        encoded = [(name.encode(), to_bytes(value)) for name, value in headers.items()]  # httpx itself takes ASCII only
        ask = partial(self.client.request, made.method or "", made.url or "", content=made.body, headers=encoded)
        case.validate_response(anyio.from_thread.run(ask), checks=CHECKS)

    async def _credentials(self, caller: str) -> dict[str, str]:
        """A fresh session each time, so that a request that ends it does not end the run."""
        if caller == "nobody":
            return {}
        if caller == "viewer":
            token = self.services.tokens.issue(4711, "viewer", Role.VIEWER, uuid.uuid4().hex)
        else:
            token = MACHINES.get(self.scheme) or await begin(self.services, self.admin_id)
        return {"authorization": f"Bearer {token}"}


@pytest.mark.prometheus
@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("endpoint", DESCRIBED)
async def test_what_is_answered_is_what_it_says(
    services: Services, connect: Connect, admin: AsyncClient, endpoint: str
) -> None:
    """If this failed, a request could make the console fail, or be answered in a way that no program expects."""
    method, path = endpoint.split(" ")
    operation = SPEC[path][method]
    scheme = next((name for way in operation.definition.raw["security"] for name in way), "")
    client = connect()
    if scheme == "cookie":
        await sign_in(client)
    takes = bool(operation.body) or any(operation.iter_parameters())
    cases = [operation.as_strategy(mode) for mode in (BOTH if takes else BOTH[:1])]
    if there := await one_each(path, admin, services):
        cases.append(operation.as_strategy(path_parameters=there))
    sender = Sender(client, services, scheme, await own_id(admin))
    await anyio.to_thread.run_sync(_fuzz, operation, one_of(cases), sender.send)


def _fuzz(operation: Any, cases: SearchStrategy[Case[Any]], send: Callable[[str, Case[Any]], None]) -> None:
    generation = CONFIG.projects.default.generation
    boundaries = [*SPEC.iter_coverage_cases(operation, generation_modes=BOTH, generation_config=generation)]
    for case in boundaries[:: -(-len(boundaries) // BOUNDARIES) or 1]:  # spread over all of them
        send("entitled", case)
    for caller, most in REQUESTS.items():
        _made_up(cases, most, partial(send, caller))


def _made_up(cases: SearchStrategy[Case[Any]], most: int, send: Callable[[Case[Any]], None]) -> None:
    @settings(
        max_examples=most,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def run(case: Case[Any]) -> None:
        send(case)

    run()
