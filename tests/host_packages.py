"""The Python packages that the runner's role puts on the host, importable as they are there."""

from __future__ import annotations

import sys
from pathlib import Path

from module_utils.skerry import redaction, service

PLACE = Path(__file__).resolve().parents[1] / "roles/runner/templates/host/usr/local/lib/skerry"


def add() -> None:
    """Make them importable."""
    sys.path.insert(0, str(PLACE))
    # The role copies these beside the package's own modules (roles/runner/vars/main.yml).
    sys.modules["skerry_runner.redaction"] = redaction
    sys.modules["skerry_runner.service"] = sys.modules["skerry_reporter.service"] = service
