"""The database's stack file and settings, rendered without a host."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.templates.render import render

VARIABLES: dict[str, Any] = {
    "ansible_facts": {"memtotal_mb": 1024},
    "inventory_hostname": "vps",
    "mariadb_root_password": "canary-root",
    "mariadb_exporter_password": "canary-exporter",
    "mariadb_databases": [{"name": "console", "user": "console", "password": "canary-console"}],
}


def stack(**variables: Any) -> dict[str, Any]:
    """Return the rendered stack file, read."""
    loaded: dict[str, Any] = yaml.safe_load(render("mariadb", "stack/stack.yml.j2", {**VARIABLES, **variables}))
    return loaded


def settings(**variables: Any) -> dict[str, str]:
    """Return the server's settings."""
    lines = render("mariadb", "stack/skerry.cnf.j2", {**VARIABLES, **variables}).splitlines()
    start = lines.index("[mariadbd]") + 1
    return dict(line.split(" = ", 1) for line in lines[start:] if line)


def test_the_limit_follows_the_hosts_memory() -> None:
    """A large host would run the database with the memory of a small one."""
    hosts = {mib: stack(ansible_facts={"memtotal_mb": mib}) for mib in (1024, 16384)}
    limits = {
        mib: text["services"]["mariadb"]["deploy"]["resources"]["limits"]["memory"] for mib, text in hosts.items()
    }
    assert limits == {1024: "192M", 16384: "4800M"}


def test_a_host_with_a_limit_of_its_own_says_so() -> None:
    """A container that sees the memory of its host would be killed."""
    limited = stack(ansible_facts={"memtotal_mb": 24000}, skerry_host_memory="1G")
    assert limited["services"]["mariadb"]["deploy"]["resources"]["limits"]["memory"] == "192M"


def test_the_users_word_is_the_last() -> None:
    """A setting of the user would be ignored."""
    plain, own = settings(), settings(mariadb_config={"max_connections": 7, "sync_binlog": 0, "wait_timeout": 60})
    assert (plain["max_connections"], plain["sync_binlog"]) == ("40", "1")
    assert (own["max_connections"], own["sync_binlog"], own["wait_timeout"]) == ("7", "0", "60")
    assert own["binlog_format"] == plain["binlog_format"] == "ROW"


def test_memory_settings_follow_the_limit() -> None:
    """The pool would not fit the container's limit."""
    assert settings(mariadb_memory="2G")["innodb_buffer_pool_size"] == "1344M"


@pytest.mark.parametrize("template", ["stack/stack.yml.j2", "stack/skerry.cnf.j2"])
def test_no_secret_is_in_a_file_for_all_to_read(template: str) -> None:
    """A password would show in a config, or in the environment of a service."""
    assert "canary" not in render("mariadb", template, VARIABLES)


def test_only_the_data_node_opens_the_files_and_one_server_at_a_time() -> None:
    """A second server would corrupt the data, or one on another node start empty."""
    deploy = stack()["services"]["mariadb"]["deploy"]
    assert deploy["placement"] == {"constraints": ["node.labels.skerry.data == true"]}
    assert (deploy["update_config"]["order"], deploy["rollback_config"]["order"]) == ("stop-first", "stop-first")


def test_nothing_is_published() -> None:
    """The database would be open to the internet, past the firewall."""
    assert [name for name, service in stack()["services"].items() if "ports" in service] == []


@pytest.mark.parametrize("template", ["stack.yml", "skerry.cnf", "secrets/exporter.cnf"])
def test_every_file_says_who_keeps_it(template: str) -> None:
    """Somebody would edit by hand what the next run overwrites."""
    assert "Managed by Skerry" in render("mariadb", f"stack/{template}.j2", VARIABLES)


def test_the_root_password_is_the_whole_file() -> None:
    """A line break would become part of the password."""
    assert render("mariadb", "stack/secrets/root_password.j2", VARIABLES) == "canary-root"
