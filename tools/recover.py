"""`make recover`: bring a platform back from its recovery sheet onto a bare machine.

Three steps, each a program that also stands alone: fetch the inventory, site.yml, `skerry-backup restore --all`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import yaml

from tools.workshop.settings import ROOT
from tools.workshop.shell import write_private

BIN = Path(sys.executable).parent


def step(number: int, text: str, command: list[str], environment: dict[str, str]) -> None:
    """Run one step; end with its code, and what to do, where it fails."""
    began = time.monotonic()
    print(f"— step {number} of 3: {text}", flush=True)
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if code:
        print(
            f"\n✗ step {number} failed; what is done stays, and {' '.join(command)} goes on from here", file=sys.stderr
        )
        sys.exit(code)
    print(f"  ✓ {time.monotonic() - began:.0f} s", flush=True)


def main(arguments: list[str]) -> None:
    """Do the three steps."""
    parser = argparse.ArgumentParser(prog="make recover", description=__doc__)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("host", help="address of the bare machine, reachable by SSH as root")
    parser.add_argument("--name", default="recovered", help="directory under inventories/ for the recovered inventory")
    # A new machine's host key is new, and whoever could stand in its place has the provider's network.
    accept = "-o StrictHostKeyChecking=accept-new"
    parser.add_argument("--ssh-arguments", default=accept, help=f"further arguments of ssh, in the place of {accept}")
    latest = "latest, all that arrived"
    parser.add_argument("--to", default="latest", help=f"a point in time: '2026-11-24 12:34:56' (UTC), or {latest}")
    options = parser.parse_args(arguments)
    sheet = yaml.safe_load(options.sheet.read_text())
    inventory = ROOT / "inventories" / options.name
    environment = {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "SKERRY_VAULT_PASSWORD": sheet["recovery_vault_password"],
    }
    playbook = str(BIN / "ansible-playbook")
    if not inventory.exists():
        extra = ["-e", f"@{options.sheet.resolve()}", "-e", f"recovery_address={options.host}"]
        extra += ["-e", f"recovery_directory={inventory}"]
        extra += ["-e", yaml.safe_dump({"recovery_ssh_arguments": options.ssh_arguments}, default_flow_style=True)]
        command = [playbook, "-i", os.devnull, "playbooks/recover-inventory.yml", *extra]
        step(1, "fetch the inventory out of the backup", command, environment)
    else:
        print(f"— step 1 of 3: {inventory} is there already, so it is used", flush=True)
    step(
        2,
        "make the machine ready",
        [playbook, "-i", str(inventory), "site.yml", "-e", "backup_begin_anew=false"],
        environment,
    )
    words = ["skerry-backup", "restore", "--all", "--from", sheet["recovery_targets"][0]["name"], "--to", options.to]
    step(3, "bring the data back", [sys.executable, "-m", "tools.on_host", str(inventory), *words], environment)
    kept = ROOT / ".vault-password"
    if not kept.exists():
        write_private(kept, sheet["recovery_vault_password"] + "\n")
    print(f"\n{sheet['recovery_host']} is back. Its inventory: {inventory}")


if __name__ == "__main__":
    main(sys.argv[1:])
