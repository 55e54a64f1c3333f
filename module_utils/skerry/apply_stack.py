"""The host's half of the stack plugin: one deployment, as a task's result."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

from .deployment import Deployment, DeploymentError, Report, Request, lock_for
from .dialect import adapt
from .differences import Difference
from .engine import Engine, EngineAbsentError, EngineError
from .history import History
from .host import Call
from .lock import Lock, LockedError
from .payload import Entry, unpack
from .redaction import Redactor
from .release_log import ReleaseLog
from .releases import Releases
from .removal import SECONDS, Removal
from .running import App, images_of, keep_running, name_of
from .way import DETOUR_SECONDS, Past


def run(call: Call) -> dict[str, Any]:
    """Apply the stack of `call`; secrets are taken out of every text that is returned."""
    options = call.options
    if options["state"] == "absent":
        return _remove(call)
    engine, releases = Engine(), Releases(options["base"], options["name"])
    lock = lock_for(releases, options, further=DETOUR_SECONDS if _detour(options) else 0)
    try:
        # Which release of an app runs is read under the lock: a deploy that ends meanwhile must not be undone.
        with nullcontext() if call.check else lock.held():
            return _apply(call, adapt(unpack(options["parcel"]), engine), releases, engine, lock)
    except LockedError as error:
        return locked(options["name"], error)


def _apply(call: Call, wanted: list[Entry], releases: Releases, engine: Engine, lock: Lock) -> dict[str, Any]:
    options = call.options
    entries = keep_running(wanted, releases, ReleaseLog(options["name"]))
    redact = Redactor([*(entry.content for entry in entries if entry.secret), *releases.secrets()])
    request = Request(
        stack=options["name"],
        entries=entries,
        images={**options["images"], **images_of(entries)},
        timeout=options["timeout"],
        check=call.check,
        controller=options["controller"],
        detour=_detour(options),
    )
    started, history = time.time(), History(request.stack)
    try:
        report = Deployment(request, releases, engine, lock).run()
    except DeploymentError as error:
        history.add(error.verdict, started, releases.read_state().release, request.controller)
        return failed(redact(f"Stack {request.stack}: {error.verdict}.\n{error}"), error.verdict)
    except (EngineError, EngineAbsentError) as error:
        return failed(redact(f"Stack {request.stack}: {error}"))
    if report.verdict == "deployed":
        history.add(report.verdict, started, releases.read_state().release, request.controller)
    if not call.check:
        note_release(request.stack, releases.read_good(), report.services)
    return result_of(report, call, redact)


def _detour(options: Mapping[str, Any]) -> Past | None:
    asked = options.get("detour")  # a question that an earlier version of Skerry kept has none
    return Past(**asked) if asked else None


def _remove(call: Call) -> dict[str, Any]:
    """Take the stack of `call` away."""
    stack, releases = call.options["name"], Releases(call.options["base"], call.options["name"])
    lock = Lock(releases.root / "lock", SECONDS, controller=call.options["controller"], insist=call.options["insist"])
    try:
        found = Removal(stack, releases, Engine(), lock, call.options["volumes"], call.check).run()
    except DeploymentError as error:
        return failed(f"Stack {stack}: {error.verdict}.\n{error}", error.verdict)
    except LockedError as error:
        return locked(stack, error)
    except (EngineError, EngineAbsentError) as error:
        return failed(f"Stack {stack}: {error}")
    verdict = ("would remove" if call.check else "removed") if found else "absent"
    result: dict[str, Any] = {"changed": bool(found), "verdict": verdict, "services": {}}
    return result | ({"diff": diffs(found, str)} if call.diff else {})


def result_of(report: Report, call: Call, redact: Callable[[str], str]) -> dict[str, Any]:
    """Return the result of a run that brought about what was wanted."""
    result: dict[str, Any] = {"changed": report.changed, "verdict": report.verdict, "services": report.services}
    if report.warnings:
        result["warnings"] = [redact(warning) for warning in report.warnings]
    if call.diff:
        result["diff"] = diffs(report.comparison.all(), redact)
    return result


def note_release(stack: str, files: Mapping[str, bytes], services: Mapping[str, Any], **about: str) -> None:
    """Note which release of an app runs by which digests; of a stack whose images follow no release there is none."""
    app = App.read(files)
    if app is not None:
        images = {service: services[service]["image"] for service in app.follows if service in services}
        ReleaseLog(stack).note(name_of(files), images, app.release, **about)


def diffs(differences: list[Difference], redact: Callable[[str], str]) -> list[dict[str, str]]:
    """Return a result's `diff`."""
    return [{key: redact(text) for key, text in difference.as_diff().items()} for difference in differences]


def locked(stack: str, error: LockedError) -> dict[str, Any]:
    """Return the result of a run that somebody else's keeps out."""
    text = f"Stack {stack} is being deployed by {error}. Wait until that ends, then run again."
    return failed(text) | {"locked_by": error.controller}


def failed(message: str, verdict: str = "failed") -> dict[str, Any]:
    """Return the result of a run that did not bring about what was wanted."""
    return {"failed": True, "msg": message, "verdict": verdict}
