"""Run one job of a host from a pipeline: `python -m tools.nightly`, everything out of the environment.

JOB                       a job of the host's allow-list that needs no parameter, as check-drift or restore-drill
HOST, KNOWN_HOSTS, SSH_KEY   as for tools/pipeline.py

What the job says goes to the output as it comes, its end to the summary of GitHub Actions. Exit code 0 means that the
job succeeded. Needs ssh and ssh-agent, and no Ansible: the host runs the job itself.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools import pinned
from tools.on_host import ssh

PATTERNS = {
    "JOB": (r"[a-z][a-z0-9-]{0,40}", "the name of a job"),
    "HOST": (pinned.HOST, "user@address or user@address:port"),
}
SHOWN = 60
"""Lines of the end of a job's output that a summary shows."""


def read(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings, checked; end with a sentence for each that cannot be. No secret is repeated."""
    found = {name: environ.get(name, "") for name in (*PATTERNS, *pinned.SECRETS)}
    wrong = pinned.problems(found, PATTERNS)
    if wrong:
        sys.exit("\n".join(wrong))
    return found


def run(settings: Mapping[str, str]) -> tuple[int, list[str]]:
    """Run the job; return its exit code and the lines it said."""
    with tempfile.TemporaryDirectory() as directory, pinned.agent(settings["SSH_KEY"]) as found:
        known_hosts = Path(directory) / "known_hosts"
        known_hosts.write_text(settings["KNOWN_HOSTS"].strip() + "\n")
        variables = pinned.variables(settings["HOST"], known_hosts)
        command = ssh(variables, variables["ansible_host"], ["skerry-job", "run", settings["JOB"], "--why", "nightly"])
        environment = {name: value for name, value in os.environ.items() if name not in pinned.SECRETS} | found
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        lines = []
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line.rstrip("\n"))
        return process.wait(), lines


def summary(job: str, code: int, lines: list[str]) -> str:
    """Return how it went as Markdown."""
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line).replace("```", "'''") for line in lines[-SHOWN:]]
    return "\n".join([f"## {job}: {'succeeded' if code == 0 else 'failed'}", "", "```", *plain, "```", ""])


def main(environ: Mapping[str, str]) -> int:
    """Run the job, tell, and return 0 where it succeeded."""
    settings = read(environ)
    code, lines = run(settings)
    if environ.get("GITHUB_STEP_SUMMARY"):
        with Path(environ["GITHUB_STEP_SUMMARY"]).open("a") as file:
            file.write(summary(settings["JOB"], code, lines))
    return 0 if code == 0 else 1


if __name__ == "__main__":
    sys.exit(main(os.environ))
