"""Run a command on an inventory's first manager, its output as it comes: `python -m tools.on_host INVENTORY WORD…`.

A playbook would show the output only when the command has ended; a backup or a restore may take an hour.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools.workshop.settings import ROOT

BIN = Path(sys.executable).parent


def ssh(variables: dict[str, Any], name: str, words: list[str]) -> list[str]:
    """Return the ssh command that runs `words` as root on the host `name` with these inventory variables."""
    user = str(variables.get("ansible_user", "root"))
    options = shlex.split(str(variables.get("ansible_ssh_common_args", "")))
    if "ansible_port" in variables:
        options += ["-p", str(variables["ansible_port"])]
    if "ansible_ssh_private_key_file" in variables:
        options += ["-i", str(variables["ansible_ssh_private_key_file"])]
    command = shlex.join(words if user == "root" else ["sudo", *words])
    terminal = ["-t"] if sys.stdout.isatty() else []
    return ["ssh", *terminal, *options, f"{user}@{variables.get('ansible_host', name)}", command]


def main(inventory: str, words: list[str]) -> None:
    """Become ssh; end with a sentence where the inventory has no manager."""
    listing = subprocess.run(
        [BIN / "ansible-inventory", "-i", inventory, "--list"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    if listing.returncode:
        sys.exit(f"the inventory {inventory} cannot be read:\n{listing.stderr.strip()}")
    content = json.loads(listing.stdout)
    hosts = content.get("managers", {}).get("hosts", [])
    if not hosts:
        sys.exit(f"the inventory {inventory} has no host in the group managers")
    command = ssh(content["_meta"]["hostvars"].get(hosts[0], {}), hosts[0], words)
    os.execvp(command[0], command)  # noqa: S606 - a list of words, as everywhere


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
