"""Run the scenario's playbook as an operator would, and look at what the Swarm then does."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testinfra.host import Host

SCENARIO = Path(__file__).parents[1]
ROOT = SCENARIO.parents[1]
CANARY = "canary-token-4f7d1c9a2e"


@dataclass(frozen=True)
class Run:
    """One run of ansible-playbook: its exit code, all its output, and the result of its only task."""

    code: int
    output: str
    result: dict[str, Any]

    @property
    def drift(self) -> str:
        """What --diff said that is no text of a file."""
        return "".join(item.get("prepared", "") for item in self.result["diff"])


def command(*options: str, playbook: str = "deploy.yml", **variables: object) -> list[str]:
    """Return the command line of a run."""
    inventory = os.environ["MOLECULE_INVENTORY_FILE"]
    extra = json.dumps({key: value for key, value in variables.items() if value is not None})
    return ["ansible-playbook", "--inventory", inventory, "--extra-vars", extra, *options, str(SCENARIO / playbook)]


def environment(callback: str = "ansible.posix.json") -> dict[str, str]:
    """Return the environment of a run: the project's own configuration, results as JSON."""
    settings = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_CACHE_PLUGIN": "memory"}
    return {**os.environ, **settings, "ANSIBLE_STDOUT_CALLBACK": callback, "ANSIBLE_FORCE_COLOR": "0"}


def run(*options: str, playbook: str = "deploy.yml", **variables: object) -> Run:
    """Run a playbook of the scenario with --diff and the given options and variables."""
    line = command("--diff", *options, playbook=playbook, **variables)
    done = subprocess.run(line, capture_output=True, text=True, env=environment(), cwd=ROOT, check=False)
    start = done.stdout.find("{")
    assert start >= 0, done.stdout + done.stderr
    hosts = json.loads(done.stdout[start:])["plays"][0]["tasks"][0]["hosts"]
    return Run(done.returncode, done.stdout + done.stderr, next(iter(hosts.values())))


class Swarm:
    """The VPS's engine, asked with its own client."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def docker(self, text: str) -> str:
        """Return the output of a docker command; fail when it fails."""
        return str(self.host.check_output(f"docker {text}")).strip()

    def spec(self, service: str) -> dict[str, Any]:
        """Return a service's spec."""
        spec: dict[str, Any] = json.loads(self.docker(f"service inspect {service}"))[0]["Spec"]
        return spec

    def names(self, kind: str, stack: str = "demo") -> list[str]:
        """Return the names of a stack's services, configs, secrets or networks."""
        fields = f"{kind} ls --filter label=com.docker.stack.namespace={stack} --format '{{{{.Name}}}}'"
        return sorted(self.docker(fields).split())

    def answer(self, service: str = "web") -> str:
        """Return what a service says to a client on its network."""
        url = f"http://{service}:8080/"
        return self.docker(f"run --rm --network demo_front nginxinc/nginx-unprivileged:1.26 curl -sS -m 5 {url}")
