"""Wait until a stack runs, or until it is clear that it will not."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .engine import Engine, EngineAbsentError, EngineError, Json
from .verdict import Baseline, Judgement, is_job, judge, running_tasks

POLL_SECONDS = 0.25
# A container without a health check counts as running the moment it starts; give it time to fall over.
SETTLE_SECONDS = 3.0
GRACE_NANOSECONDS = 10e9  # the engine's own stop grace period
KILL_SECONDS = 10.0  # in which a busy engine also kills what its grace period has not ended


@dataclass
class Outcome:
    """How a stack stands: judgements of the services that are not healthy (none when all are), and what runs."""

    troubles: dict[str, Judgement] = field(default_factory=dict)
    services: list[Json] = field(default_factory=list)
    tasks: list[Json] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)  # services whose new containers have no health check

    @property
    def decided(self) -> bool:
        """Whether some service is past waiting for."""
        return any(judgement.word != "waiting" for judgement in self.troubles.values())

    @property
    def culprits(self) -> dict[str, Judgement]:
        """The services that decided it; those still on their way only where nothing is decided."""
        decided = {name: judgement for name, judgement in self.troubles.items() if judgement.word != "waiting"}
        return decided or self.troubles


def observe(engine: Engine, stack: str, baseline: Baseline) -> Outcome:
    """Judge all services of a stack once."""
    return judged(engine.services(stack), engine.tasks(stack), baseline)


def judged(services: list[Json], tasks: list[Json], baseline: Baseline) -> Outcome:
    """Judge services and tasks that were read already."""
    found = {service["Spec"]["Name"]: judge(service, _tasks_of(service, tasks), baseline) for service in services}
    troubles = {name: judgement for name, judgement in found.items() if judgement.word != "healthy"}
    return Outcome(troubles, services, tasks)


def wait(
    engine: Engine, stack: str, baseline: Baseline, timeout: float, tick: Callable[[], None] = lambda: None
) -> Outcome:
    """Poll until every service is healthy and has stayed so, one has failed, or `timeout` seconds are over.

    `tick` is called at each poll. An engine that is away for a moment (it restarts, the Swarm elects a leader) is
    waited for like everything else.
    """
    deadline = time.monotonic() + timeout
    healthy_since = None
    while True:
        tick()
        outcome = _observe_patiently(engine, stack, baseline, deadline)
        now = time.monotonic()
        if outcome.decided:
            return outcome
        if not outcome.troubles:
            outcome.unchecked, outcome.troubles = by_their_health(engine, outcome, baseline)
        if not outcome.troubles:
            healthy_since = healthy_since or now
            settling = outcome.unchecked or handing_over(outcome)
            if not settling or now - healthy_since >= SETTLE_SECONDS:
                return outcome
        else:
            healthy_since = None
            if now > deadline:
                outcome.troubles = {name: _late(trouble, timeout) for name, trouble in outcome.troubles.items()}
                return outcome
        time.sleep(POLL_SECONDS)


def _observe_patiently(engine: Engine, stack: str, baseline: Baseline, deadline: float) -> Outcome:
    while True:
        try:
            return observe(engine, stack, baseline)
        except (EngineError, EngineAbsentError):
            if time.monotonic() > deadline:
                raise
        time.sleep(1)


def _late(trouble: Judgement, timeout: float) -> Judgement:
    return Judgement("failed", f"not healthy after {timeout:g} s: {trouble.reason}", trouble.task)


def by_their_health(engine: Engine, outcome: Outcome, baseline: Baseline) -> tuple[list[str], dict[str, Judgement]]:
    """Look at the containers of new tasks on this node.

    Returns the services of which none has a health check, and as waiting those that run without being healthy: the
    engine begins a task's start anew when the task is updated meanwhile, as on a busy host where the agent's session
    is renewed, and then takes a container that has been started for one that runs (moby, executor/container:
    Start returns ErrTaskStarted for it).
    """
    unchecked, troubles = [], {}
    for service in outcome.services:
        tasks = running_tasks(service, _tasks_of(service, outcome.tasks))
        states = {task["ID"]: _health(engine, task) for task in tasks if task["ID"] not in baseline.tasks}
        name = service["Spec"]["Name"]
        if states and not is_job(service) and not any(states.values()):
            unchecked.append(name)
        ill = [task for task in tasks if states.get(task["ID"], "") not in ("", "none", "healthy")]
        if ill:
            troubles[name] = Judgement("waiting", f"a container runs and is {states[ill[0]['ID']]}", ill[0])
    return unchecked, troubles


def until_the_old_are_gone(engine: Engine, stack: str, tick: Callable[[], None], *, every: bool = False) -> None:
    """Wait until no task runs that is to stop, or would be killed by now: one on a node that is gone runs for ever.

    With `every` all are to stop, also those that the engine has not told so yet.
    """
    periods = [
        service["Spec"]["TaskTemplate"]["ContainerSpec"].get("StopGracePeriod") for service in engine.services(stack)
    ]
    grace = max((period or GRACE_NANOSECONDS for period in periods), default=0) / 1e9
    deadline = time.monotonic() + grace + KILL_SECONDS
    while any(
        task["Status"]["State"] == "running" and (every or task["DesiredState"] != "running")
        for task in engine.tasks(stack)
    ):
        if time.monotonic() > deadline:
            return
        tick()
        time.sleep(POLL_SECONDS)


def handing_over(outcome: Outcome) -> list[str]:
    """Return the services of which old tasks may still be asked, while no update is watched over by the engine.

    That is after a killed run: the same file deployed again makes the engine forget the update that is under way.
    """
    unwatched = {s["ID"]: s["Spec"]["Name"] for s in outcome.services if not (s.get("UpdateStatus") or {}).get("State")}
    leaving = [task for task in outcome.tasks if task["DesiredState"] != task["Status"]["State"] == "running"]
    return sorted({unwatched[task["ServiceID"]] for task in leaving if task["ServiceID"] in unwatched})


def _health(engine: Engine, task: Json) -> str:
    """Return what the health check of a task's container says; empty for none, and for a container elsewhere."""
    identifier = (task["Status"].get("ContainerStatus") or {}).get("ContainerID", "")
    container = engine.container(identifier) if identifier else None
    health = ((container or {}).get("State") or {}).get("Health") or {}
    return str(health.get("Status", ""))


def summary(outcome: Outcome, stack: str) -> dict[str, Any]:
    """Return image, desired and running tasks of each service, by its name in the stack file."""
    return {
        service["Spec"]["Name"].removeprefix(f"{stack}_"): {
            "image": service["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"],
            "desired": (service.get("ServiceStatus") or {}).get("DesiredTasks", 0),
            "running": len(running_tasks(service, _tasks_of(service, outcome.tasks))),
        }
        for service in outcome.services
    }


def _tasks_of(service: Json, tasks: list[Json]) -> list[Json]:
    return [task for task in tasks if task["ServiceID"] == service["ID"]]
