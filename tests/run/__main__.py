"""`python -m tests.run [part …]`: run all parts, or the named ones and what they need.

`python -m tests.run --list [beginning]` prints the names of parts, those that so begin, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time

from tests.run import parts, programs, report, schedule
from tools.workshop.settings import ROOT


def main(names: list[str]) -> int:
    """Run the parts `names`; when empty all but parts.LATE, of which «late» stands for all.

    Returns 0 only when every one passed.
    """
    known = parts.discover(ROOT)
    if names[:1] == ["--list"]:
        print(json.dumps([name for name in known if name.startswith(tuple(names[1:]) or "")]))
        return 0
    names = [part for name in names for part in (parts.LATE if name == "late" else [name])]
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no part is called {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    chosen = schedule.with_needs(known, names or [name for name in known if name not in parts.LATE])
    programs.ensure(chosen)
    slots = int(os.environ.get("SKERRY_TEST_SLOTS") or min(4, os.cpu_count() or 1))
    logs = ROOT / ".local" / "test"
    logs.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    results = schedule.run(chosen, slots=slots, logs=logs, progress=report.progress)
    left_out = [] if names else [name for name in parts.LATE if name in known]
    return report.summary(results, time.monotonic() - started, left_out)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
