"""Apply a stack to a Swarm manager so that it either runs as wanted or goes on running as before."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import drift, pruning
from .comparison import Comparison, compare
from .engine import IMAGE_LABEL, Engine, EngineAbsentError, EngineError
from .evidence import explain
from .payload import Entry
from .releases import Releases, State
from .specs import put_back
from .verdict import Baseline
from .waiting import Outcome, observe, summary, wait


class DeploymentError(Exception):
    """The stack is not as wanted. `verdict` is `rolled back` (what ran before runs again) or `failed`."""

    def __init__(self, verdict: str, message: str) -> None:
        super().__init__(message)
        self.verdict = verdict


@dataclass(frozen=True)
class Request:
    """What a task asks for. `images` are the stack file's, by service."""

    stack: str
    entries: list[Entry]
    images: Mapping[str, str]
    timeout: float
    check: bool = False


@dataclass
class Report:
    """What a run found and did."""

    changed: bool
    verdict: str
    comparison: Comparison
    services: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


class Deployment:
    """One run of the stack plugin on a host."""

    def __init__(self, request: Request, releases: Releases, engine: Engine) -> None:
        self.request = request
        self.stack = request.stack
        self.releases = releases
        self.engine = engine
        self.state = State()
        self.baseline = Baseline()

    def run(self) -> Report:
        """Compare, and unless in check mode apply what differs. Raises DeploymentError, EngineError, LockedError."""
        if self.request.check:
            return self._predict()
        with self.releases.locked():
            comparison, before = self._compare()
            if not comparison.changed:
                return self._confirm(comparison, before)
            return self._apply(comparison, before)

    def _compare(self) -> tuple[Comparison, Outcome]:
        self.state = self.releases.read_state()
        services, tasks = self.engine.services(self.stack), self.engine.tasks(self.stack)
        self.baseline = Baseline.of(services, tasks)
        running = drift.by_name(services)
        comparison = compare(self.request.entries, self.releases.read_current(), self.state, running)
        return comparison, Outcome(services=services, tasks=tasks)

    def _predict(self) -> Report:
        try:
            comparison, before = self._compare()
        except EngineAbsentError:  # a bare host that a whole run would first give an engine
            everything = compare(self.request.entries, self.releases.read_current(), self.state, {})
            return Report(everything.changed, "would deploy", everything)
        if comparison.changed:
            return Report(True, "would deploy", comparison, summary(before, self.stack))
        troubles = observe(self.engine, self.stack, self.baseline).troubles
        warnings = [f"service {name} is not healthy: {trouble.reason}" for name, trouble in troubles.items()]
        return Report(False, "unchanged", comparison, summary(before, self.stack), warnings)

    def _confirm(self, comparison: Comparison, before: Outcome) -> Report:
        """Nothing differs; wait for what is not healthy at the moment, and fail if it stays so."""
        outcome = wait(self.engine, self.stack, Baseline.of(before.services, before.tasks), self.request.timeout)
        if outcome.troubles:
            raise DeploymentError("failed", self._explain(outcome, "Nothing was changed, and the stack is not healthy."))
        return Report(False, "unchanged", comparison, summary(outcome, self.stack))

    def _apply(self, comparison: Comparison, before: Outcome) -> Report:
        if self.state.release is None and self.state.attempt is None:
            self.state.adopted = bool(before.services)
        self._begin()
        try:
            self._deploy()
            outcome = wait(self.engine, self.stack, self.baseline, self.request.timeout)
            problem = self._explain(outcome) if outcome.troubles else ""
        except DeployCommandError as error:
            outcome, problem = before, str(error)
        if problem:
            self._restore(problem)
        self._record(outcome)
        warnings = [f"service {name} has no health check: its updates are not gated" for name in outcome.unchecked]
        return Report(True, "deployed", comparison, summary(outcome, self.stack), warnings)

    def _begin(self) -> None:
        """Write the new release and make it current; from here on an interrupted run is known to be unfinished."""
        release = self.releases.add(self.request.entries)
        self.state.attempt = release
        self.releases.write_state(self.state)
        self.releases.activate(release)

    def _deploy(self) -> None:
        resolve = self._image_policy()
        self._forget_changed_images()
        command = ["docker", "stack", "deploy", "--compose-file", str(self.releases.stack_file)]
        command += ["--prune", "--with-registry-auth", "--resolve-image", resolve, self.stack]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DeployCommandError(f"`docker stack deploy` refused: {done.stderr.strip() or done.stdout.strip()}")

    def _image_policy(self) -> str:
        """Return the --resolve-image to use. Raises DeployCommandError for an image that is nowhere to be had."""
        policy = "changed"
        for service, image in self.request.images.items():
            if self.engine.registry_has_image(image):
                continue
            if not self.engine.has_image(image):
                raise DeployCommandError(
                    f"Service {service}: no registry of this engine has the image {image}, nor has this host."
                )
            policy = "never"
        return policy

    def _forget_changed_images(self) -> None:
        """Let `docker stack deploy` see an image that was changed by hand: it compares this label, not the image."""
        services = {service["Spec"]["Name"]: service for service in self.engine.services(self.stack)}
        for name in drift.image_changed(self.state.specs, drift.by_name(list(services.values()))):
            self.engine.set_service_label(services[name], IMAGE_LABEL, "")

    def _record(self, outcome: Outcome) -> None:
        previous, release = self.state.release, self.state.attempt
        assert release is not None  # noqa: S101 - _begin has set it
        self.state = State(release=release, specs=drift.by_name(outcome.services))
        self.releases.write_state(self.state)
        self.releases.keep(release, previous)
        pruning.prune(self.engine, self.stack)

    def _restore(self, problem: str) -> None:
        """Put back what was good, or remove what never was; always raises DeploymentError."""
        if self.state.release is None:
            self._remove_first(problem)
        try:
            baseline = Baseline.of(self.engine.services(self.stack), self.engine.tasks(self.stack))
            put_back(self.engine, self.stack, self.state.specs)
            outcome = wait(self.engine, self.stack, baseline, self.request.timeout)
            trouble = self._explain(outcome) if outcome.troubles else ""
        except EngineError as error:
            trouble = str(error)
        if trouble:
            raise DeploymentError("failed", f"{problem}\nThe previous release could not be put back: {trouble}")
        if self.releases.has(self.state.release):
            self.releases.activate(str(self.state.release))
        self.state.attempt = None
        self.releases.write_state(self.state)
        pruning.prune(self.engine, self.stack)
        raise DeploymentError("rolled back", f"{problem}\nThe previous release runs as before.")

    def _remove_first(self, problem: str) -> None:
        if self.state.adopted:
            raise DeploymentError("failed", f"{problem}\nThe stack ran before Skerry knew it, so nothing was put back.")
        subprocess.run(["docker", "stack", "rm", self.stack], capture_output=True, check=False)
        gone = pruning.wait_until_gone(self.engine, self.stack)
        self.releases.forget()
        end = "It was the stack's first deployment and has been removed; its volumes, if any, are kept."
        if not gone:
            end = f"It was the stack's first deployment; `docker stack rm {self.stack}` has not finished yet."
        raise DeploymentError("failed", f"{problem}\n{end}")

    def _explain(self, outcome: Outcome, preface: str = "") -> str:
        parts = [explain(self.engine, name, trouble) for name, trouble in outcome.troubles.items()]
        return "\n".join([preface, *parts] if preface else parts)


class DeployCommandError(Exception):
    """The deployment did not even begin; the text says why."""
