"""The stack file of an app instance, as the engine will read it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from module_utils.skerry.stackfile import images_in, with_images
from tests.templates.render import ROOT, render


def stack(instance: dict[str, Any], **variables: Any) -> dict[str, Any]:
    """Render the stack of an instance and parse it."""
    text = render(
        "app", "stack/stack.yml.j2", {"skerry_domain": "example.org", "__app_instance": instance, **variables}
    )
    return yaml.safe_load(text)


def shop(**service: Any) -> dict[str, Any]:
    """Return an instance with one service."""
    return {"name": "shop", "domain": "shop.example.org", "services": {"web": {"image": "shop:1", **service}}}


@pytest.fixture(scope="module")
def console() -> dict[str, Any]:
    """The stack of the role's default entry."""
    defaults = yaml.safe_load((ROOT / "roles/app/defaults/main.yml").read_text())
    return stack(defaults["app_console"])


@pytest.mark.parametrize("service", ["api", "realtime", "frontend"])
def test_each_service_is_confined(console: dict[str, Any], service: str) -> None:
    """A broken app could fill the host's memory or process table, or write into its own image."""
    found = console["services"][service]
    assert (found["read_only"], found["cap_drop"]) == (True, ["ALL"])
    assert {"memory", "pids"} <= set(found["deploy"]["resources"]["limits"])
    assert found["volumes"][0]["type"] == "tmpfs"


@pytest.mark.parametrize("service", ["api", "realtime", "frontend"])
def test_an_update_starts_the_new_task_first_and_rolls_back(console: dict[str, Any], service: str) -> None:
    """A deploy would drop requests, or a broken release would stay."""
    deploy = console["services"][service]["deploy"]
    update, rollback = deploy["update_config"], deploy["rollback_config"]
    assert (update["order"], update["failure_action"], update["parallelism"]) == ("start-first", "rollback", 1)
    assert (rollback["order"], rollback["failure_action"]) == ("start-first", "pause")
    assert deploy["endpoint_mode"] == "dnsrr"


def test_the_console_publishes_no_port(console: dict[str, Any]) -> None:
    """A service would be reachable past Traefik, on every address of the host."""
    assert not [name for name, service in console["services"].items() if "ports" in service]


def test_secrets_are_files_of_the_stack_and_reach_only_who_asks(console: dict[str, Any]) -> None:
    """A service would start without its secret, or the frontend would hold the database's password."""
    asked = {
        name: [secret["source"] for secret in service.get("secrets", [])]
        for name, service in console["services"].items()
    }
    assert asked["frontend"] == []
    assert console["secrets"] == {
        secret: {"file": f"secrets/{secret}"} for secret in {*asked["api"], *asked["realtime"]}
    }


def test_networks_are_the_platforms(console: dict[str, Any]) -> None:
    """The stack would make networks of its own that neither Traefik nor the databases are on."""
    assert console["networks"] == {name: {"external": True} for name in ("alerting", "data", "edge", "monitoring")}


def test_routes_go_through_traefik(console: dict[str, Any]) -> None:
    """The console would not be reachable, or its sockets would hop between replicas."""
    labels = console["services"]["realtime"]["deploy"]["labels"]
    assert labels["traefik.enable"] == "true"
    assert "Host(`console.example.org`)" in labels["traefik.http.routers.console--realtime.rule"]
    assert any("sticky" in label for label in labels)


def test_values_of_a_user_keep_their_dollars_and_quotes() -> None:
    """`docker stack deploy` would put nothing for $word, or a quote would break the file."""
    service = shop(environment={"PRICE": '5$ "each": #1'}, command=["sh", "-c", "echo ${HOME}"])
    found = stack(service)["services"]["web"]
    assert found["environment"]["PRICE"] == '5$$ "each": #1'
    assert found["command"] == ["sh", "-c", "echo $${HOME}"]


def test_volumes_are_declared_and_pin_to_the_data_node() -> None:
    """The task could start on another node with an empty volume."""
    found = stack(shop(volumes={"uploads": "/data"}))
    assert found["volumes"] == {"uploads": {}}
    assert found["services"]["web"]["deploy"]["placement"] == {"constraints": ["node.labels.skerry.data == true"]}


@pytest.mark.parametrize(
    ("healthcheck", "expected"),
    [(False, {"disable": True}), ({"test": ["CMD", "true"], "retries": 2}, {"test": ["CMD", "true"], "retries": 2})],
)
def test_a_health_check_can_be_overridden(healthcheck: Any, expected: dict[str, Any]) -> None:
    """An image whose own health check does not fit could not be deployed."""
    assert stack(shop(healthcheck=healthcheck))["services"]["web"]["healthcheck"] == expected


def test_defaults_of_all_services_reach_the_file() -> None:
    """app_service_defaults would do nothing."""
    found = stack(shop(), app_service_defaults={"replicas": 3})
    assert found["services"]["web"]["deploy"]["replicas"] == 3


def test_a_host_finds_the_images_where_the_template_puts_them(console: dict[str, Any]) -> None:
    """A deploy on the host would replace no image, or another service's."""
    defaults = yaml.safe_load((ROOT / "roles/app/defaults/main.yml").read_text())
    given = {"skerry_domain": "example.org", "__app_instance": defaults["app_console"]}
    text = render("app", "stack/stack.yml.j2", given)
    expected = {name: service["image"] for name, service in console["services"].items()}
    assert images_in(text) == expected
    assert expected["api"] == f"skerry/console:{defaults['app_console_version']}"
    changed = yaml.safe_load(with_images(text, {"api": "me/console:2", "frontend": 'x"y'}))
    console["services"]["api"]["image"], console["services"]["frontend"]["image"] = "me/console:2", 'x"y'
    assert changed == console
