"""Tell in one round trip what the role has to know of a host: JSON on stdout.

Arguments: the names of the packages that have to be there.
"""

import importlib.util
import json
import subprocess
import sys
from typing import Any


def output(*command: str) -> str:
    """Return what a command prints, nothing where it fails or is missing."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def inspected(kind: str, *names: str) -> list[dict[str, Any]]:
    """Return the engine's description of objects of one kind."""
    return json.loads(output("docker", kind, "inspect", *names) or "[]") if names else []


def encrypts() -> bool:
    """Whether the kernel takes the ESP state that an encrypted overlay network needs; tried where nobody sees it."""
    state = "src 127.0.0.1 dst 127.0.0.2 proto esp spi 1 mode transport aead rfc4106(gcm(aes)) 0x" + "0" * 40 + " 64"
    command = ["unshare", "--net", "ip", "xfrm", "state", "add", *state.split()]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


installed = {
    name.partition(":")[0]
    for status, _, name in (
        line.partition(" ")
        for line in output("dpkg-query", "-W", "-f", "${db:Status-Status} ${binary:Package}\n").splitlines()
    )
    if status == "installed"
}
info = json.loads(output("docker", "info", "--format", "{{json .}}") or "{}")
swarm = info.get("Swarm") or {}
manager = bool(swarm.get("ControlAvailable"))
networks, nodes = [], []
if manager:
    networks = output("docker", "network", "ls", "--filter", "driver=overlay", "--format", "{{.Name}}").split()
    nodes = output("docker", "node", "ls", "--quiet").split()
route = json.loads(output("ip", "-json", "route", "get", "192.0.2.1") or "[{}]")
print(
    json.dumps(
        {
            "missing": [name for name in sys.argv[1:] if name not in installed],
            "apt": importlib.util.find_spec("apt_pkg") is not None,
            "engine": info.get("ServerVersion", ""),
            "pending": output("/usr/local/sbin/skerry-engine", "pending").strip(),
            "swarm": swarm.get("LocalNodeState", "inactive"),
            "node": swarm.get("NodeID", ""),
            "manager": manager,
            "node_address": swarm.get("NodeAddr", ""),
            "address": route[0].get("prefsrc", ""),
            "labels": {item["ID"]: item["Spec"].get("Labels") or {} for item in inspected("node", *nodes)},
            "networks": {
                item["Name"]: {
                    "internal": item["Internal"],
                    "attachable": item["Attachable"],
                    "encrypted": "encrypted" in (item.get("Options") or {}),
                }
                for item in inspected("network", *networks)
            },
            "encrypts": encrypts(),
        }
    )
)
