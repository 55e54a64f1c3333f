"""Deploy from a pipeline: `python -m tools.pipeline`, everything out of the environment.

APP, RELEASE              what to deploy; RELEASE empty with ACTION=rollback: the release before
HOST, KNOWN_HOSTS         user@address[:port], and the lines of known_hosts that pin its key
SSH_KEY                   a private key that may sign in there
ACTION, BACKUP            deploy (unless set) or rollback; true: back up first
SKERRY_OWNER, SKERRY_MESSAGE   who, and why

Needs ansible-core, ssh and ssh-agent; no inventory. The key is given to an agent, which ends with this process: it is
in no file and no argument. In GitHub Actions the verdict goes to the job's summary and outputs, too. Exit code 0 means
deployed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools import pinned

ROOT = Path(__file__).resolve().parents[1]
PATTERNS = {
    "APP": (r"[a-z][a-z0-9-]{0,23}", "the name of an app, as in app_instances"),
    "RELEASE": (r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?|sha256:[0-9a-f]{64}|", "a tag or digest"),
    "HOST": (pinned.HOST, "user@address or user@address:port"),
    "ACTION": (r"deploy|rollback", "deploy or rollback"),
    "BACKUP": (r"true|false", "true or false"),
}
DEFAULTS = {"RELEASE": "", "ACTION": "deploy", "BACKUP": "false"}
LONGEST_REASON = 4000  # characters; a summary takes a megabyte, its reader less


def read(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings, checked; end with a sentence for each that cannot be."""
    found = {name: environ.get(name) or DEFAULTS.get(name, "") for name in (*PATTERNS, *pinned.SECRETS)}
    wrong = pinned.problems(found, PATTERNS)
    if found["ACTION"] == "deploy" and not found["RELEASE"]:
        wrong.append("RELEASE is missing.")
    if wrong:
        sys.exit("\n".join(wrong))
    return found


def inventory(host: str, known_hosts: Path) -> dict[str, Any]:
    """Return an inventory with the one host, whose key must be the pinned one."""
    found = pinned.variables(host, known_hosts)
    return {"managers": {"hosts": {found["ansible_host"]: found}}}


def run(settings: Mapping[str, str]) -> dict[str, Any]:
    """Run the playbook with its output going where ours goes; return what it says became of it."""
    with tempfile.TemporaryDirectory() as directory, pinned.agent(settings["SSH_KEY"]) as found:
        place = Path(directory)
        (place / "known_hosts").write_text(settings["KNOWN_HOSTS"].strip() + "\n")
        (place / "hosts.json").write_text(json.dumps(inventory(settings["HOST"], place / "known_hosts")))
        extra = {"app": settings["APP"], "deploy_backup": settings["BACKUP"], "deploy_result": str(place / "result")}
        extra |= {"release": settings["RELEASE"]} if settings["RELEASE"] else {}
        playbook = f"playbooks/{settings['ACTION']}-app.yml"
        command = ["ansible-playbook", "-i", str(place / "hosts.json"), playbook, "-e", json.dumps(extra)]
        env = {key: value for key, value in os.environ.items() if key not in pinned.SECRETS} | found
        # No inventory of a user's is read, so nobody need hear that its password is missing.
        env.setdefault("SKERRY_VAULT_PASSWORD", "none")
        code = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
        try:
            result: dict[str, Any] = json.loads((place / "result").read_text())
        except FileNotFoundError:
            why = f"ansible-playbook ended with exit code {code} before the host could say anything."
            return {"app": settings["APP"], "release": settings["RELEASE"], "verdict": "failed", "msg": why}
        return result


def summary(result: Mapping[str, Any]) -> str:
    """Return the verdict as Markdown."""
    rows = [
        f"| {name} | {str(result[key]).replace('|', '/').splitlines()[0]} |"
        for name, key in (("release", "release"), ("before", "previous"), ("by", "owner"), ("seconds", "seconds"))
        if result.get(key)
    ]
    images = [f"| {service} | `{image}` |" for service, image in result.get("images", {}).items()]
    text = str(result["msg"])[-LONGEST_REASON:].replace("```", "'''")
    head = [f"## {result['app']}: {result['verdict']}", "", "| | |", "|---|---|"]
    return "\n".join([*head, *rows, *images, "", "```", text, "```", ""])


def main(environ: Mapping[str, str]) -> int:
    """Deploy, tell, and return 0 where what was asked for runs."""
    result = run(read(environ))
    for name, text in (
        ("GITHUB_STEP_SUMMARY", summary(result)),
        ("GITHUB_OUTPUT", f"verdict={result['verdict']}\n"),
    ):
        if environ.get(name):
            with Path(environ[name]).open("a") as file:
                file.write(text)
    print(f"{result['app']}: {result['verdict']}")
    return 0 if result["verdict"] == "deployed" else 1


if __name__ == "__main__":
    sys.exit(main(os.environ))
