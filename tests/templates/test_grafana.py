"""Grafana's stack file and provisioning, rendered without a host."""

from __future__ import annotations

import json
from typing import Any

import jmespath
import pytest
import yaml

from tests.dashboards.queries import boards
from tests.templates.render import render

VARIABLES: dict[str, Any] = {
    "ansible_facts": {"memtotal_mb": 2048, "nodename": "vps"},
    "skerry_domain": "example.com",
    "grafana_admin_password": "canary-admin-0123456",
    "grafana_secret_key": "canary-key-0123456789",
}


def service(**variables: Any) -> dict[str, Any]:
    """Return the one service of the stack."""
    stack = yaml.safe_load(render("grafana", "stack/stack.yml.j2", {**VARIABLES, **variables}))
    (only,) = stack["services"].values()
    return dict(only)


def problems(**variables: Any) -> str:
    """Return the sentences about bad variables, as text."""
    source = {**VARIABLES, "grafana_enabled": True, **variables}
    return render("grafana", "../../../tests/templates/problems.j2", {**source, "problems": "__grafana_problems"})


def test_nobody_gets_in_without_a_password() -> None:
    """Whoever finds the address would see everything."""
    settings = service()["environment"]
    assert settings["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    assert settings["GF_USERS_ALLOW_SIGN_UP"] == "false"
    assert settings["GF_SECURITY_ADMIN_PASSWORD__FILE"] == "/run/secrets/admin_password"
    assert settings["GF_SECURITY_SECRET_KEY__FILE"] == "/run/secrets/secret_key"


CONSOLE = {"url": "https://console.example.com", "middleware": "console-sign-in@swarm", "keys": {"keys": [{"x": "1"}]}}


def test_the_console_says_who_gets_in() -> None:
    """Whoever is signed in in the console would need another password, or one without a sign-in would reach Grafana."""
    one = service(grafana_console=CONSOLE)
    settings, labels = one["environment"], one["deploy"]["labels"]
    assert (settings["GF_AUTH_JWT_ENABLED"], settings["GF_AUTH_JWT_HEADER_NAME"]) == ("true", "X-Skerry-Assertion")
    assert json.loads(settings["GF_AUTH_JWT_EXPECT_CLAIMS"]) == {"iss": CONSOLE["url"], "aud": "grafana"}
    assert (settings["GF_AUTH_DISABLE_LOGIN_FORM"], settings["GF_AUTH_BASIC_ENABLED"]) == ("true", "false")
    path = settings["GF_AUTH_JWT_ROLE_ATTRIBUTE_PATH"]
    roles = {role: jmespath.search(path, {"role": role}) for role in ("viewer", "operator", "admin", "king")}
    assert roles == {"viewer": "Viewer", "operator": "Editor", "admin": "Admin", "king": False}
    assert labels["traefik.http.routers.grafana--grafana.middlewares"] == "console-sign-in@swarm"
    keys = {"source": "sign_in", "target": settings["GF_AUTH_JWT_JWK_SET_FILE"], "mode": 0o444}
    assert one["configs"] == [keys]
    assert (
        json.loads(render("grafana", "stack/sign-in.json.j2", VARIABLES | {"grafana_console": CONSOLE}))
        == CONSOLE["keys"]
    )


@pytest.mark.parametrize(
    "without", [{"grafana_console": {}}, {"grafana_sign_in": "password", "grafana_console": CONSOLE}]
)
def test_without_the_console_there_are_passwords(without: dict[str, Any]) -> None:
    """Nobody would get in where no console runs, or where its owner wants Grafana's own users."""
    one = service(**without)
    assert not [name for name in one["environment"] if "JWT" in name or "LOGIN_FORM" in name]
    assert "traefik.http.routers.grafana--grafana.middlewares" not in one["deploy"]["labels"]
    assert "configs" not in one


def test_no_secret_stands_in_the_stack_file() -> None:
    """Anyone who may ask the engine would read it."""
    assert "canary" not in json.dumps(service())


def test_the_container_is_confined() -> None:
    """A server that was taken over could fill the memory, or write where it should not."""
    one = service(grafana_memory="300M")
    assert one["deploy"]["resources"]["limits"]["memory"] == "300M"
    assert (one["read_only"], one["cap_drop"], one["user"]) == (True, ["ALL"], "472:0")
    assert "ports" not in one


def test_it_is_routed_and_watched() -> None:
    """Nobody would reach it, or nobody would notice when it is down."""
    labels = service(grafana_middlewares=["office@file"])["deploy"]["labels"]
    assert labels["traefik.http.routers.grafana--grafana.rule"] == "Host(`grafana.example.com`)"
    assert labels["traefik.http.routers.grafana--grafana.middlewares"] == "office@file"
    assert labels["skerry.metrics.port"] == "3000"


def test_an_operators_setting_wins() -> None:
    """There would be no way to set what the role does not know."""
    assert service(grafana_config={"GF_LOG_MODE": "file"})["environment"]["GF_LOG_MODE"] == "file"


def test_the_data_source_is_the_one_that_panels_ask() -> None:
    """Every panel would say that its data source is unknown."""
    text = render("grafana", "host/etc/skerry/grafana/provisioning/datasources/skerry.yml.j2", VARIABLES)
    (source,) = yaml.safe_load(text)["datasources"]
    asked = {panel["datasource"]["uid"] for board in boards().values() for panel in board["panels"]}
    assert asked == {source["uid"]}
    assert source["url"] == "http://prometheus:9090"


def test_the_dashboards_are_where_grafana_looks() -> None:
    """The folder would be empty."""
    text = render("grafana", "host/etc/skerry/grafana/provisioning/dashboards/skerry.yml.j2", VARIABLES)
    (provider,) = yaml.safe_load(text)["providers"]
    mounts = {
        volume["target"]: volume["source"]
        for volume in service()["volumes"]
        if isinstance(volume, dict) and "source" in volume
    }
    assert mounts[provider["options"]["path"]] == "/etc/skerry/grafana/dashboards"
    home = service()["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{provider['options']['path']}/overview.json"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"grafana_admin_password": "short"}, "grafana_admin_password: too short (the value is not shown)"),
        ({"grafana_secret_key": ""}, "grafana_secret_key: too short"),
        ({"grafana_config": {"log": 1}}, "grafana_config has log; allowed are names like GF_SECTION_KEY."),
        ({"grafana_scrape_interval": "often"}, "grafana_scrape_interval is often"),
    ],
)
def test_a_bad_value_gets_a_sentence(variables: dict[str, Any], sentence: str) -> None:
    """A slip in the inventory would show as a container that does not start."""
    assert sentence in problems(**variables)


def test_good_values_get_none() -> None:
    """A right inventory would be refused, or one without Grafana asked for its password."""
    assert problems().split() == []
    assert problems(grafana_enabled=False, grafana_admin_password="", grafana_secret_key="").split() == []
