"""Wait until a stack runs, or until it is clear that it will not."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from .engine import Engine, Json
from .verdict import Baseline, Judgement, is_job, judge, running_tasks

POLL_SECONDS = 0.25
# A container without a health check counts as running the moment it starts; give it time to fall over.
SETTLE_SECONDS = 3.0


@dataclass
class Outcome:
    """How the wait ended: judgements by service that is not healthy (empty when all are), and what runs."""

    troubles: dict[str, Judgement] = field(default_factory=dict)
    services: list[Json] = field(default_factory=list)
    tasks: list[Json] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)  # services whose containers have no health check


def observe(engine: Engine, stack: str, baseline: Baseline) -> Outcome:
    """Judge all services of a stack once."""
    services, tasks = engine.services(stack), engine.tasks(stack)
    outcome = Outcome(services=services, tasks=tasks)
    for service in services:
        judgement = judge(service, _tasks_of(service, tasks), baseline)
        if judgement.word != "healthy":
            outcome.troubles[service["Spec"]["Name"]] = judgement
    return outcome


def wait(engine: Engine, stack: str, baseline: Baseline, timeout: float) -> Outcome:
    """Poll until every service is healthy and has stayed so, one has failed, or `timeout` seconds are over."""
    deadline = time.monotonic() + timeout
    settled_since = None
    while True:
        outcome = observe(engine, stack, baseline)
        now = time.monotonic()
        if any(judgement.word in ("failed", "rolled back") for judgement in outcome.troubles.values()):
            return outcome
        if outcome.troubles:
            settled_since = None
            if now > deadline:
                outcome.troubles = {
                    name: Judgement("failed", f"not healthy after {timeout:g} s: {trouble.reason}", trouble.task)
                    for name, trouble in outcome.troubles.items()
                }
                return outcome
        else:
            settled_since = settled_since or now
            outcome.unchecked = without_health_check(engine, outcome, baseline)
            if not outcome.unchecked or now - settled_since >= SETTLE_SECONDS:
                return outcome
        time.sleep(POLL_SECONDS)


def without_health_check(engine: Engine, outcome: Outcome, baseline: Baseline) -> list[str]:
    """Return the services with new tasks on this node whose containers have no health check."""
    found = []
    for service in outcome.services:
        tasks = [task for task in running_tasks(service, _tasks_of(service, outcome.tasks))]
        new = [task for task in tasks if task["ID"] not in baseline.tasks]
        if new and not is_job(service) and not any(_has_health_check(engine, task) for task in new):
            found.append(service["Spec"]["Name"])
    return found


def _has_health_check(engine: Engine, task: Json) -> bool:
    identifier = (task["Status"].get("ContainerStatus") or {}).get("ContainerID", "")
    container = engine.container(identifier) if identifier else None
    return bool(((container or {}).get("State") or {}).get("Health"))


def summary(outcome: Outcome, stack: str) -> dict[str, Any]:
    """Return image, desired and running tasks of each service, by its name in the stack file."""
    result = {}
    for service in outcome.services:
        status = service.get("ServiceStatus") or {}
        result[service["Spec"]["Name"].removeprefix(f"{stack}_")] = {
            "image": service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"],
            "desired": status.get("DesiredTasks", 0),
            "running": len(running_tasks(service, _tasks_of(service, outcome.tasks))),
        }
    return result


def _tasks_of(service: Json, tasks: list[Json]) -> list[Json]:
    return [task for task in tasks if task["ServiceID"] == service["ID"]]
