"""What the host keeps of deploys and drills, put there as its own programs write it: the reporter tells the rest."""

from __future__ import annotations

import json
import shlex
import time
from pathlib import PurePosixPath

from tests.local import Vps

STATE = PurePosixPath("/var/lib/skerry")
APP = "e2e-shop"
"""An app that does not run; only the host's records know of it."""
RUNS = STATE / "backup/runs.json"

_AT = time.time() - 120  # so that both deploys are on the first page
_LOG = {"owner": "ada", "message": "cheaper <b>shipping</b>"}


def files() -> dict[PurePosixPath, object]:
    """Return the records by file: an app with three releases, the last of which did not get well, and two drills."""
    entry = {"seconds": 12.0, "release": "dir", "controller": "laptop", **_LOG}
    drill = {
        "kind": "restore drill",
        "host": "vps",
        "target": "local",
        "steps": [],
        "rto_seconds": 54.3,
        "rpo_seconds": 17.0,
    }
    good = {**drill, "run": "20260101T030000Z", "good": True, "problems": []}
    bad = {**drill, "run": "", "good": False, "problems": ["local has no <b>complete</b> run"]}
    reason = f"{APP}_web ended with code 1"
    return {
        STATE / f"deploys/{APP}.json": {
            "counts": {},
            "entries": [
                {"ended": _AT, "verdict": "deployed", "name": "1.4", "reason": "", **entry},
                {"ended": _AT + 60, "verdict": "rolled back", "name": "1.5", "reason": reason, **entry},
            ],
        },
        STATE / f"releases/{APP}.json": {
            "inventory": "1.3",
            "releases": [release("1.2", left=True), release("1.3"), release("1.4")],
        },
        STATE / "backup/evidence/drill-2001-01-01T05:00:00Z.json": _dated(bad, "2001-01-01"),
        STATE / "backup/evidence/drill-2001-01-02T05:00:00Z.json": _dated(good, "2001-01-02"),
    }


def release(name: str, *, left: bool = False) -> dict[str, object]:
    """A release of the app, as module_utils/skerry/release_log.py keeps it."""
    return {"name": name, "images": {"web": f"shop:{name}"}, "since": _AT, "left": left, **_LOG}


def write(vps: Vps, path: PurePosixPath, content: object) -> None:
    """Replace a file of the host in one step, readable by root alone."""
    text = shlex.quote(json.dumps(content))
    vps.out(f"umask 077; mkdir -p {path.parent}; printf %s {text} > {path}.part; mv {path}.part {path}")


def remove(vps: Vps) -> None:
    """Remove all of them."""
    vps.out(f"rm -f {' '.join(str(path) for path in files())}")


def _dated(evidence: dict[str, object], day: str) -> dict[str, object]:
    return {**evidence, "started": f"{day}T05:00:00Z", "finished": f"{day}T05:01:00Z"}
