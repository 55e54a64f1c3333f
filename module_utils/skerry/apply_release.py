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


def run(call: Call) -> dict[str, Any]:
    """Deploy what `call` asks for; secrets are taken out of every text that is returned."""
    options, releases = call.options, Releases(call.options["base"], call.options["app"])
    order = Order(**{key: options[key] for key in ("app", "action", "release", "owner", "message", "backup")})
    redact = Redactor(releases.secrets())
    started = time.time()
    try:
        files = releases.read_good()
        app = _app(order, files)
        lock = lock_for(
            releases,
            {**options, "timeout": app.timeout},
            further=BACKUP_SECONDS if order.backup else 0,
            what=f"{order}",
        )
        with nullcontext() if call.check else lock.held():
            rollout = Rollout(order, app, releases, Engine(), lock, call, redact)
            result = rollout.run()
    except LockedError as error:
        return _told(locked(order.app, error), order, started)
    except (RefusedError, EngineError, EngineAbsentError) as error:
        return _told(failed(f"{order.app}: failed. {redact(str(error))}\nNothing was changed."), order, started)
    if not call.check:
        about = {"name": result["release"], "owner": order.owner, "message": order.message}
        good = releases.read_state().release
        reason = result.get("reason", "")
        History(order.app).add(result["verdict"], started, good, options["controller"], **about, reason=reason)
    return _told(result, order, started)


def _app(order: Order, files: dict[str, bytes]) -> App:
    """Return what the host knows of the app; raise RefusedError where that is nothing, or the release cannot be one."""
    if order.release and not is_release(order.release):
        raise RefusedError(
            f"{order.release!r} names no release: allowed is a tag such as 1.5, or sha256:… with 64 digits."
        )
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
