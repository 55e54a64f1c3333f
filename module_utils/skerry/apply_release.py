"""The host's half of the release plugin: one release of an app, deployed or gone back to, as a task's result."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import Any

from .apply_stack import failed, locked
from .deployment import lock_for
from .engine import Engine, EngineAbsentError, EngineError
from .history import History
from .host import Call
from .lock import LockedError
from .redaction import Redactor
from .references import is_release
from .releases import Releases
from .rollout import BACKUP_SECONDS, Order, RefusedError, Rollout
from .running import App, name_of

LONGEST = 200  # characters of a message or an owner


def run(call: Call) -> dict[str, Any]:
    """Deploy what `call` asks for; secrets are taken out of every text that is returned."""
    options, releases = call.options, Releases(call.options["base"], call.options["app"])
    order = Order(
        app=options["app"],
        action=options["action"],
        release=options["release"],
        owner=_line(options["owner"]),
        message=_line(options["message"]),
        backup=options["backup"],
    )
    redact = Redactor(releases.secrets())
    started = time.time()
    try:
        about = {**options, "timeout": _app(order, releases).timeout}
        lock = lock_for(releases, about, further=BACKUP_SECONDS if order.backup else 0, what=str(order))
        with nullcontext() if call.check else lock.held():
            result = Rollout(order, _app(order, releases), releases, Engine(), lock, call, redact).run()
    except LockedError as error:
        return _told(locked(order.app, error), order, started)
    except RefusedError as error:
        return _told(failed(f"{order.app}: failed. {error}\nNothing was changed."), order, started)
    except (EngineError, EngineAbsentError) as error:
        return _told(failed(redact(f"{order.app}: failed. {error}")), order, started)
    if not call.check:
        why = {"owner": order.owner, "message": order.message, "reason": result.get("reason", "")}
        good = releases.read_state().release
        History(order.app).add(result["verdict"], started, good, options["controller"], name=result["release"], **why)
    return _told(result, order, started)


def _line(text: str) -> str:
    """Return the first line of a text that somebody else wrote, in length and characters as a log bears it."""
    first = next(iter(text.strip().splitlines()), "")
    return "".join(letter for letter in first if letter.isprintable())[:LONGEST]


def _app(order: Order, releases: Releases) -> App:
    """Return what the host knows of the app; raise RefusedError where that is nothing, or the release cannot be one."""
    if order.release and not is_release(order.release):
        raise RefusedError(
            f"{order.release!r} names no release: allowed is a tag such as 1.5, or sha256:… with 64 digits."
        )
    files = releases.read_good()
    app = App.read(files)
    if app is None or not name_of(files):
        raise RefusedError(
            "Of this name site.yml has deployed no app with an image that follows a release; "
            "one whose image is written without a tag does (docs/deploying.md)."
        )
    return app


def _told(result: dict[str, Any], order: Order, started: float) -> dict[str, Any]:
    """Return the result with what every one has: for whom, which release, how long."""
    about = {"app": order.app, "release": order.release, "action": order.action, "owner": order.owner}
    return {**about, "message": order.message, **result, "seconds": round(time.time() - started, 1)}
