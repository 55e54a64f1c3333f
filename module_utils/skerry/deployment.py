"""Apply a stack to a Swarm manager so that it either runs as wanted or goes on running as before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from . import drift, images, pruning
from .client import ClientError, docker
from .comparison import Comparison, compare
from .engine import IMAGE_LABEL, Engine, EngineAbsentError, EngineError
from .evidence import explain
from .lock import Lock
from .payload import Entry
from .releases import Releases, State
from .specs import put_back
from .verdict import Baseline
from .waiting import Outcome, judged, summary, wait
from .way import Past, Way, way_past

MARGIN_SECONDS = 60.0
NO_MANAGER = 503  # the engine's status where this node is not, or not yet, a Swarm manager


class DeploymentError(Exception):
    """The stack is not as wanted. `verdict` is `rolled back` (what ran before runs again) or `failed`."""

    def __init__(self, verdict: str, message: str) -> None:
        super().__init__(message)
        self.verdict = verdict


@dataclass(frozen=True)
class Request:
    """What a task asks for.

    `images` are the stack file's, by service; `timeout` is in seconds; `controller` says where the run was started.
    `detour` says past what connections are led while it is replaced (way.py).
    `verify` is asked once all is healthy, and says what is wrong all the same; it calls its argument now and then.
    """

    stack: str
    entries: list[Entry]
    images: Mapping[str, str]
    timeout: float
    check: bool = False
    controller: str = ""
    detour: Past | None = None
    verify: Callable[[Callable[[], None]], str] = lambda _: ""


@dataclass
class Report:
    """What a run found and did. `verdict` is `unchanged`, `deployed` or, in check mode, `would deploy`."""

    changed: bool
    verdict: str
    comparison: Comparison
    services: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def lock_for(releases: Releases, options: Mapping[str, Any], *, further: float = 0, what: str = "") -> Lock:
    """Return the lock that a deployment with a task's `options` needs, where it takes `further` seconds for more.

    Of the options count `timeout` in seconds, `controller`, and `insist`: wait for whatever deployment is under way.
    """
    longest = 2 * options["timeout"] + MARGIN_SECONDS + further  # of another's: its wait, and that of its restore
    controller, insist = options["controller"], options["insist"]
    return Lock(releases.root / "lock", longest, controller=controller, insist=insist, what=what)


class Deployment:
    """One run of the stack plugin on a host."""

    def __init__(self, request: Request, releases: Releases, engine: Engine, lock: Lock) -> None:
        self.request = request
        self.stack = request.stack
        self.releases = releases
        self.engine = engine
        self.lock = lock
        self.state = State()
        self.warnings: list[str] = []

    def run(self) -> Report:
        """Compare, and unless in check mode apply what differs.

        Raises DeploymentError, LockedError, EngineError and EngineAbsentError.
        """
        if self.request.check:
            return self._predict()
        with self.lock.held():
            comparison, before = self._compare()
            if not comparison.changed:
                return self._confirm(comparison, before)
            return self._apply(comparison, before)

    def _compare(self) -> tuple[Comparison, Outcome]:
        self.state = self.releases.read_state()
        before = judged(self.engine.services(self.stack), self.engine.tasks(self.stack), Baseline())
        disk = self.releases.read_current()
        return compare(self.request.entries, disk, self.state, drift.by_name(before.services)), before

    def _predict(self) -> Report:
        try:
            comparison, before = self._compare()
        except (EngineAbsentError, EngineError) as error:
            if isinstance(error, EngineError) and error.status != NO_MANAGER:
                raise
            # A bare host, to which a whole run would first give an engine and a Swarm.
            everything = compare(self.request.entries, self.releases.read_current(), self.state, {})
            return Report(everything.changed, "would deploy", everything)
        services = summary(before, self.stack)
        if comparison.changed:
            return Report(True, "would deploy", comparison, services, images.missing(self.engine, self.request.images))
        warnings = [f"Service {name} is not healthy: {trouble.reason}" for name, trouble in before.troubles.items()]
        return Report(False, "unchanged", comparison, services, warnings)

    def _confirm(self, comparison: Comparison, before: Outcome) -> Report:
        """Nothing differs; wait for what is not healthy at the moment, and fail if it stays so."""
        baseline = Baseline.of(before.services, before.tasks)
        outcome = judged(before.services, before.tasks, baseline)
        if outcome.troubles:
            outcome = wait(self.engine, self.stack, baseline, self.request.timeout, self.lock.tick)
        if problem := self._explain(outcome) if outcome.troubles else self.request.verify(self.lock.tick):
            raise DeploymentError("failed", f"{problem}\nNothing had changed, so nothing was put back.")
        return Report(False, "unchanged", comparison, summary(outcome, self.stack))

    def _apply(self, comparison: Comparison, before: Outcome) -> Report:
        try:
            resolve = images.prepare(self.engine, self.request.images)
        except images.ImageMissingError as error:
            raise DeploymentError("failed", f"{error}\nNothing was changed.") from error
        self._begin(before)
        way = way_past(self.request.detour, self.stack, self.engine, self.lock.tick)
        # Closed before the attempt is noted as ended: so what a killed run left of it is cleared by the next one.
        with way.open():
            outcome, problem = self._bring_about(comparison, before, resolve, way)
            trouble = self._put_good_back(way) if problem and self.state.release else ""
        if problem:
            self._give_up(problem, trouble)
        self._record(outcome)
        self.warnings += way.warnings
        self.warnings += [
            f"Service {name} has no health check: its updates are not gated." for name in outcome.unchecked
        ]
        return Report(True, "deployed", comparison, summary(outcome, self.stack), self.warnings)

    def _bring_about(self, comparison: Comparison, before: Outcome, resolve: str, way: Way) -> tuple[Outcome, str]:
        """Deploy and wait; return how the stack stands and what is wrong with it, empty for nothing."""
        baseline = Baseline.of(before.services, before.tasks)
        try:
            if comparison.files or comparison.unfinished or not self._put_back():
                self._deploy(resolve)
            outcome = wait(self.engine, self.stack, baseline, self.request.timeout, way.tick)
        except ClientError as error:
            return before, f"`docker stack deploy` failed: {error}"
        if outcome.troubles:
            return outcome, self._explain(outcome)
        return outcome, way.missed() or self.request.verify(way.tick)

    def _begin(self, before: Outcome) -> None:
        """Write the new release and make it current; from here on an interrupted run is known to be unfinished."""
        if self.state.release is None and self.state.attempt is None:
            self.state.adopted = bool(before.services)
        release = self.releases.add(self.request.entries)
        self.state.attempt = release
        self.releases.write_state(self.state)
        self.releases.activate(release)

    def _put_back(self) -> bool:
        """Mend drift by the recorded specs, digests and all; False where the engine cannot take them any more."""
        try:
            put_back(self.engine, self.stack, self.state.specs)
        except EngineError:  # a network, config or secret is gone too: let `docker stack deploy` make them anew
            return False
        return True

    def _deploy(self, resolve: str) -> None:
        """Hand the stack file to the engine. Raises ClientError where the client refuses it."""
        services = {service["Spec"]["Name"]: service for service in self.engine.services(self.stack)}
        for name in drift.image_changed(self.state.specs, drift.by_name(list(services.values()))):
            # The client compares this label, not the image, and would keep an image that was changed by hand.
            self.engine.set_service_label(services[name], IMAGE_LABEL, "")
        options = ["--prune", "--with-registry-auth", "--resolve-image", resolve]
        said = docker("stack", "deploy", "--compose-file", str(self.releases.stack_file), *options, self.stack)
        self.warnings += [f"docker stack deploy: {line}" for line in said.splitlines() if line.startswith("Ignoring")]

    def _record(self, outcome: Outcome) -> None:
        """Note the attempt as good. What is superseded goes first: killed in between, the attempt is redone."""
        release = str(self.state.attempt)
        pruning.prune(self.engine, self.stack)
        self.releases.keep(release, self.state.release)
        self.state = State(release=release, specs=drift.by_name(outcome.services))
        self.releases.write_state(self.state)

    def _put_good_back(self, way: Way) -> str:
        """Put back what was good; return what is wrong with that, empty for nothing."""
        try:
            baseline = Baseline.of(self.engine.services(self.stack), self.engine.tasks(self.stack), for_restore=True)
            put_back(self.engine, self.stack, self.state.specs)
            outcome = wait(self.engine, self.stack, baseline, self.request.timeout, way.tick)
            way.missed()  # nobody is led back to it before it answers; it is what was good, so it is no judgement
            return self._explain(outcome)
        except EngineError as error:
            return str(error)

    def _give_up(self, problem: str, trouble: str) -> NoReturn:
        """Note that what was good runs again, but for `trouble`, or remove what never was; raise DeploymentError."""
        if self.state.release is None:
            self._remove_first(problem)
        if trouble:
            raise DeploymentError("failed", f"{problem}\nThe previous release could not be put back: {trouble}")
        good = str(self.state.release)
        if self.releases.has(good):
            self.releases.activate(good)
        pruning.prune(self.engine, self.stack)
        self.releases.keep(good, None)
        self.state.attempt = None
        self.releases.write_state(self.state)
        raise DeploymentError("rolled back", f"{problem}\nThe previous release runs as before.")

    def _remove_first(self, problem: str) -> NoReturn:
        if self.state.adopted:
            raise DeploymentError("failed", f"{problem}\nThe stack ran before Skerry knew it, so nothing was put back.")
        first = f"{problem}\nIt was the stack's first deployment"
        try:
            docker("stack", "rm", self.stack)
        except ClientError as error:
            raise DeploymentError("failed", f"{first} and could not be removed: {error}") from error
        if not pruning.wait_until_gone(self.engine, self.stack):
            raise DeploymentError("failed", f"{first}; `docker stack rm {self.stack}` has not finished yet.")
        self.releases.forget()
        raise DeploymentError("failed", f"{first} and has been removed; its volumes, if any, are kept.")

    def _explain(self, outcome: Outcome) -> str:
        return "\n".join(explain(self.engine, name, trouble) for name, trouble in outcome.culprits.items())
