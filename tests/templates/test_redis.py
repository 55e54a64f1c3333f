"""Redis's stack file, settings and users, rendered without a host."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
import yaml

from tests.templates.render import render

VARIABLES: dict[str, Any] = {
    "ansible_facts": {"memtotal_mb": 1024},
    "redis_admin_password": "canary-admin",
    "redis_exporter_password": "canary-exporter",
    "redis_users": [
        {"name": "console", "password": "canary-console", "prefix": "console:"},
        {"name": "shop", "password": "canary-shop", "prefix": "shop:"},
    ],
}


def settings(**variables: Any) -> dict[str, str]:
    """Return the server's settings."""
    lines = render("redis", "stack/redis.conf.j2", {**VARIABLES, **variables}).splitlines()
    return dict(line.split(" ", 1) for line in lines if line and not line.startswith("#"))


def users() -> dict[str, list[str]]:
    """Return the words of each user's line."""
    lines = render("redis", "stack/secrets/users.acl.j2", VARIABLES).splitlines()
    return {line.split()[1]: line.split()[2:] for line in lines}


def sha256(password: str) -> str:
    """Return a password the way an ACL file holds it."""
    return f"#{hashlib.sha256(password.encode()).hexdigest()}"


def test_nobody_gets_in_without_a_name() -> None:
    """Whoever reaches the network would be served as the user default."""
    assert users()["default"][0] == "off"
    assert not [name for name, words in users().items() if "nopass" in words]


def test_each_user_has_its_own_password() -> None:
    """An app could sign in as another, or not at all."""
    assert {name: words[1] for name, words in users().items() if name != "default"} == {
        "admin": sha256("canary-admin"),
        "exporter": sha256("canary-exporter"),
        "console": sha256("canary-console"),
        "shop": sha256("canary-shop"),
    }


@pytest.mark.parametrize("name", ["console", "shop"])
def test_an_app_reaches_its_own_prefix_only(name: str) -> None:
    """An app could read keys or events of another."""
    assert [word for word in users()[name] if word[0] in "~&%"] == [f"~{name}:*", f"&{name}:*"]


def test_a_line_is_a_user() -> None:
    """Redis would refuse the file and not start."""
    lines = render("redis", "stack/secrets/users.acl.j2", VARIABLES).splitlines()
    assert len(lines) == 5
    assert not [line for line in lines if not line.startswith("user ")]


def test_the_exporter_reads_no_key() -> None:
    """A hole in the exporter would open all data."""
    words = users()["exporter"]
    assert "-@all" in words
    assert not [word for word in words if word[0] in "~%"]


def test_the_users_word_is_the_last() -> None:
    """A setting of the user would be ignored."""
    own = settings(redis_config={"maxmemory": "1mb", "appendonly": False}, redis_memory_policy="noeviction")
    assert (own["maxmemory"], own["appendonly"], own["maxmemory-policy"]) == ("1mb", "no", "noeviction")
    assert settings()["appendonly"] == "yes"


def test_memory_follows_the_host() -> None:
    """A large host would run Redis with the memory of a small one."""
    assert [settings(ansible_facts={"memtotal_mb": mib})["maxmemory"] for mib in (1024, 16384)] == ["32mb", "488mb"]


@pytest.mark.parametrize("template", ["stack/stack.yml.j2", "stack/redis.conf.j2", "stack/secrets/users.acl.j2"])
def test_no_plain_password_is_where_it_need_not_be(template: str) -> None:
    """A password would show in a config, in the environment of a service, or in a file that needs only its hash."""
    assert "canary" not in render("redis", template, VARIABLES)


def test_the_exporter_finds_its_password() -> None:
    """The exporter looks its password up by its user's name and the server's address, and would find none."""
    stack = yaml.safe_load(render("redis", "stack/stack.yml.j2", VARIABLES))
    exporter = stack["services"]["exporter"]["environment"]
    passwords = json.loads(render("redis", "stack/secrets/exporter.json.j2", VARIABLES))
    address = exporter["REDIS_ADDR"].replace("//", f"//{exporter['REDIS_USER']}@")
    assert passwords == {address: "canary-exporter"}


def test_one_server_at_a_time_on_the_data_node_and_nothing_published() -> None:
    """Two servers would append to one file, or the internet could try passwords."""
    services = yaml.safe_load(render("redis", "stack/stack.yml.j2", VARIABLES))["services"]
    deploy = services["redis"]["deploy"]
    assert deploy["placement"] == {"constraints": ["node.labels.skerry.data == true"]}
    assert (deploy["update_config"]["order"], deploy["rollback_config"]["order"]) == ("stop-first", "stop-first")
    assert [name for name, service in services.items() if "ports" in service] == []
