"""The console's API against the same endpoints in NestJS: processor time of a request, interleaved, in one run.

    python -m tests.bench.bench_http [--requests 1500] [--rounds 7] [--before DIRECTORY]

Two anchors (`tests/bench/nestjs/`): *stock*, as the documentation has it (Express, TypeORM, a secret that is text), and
*tuned* (Fastify, a prepared key, statements by hand). The list is the audit log's: one indexed SELECT of 50 rows and
nothing else. The POST is the cheapest that the console has behind an access token: it acknowledges an alert (one row
locked and changed, one row added, one transaction, one event by way of Redis).

The console asks Redis for every request whether the session goes on, and counts it. «whole chain» is NestJS with that,
too. `--before` takes another state of this repository into the run, such as a worktree of the last release. Prints
medians of rounds and ratios; it asserts nothing about times, but the answers are the same, or it ends.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import jwt
from sqlalchemy import insert

from tests.bench import http_load, servers
from tests.bench.measured import Sample, Server, cpu_of, idle_table, quantile, table

# isort: split
from backends import Backends, backends  # servers has put the console's own modules on the path
from console.alerts.examples import ACKNOWLEDGEMENT, NOTIFICATION
from console.alerts.models import FIRING, Alert
from console.audit.models import DONE, Audit
from console.auth.permissions import Role
from console.auth.tokens import Tokens
from console.database import Database, make_engine, utc_now
from processes import SECRET_KEY

USERS = 60  # each may ask 600 times a minute
ROWS = 1000
PATHS = {
    "static JSON": ("GET", "/api/health", "/api/health"),
    "list of 50 rows": ("GET", "/api/audit", "/api/audit"),
    "list, whole chain": ("GET", "/api/audit", "/whole/audit"),
    "POST": ("POST", "/api/alerts/1/acknowledge", "/api/alerts/1/acknowledge"),
    "POST, whole chain": ("POST", "/api/alerts/1/acknowledge", "/whole/alerts/1/acknowledge"),
}


async def fill(found: Backends) -> None:
    """Rows for the list, and the alert that is acknowledged."""
    now, said = utc_now(), NOTIFICATION["alerts"][0]
    same = {"request_id": "5f0c1d2e3b4a49588d7c6b5a40312213", "user_id": 1, "user_name": "admin", "count": 1}
    same |= {"address": "192.0.2.7", "action": "users.create", "detail": "role operator", "outcome": DONE, "code": ""}
    entries = [same | {"at": now - timedelta(seconds=ROWS - n), "target": f"user:{n} ann"} for n in range(ROWS)]
    alert = Alert(
        fingerprint=said["fingerprint"], starts_at=now, told_at=now, status=FIRING, name="HostDiskAlmostFull",
        severity="critical", labels=json.dumps(said["labels"]), annotations=json.dumps(said["annotations"]),
        acknowledged_by="", note="", revision=1,
    )  # fmt: skip
    database = Database(make_engine(found.database_url))
    async with database.transaction() as session:
        await session.execute(insert(Audit), entries)
        session.add(alert)
    await database.close()


def tokens(server: Server) -> list[str]:
    """Access tokens of USERS users: the console's by its own key, the anchors' with the same claims by theirs."""
    own = Tokens(SECRET_KEY)
    made = [own.issue(100 + n, f"user{n}", Role.ADMIN, f"{n:032x}") for n in range(USERS)]
    if server.name.startswith("console"):
        return made
    claims = [jwt.decode(token, options={"verify_signature": False}) for token in made]
    return [jwt.encode(one, SECRET_KEY, algorithm="HS256") for one in claims]


def requests(server: Server, endpoint: str) -> list[bytes]:
    """What is asked, a request for each user."""
    method, ours, theirs = PATHS[endpoint]
    path = ours if server.name.startswith("console") else theirs
    body = json.dumps(ACKNOWLEDGEMENT).encode() if method == "POST" else b""
    if endpoint == "static JSON":
        return [http_load.request(method, path)]
    return [http_load.request(method, path, token, body) for token in tokens(server)]


def same(bodies: Sequence[bytes]) -> None:
    """Raises SystemExit where the servers answer differently; who acknowledged, when and how often is left out."""
    told = []
    for body in bodies:
        answer = json.loads(body)
        for name in ("revision", "acknowledged"):
            answer.pop(name, None)
        told.append(answer)
    if any(answer != told[0] for answer in told):
        raise SystemExit(f"the servers do not answer the same: {[body[:300] for body in bodies]}")


def rounds(running: Sequence[Server], count: int, most: int) -> dict[tuple[str, str], list[Sample]]:
    """`most` rounds of everything in turn, after one that only warms up; Ctrl-C ends it with what was found by then."""
    found: dict[tuple[str, str], list[Sample]] = defaultdict(list)
    with contextlib.suppress(KeyboardInterrupt):
        for number in range(most + 1):
            for endpoint in PATHS:
                measured = [http_load.measure(server, requests(server, endpoint), count) for server in running]
                same([body for _, body in measured])
                if number:
                    for server, (sample, _) in zip(running, measured, strict=True):
                        found[endpoint, server.name].append(sample)
            print(f"round {number} of {most}", file=sys.stderr, flush=True)
    return found


def report(running: Sequence[Server], found: dict[tuple[str, str], list[Sample]]) -> str:
    """CPU of each and how often the console's goes into the anchors'; what clients waited."""
    rows = []
    for endpoint in [endpoint for endpoint in PATHS if found[endpoint, running[0].name]]:
        cpu = [cpu_of(found[endpoint, server.name]) for server in running]
        waits = [
            f"{quantile(found[endpoint, server.name], 0.5):.1f} / {quantile(found[endpoint, server.name], 0.99):.1f}"
            for server in running
        ]
        rows.append([endpoint, *(f"{value:.0f}" for value in cpu), *(f"{v / cpu[0]:.2f}" for v in cpu[1:]), *waits])
    names = [server.name for server in running]
    head = [
        "CPU µs a request",
        *names,
        *(f"× {name}" for name in names[1:]),
        *(f"{name}, p50 / p99 ms" for name in names),
    ]
    return table(head, rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--before", type=Path)
    given = parser.parse_args()
    servers.stop_on_sigterm()
    servers.build_anchors()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        directory, prefix = Path(name), servers.stamp()
        directory.chmod(0o755)
        found = stack.enter_context(backends(directory))
        api = stack.enter_context(servers.console("api", found, directory, prefix))
        asyncio.run(fill(found))
        running = [api]
        if given.before:
            source = given.before.resolve() / "app/src"
            before = stack.enter_context(servers.console("api", found, directory, prefix, source))
            running.append(replace(before, name="console before"))
        running += [stack.enter_context(servers.anchor(kind, found, directory, prefix)) for kind in ("stock", "tuned")]
        print(idle_table(running), flush=True)
        print(f"\n{report(running, rounds(running, given.requests, given.rounds))}", flush=True)


if __name__ == "__main__":
    main()
