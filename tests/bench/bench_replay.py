"""What it costs to give a browser the events that it has missed: seconds, and what realtime needs for it.

    python -m tests.bench.bench_replay [--events 10000] [--rounds 5]

Starts Redis and a realtime process as the console's tests do, stores a job's output of that many lines, and lets one
client subscribe from the start, `rounds` times. Prints the median and the longest time from the subscription to the
last event, CPU milliseconds of realtime for each, and its memory before and after. It asserts nothing: times belong to
the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "app/src"), str(ROOT / "app/tests")]

import httpx  # noqa: E402 - the console's own modules are found only now
from backends import backends  # noqa: E402
from console.auth.permissions import Role  # noqa: E402
from console.auth.tokens import Tokens  # noqa: E402
from console.cache import make_redis  # noqa: E402
from console.streams.store import TopicStore  # noqa: E402
from console.streams.topics import KEEP_OUTPUT, output_of  # noqa: E402
from processes import SECRET_KEY, Process, console  # noqa: E402
from streams import Follower  # noqa: E402

PREFIX = "console:bench:"
TOPIC = output_of("b" * 32)
LINE = "ok: [vps] => (item=/opt/skerry/stacks/console) and as much more as a line of a playbook has on average"


def metric(realtime: Process, name: str) -> float:
    """Return one value of realtime's metrics."""
    text = httpx.get(f"{realtime.url}/metrics", timeout=30).text
    return next(float(row.split()[1]) for row in text.splitlines() if row.startswith(f"{name} "))


async def fill(redis_url: str, events: int) -> None:
    """Store the output of a job, as realtime does for a runner."""
    redis = make_redis(redis_url)
    topics = TopicStore(redis, PREFIX)
    for first in range(1, events + 1, 500):
        numbers = range(first, min(first + 500, events + 1))
        lines = [[time.time(), LINE] for _ in numbers]
        await topics.append(TOPIC, lines, KEEP_OUTPUT, first=first)
    await redis.aclose()


async def replay(realtime: Process, events: int) -> tuple[float, float]:
    """Return (seconds, CPU milliseconds of realtime) of one replay."""
    follower = Follower(Tokens(SECRET_KEY).issue(1, "bench", Role.VIEWER, "bench"), TOPIC)
    await follower.connect(realtime)
    cpu, begun = metric(realtime, "process_cpu_seconds_total"), time.perf_counter()
    await follower.subscribe()
    await follower.until(events)
    seconds = time.perf_counter() - begun
    cpu = metric(realtime, "process_cpu_seconds_total") - cpu
    await follower.close()
    if [event["n"] for event in follower.got] != list(range(1, events + 1)):
        raise SystemExit("the events came out of order, or not all")
    return seconds, cpu * 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        with backends(directory) as servers, console("realtime", servers, directory, REDIS_PREFIX=PREFIX) as realtime:
            realtime.wait_until_ready("/ready")
            asyncio.run(fill(servers.redis_url, given.events))
            before = metric(realtime, "process_resident_memory_bytes")
            found = [asyncio.run(replay(realtime, given.events)) for _ in range(given.rounds)]
            after = metric(realtime, "process_resident_memory_bytes")
    seconds, cpu = zip(*found, strict=True)
    print(f"{given.events} events: median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s,")
    print(f"{statistics.median(cpu):.0f} ms of realtime's CPU; its memory {before / 1e6:.0f} to {after / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
