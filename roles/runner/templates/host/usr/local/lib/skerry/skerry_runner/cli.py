"""``skerry-job``: the same queue from the host's command line, whether or not the console is there."""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import sys
import time
import uuid
from typing import Any

from . import definitions
from .control import SOCKET
from .spool import Job, Spool

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
STEP = 0.25
GOOD = ("succeeded",)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    top = argparse.ArgumentParser(prog="skerry-job", description="Jobs of this Skerry host.")
    verbs = top.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("run", help="run a job and show what it says; ends with 0 only when it succeeded")
    one.add_argument("name")
    one.add_argument("parameters", nargs="*", metavar="key=value")
    one.add_argument("--confirm", help="the word that a dangerous job wants")
    one.add_argument("--why", default="", help="kept with the job")
    one.add_argument("--by", default=os.environ.get("SUDO_USER", "root"), help=argparse.SUPPRESS)
    one.add_argument("--detach", action="store_true", help="only say the job's id")
    verbs.add_parser("jobs", help="which jobs there are")
    verbs.add_parser("list", help="which have run, wait or run")
    one = verbs.add_parser("log", help="what one said; follows it while it runs")
    one.add_argument("job")
    verbs.add_parser("cancel", help="end one").add_argument("job")
    return top


def ask(message: dict[str, Any]) -> dict[str, Any]:
    """Send one message to the runner and return its answer. Raises SystemExit where there is none."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(str(SOCKET))
            connection.sendall(json.dumps(message).encode() + b"\n")
            answer: dict[str, Any] = json.loads(connection.makefile().readline())
    except (OSError, ValueError) as problem:
        raise SystemExit(f"the runner does not answer ({problem}): see `systemctl status skerry-runner`") from problem
    if "error" in answer:
        raise SystemExit(answer["error"])
    return answer


def run(options: argparse.Namespace) -> int:
    """Start a job, and follow it."""
    pairs = [pair.partition("=") for pair in options.parameters]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise SystemExit(f"{wrong[0]} is no key=value")
    identity = uuid.uuid4().hex
    ask(
        {
            "start": {
                "job": identity,
                "name": options.name,
                "parameters": {name: value for name, _, value in pairs},
                "by": {"user": options.by, "role": "root"},
                "why": options.why,
                "confirmation": options.confirm,
            }
        }
    )
    print(identity, flush=True)
    return 0 if options.detach else follow(find(identity))


def follow(job: Job) -> int:
    """Print a job's events until its last; return 0 only where it succeeded."""
    place, colours = 0, sys.stdout.isatty()
    while True:
        for event in job.events(place):
            place = event["end"]
            if event["kind"] == "line":
                print(event["text"] if colours else COLOURS.sub("", event["text"]), flush=True)
            elif event["kind"] == "state":
                print(f"-- {event['state']} {_detail(event['detail'])}".rstrip(), flush=True)
        job.refresh()
        if job.finished:
            return 0 if job.state in GOOD else 1
        time.sleep(STEP)


def find(beginning: str) -> Job:
    """Return the job whose id begins so. Raises SystemExit where there is none, or more than one."""
    found = [job for job in Spool().load() if job.id.startswith(beginning)]
    if len(found) != 1:
        raise SystemExit(f"{len(found)} jobs begin with {beginning}: see `skerry-job list`")
    return found[0]


def table() -> str:
    """Return a line for each job that is kept, the newest last."""
    rows = []
    for job in Spool().load():
        about = job.request.about()
        parameters = " ".join(f"{name}={value}" for name, value in about["parameters"].items())
        began = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(job.began_at))
        rows.append(
            f"{job.id[:8]}  {began}  {job.state:<9}  {about['by'].get('user', '?')}: {about['name']} {parameters}"
        )
    return "\n".join(row.rstrip() for row in rows)


def allowed() -> str:
    """Return a line for each job of the allow-list, with its parameters."""
    return "\n".join(
        f"{job.name:<16} {job.title}  {' '.join(job.parameters)}".rstrip() for job in definitions.load().values()
    )


def _detail(detail: dict[str, Any]) -> str:
    return ", ".join(
        f"{name}: {value if isinstance(value, str | int) else json.dumps(value)}" for name, value in detail.items()
    )


def main(arguments: list[str]) -> int:
    """Run one verb."""
    options = parser().parse_args(arguments)
    if os.geteuid() != 0:
        raise SystemExit("skerry-job needs root")
    if options.verb == "run":
        return run(options)
    if options.verb == "log":
        return follow(find(options.job))
    if options.verb == "cancel":
        job = find(options.job)
        if not ask({"cancel": job.id, "by": {"user": os.environ.get("SUDO_USER", "root")}})["cancelled"]:
            raise SystemExit(f"{job.id} neither waits nor runs")
        return 0
    print(table() if options.verb == "list" else allowed())
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("the job goes on; `skerry-job cancel` ends it", file=sys.stderr)
        sys.exit(130)
