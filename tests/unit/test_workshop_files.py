"""The files that the workshop generates: secrets, the environment file, the inventory's variables."""

from __future__ import annotations

import shlex
import stat
import subprocess
from pathlib import Path

import pytest
import yaml

from tools.workshop import inventory, vault
from tools.workshop.settings import Settings
from tools.workshop.shell import write_if_changed, write_private


def test_secrets_are_long_plain_and_all_different() -> None:
    """A secret with a quote or a slash would break a URL or a configuration file."""
    content, added = vault.complete({}, ["console", "shop"])
    apps = content["vault_app_secrets"]
    values = [content[name] for name in vault.PLATFORM] + [v for app in apps.values() for v in app.values()]
    assert len(added) == len(set(values)) == len(vault.PLATFORM) + 2 * len(vault.PER_APP)
    assert all(len(value) == 40 and value.isalnum() and value.isascii() for value in values)


def test_existing_secrets_are_never_touched() -> None:
    """A second `make up` would lock the platform out of its own database."""
    first, _ = vault.complete({"mine": "kept"}, ["console"])
    second, added = vault.complete(first, ["console", "shop"])
    assert {key: second[key] for key in first if key != "vault_app_secrets"} == {
        key: first[key] for key in first if key != "vault_app_secrets"
    }
    assert second["vault_app_secrets"]["console"] == first["vault_app_secrets"]["console"]
    assert added == [f"vault_app_secrets.shop.{key}" for key in vault.PER_APP]


def test_secrets_of_a_gone_app_stay() -> None:
    """An app that is taken out for a day and put back would not get at its data."""
    first, _ = vault.complete({}, ["console", "shop"])
    second, added = vault.complete(first, ["console"])
    assert (second, added) == (first, [])


def test_the_vault_file_is_encrypted_and_private(tmp_path: Path) -> None:
    """Secrets would stand readable on disk."""
    file = tmp_path / "vault.yml"
    vault.write(file, {"vault_x": "s3cret"}, "word")
    assert file.read_text().startswith("$ANSIBLE_VAULT;1.1;AES256")
    assert "s3cret" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert vault.read(file, "word") == {"vault_x": "s3cret"}


def test_a_wrong_vault_password_says_so(tmp_path: Path) -> None:
    """The vault would be taken for empty and be overwritten with new secrets."""
    file = tmp_path / "vault.yml"
    vault.write(file, {"vault_x": "y"}, "word")
    with pytest.raises(SystemExit, match="cannot be decrypted"):
        vault.read(file, "another")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A checkout whose path needs quoting."""
    root = tmp_path / "a checkout"
    (root / "inventories" / "local").mkdir(parents=True)
    return Settings(root=root)


def test_the_environment_file_can_be_sourced(settings: Settings) -> None:
    """A path with a space would cut SKERRY_SSH in two."""
    inventory.write_environment(settings)
    script = f'. {shlex.quote(str(settings.local / "env"))}; printf \'%s\\n\' "$SKERRY_SSH" "$SKERRY_CA_FILE"'
    said = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[1] == str(settings.local / "ca.pem")
    words = shlex.split(said[0])
    assert words[0] == "ssh"
    assert words[-1] == "root@172.30.0.21"
    assert str(settings.local / "ssh" / "id_ed25519") in words


def test_the_generated_variables_are_yaml(settings: Settings) -> None:
    """Ansible would not reach the VPS, or deploy the console of another checkout."""
    assert inventory.write_variables(settings, {"workshop_console_image": "skerry/console:abc"})
    assert not inventory.write_variables(settings, {"workshop_console_image": "skerry/console:abc"})
    variables = yaml.safe_load((settings.root / "inventories/local/group_vars/all/workshop.yml").read_text())
    assert variables["ansible_host"] == "172.30.0.21"
    assert variables["workshop_console_image"] == "skerry/console:abc"
    assert variables["workshop_host_memory"] == "2G"
    assert shlex.split(variables["ansible_ssh_common_args"])[:2] == ["-F", "none"]


def test_private_files_are_private_from_the_first_moment(tmp_path: Path) -> None:
    """Another user could read a password between its creation and a chmod."""
    file = tmp_path / "deep" / "password"
    write_private(file, "one")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not write_if_changed(file, "one")
    assert write_if_changed(file, "two")
    assert [path.name for path in file.parent.iterdir()] == ["password"]
