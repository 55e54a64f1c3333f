"""The host's half of the stack plugin: one deployment, as a task's result."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .deployment import Deployment, DeploymentError, Request
from .dialect import adapt
from .differences import Difference
from .engine import Engine, EngineAbsentError, EngineError
from .history import History
from .host import Call
from .lock import Lock, LockedError
from .payload import unpack
from .redaction import Redactor
from .releases import Releases
from .removal import SECONDS, Removal


def run(call: Call) -> dict[str, Any]:
    """Apply the stack of `call`; secrets are taken out of every text that is returned."""
    options = call.options
    if options["state"] == "absent":
        return _remove(call)
    engine = Engine()
    entries = adapt(unpack(options["parcel"]), engine)
    releases = Releases(options["base"], options["name"])
    redact = Redactor([*(entry.content for entry in entries if entry.secret), *releases.secrets()])
    request = Request(
        stack=options["name"],
        entries=entries,
        images=options["images"],
        timeout=options["timeout"],
        check=call.check,
        controller=options["controller"],
        insist=options["insist"],
    )
    started, history = time.time(), History(request.stack)
    try:
        report = Deployment(request, releases, engine).run()
    except DeploymentError as error:
        history.add(error.verdict, started, releases.read_state().release, request.controller)
        return _failed(redact(f"Stack {request.stack}: {error.verdict}.\n{error}"), error.verdict)
    except LockedError as error:
        return _locked(request.stack, error)
    except (EngineError, EngineAbsentError) as error:
        return _failed(redact(f"Stack {request.stack}: {error}"))
    if report.verdict == "deployed":
        history.add(report.verdict, started, releases.read_state().release, request.controller)
    result: dict[str, Any] = {"changed": report.changed, "verdict": report.verdict, "services": report.services}
    if report.warnings:
        result["warnings"] = [redact(warning) for warning in report.warnings]
    if call.diff:
        result["diff"] = _diff(report.comparison.all(), redact)
    return result


def _remove(call: Call) -> dict[str, Any]:
    """Take the stack of `call` away."""
    stack, releases = call.options["name"], Releases(call.options["base"], call.options["name"])
    lock = Lock(releases.root / "lock", SECONDS, controller=call.options["controller"], insist=call.options["insist"])
    try:
        found = Removal(stack, releases, Engine(), lock, call.options["volumes"], call.check).run()
    except DeploymentError as error:
        return _failed(f"Stack {stack}: {error.verdict}.\n{error}", error.verdict)
    except LockedError as error:
        return _locked(stack, error)
    except (EngineError, EngineAbsentError) as error:
        return _failed(f"Stack {stack}: {error}")
    verdict = ("would remove" if call.check else "removed") if found else "absent"
    result: dict[str, Any] = {"changed": bool(found), "verdict": verdict, "services": {}}
    return result | ({"diff": _diff(found, str)} if call.diff else {})


def _diff(differences: list[Difference], redact: Callable[[str], str]) -> list[dict[str, str]]:
    return [{key: redact(text) for key, text in difference.as_diff().items()} for difference in differences]


def _locked(stack: str, error: LockedError) -> dict[str, Any]:
    text = f"Stack {stack} is being deployed by {error}. Wait until that ends, then run again."
    return _failed(text) | {"locked_by": error.controller}


def _failed(message: str, verdict: str = "failed") -> dict[str, Any]:
    return {"failed": True, "msg": message, "verdict": verdict}
