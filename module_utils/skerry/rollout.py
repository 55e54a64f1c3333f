"""One release of an app: hooks, backup, deployment, a look as a visitor, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import hooks, images, patience, waiting
from .apply_stack import note_release, result_of
from .deployment import Deployment, DeploymentError, Request
from .engine import Engine
from .host import Call
from .lock import Lock
from .redaction import Redactor
from .references import called, has_digest
from .release_log import ReleaseLog, UnknownReleaseError
from .releases import Releases
from .running import App, images_of, name_of, with_release
from .visitor import Route, visit

BACKUP_SECONDS = 3600.0
REASON_LINES = 2
BACKUP = ["skerry-backup", "run"]


class RefusedError(Exception):
    """What is asked for cannot be done; nothing was changed, and no deployment began."""


@dataclass(frozen=True)
class Order:
    """Who wants what: `action` is deploy or rollback, `release` a tag, a digest, both, or empty for the one before."""

    app: str
    action: str
    release: str
    owner: str = ""
    message: str = ""
    backup: bool = False

    def __str__(self) -> str:
        what = f"{self.action} of {self.app} to {self.release or 'the release before'} by {self.owner or 'somebody'}"
        return what + (f": {self.message}" if self.message else "")


@dataclass(frozen=True)
class Wanted:
    """A release by name, with the image of each following service."""

    name: str
    images: dict[str, str]


class Rollout:
    """One run of the release plugin on a host, under the lock of the app's stack."""

    def __init__(
        self, order: Order, app: App, releases: Releases, engine: Engine, lock: Lock, call: Call, redact: Redactor
    ) -> None:
        self.order, self.app, self.releases, self.engine = order, app, releases, engine
        self.lock, self.call, self.redact = lock, call, redact
        self.log = ReleaseLog(order.app)
        self.before = name_of(releases.read_good())
        self.warnings: list[str] = []

    def run(self) -> dict[str, Any]:
        """Return the result, with the verdict in it. Raises RefusedError, EngineError and EngineAbsentError."""
        try:
            wanted = self._wanted()
        except images.ImageMissingError as error:
            return self._failed("failed", f"{error}\nNothing was changed.", self.order.release)
        try:
            result = self._deploy(wanted)
        except DeploymentError as error:
            return self._failed(error.verdict, str(error), wanted.name)
        return {**result, "release": wanted.name, "previous": self.before, "images": wanted.images}

    def _wanted(self) -> Wanted:
        """Return what to deploy: of a rollback the digests that ran, else what the registry has now."""
        if self.order.action == "rollback":
            try:
                kept = self.log.target(self.order.release)
            except UnknownReleaseError as error:
                raise RefusedError(f"{str(error)[0].upper()}{str(error)[1:]}.") from error
            return Wanted(kept.name, {name: image for name, image in kept.images.items() if name in self.app.follows})
        release = self.order.release
        repositories = sorted(set(self.app.follows.values()))
        if has_digest(release) and len(repositories) > 1:
            raise RefusedError(
                f"A digest names one image, and a release of {self.order.app} has several "
                f"({', '.join(repositories)}): say a tag that all of them have."
            )
        found = self.app.images(release)
        if not self.call.check:
            found = {service: images.pinned(self.engine, service, image) for service, image in found.items()}
        return Wanted(called(release), found)

    def _deploy(self, wanted: Wanted) -> dict[str, Any]:
        """Bring the release about. Raises DeploymentError where another one runs afterwards."""
        entries = with_release(self.releases.good_entries(), wanted.name, wanted.images)
        request = Request(
            stack=self.order.app,
            entries=entries,
            images=images_of(entries),
            timeout=self.app.timeout,
            check=self.call.check,
            controller=self.call.options["controller"],
            verify=self._verify,
        )
        deployment = Deployment(request, self.releases, self.engine, self.lock)
        if self.call.check:
            report = deployment.run()
            return self._result(report, f"{wanted.name} would run (now: {self.before}).")
        self._prepare(wanted)
        report = deployment.run()
        report.verdict = "deployed"  # also where it ran before: the word is about what runs
        if self.order.action == "rollback" and report.changed:
            self.log.leave()
        about = {"owner": self.order.owner, "message": self.order.message}
        note_release(self.order.app, self.releases.read_good(), report.services, **about)
        self._hooks("post-deploy", wanted.name, "deployed")
        same = "" if report.changed else "; it ran before, nothing was changed"
        return self._result(report, f"Release {wanted.name} runs (before: {self.before}){same}.")

    def _prepare(self, wanted: Wanted) -> None:
        """Run what comes before the first change. Raises DeploymentError where it fails."""
        if wrong := self._run_hooks("pre-deploy", wanted.name):
            raise DeploymentError("failed", f"{wrong}\nNothing was changed.")
        if self.order.backup:
            # It would wait for this very deploy to end, unless it is told.
            ended = patience.run(BACKUP, BACKUP_SECONDS, self.lock.tick, {"SKERRY_DEPLOYING": self.order.app})
            if ended.code:
                what = f"The backup before the deploy ended with exit code {ended.code}"
                raise DeploymentError("failed", f"{what}:\n{ended.tail}\nNothing was changed.")

    def _verify(self, tick: Callable[[], None]) -> str:
        """Ask for the app as a visitor, once only the new release can answer."""
        if not self.app.check:
            return ""
        waiting.until_the_old_are_gone(self.engine, self.order.app, tick)
        return visit(Route(**self.app.check), tick)

    def _failed(self, verdict: str, problem: str, release: str) -> dict[str, Any]:
        """Return the result of a deploy whose release does not run."""
        problem = self.redact(problem)
        reason = " ".join(problem.splitlines()[:REASON_LINES])  # the service with its word, and what its task says
        self._hooks("on-failure", release, verdict, reason)
        back = verdict == "rolled back"
        runs = (
            f"Release {self.before} runs as before, {release} does not." if back else f"Release {release} does not run."
        )
        told = f"{self.order.app}: {verdict}. {runs}\n{problem}"
        about = {"release": release, "previous": self.before, "reason": reason}
        return {"failed": True, "changed": back, "verdict": verdict, "msg": told, **about} | (
            {"warnings": self.warnings} if self.warnings else {}
        )

    def _hooks(self, phase: str, release: str, verdict: str, reason: str = "") -> None:
        """Run hooks that come too late to change the verdict: one that fails is a warning."""
        if wrong := self._run_hooks(phase, release, SKERRY_VERDICT=verdict, SKERRY_REASON=reason):
            self.warnings.append(self.redact(wrong))

    def _run_hooks(self, phase: str, release: str, **more: str) -> str:
        if self.call.check:
            return ""
        environment = {
            "SKERRY_ACTION": self.order.action,
            "SKERRY_APP": self.order.app,
            "SKERRY_RELEASE": release,
            "SKERRY_PREVIOUS": self.before,
            "SKERRY_DOMAIN": str(self.app.check.get("domain", "")),
            "SKERRY_OWNER": self.order.owner,
            "SKERRY_MESSAGE": self.order.message,
        }
        return hooks.run(phase, {**environment, **more}, self.lock.tick)

    def _result(self, report: Any, text: str) -> dict[str, Any]:
        self.warnings[:0] = [self.redact(warning) for warning in report.warnings]
        report.warnings = self.warnings
        result = result_of(report, self.call, self.redact)
        return {**result, "msg": f"{self.order.app}: {report.verdict}. {text}"}
