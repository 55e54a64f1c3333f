"""What a stack task costs when nothing changes, against a bare command and against ten stock templates.

    python -m tests.bench.bench_stack [--inventory inventories/local] [--rounds 5]

Deploys a stack `bench` on the inventory's first manager, then runs the three in turn, `rounds` times in one play, and
prints the median seconds of each and their ratios. It asserts nothing: times belong to the machine. The stack is
removed at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "molecule/stack/templates/demo"
TEMPLATES = 10
VARIABLES = {
    "demo_image": "nginxinc/nginx-unprivileged:1.26",
    "demo_word": "bench",
    "demo_side_word": "side",
    "demo_behaviour": "good",
}
STACK = {"name": "stack", "stack": {"name": "bench", "src": str(DEMO), "files": {"secrets/token": "canary-bench"}}}
COMMAND = {"name": "command", "ansible.builtin.command": "true", "changed_when": False}
REMOVE = "docker stack rm bench; rm -rf /opt/skerry/stacks/bench /tmp/skerry-bench.*"


def template(number: int) -> dict[str, Any]:
    """Return one stock template task."""
    source = {"src": str(DEMO / "site.conf.j2"), "dest": f"/tmp/skerry-bench.{number}", "mode": "0644"}
    return {"name": "templates", "ansible.builtin.template": source}


def play(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a playbook of one play."""
    return [{"hosts": "managers[0]", "gather_facts": False, "become": True, "vars": VARIABLES, "tasks": tasks}]


def run(inventory: str, tasks: list[dict[str, Any]]) -> list[tuple[str, float]]:
    """Run tasks and return (name, seconds) of each."""
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump(play(tasks), file)
        file.flush()
        environment = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"}
        command = ["ansible-playbook", "--inventory", inventory, file.name]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    found = json.loads(done.stdout[done.stdout.index("{") :])["plays"][0]["tasks"]
    return [(task["task"]["name"], _seconds(task["task"]["duration"])) for task in found]


def _seconds(duration: dict[str, str]) -> float:
    start, end = (datetime.fromisoformat(duration[key]) for key in ("start", "end"))
    return (end - start).total_seconds()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inventory", default="inventories/local")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    templates = [template(number) for number in range(TEMPLATES)]
    run(options.inventory, [STACK, *templates])
    one_round: list[dict[str, Any]] = [COMMAND, STACK, *templates]
    times = run(options.inventory, [COMMAND, *one_round * options.rounds])[1:]
    run(options.inventory, [{"name": "remove", "ansible.builtin.shell": REMOVE}])
    medians = {name: statistics.median(seconds for found, seconds in times if found == name) for name, _ in times}
    medians["templates"] *= TEMPLATES
    for name, label in (("command", "one bare command"), ("stack", "one stack"), ("templates", "ten templates")):
        print(f"{label:18} {medians[name]:6.2f} s   {medians[name] / medians['command']:5.1f} × a command")
    print(f"a stack task costs {medians['stack'] / medians['templates']:.2f} of ten template tasks")


if __name__ == "__main__":
    main()
