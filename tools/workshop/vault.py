"""The secrets of an inventory: missing ones are generated, existing ones are never touched.

Run by the virtual environment's Python, since it needs Ansible's vault and a YAML reader:
`.venv/bin/python -m tools.workshop.vault INVENTORY [--admin-password FILE]`.
"""

from __future__ import annotations

import argparse
import json
import secrets
import string
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleError
from ansible.parsing.vault import VaultLib, VaultSecret

from tools.workshop.settings import ROOT
from tools.workshop.shell import write_if_changed, write_private

ALPHABET = string.ascii_letters + string.digits
LENGTH = 40  # 238 bits; letters and digits only, so that no shell, URL or INI file needs quoting
PLATFORM = (
    "vault_mariadb_root_password",
    "vault_mariadb_exporter_password",
    "vault_redis_admin_password",
    "vault_redis_exporter_password",
    "vault_backup_password",
    "vault_grafana_admin_password",
    "vault_grafana_secret_key",
)
PER_APP = (
    "database_password",
    "redis_password",
    "secret_key",
    "admin_password",
    "reporter_token",
    "alerts_token",
    "runner_token",
)
DEFAULT_INSTANCES = ["console"]
HEADER = "# Secrets, made by `make secrets`. See and change them with `ansible-vault view|edit` on this file.\n"


def generate() -> str:
    """Return one new secret."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def complete(known: dict[str, Any], instances: Iterable[str]) -> tuple[dict[str, Any], list[str]]:
    """Return `known` with every missing secret added, and the names of what was added.

    Values that are there, also of instances that are gone, stay as they are.
    """
    full, added = dict(known), []
    for name in PLATFORM:
        if not full.get(name):
            full[name] = generate()
            added.append(name)
    apps = {name: dict(values) for name, values in (full.get("vault_app_secrets") or {}).items()}
    for instance in instances:
        values = apps.setdefault(instance, {})
        for key in PER_APP:
            if not values.get(key):
                values[key] = generate()
                added.append(f"vault_app_secrets.{instance}.{key}")
    full["vault_app_secrets"] = apps
    return full, added


def instances_of(inventory: Path) -> list[str]:
    """Return the names in the inventory's `app_instances`, or the bundled console's where it sets none.

    Raises SystemExit with Ansible's own words where the inventory cannot be read.
    """
    listing = subprocess.run(
        [Path(sys.executable).with_name("ansible-inventory"), "-i", inventory, "--list"],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    if listing.returncode:
        raise SystemExit(f"the inventory {inventory} cannot be read:\n{listing.stderr.strip()}")
    for variables in json.loads(listing.stdout).get("_meta", {}).get("hostvars", {}).values():
        found = variables.get("app_instances")
        if isinstance(found, list):
            return [entry["name"] for entry in found if isinstance(entry, dict) and "name" in entry]
    return DEFAULT_INSTANCES


def password() -> str:
    """Return the vault password, made at first use in .vault-password (only its owner can read it)."""
    file = ROOT / ".vault-password"
    script = subprocess.run([ROOT / "tools" / "vault-password"], capture_output=True, text=True, check=True)
    if script.stderr and not file.exists():  # its hint: there is none yet
        write_private(file, generate() + "\n")
        return file.read_text().strip()
    return script.stdout.strip()


def read(file: Path, word: str) -> dict[str, Any]:
    """Return the content of a vault file; empty where there is none. Raises SystemExit for a wrong password."""
    if not file.is_file():
        return {}
    library = VaultLib([("default", VaultSecret(word.encode()))])
    raw = file.read_bytes()
    try:
        text = library.decrypt(raw) if raw.startswith(b"$ANSIBLE_VAULT") else raw
    except AnsibleError as error:
        raise SystemExit(
            f"{file} cannot be decrypted: the password in .vault-password or $SKERRY_VAULT_PASSWORD is another one"
        ) from error
    return dict(yaml.safe_load(text) or {})


def write(file: Path, content: dict[str, Any], word: str) -> None:
    """Encrypt `content` and put it in place in one step."""
    text = HEADER + yaml.safe_dump(content, sort_keys=False)
    encrypted = VaultLib().encrypt(text.encode(), VaultSecret(word.encode()))
    write_private(file, encrypted.decode())


def main(argv: list[str]) -> int:
    """Complete the vault file of one inventory and print what was added, never a value."""
    parser = argparse.ArgumentParser(prog="tools.workshop.vault")
    parser.add_argument("inventory", type=Path)
    parser.add_argument("--admin-password", type=Path, help="where to write the console administrator's password")
    options = parser.parse_args(argv)
    directory = options.inventory if options.inventory.is_dir() else options.inventory.parent
    if not options.inventory.exists():
        raise SystemExit(f"there is no inventory {options.inventory}: copy inventories/example to begin one")
    file, word = directory / "group_vars" / "all" / "vault.yml", password()
    known = read(file, word)
    content, added = complete(known, instances_of(options.inventory))
    if added:
        write(file, content, word)
    if options.admin_password:
        first = content["vault_app_secrets"].get("console") or next(iter(content["vault_app_secrets"].values()))
        write_if_changed(options.admin_password, first["admin_password"] + "\n")
    print(f"{len(added)} added to {file}" if added else f"complete in {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
