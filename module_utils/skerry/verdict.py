"""Whether a service is where it should be, judged from what runs: pure functions over the engine's own answers.

A task is of the newest version when its spec equals the service's (swarmkit, manager/orchestrator/task.go: IsTaskDirty;
a changed placement alone moves no task that still fits). A container with a health check reaches `running` only once
it is healthy (moby, daemon/cluster/executor/container/controller.go: Start waits for the health event).
UpdateStatus.State: https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Service
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Word = Literal["healthy", "waiting", "rolled back", "failed"]
Json = dict[str, Any]

FAILURES_TOLERATED = 3  # a service that waits for its peers may stumble twice; the third fall is a crash loop
UNDER_WAY = ("updating", "rollback_started")
# A container that is stopped for being unhealthy and ends with 0 leaves its task `complete`, not `failed`.
ENDED_STATES = ("failed", "rejected", "complete")
NEVER_STARTS = ("no such image", "pull access denied", "manifest unknown", "invalid reference format")


@dataclass(frozen=True)
class Judgement:
    """A word, why, and the task that shows it."""

    word: Word
    reason: str = ""
    task: Json | None = None


@dataclass(frozen=True)
class Baseline:
    """What had happened before a deployment began, so that its verdict counts only what happened since.

    Told by identity, not by time: the clocks of the host and of the Swarm's leader may differ.
    """

    tasks: frozenset[str] = frozenset()
    updates: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, services: Sequence[Json], tasks: Sequence[Json], *, for_restore: bool = False) -> Baseline:
        """Remember all tasks, and all updates that have ended; one under way still decides the outcome.

        Not so `for_restore`: an engine's rollback that is under way then is on our side.
        """
        ended = [service for service in services if for_restore or _update(service).get("State") not in UNDER_WAY]
        return cls(
            frozenset(task["ID"] for task in tasks),
            frozenset((service["ID"], _update(service).get("StartedAt", "")) for service in ended),
        )


def _update(service: Json) -> Json:
    return service.get("UpdateStatus") or {}


def is_newest(task: Json, service: Json) -> bool:
    """Whether a task runs the service's present spec."""
    ignored = ("Runtime", "Placement")
    ours = {key: value for key, value in task["Spec"].items() if key not in ignored}
    wanted = {key: value for key, value in service["Spec"]["TaskTemplate"].items() if key not in ignored}
    return ours == wanted


def judge(service: Json, tasks: Sequence[Json], baseline: Baseline) -> Judgement:
    """Judge one service from its own tasks, counting only what is new since the baseline.

    A service that the deployment did not touch is judged alike: it has no new failures and its tasks run.
    """
    update = _update(service)
    if (service["ID"], update.get("StartedAt", "")) in baseline.updates:
        update = {}  # the story of an earlier update
    failures = ended_since(service, tasks, baseline)
    last = failures[-1] if failures else None
    match update.get("State"):
        case "rollback_completed":
            return Judgement("rolled back", update.get("Message", ""), last)
        case "paused" | "rollback_paused":
            return Judgement("failed", update.get("Message", ""), last)
        case "updating" | "rollback_started":
            return Judgement("waiting", f"{update.get('Message', '')}; {_progress(service, tasks)}", last)
    return _settled(service, tasks, failures)


def ended_since(service: Json, tasks: Sequence[Json], baseline: Baseline) -> list[Json]:
    """Return the new tasks that ended by themselves, oldest first; one that was told to stop is `shutdown`.

    The end of a job, or of a task that its restart policy leaves alone, is no failure.
    """
    states = ENDED_STATES[:2] if is_job(service) or _may_end(service) else ENDED_STATES
    ended = [task for task in tasks if task["Status"]["State"] in states and task["ID"] not in baseline.tasks]
    return sorted(ended, key=lambda task: task["Status"]["Timestamp"])


def _may_end(service: Json) -> bool:
    return _restart_condition(service) in ("none", "on-failure")


def _restart_condition(service: Json) -> str:
    policy = service["Spec"]["TaskTemplate"].get("RestartPolicy") or {}
    return str(policy.get("Condition", "any"))


def _settled(service: Json, tasks: Sequence[Json], failures: Sequence[Json]) -> Judgement:
    """Judge a service that no update is under way for: created, scaled, or finished."""
    if failures and any(text in failures[-1]["Status"].get("Err", "").lower() for text in NEVER_STARTS):
        return Judgement("failed", failures[-1]["Status"]["Err"], failures[-1])
    if failures and _restart_condition(service) == "none":
        return Judgement("failed", "its task failed, and its restart policy is `none`", failures[-1])
    if len(failures) >= FAILURES_TOLERATED:
        return Judgement("failed", f"{len(failures)} tasks ended one after the other", failures[-1])
    if is_job(service):
        return _job(service)
    wanted = desired_tasks(service)
    alive = [task for task in tasks if task["DesiredState"] == "running"]
    if len(running_tasks(service, tasks)) == wanted and len(alive) <= wanted:
        return Judgement("healthy")
    return Judgement("waiting", _progress(service, tasks), failures[-1] if failures else _pending(tasks))


def running_tasks(service: Json, tasks: Sequence[Json]) -> list[Json]:
    """Return, at most one for each replica, the tasks that run the newest spec, or have ended well where they may."""
    newest = [task for task in tasks if is_newest(task, service)]
    found = {_slot(task): task for task in newest if _may_end(service) and task["Status"]["State"] == "complete"}
    found |= {_slot(task): task for task in newest if task["DesiredState"] == task["Status"]["State"] == "running"}
    return list(found.values())


def _slot(task: Json) -> str:
    """Return what one replica's successive tasks have in common: the slot, or for a global service the node."""
    return str(task.get("Slot") or task.get("NodeID") or task["ID"])


def desired_tasks(service: Json) -> int:
    """Return how many tasks should run; for a global service as many as the engine found nodes for."""
    replicated = service["Spec"]["Mode"].get("Replicated")
    if replicated is not None:
        return int(replicated.get("Replicas", 1))
    return int((service.get("ServiceStatus") or {}).get("DesiredTasks", 1))


def is_job(service: Json) -> bool:
    """Whether the service runs to its end (mode replicated-job or global-job)."""
    return "ReplicatedJob" in service["Spec"]["Mode"] or "GlobalJob" in service["Spec"]["Mode"]


def _job(service: Json) -> Judgement:
    status = service.get("ServiceStatus") or {}
    wanted = service["Spec"]["Mode"].get("ReplicatedJob", {}).get("TotalCompletions") or status.get("DesiredTasks", 1)
    done = status.get("CompletedTasks", 0)
    return Judgement("healthy") if done >= wanted else Judgement("waiting", f"{done} of {wanted} job tasks completed")


def _progress(service: Json, tasks: Sequence[Json]) -> str:
    text = f"{len(running_tasks(service, tasks))} of {desired_tasks(service)} tasks run the newest version"
    pending = _pending(tasks)
    if pending:
        status = pending["Status"]
        text += f"; one is {status['State']}" + (f" ({status['Err']})" if status.get("Err") else "")
    return text


def _pending(tasks: Sequence[Json]) -> Json | None:
    """Return the youngest task that is on its way to running."""
    waiting = [
        task for task in tasks if task["DesiredState"] in ("running", "ready") and task["Status"]["State"] != "running"
    ]
    return max(waiting, key=lambda task: task["CreatedAt"], default=None)
