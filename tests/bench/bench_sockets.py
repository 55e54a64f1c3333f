"""Realtime against socket.io: what it costs to tell a thousand browsers something, in one process and over two.

    python -m tests.bench.bench_sockets [--sockets 1000] [--broadcasts 40] [--rounds 5]

The console is told as its api tells it, through Redis, also where there is one process. socket.io is told by HTTP; one
process sends by itself, two by its adapter for Redis, as its documentation has it. Its clients show a token that is
checked as the console checks it, and it does not compress either. Prints medians of interleaved rounds and ratios: CPU
of the servers for a delivery and for a connection, when the deliveries came, memory for a socket. It asserts no times,
but every client gets every broadcast, or it ends.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvloop

from tests.bench import servers
from tests.bench.bench_http import USERS, tokens
from tests.bench.measured import Sample, Server, cpu_of, idle_table, quantile, table
from tests.bench.socket_load import Crowd

# isort: split
from backends import Backends, backends  # servers has put the console's own modules on the path
from console.alerts.examples import ALERT
from console.cache import connection_options
from console.events import ALERTS
from processes import PUBLIC_URL
from socketio import AsyncRedisManager

PAYLOAD = {"alerts": [ALERT]}
Tell = Callable[[], Awaitable[object]]


@dataclass
class Side:
    """One way of doing it: its servers, how they are told, and what was found."""

    name: str
    servers: Sequence[Server]
    tell: Tell
    deliveries: list[Sample] = field(default_factory=list)
    connects: list[float] = field(default_factory=list)
    memory: float = 0.0  # kB a socket, of the first round: what a process took for it, it keeps for the next

    def cpu(self) -> float:
        """Of all servers, seconds."""
        return sum(server.cpu() for server in self.servers)

    def held(self) -> float:
        """Memory of all servers, kB."""
        return sum(server.memory() for server in self.servers) * 1000

    async def round(self, sockets: int, broadcasts: int) -> None:
        """Connect all, tell them so often, and let them go."""
        each = sockets // len(self.servers)
        shown = {server.port: (tokens(server) * (each // USERS + 1))[:each] for server in self.servers}
        crowd = Crowd(PUBLIC_URL, shown, ALERTS)
        cpu, memory = self.cpu(), self.held()
        await crowd.connect()
        await asyncio.sleep(0.5)  # what the servers do after the last answer is part of it
        self.connects.append((self.cpu() - cpu) / sockets * 1e6)
        self.memory = self.memory or (self.held() - memory) / sockets
        waits: list[float] = []
        cpu = self.cpu()
        for _ in range(broadcasts):
            crowd.expect()
            sent = time.perf_counter()
            await self.tell()
            waits += [(heard - sent) * 1000 for heard in await crowd.heard()]
        self.deliveries.append(Sample((self.cpu() - cpu) / sockets / broadcasts * 1e6, waits))
        crowd.close()
        await asyncio.sleep(1)

    def row(self) -> list[float]:
        """CPU of a delivery, p50, p99, CPU of a connection, memory of a socket."""
        waits = [quantile(self.deliveries, part) for part in (0.5, 0.99)]
        return [cpu_of(self.deliveries), *waits, statistics.median(self.connects), self.memory]


def through_redis(found: Backends, prefix: str) -> Tell:
    """As the console's api tells its browsers something."""
    options = {"channel": f"{prefix}socketio", "write_only": True, "redis_options": connection_options()}
    api = AsyncRedisManager(found.redis_url, **options)
    return lambda: api.emit(ALERTS, PAYLOAD, room=ALERTS)


def by_http(server: Server) -> Tell:
    """One request that the server answers when it has sent."""
    body = json.dumps(PAYLOAD, separators=(",", ":")).encode()
    client = httpx.AsyncClient(timeout=60)
    return lambda: client.post(f"http://127.0.0.1:{server.port}/broadcast", content=body)


async def measure(sides: Sequence[Side], given: argparse.Namespace) -> None:
    """Rounds of each in turn; the first one warms up."""
    for number in range(given.rounds + 1):
        for side in sides:
            await side.round(given.sockets, given.broadcasts)
            print(number, side.name, file=sys.stderr, flush=True)
            if not number:
                side.deliveries.clear()
                side.connects.clear()


def report(sides: Sequence[Side]) -> str:
    """A row for each side, and the console's as a part of socket.io's."""
    rows: list[list[object]] = []
    for ours, theirs in zip(sides[::2], sides[1::2], strict=True):
        rows += [[ours.name, *ours.row()], [theirs.name, *theirs.row()]]
        parts = [mine / its for mine, its in zip(ours.row(), theirs.row(), strict=True)]
        rows.append(["ratio", *(f"**{part:.2f}**" for part in parts)])
    return table(["", "CPU µs a delivery", "p50 ms", "p99 ms", "CPU µs a connection", "kB a socket"], rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--broadcasts", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    servers.stop_on_sigterm()
    servers.build_anchors()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        directory, prefix = Path(name), servers.stamp()
        directory.chmod(0o755)
        found = stack.enter_context(backends(directory))
        one, two = f"{prefix}one:", f"{prefix}two:"
        ours = [stack.enter_context(servers.console("realtime", found, directory, which)) for which in (one, two, two)]
        theirs = [
            stack.enter_context(servers.anchor("sockets", found, directory, which, SHARED=shared))
            for which, shared in ((one, "0"), (two, "1"), (two, "1"))
        ]
        print(idle_table([ours[0], theirs[0]]), flush=True)
        sides = [
            Side("console, one process", ours[:1], through_redis(found, one)),
            Side("socket.io, one process", theirs[:1], by_http(theirs[0])),
            Side("console, two processes", ours[1:], through_redis(found, two)),
            Side("socket.io, two processes", theirs[1:], by_http(theirs[1])),
        ]
        uvloop.run(measure(sides, given))
        print(f"\n{report(sides)}", flush=True)


if __name__ == "__main__":
    main()
