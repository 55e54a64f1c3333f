"""The host's half of the stack plugin: one deployment, as a task's result."""

from __future__ import annotations

import time
from typing import Any

from .deployment import Deployment, DeploymentError, Request
from .dialect import adapt
from .engine import Engine, EngineAbsentError, EngineError
from .history import History
from .host import Call
from .lock import LockedError
from .payload import unpack
from .redaction import Redactor
from .releases import Releases


def run(call: Call) -> dict[str, Any]:
    """Apply the stack of `call`; secrets are taken out of every text that is returned."""
    options = call.options
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
        text = f"Stack {request.stack} is being deployed by {error}. Wait until that ends, then run again."
        return _failed(text) | {"locked_by": error.controller}
    except (EngineError, EngineAbsentError) as error:
        return _failed(redact(f"Stack {request.stack}: {error}"))
    if report.verdict == "deployed":
        history.add(report.verdict, started, releases.read_state().release, request.controller)
    result: dict[str, Any] = {"changed": report.changed, "verdict": report.verdict, "services": report.services}
    if report.warnings:
        result["warnings"] = [redact(warning) for warning in report.warnings]
    if call.diff:
        result["diff"] = [
            {key: redact(text) for key, text in difference.as_diff().items()} for difference in report.comparison.all()
        ]
    return result


def _failed(message: str, verdict: str = "failed") -> dict[str, Any]:
    return {"failed": True, "msg": message, "verdict": verdict}
