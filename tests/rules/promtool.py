"""Prometheus's own checker of rules, out of Debian's package.

Unpacked rather than installed: the package would start a Prometheus on the machine that only runs the tests.
"""

from __future__ import annotations

import functools
import shutil
from pathlib import Path

from tools.workshop import packages
from tools.workshop.settings import ROOT


@functools.cache
def promtool() -> Path:
    """Return the path of promtool: the machine's own, or else out of Debian's package under .local/.

    Raises WorkshopError where this is no Debian or apt reaches nothing.
    """
    if installed := shutil.which("promtool"):
        return Path(installed)
    return packages.unpack("prometheus", ROOT / ".local/debian") / "usr/bin/promtool"
