"""Tell in one round trip what the role has to know of a host: JSON on stdout.

Arguments: the names of the packages that have to be there.
"""

import importlib.util
import json
import os
import pathlib
import re
import subprocess
import sys


def lines(*command: str) -> list[str]:
    """Return the output of a command, line by line; nothing where it is missing."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    except FileNotFoundError:
        return []


installed = {
    name.partition(":")[0]
    for status, _, name in (
        line.partition(" ") for line in lines("dpkg-query", "-W", "-f", "${db:Status-Status} ${binary:Package}\n")
    )
    if status == "installed"
}


def ssh_port() -> int | None:
    """Return the port of sshd that this run came in by: sudo hides it, so the ancestors are asked."""
    process = os.getpid()
    while process > 1:
        found = re.search(
            rb"SSH_CONNECTION=[^\0]* (\d+)\0", pathlib.Path(f"/proc/{process}/environ").read_bytes() + b"\0"
        )
        if found:
            return int(found[1])
        process = int(pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    return None


print(
    json.dumps(
        {
            "missing": [name for name in sys.argv[1:] if name not in installed],
            "apt": importlib.util.find_spec("apt_pkg") is not None,
            # What apt asks to find out whether dpkg was interrupted.
            "unfinished": any(path.name.isdigit() for path in pathlib.Path("/var/lib/dpkg/updates").iterdir()),
            "container": lines("systemd-detect-virt", "--container") != ["none"],
            "pending": lines("/usr/local/sbin/skerry-settle", "pending"),
            "reverting": lines("systemctl", "is-active", "skerry-revert.timer") == ["active"],
            "of_this_run": {"ssh_port": ssh_port()},
        }
    )
)
