"""Carry new connections past a service while its only task is replaced, so that none is refused.

Two tasks cannot publish one port, so a service with ports of the host is updated stop-first: for some seconds nobody
listens. Hence a stand-in, a service of its own from the very spec that runs, on ports that nobody is told of. Once it
answers for every public domain for which the running task does, new connections are led to it (redirection.py), while
established ones stay with the old task; its clients are told to come anew, and then it is replaced. When the new task
answers for those domains, too, new connections go to it, and the stand-in lets go of its clients likewise.

A run that is killed meanwhile takes the rules with it; its stand-in is removed by the next run, for the attempt is
known to be unfinished.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import pruning, routes, waiting
from .engine import NAMESPACE, Engine, EngineAbsentError, EngineError, Json
from .evidence import explain
from .redirection import Port, Redirection, RedirectionError
from .releases import replace_file
from .specs import update
from .verdict import Baseline
from .way import Past, Way

SUFFIX = "-detour"
BRIDGE = "docker_gwbridge"  # by which the engine reaches each task of a service from outside
HTTPS = 443
START_SECONDS = 60.0
ROUTES_SECONDS = 30.0  # Traefik reads the Swarm each second, and takes at most a change in two
POLL_SECONDS = 0.5
DRAIN_SECONDS = 10.0  # of which Traefik takes up to 3 to read a changed file


class DetourError(Exception):
    """There is no way past the service; the text says why."""


@dataclass(frozen=True)
class Place:
    """Where a running task is: its service's spec, its container, and the address by which the host reaches it."""

    spec: Json
    container: str
    address: str


class Detour(Way):
    """The way past one service of a stack."""

    def __init__(self, past: Past, stack: str, engine: Engine, tick: Callable[[], None]) -> None:
        super().__init__(self._watch)
        self.engine, self.stack, self.past, self.service = engine, stack, past, past.service
        self.name = f"{stack}{SUFFIX}"
        self._tick = tick
        self._before: dict[str, int] = {}
        self._port = 0
        self._rules: Redirection | None = None
        self._container = ""

    @contextmanager
    def open(self) -> Iterator[None]:
        """Lead new connections past the service meanwhile; where that cannot be done, there is a warning."""
        self._clear()  # a killed run's
        running = self._place(self.stack)
        if running is not None:
            self._before = self._routed(running)
            try:
                self._rules = self._lead(running)
                self._drain()
            except (DetourError, EngineError) as error:
                self.warnings.append(f"While {self.service} was replaced, connections were refused: {error}")
        try:
            yield
        finally:
            if self._drop():
                self._drain()
            self._clear()

    def _drain(self) -> None:
        """Have clients come anew, and give those that ask now and then the time; one that is idle may be cut."""
        file = Path(self.past.drain_file)
        if not file.is_file():
            return
        usual, mode = file.read_bytes(), file.stat().st_mode & 0o7777
        try:
            replace_file(file, self.past.drain.encode(), mode)
            end = time.monotonic() + DRAIN_SECONDS
            while time.monotonic() < end:
                self.tick()
                time.sleep(POLL_SECONDS)
        finally:
            replace_file(file, usual, mode)

    def _watch(self) -> None:
        """Do as the tick that was given; where the stand-in has ended, nobody is led to it any more."""
        self._tick()
        if self._rules and not self._lives():
            self._drop()
            self.warnings.append(f"The stand-in of {self.service} ended before its time: connections were refused.")

    def missed(self) -> str:
        """Wait until the new task answers as the old one did; return what is wrong with it, empty for nothing."""
        if not self._before:
            return ""
        missing = self._missing(self.stack)
        return f"Service {self.service} does not answer any more for {', '.join(missing)}." if missing else ""

    def _lead(self, running: Place) -> Redirection:
        self.engine.request("POST", "/services/create", body=stand_in(running.spec, self.name, self.service))
        outcome = waiting.wait(self.engine, self.name, Baseline(), START_SECONDS, self._tick)
        if outcome.troubles:
            raise DetourError("\n".join(explain(self.engine, *trouble) for trouble in outcome.culprits.items()))
        if missing := self._missing(self.name):
            raise DetourError(f"{self.name}_{self.service} does not answer for {', '.join(missing)}")
        place = self._place(self.name)
        if place is None:
            raise DetourError(f"{self.name}_{self.service} does not run on this host")
        self._container = place.container
        try:
            return Redirection(published(running.spec), place.address)
        except RedirectionError as error:
            raise DetourError(str(error)) from error

    def _lives(self) -> bool:
        try:
            container = self.engine.container(self._container)
        except (EngineError, EngineAbsentError):  # an engine that is away for a moment leaves containers alone
            return True
        return bool(container and container["State"]["Running"])

    def _drop(self) -> bool:
        """Take the rules away; return whether there were any."""
        rules, self._rules = self._rules, None
        if rules:
            rules.drop()
        return bool(rules)

    def _clear(self) -> None:
        """Let the stand-in end its connections, and remove it."""
        for service in self.engine.services(self.name):
            update(self.engine, service, {**service["Spec"], "Mode": {"Replicated": {"Replicas": 0}}})
            waiting.until_the_old_are_gone(self.engine, self.name, self._tick, every=True)
            self.engine.request("DELETE", f"/services/{service['ID']}")
            pruning.wait_until_gone(self.engine, self.name)

    def _place(self, stack: str) -> Place | None:
        """Return where the newest task of the service runs in a stack; None where none runs on this host."""
        name = f"{stack}_{self.service}"
        specs = {one["ID"]: one["Spec"] for one in self.engine.services(stack) if one["Spec"]["Name"] == name}
        tasks = [
            task
            for task in self.engine.tasks(stack)
            if task["ServiceID"] in specs and task["DesiredState"] == task["Status"]["State"] == "running"
        ]
        if not tasks:
            return None
        newest = max(tasks, key=lambda task: str(task["CreatedAt"]))
        container = newest["Status"]["ContainerStatus"]["ContainerID"]
        endpoint = self.engine.get(f"/networks/{BRIDGE}")["Containers"].get(container) or {}
        address = endpoint.get("IPv4Address", "").partition("/")[0]
        return Place(specs[newest["ServiceID"]], container, address) if address else None

    def _missing(self, stack: str) -> list[str]:
        """Return the domains for which the service of a stack does not come to answer in time."""
        end = time.monotonic() + ROUTES_SECONDS
        while missing := routes.missing(self._before, self._answers(stack)):
            if time.monotonic() > end:
                return missing
            self.tick()
            time.sleep(POLL_SECONDS)
        return []

    def _answers(self, stack: str) -> dict[str, int]:
        place = self._place(stack)
        return routes.answers(self._before, place.address, self._port) if place else {}

    def _routed(self, running: Place) -> dict[str, int]:
        """Return with which status the running task answers for each domain that it routes."""
        self._port = next((one.target for one in published(running.spec) if one.published == HTTPS), 0)
        names = routes.domains(self.engine.get("/services")) if self._port else []
        return routes.routed(routes.answers(names, running.address, self._port))


def published(spec: Json) -> list[Port]:
    """Return the ports of the host that a service has."""
    ports = (spec.get("EndpointSpec") or {}).get("Ports") or []
    return [
        Port(port["Protocol"], port["PublishedPort"], port["TargetPort"])
        for port in ports
        if port.get("PublishMode") == "host" and port.get("PublishedPort")
    ]


def stand_in(spec: Json, stack: str, service: str) -> Json:
    """Return the spec of a service that does the same as another beside it, without taking anything from it.

    It has none of its names in the networks and none of its labels, so nobody routes to it or measures it; what is on
    disk it only reads; and its ports are such as the engine chooses: then the engine lets connections through to it.
    """
    found = copy.deepcopy(spec)
    template = found["TaskTemplate"]
    container = template["ContainerSpec"]
    container["Labels"] = {NAMESPACE: stack}
    for mount in container.get("Mounts") or []:
        if mount["Type"] != "tmpfs":
            mount["ReadOnly"] = True
    for network in template.get("Networks") or []:
        network.pop("Aliases", None)
    # It must not come back by itself: at another address nobody would be led to it.
    template["RestartPolicy"] = {"Condition": "none"}
    ports = [{**port, "PublishedPort": 0} for port in (found.get("EndpointSpec") or {}).get("Ports") or []]
    return {
        "Name": f"{stack}_{service}",
        "Labels": {NAMESPACE: stack},
        "TaskTemplate": template,
        "Mode": {"Replicated": {"Replicas": 1}},
        "EndpointSpec": {"Mode": "dnsrr", "Ports": ports},
    }
