"""What a person reads: a line as each part ends, the tail of what failed, and a table."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.run.schedule import Result

TAIL_LINES = 60
NAMED = 8
# pytest's own summary (-ra), behind seconds and what Molecule draws around it.
BROKEN = re.compile(r"^[^\n]*?\b((?:FAILED|ERROR) \S+\.py\b.*)$", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def progress(result: Result) -> None:
    """Print one line for a part that ended, and the end of its log if it failed."""
    tests = f"{result.tests} tests" if result.part.tests else ""
    print(
        f"{result.verdict:8} {result.part.name:28} {result.seconds:6.0f} s  {tests} {result.why}".rstrip(), flush=True
    )
    if result.verdict == "failed":
        lines = result.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        print("\n".join(f"    | {line}" for line in lines), flush=True)
        print(f"    the whole log: {result.log}", flush=True)


def summary(results: list[Result], seconds: float, left_out: Sequence[str] = ()) -> int:
    """Print the table, what was left out, and the closing line; return the exit code."""
    bad = [result for result in results if result.verdict != "passed"]
    print(f"\n{'part':30}{'verdict':10}{'tests':>6}{'seconds':>9}")
    for result in results:
        tests = str(result.tests) if result.part.tests else "-"
        print(f"{result.part.name:30}{result.verdict:10}{tests:>6}{result.seconds:9.0f}")
    total = sum(result.tests for result in results)
    print(f"\n{total} tests in {len(results)} parts, {seconds / 60:.1f} minutes")
    if left_out:
        print("left to `make test-late`: " + ", ".join(left_out))
    if bad:
        print("not passed: " + ", ".join(result.part.name for result in bad))
        # Once more at the very end: of a long output the end is what is kept and read.
        for result in bad:
            for line in broken(result)[:NAMED] or [result.why]:
                print(f"    {result.part.name}: {line}")
    print(f"{len(results) - len(bad)} passed, {len(bad)} failed")
    return 1 if bad or not results else 0


def broken(result: Result) -> list[str]:
    """Return what pytest says of the tests that failed or could not run, a line each."""
    if not result.log.exists():
        return []
    return BROKEN.findall(COLOUR.sub("", result.log.read_text(errors="replace")))
