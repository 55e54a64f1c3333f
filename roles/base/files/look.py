"""Tell in one round trip what the role has to know of a host: JSON on stdout.

Arguments: the names of the packages that have to be there.
"""

import json
import pathlib
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
moduli = pathlib.Path("/etc/ssh/moduli")
rsa = lines("ssh-keygen", "-lf", "/etc/ssh/ssh_host_rsa_key.pub")
print(
    json.dumps(
        {
            "missing": [name for name in sys.argv[1:] if name not in installed],
            "container": lines("systemd-detect-virt", "--container") != ["none"],
            "pending": lines("/usr/local/sbin/skerry-settle", "pending"),
            "reverting": lines("systemctl", "is-active", "skerry-revert.timer") == ["active"],
            "rsa_bits": int(rsa[0].split()[0]) if rsa else 0,
            "weak_moduli": moduli.exists()
            and any(
                int(line.split()[4]) < 3071
                for line in moduli.read_text().splitlines()
                if line and not line.startswith("#")
            ),
        }
    )
)
