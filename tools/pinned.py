"""A pipeline's way to a host: one private key, held by an agent, and a host key that was compared by hand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HOST = r"[a-z_][a-z0-9_-]*@[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?"
"""user@address or user@address:port; nothing that ssh would take for an option."""
SECRETS = ("SSH_KEY", "KNOWN_HOSTS")
"""Variables that every pipeline needs, whose values are told to nobody."""


def problems(found: Mapping[str, str], patterns: Mapping[str, tuple[str, str]]) -> list[str]:
    """Return a sentence for each setting off its pattern (and what is allowed), and for each of SECRETS not there."""
    wrong = [
        f"{name} is {found[name]!r}: allowed is {allowed}."
        for name, (pattern, allowed) in patterns.items()
        if not re.fullmatch(pattern, found[name])
    ]
    return wrong + [f"{name} is missing." for name in SECRETS if not found[name].strip()]


@contextmanager
def agent(key: str) -> Iterator[dict[str, str]]:
    """Run an ssh-agent that holds the key; yield the environment by which ssh finds it."""
    said = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
    found = dict(re.findall(r"(SSH_[A-Z_]+)=([^;]+);", said))
    env = {**os.environ, **found}
    try:
        # ssh-keygen writes its keys with a last newline, without which they are no keys; secrets often lose it.
        added = subprocess.run(
            ["ssh-add", "-q", "-"], input=key.strip() + "\n", env=env, capture_output=True, text=True, check=False
        )
        if added.returncode:
            sys.exit("SSH_KEY is no private key without a passphrase.")
        yield found
    finally:
        subprocess.run(["ssh-agent", "-k"], env=env, capture_output=True, check=False)


def variables(host: str, known_hosts: Path) -> dict[str, Any]:
    """Return Ansible's variables of the host, whose key must be one of `known_hosts`."""
    user, _, place = host.partition("@")
    address, _, port = place.partition(":")
    options = f"-o UserKnownHostsFile={known_hosts} -o GlobalKnownHostsFile=none -o StrictHostKeyChecking=yes"
    found = {"ansible_host": address, "ansible_user": user, "ansible_ssh_common_args": options}
    return found | ({"ansible_port": int(port)} if port else {})
