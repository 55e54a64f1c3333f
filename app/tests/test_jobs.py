"""Jobs over the API: who may ask for what, what is refused, and what is written before anybody is asked to run it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from httpx import AsyncClient, Response

from console.api import Services
from console.auth.permissions import Role
from console.events import RUNNER
from console.jobs import wire
from console.jobs.keeper import REQUEST_SECONDS
from console.jobs.live import LiveJobs
from console.jobs.presence import Presence
from console.jobs.service import QUEUE
from runner import BACKUP, RESTORE, line, state, task
from support import AsRole
from test_audit import entries

pytestmark = [pytest.mark.anyio, pytest.mark.database]


class Told:
    """An emitter that keeps what the runner is asked for."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []

    async def emit(self, event: str, data: Any, *, room: str, namespace: str = "/") -> None:
        assert (room, namespace) == (RUNNER, RUNNER)
        self.heard.append((event, data))


@pytest.fixture
def told(services: Services) -> Told:
    services.jobs._emitter = services.keeper._emitter = made = Told()
    return made


@pytest.fixture
async def live(services: Services) -> LiveJobs:
    """What realtime does for a runner that has said hello."""
    made = LiveJobs(services.redis, services.settings.redis_prefix)
    await made.define([BACKUP, RESTORE])
    return made


@pytest.fixture
def presence(services: Services) -> Presence:
    return Presence(services.redis, services.settings.redis_prefix)


@pytest.fixture
async def operator(as_role: AsRole) -> AsyncClient:
    return as_role(Role.OPERATOR)


async def ask(client: AsyncClient, key: str = "", **changes: Any) -> Response:
    body = {"name": "run-backup", "parameters": {"app": "console"}, "why": "before the upgrade"} | changes
    return await client.post("/api/jobs", json=body, headers={"idempotency-key": key or uuid.uuid4().hex})


async def asked(client: AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await ask(client, **changes)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()["job"]
    return job


async def shown(client: AsyncClient, job: str) -> dict[str, Any]:
    answer = await client.get(f"/api/jobs/{job}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_what_is_asked_for_reaches_the_runner(
    operator: AsyncClient, admin: AsyncClient, live: LiveJobs, presence: Presence, told: Told
) -> None:
    """If this failed, a job would be started by nobody, as somebody else, or without a trace."""
    await presence.arrive("sid", "vps")
    answer = await ask(operator)
    job = answer.json()["job"]
    assert (answer.status_code, answer.json()["notice"]) == (202, None)
    assert answer.headers["location"] == f"/api/jobs/{job['id']}"
    start = {
        "job": job["id"],
        "name": "run-backup",
        "parameters": {"app": "console"},
        "by": {"user": "operator", "role": "operator"},
        "why": "before the upgrade",
        "confirmation": None,
    }
    assert told.heard == [("start", start)]
    assert await live.outstanding() == [("start", start)]
    found = await shown(operator, job["id"])
    assert found.items() >= job.items()
    assert (job["state"], job["by"], job["last"]) == ("requested", {"user": "operator", "role": "operator"}, 0)
    [row] = await entries(admin, action="jobs.start")
    assert (row["user_name"], row["outcome"], row["target"]) == ("operator", "done", f"job:{job['id']} run-backup")
    assert row["detail"] == 'before the upgrade {"app": "console"}'


async def test_the_audit_row_comes_first(
    operator: AsyncClient, live: LiveJobs, told: Told, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, a job could run that nobody can be asked about."""

    async def fails(*_: object, **__: object) -> None:
        raise RuntimeError("no row")

    monkeypatch.setattr(type(services.audit), "done", fails)
    assert (await ask(operator)).status_code == 500
    assert (told.heard, await live.outstanding()) == ([], [])
    assert (await operator.get("/api/jobs")).json()["jobs"] == []


async def test_without_a_runner_a_job_waits(operator: AsyncClient, live: LiveJobs, told: Told) -> None:
    """If this failed, people would not know why nothing happens."""
    answer = await ask(operator)
    assert answer.status_code == 202
    assert answer.json()["notice"].startswith("The runner is not connected.")
    listed = (await operator.get("/api/jobs")).json()
    assert listed["runner"] == {"connected": False, "reachable": False, "host": None, "seen_at": None}


async def test_before_any_runner_there_are_no_jobs(operator: AsyncClient, viewer: AsyncClient) -> None:
    """If this failed, a fresh console would answer with a fault."""
    answer = await ask(operator)
    assert (answer.status_code, answer.json()["code"]) == (503, "no-definitions")
    assert (await viewer.get("/api/jobs/definitions")).json()["definitions"] == []


async def test_who_may_run_what(viewer: AsyncClient, operator: AsyncClient, admin: AsyncClient, live: LiveJobs) -> None:
    """If this failed, a button would be shown that is refused, or a role could do what the host does not let it."""
    for client, allowed in ((viewer, [False, False]), (operator, [True, False]), (admin, [True, True])):
        definitions = (await client.get("/api/jobs/definitions")).json()["definitions"]
        assert [(one["name"], one["allowed"]) for one in definitions] == list(
            zip(("run-backup", "restore-backup"), allowed, strict=True)
        )
    restore = {"name": "restore-backup", "confirmation": "restore-backup"}
    assert (await ask(viewer)).json()["code"] == "forbidden"
    assert (await ask(operator, **restore)).json()["code"] == "forbidden"
    assert (await ask(admin, **restore)).status_code == 202
    refused = [(row["user_name"], row["code"]) for row in await entries(admin, action="jobs.start", outcome="refused")]
    assert refused == [("operator", "forbidden"), ("viewer", "forbidden")]


@pytest.mark.parametrize(
    ("changes", "code", "fields"),
    [
        ({"name": "rm-rf"}, "unknown-job", []),
        ({"name": "../../bin/sh"}, "unknown-job", []),
        ({"parameters": {"app": "a; reboot"}}, "invalid", ["parameters.app"]),
        ({"parameters": {"app": "$(id)"}}, "invalid", ["parameters.app"]),
        ({"parameters": {"app": "../etc"}}, "invalid", ["parameters.app"]),
        ({"parameters": {"app": "console\n"}}, "invalid", ["parameters.app"]),
        ({"parameters": {"app": "{{ x }}"}}, "invalid", ["parameters.app"]),
        ({"parameters": {"app": 7}}, "invalid", ["parameters.app"]),
        ({"parameters": {"keep": "7"}}, "invalid", ["parameters.keep"]),
        ({"parameters": {"keep": True}}, "invalid", ["body.parameters.keep.int", "body.parameters.keep.str"]),
        ({"parameters": {"keep": 91, "to": "moon"}}, "invalid", ["parameters.keep", "parameters.to"]),
        ({"parameters": {"keep": 0}}, "invalid", ["parameters.keep"]),
        ({"parameters": {"playbook": "site.yml"}}, "invalid", ["parameters.playbook"]),
        ({"why": "because {% x %}"}, "invalid", ["why"]),
        ({"why": "x" * 501}, "invalid", ["body.why"]),
        ({"playbook": "site.yml"}, "invalid", ["body.playbook"]),
        ({"name": "restore-backup", "confirmation": None}, "confirmation-wrong", ["confirmation"]),
        ({"name": "restore-backup", "confirmation": "yes"}, "confirmation-wrong", ["confirmation"]),
        ({"name": "restore-backup", "parameters": {}}, "invalid", ["parameters.app"]),
    ],
)
async def test_what_is_refused_runs_nowhere_and_is_written_down(
    admin: AsyncClient, live: LiveJobs, told: Told, changes: dict[str, Any], code: str, fields: list[str]
) -> None:
    """If this failed, the edge would pass on what the host must not be given, or nobody would hear of the attempt."""
    answer = await ask(admin, **changes)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert [error["field"] for error in answer.json().get("errors", [])] == fields
    assert (told.heard, await live.outstanding()) == ([], [])
    [row] = await entries(admin, action="jobs.start", outcome="refused")
    assert (row["user_name"], row["code"]) == ("admin", code)


async def test_half_a_character_is_no_name(operator: AsyncClient, live: LiveJobs) -> None:
    """If this failed, the refusal could not be written as UTF-8, and would be answered as a fault of the console."""
    body = rb'{"name": "run-backup", "parameters": {"\ud800": 1}}'
    headers = {"content-type": "application/json", "idempotency-key": uuid.uuid4().hex}
    answer = await operator.post("/api/jobs", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_a_megabyte_is_refused(operator: AsyncClient, admin: AsyncClient, live: LiveJobs) -> None:
    """If this failed, a single request could fill the log, or its refusal would go unnoticed."""
    assert (await ask(operator, parameters={"app": "a" * 2**20})).status_code == 413
    [row] = await entries(admin, action="jobs.start", outcome="refused")
    assert (row["user_name"], row["code"]) == ("operator", "too-large")


async def test_the_same_key_is_the_same_job(operator: AsyncClient, admin: AsyncClient, live: LiveJobs) -> None:
    """If this failed, a click that is sent twice would deploy twice."""
    key = uuid.uuid4().hex
    first, again = await ask(operator, key), await ask(operator, key)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["job"] == again.json()["job"]
    other = await ask(operator, key, why="something else")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-key-reused")
    assert (await ask(admin, key)).status_code == 202  # keys are each user's own
    missing = await operator.post("/api/jobs", json={"name": "run-backup"})
    assert (missing.status_code, missing.json()["code"]) == (422, "invalid")
    assert len((await operator.get("/api/jobs")).json()["jobs"]) == 2


async def test_a_queue_has_an_end(operator: AsyncClient, live: LiveJobs) -> None:
    """If this failed, whoever holds a token could pile up work for days."""
    for _ in range(QUEUE):
        await asked(operator)
    full = await ask(operator)
    assert (full.status_code, full.json()["code"]) == (409, "queue-full")


async def test_what_the_runner_tells_is_what_is_shown(
    operator: AsyncClient, live: LiveJobs, services: Services
) -> None:
    """If this failed, the list would say that a job waits which is over, or its output would go with Redis."""
    job = await asked(operator)
    events = wire.events([state(1, "queued"), state(2, "running"), task(3), line(4), line(5, "ok: ✓ \ud83d")])
    assert await live.take(job["id"], {}, events, gap=False) == 6
    [listed] = (await operator.get("/api/jobs")).json()["jobs"]
    assert (listed["state"], listed["lines"], listed["task"], listed["last"]) == ("running", 2, "Do it", 5)
    assert await live.outstanding() == []
    await live.take(job["id"], {}, [state(6, "failed", reason="no space")], gap=False)
    found = await shown(operator, job["id"])
    assert (found["state"], found["detail"]) == ("failed", {"reason": "no space"})
    assert found["started_at"] <= found["finished_at"]
    assert found["stream"] == {"topic": f"job:{job['id']}", "oldest": 1, "last": 6}
    assert found["output"] == {"lines": ["line 4", "ok: ✓ ?"], "cut": False}


async def test_jobs_that_nobody_asked_for_here(viewer: AsyncClient, live: LiveJobs) -> None:
    """If this failed, what a timer on the host runs would not be seen."""
    about = {"name": "run-restore-drill", "parameters": {}, "user": "timer", "role": "", "why": "weekly"}
    for number in range(5):
        await live.take(f"{number:032x}", about, [state(1, "running"), state(2, "succeeded")], gap=False)
    names: list[str] = []
    before: dict[str, str] = {}
    while True:
        page = (await viewer.get("/api/jobs", params={"limit": 2, **before})).json()
        names += [job["id"][-1] for job in page["jobs"]]
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert sorted(names) == list("01234")
    assert len((await viewer.get("/api/jobs", params={"user": "timer", "state": "succeeded"})).json()["jobs"]) == 5
    assert (await viewer.get("/api/jobs", params={"name": "run-backup"})).json()["jobs"] == []
    assert (await viewer.get(f"/api/jobs/{9:032x}")).status_code == 404


async def test_the_list_and_its_topic_fit_together(operator: AsyncClient, live: LiveJobs, services: Services) -> None:
    """If this failed, a page could miss what happened between its list and its subscription."""
    job = await asked(operator)
    page = (await operator.get("/api/jobs")).json()
    assert page["stream"]["topic"] == "jobs"
    await live.take(job["id"], {}, [state(1, "running"), line(2)], gap=False)
    await live.take(job["id"], {}, [line(3)], gap=False)
    news = await services.jobs._store.read("jobs", page["stream"]["last"])
    [change] = news.events
    assert (change["kind"], change["job"]["id"], change["job"]["state"]) == ("job", job["id"], "running")
    assert change["job"] == (await operator.get("/api/jobs")).json()["jobs"][0] | {
        "lines": 1,
        "last": 2,
        "revision": change["job"]["revision"],
    }


async def test_cancel(
    operator: AsyncClient, admin: AsyncClient, live: LiveJobs, presence: Presence, told: Told
) -> None:
    """If this failed, a job that goes wrong could not be stopped, or by somebody who may not."""
    await presence.arrive("sid", "vps")
    job = await asked(operator)
    await live.take(job["id"], {}, [state(1, "running")], gap=False)
    for _ in range(2):
        answer = await operator.post(f"/api/jobs/{job['id']}/cancel")
        assert (answer.status_code, answer.json()["notice"]) == (202, None)
    cancel = ("cancel", {"job": job["id"], "by": {"user": "operator"}})
    assert told.heard[-1] == cancel
    assert await live.outstanding() == [cancel]
    assert (await shown(operator, job["id"]))["cancel_asked"] is True
    await live.take(job["id"], {}, [state(2, "cancelled")], gap=False)
    assert await live.outstanding() == []
    late = await operator.post(f"/api/jobs/{job['id']}/cancel")
    assert (late.status_code, late.json()["code"]) == (409, "job-finished")
    assert (await operator.post(f"/api/jobs/{9:032x}/cancel")).status_code == 404
    rows = await entries(admin, action="jobs.cancel", outcome="done")
    assert {row["target"] for row in rows} == {f"job:{job['id']} run-backup"}
    theirs = await asked(admin, name="restore-backup", confirmation="restore-backup")
    assert (await operator.post(f"/api/jobs/{theirs['id']}/cancel")).json()["code"] == "forbidden"


async def test_cancel_before_a_runner_has_it(operator: AsyncClient, live: LiveJobs, told: Told) -> None:
    """If this failed, a job that nobody wants any more would start when the host is back."""
    job = await asked(operator)
    answer = (await operator.post(f"/api/jobs/{job['id']}/cancel")).json()
    assert (answer["job"]["state"], answer["notice"]) == ("cancelled", None)
    assert await live.outstanding() == []
    assert (await shown(operator, job["id"]))["state"] == "cancelled"


async def test_nothing_waits_for_ever(
    operator: AsyncClient, live: LiveJobs, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, a host that comes back after a week would run what was wanted then."""
    job = await asked(operator)
    await services.keeper.offer()
    assert (await shown(operator, job["id"]))["state"] == "requested"
    monkeypatch.setattr("console.jobs.keeper.REQUEST_SECONDS", -REQUEST_SECONDS)
    await services.keeper.offer()
    found = await shown(operator, job["id"])
    assert (found["state"], found["detail"]) == ("refused", {"reason": "No runner took it within an hour."})
    assert await live.outstanding() == []


async def test_a_redis_that_forgets_loses_no_job(
    operator: AsyncClient, live: LiveJobs, services: Services, told: Told
) -> None:
    """If this failed, what was accepted would never run, and what has run would be shown as it was before."""
    waits, runs = await asked(operator), await asked(operator)
    await live.take(runs["id"], {}, [state(1, "running"), line(2)], gap=False)
    await operator.get("/api/jobs")
    prefix = services.settings.redis_prefix
    names = ("jobs:requested", "jobs:changed", f"job:{waits['id']}", f"job:{runs['id']}", "jobs:definitions")
    await services.redis.delete(*(prefix + name for name in names))
    told.heard.clear()
    await services.keeper.offer()
    assert [(event, message["job"]) for event, message in told.heard] == [("start", waits["id"])]
    await live.take(runs["id"], {}, [state(1, "running")], gap=False)
    assert (await shown(operator, runs["id"]))["last"] == 2
    await live.take(runs["id"], {}, [line(2), state(3, "succeeded")], gap=False)
    assert (await shown(operator, runs["id"]))["state"] == "succeeded"


async def test_jobs_are_shown_without_redis(operator: AsyncClient, live: LiveJobs, services: Services) -> None:
    """If this failed, an outage of Redis would hide what has been done to the host."""
    job = await asked(operator)

    async def gone(*_: object) -> Any:
        raise OSError("Redis is away")

    services.jobs._store.span = gone  # type: ignore[method-assign, assignment]
    page = (await operator.get("/api/jobs")).json()
    assert ([one["id"] for one in page["jobs"]], page["stream"]) == ([job["id"]], None)


async def test_outputs_are_bounded(
    live: LiveJobs, services: Services, operator: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, what jobs say would push revoked sessions out of Redis, or be gone at its end."""
    monkeypatch.setattr("console.jobs.outputs.KEEP_BYTES", 2_000)
    for number in range(4):
        about = {"name": "x", "user": "timer"}
        await live.take(f"{number:032x}", about, [state(1, "running"), line(2, "x" * 900)], gap=False)
        await live.take(f"{number:032x}", about, [line(3), state(4, "succeeded")], gap=False)
    left = [(await shown(operator, f"{number:032x}"))["stream"]["oldest"] for number in range(4)]
    assert left == [5, 5, 5, 1]
    await live.take("a" * 32, about, [state(1, "running"), line(2, "x" * 3_000), state(3, "failed")], gap=False)
    assert (await shown(operator, "a" * 32))["stream"]["oldest"] == 1
    await live.take("b" * 32, about, [state(1, "running")], gap=False)
    assert (await shown(operator, "a" * 32))["stream"]["oldest"] == 4
    assert (await shown(operator, "a" * 32))["output"]["lines"] == ["x" * 3_000]


async def test_two_replicas_write_the_same_job(live: LiveJobs, services: Services, viewer: AsyncClient) -> None:
    """If this failed, a job would be lost, or doubled, when several replicas of api look after it."""
    await live.take("a" * 32, {"name": "x"}, [state(1, "running"), state(2, "failed")], gap=False)
    [job] = await live.unwritten()
    await services.keeper._write(job, None)
    await services.keeper.absorb()
    assert await live.unwritten() == []
    assert len((await viewer.get("/api/jobs")).json()["jobs"]) == 1
