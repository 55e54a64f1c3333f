"""What Ansible and the operator's shell are told of the workshop: generated files, never in git."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.workshop import vps
from tools.workshop.settings import ACME_HOST, OFFSITE_HOST, REGISTRY_HOST, VPS_HOST, Settings
from tools.workshop.shell import write_if_changed

ADMIN_USER = "admin"
DEFAULT_MEMORY = "2G"
HEADER = "# Made by `make up` for this checkout. Do not edit: it is written anew each time.\n---\n"


def directory(settings: Settings) -> Path:
    """Return the committed inventory of the local VPS."""
    return settings.root / "inventories" / "local"


def variables(settings: Settings, images: Mapping[str, str]) -> dict[str, Any]:
    """Return the variables of the local VPS; `images` maps a variable's name to an image reference."""
    options = vps.ssh_options(settings)
    return {
        "ansible_host": str(settings.address(VPS_HOST)),
        "ansible_user": "root",
        "ansible_ssh_common_args": shlex.join(options),
        "workshop_registry": f"http://{settings.address(REGISTRY_HOST)}:5000",
        "workshop_offsite": f"http://{settings.address(OFFSITE_HOST)}:8000",
        "workshop_acme_directory": f"https://{settings.address(ACME_HOST)}:14000/dir",
        "workshop_acme_ca_file": str(settings.local / "acme-ca.pem"),
        "workshop_https_port": settings.https_port,
        # A container sees the whole machine's memory: sizes follow from what the VPS may use.
        "workshop_host_memory": (settings.vps_memory or DEFAULT_MEMORY).upper(),
        **images,
    }


def variables_file(settings: Settings) -> Path:
    """Return the generated file of variables."""
    return directory(settings) / "group_vars" / "all" / "workshop.yml"


def write_variables(settings: Settings, images: Mapping[str, str]) -> bool:
    """Write group_vars/all/workshop.yml; tell whether it changed. JSON strings are YAML too."""
    lines = [f"{name}: {json.dumps(value)}\n" for name, value in variables(settings, images).items()]
    return write_if_changed(variables_file(settings), HEADER + "".join(lines), 0o644)


def environment(settings: Settings) -> dict[str, str]:
    """Return what tests and the operator's shell need to reach the platform."""
    return {
        "SKERRY_URL": settings.url,
        "SKERRY_CA_FILE": str(settings.local / "ca.pem"),
        "SKERRY_ADMIN_USER": ADMIN_USER,
        "SKERRY_ADMIN_PASSWORD_FILE": str(settings.local / "admin-password"),
        "SKERRY_SSH": vps.ssh_prefix(settings),
        "SKERRY_VPS_IP": str(settings.address(VPS_HOST)),
    }


def render_environment(values: Mapping[str, str]) -> str:
    """Return `values` as a file that a shell can source."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())


def write_environment(settings: Settings) -> bool:
    """Write .local/env; tell whether it changed."""
    return write_if_changed(settings.local / "env", render_environment(environment(settings)))
