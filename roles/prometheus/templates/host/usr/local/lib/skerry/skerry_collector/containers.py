"""What is told of services and their containers on this host. Pure but for the cgroups, which the caller brings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from .output import Sample
from .targets import names, slot

Json = dict[str, Any]

SERVICE_ID, TASK_ID = "com.docker.swarm.service.id", "com.docker.swarm.task.id"
ENDED = {"failed", "rejected", "complete", "orphaned"}
"""States of a task that ended by itself; one that an update or an operator ended is `shutdown`."""


class Usage(Protocol):
    """What a container uses, as cgroups.Cgroups tells it."""

    def cpu_seconds(self, identifier: str, /) -> float | None: ...
    def memory(self, identifier: str, /) -> tuple[int, int] | None: ...
    def oom_kills(self, identifier: str) -> int | None: ...


class History:
    """Counters over tasks and containers that come and go, from the collector's start on."""

    def __init__(self) -> None:
        self.restarts, self.oom_kills = Counter[str](), Counter[str]()
        self._ended: set[str] | None = None
        self._over: set[str] | None = None
        self._kills: dict[str, int] = {}

    def see(self, tasks: list[Json], found: list[Json], usage: Usage, was_killed: Callable[[str], bool]) -> None:
        """Take note of what has ended since the last look, by service id.

        The first look counts nothing: what it finds ended before. `was_killed` is asked once for each container.
        """
        ended = {task["ID"]: task["ServiceID"] for task in tasks if task["Status"]["State"] in ENDED}
        if self._ended is not None:
            self.restarts.update(service for task, service in ended.items() if task not in self._ended)
        self._ended = set(ended)
        over = {one["Id"] for one in found if one["State"] in ("exited", "dead")}
        for one in found:
            service, identifier = one["Labels"][SERVICE_ID], one["Id"]
            kills = usage.oom_kills(identifier) if one["State"] == "running" else None
            if kills is not None:
                self.oom_kills[service] += max(0, kills - self._kills.get(identifier, 0))
                self._kills[identifier] = kills
            elif self._over is not None and identifier in over - self._over:
                # Its cgroup is gone with it; a kill that was seen there is counted already.
                self.oom_kills[service] += int(not self._kills.get(identifier) and was_killed(identifier))
        self._over = over
        here = {one["Id"] for one in found}
        self._kills = {identifier: kills for identifier, kills in self._kills.items() if identifier in here}


def measure(services: list[Json], tasks: list[Json], found: list[Json], usage: Usage, history: History) -> list[Sample]:
    """Return the metrics of every service and of every running container of this host."""
    samples: list[Sample] = []
    for service in services:
        samples += _of_service(service, tasks, history)
    labels = {service["ID"]: names(service) for service in services}
    places = {task["ID"]: slot(task) for task in tasks}
    for one in found:
        own = labels.get(one["Labels"][SERVICE_ID])
        if own and one["State"] == "running":
            place = places.get(one["Labels"].get(TASK_ID, ""), "")
            samples += _of_container(one, {**own, "task": f"{own['service']}.{place}"}, usage)
    return samples


def _of_service(service: Json, tasks: list[Json], history: History) -> list[Sample]:
    own = names(service)
    status = service.get("ServiceStatus") or {}
    wanted = status.get("DesiredTasks", 0)
    running = sum(
        task["ServiceID"] == service["ID"] and task["DesiredState"] == task["Status"]["State"] == "running"
        for task in tasks
    )
    return [
        ("skerry_service_replicas_desired", own, wanted),
        ("skerry_service_replicas_running", own, running),
        ("skerry_container_running", {**own, "expected": "true" if wanted else "false"}, int(running >= wanted)),
        ("skerry_container_restarts_total", own, history.restarts[service["ID"]]),
        ("skerry_container_oom_kills_total", own, history.oom_kills[service["ID"]]),
    ]


def _of_container(one: Json, labels: dict[str, str], usage: Usage) -> list[Sample]:
    samples: list[Sample] = []
    if "health" in one["Status"]:  # as in "Up 5 minutes (healthy)", "(unhealthy)", "(health: starting)"
        samples.append(("skerry_container_healthy", labels, int("(unhealthy)" not in one["Status"])))
    cpu, memory = usage.cpu_seconds(one["Id"]), usage.memory(one["Id"])
    if cpu is not None:
        samples.append(("skerry_container_cpu_seconds_total", labels, cpu))
    if memory is not None:
        samples.append(("skerry_container_memory_bytes", labels, memory[0]))
        samples.append(("skerry_container_memory_limit_bytes", labels, memory[1]))
    return samples
