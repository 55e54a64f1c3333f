"""Print the screen; exit code 1 where something is wrong."""

from __future__ import annotations

import socket
import sys
import time

from . import gather, screen

MARKS = {True: "✓", False: "✗", None: "·"}


def main() -> int:
    """Gather, judge and print."""
    now = time.time()
    found = screen.lines(gather.gather(), now)
    wrong = sum(line.good is False for line in found)
    verdict = "all is well" if not wrong else f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong"
    print(f"{socket.gethostname()}, {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime(now))}: {verdict}\n")
    for line in found:
        print(f"  {MARKS[line.good]} {line.topic:<12} {line.text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
