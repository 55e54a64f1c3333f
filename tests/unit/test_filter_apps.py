"""What the other roles and the stack template get from app_instances."""

from __future__ import annotations

import json
from typing import Any

import pytest

from filter_plugins.apps import (
    app_databases,
    app_escape,
    app_redis_users,
    app_release_file,
    app_secret_files,
    app_services,
)

SECRETS = {"shop": {"database_password": "p/w", "redis_password": "r@w", "api_key": "k", "unused": "u"}}


def instance(service: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    """Return an instance with one routed service; arguments override."""
    web = {"image": "shop:1", "port": 8000, "paths": ["/"], **(service or {})}
    return {"name": "shop", "domain": "shop.example.org", "services": {"web": web}, **settings}


def web(
    service: dict[str, Any] | None = None, defaults: dict[str, Any] | None = None, **settings: Any
) -> dict[str, Any]:
    """Return the normalised service of such an instance."""
    return app_services(instance(service, **settings), defaults)["web"]


def test_databases_only_for_those_that_want_one() -> None:
    """An app would lack its database, or one that wants none would need a password."""
    instances = [instance(database=True), {"name": "blog", "domain": "b.example.org", "services": {}}]
    assert app_databases(instances, SECRETS) == [{"name": "shop", "user": "shop", "password": "p/w"}]


def test_redis_users_own_the_keys_below_their_name() -> None:
    """One app could read another's keys."""
    assert app_redis_users([instance(redis=True)], SECRETS) == [{"name": "shop", "password": "r@w", "prefix": "shop:"}]


def test_secret_files_are_those_that_services_name() -> None:
    """A secret nobody asked for would reach the host, or an asked one would be missing."""
    services = {"web": {"secrets": ["api_key", "database_url"]}, "job": {"secrets": ["api_key"]}}
    files = app_secret_files(instance(services=services, database=True), SECRETS)
    assert files == {"secrets/api_key": "k", "secrets/database_url": "mysql+asyncmy://shop:p%2Fw@mariadb:3306/shop"}


def test_addresses_escape_the_password_and_take_the_scheme() -> None:
    """A password with / or @ would point the app at another host."""
    services = {"web": {"secrets": ["redis_url", "database_url"]}}
    files = app_secret_files(instance(services=services, database=True, database_scheme="mysql", redis=True), SECRETS)
    assert files == {
        "secrets/database_url": "mysql://shop:p%2Fw@mariadb:3306/shop",
        "secrets/redis_url": "redis://shop:r%40w@redis:6379/0",
    }


def test_environment_announces_secrets_and_lets_the_service_win() -> None:
    """An app would not find its secret files, its own address or its prefix."""
    found = web(
        {"secrets": ["api_key"], "environment": {"MODE": "web", "RETRIES": 3, "DEBUG": False}},
        redis=True,
        environment={"MODE": "all", "ZONE": "eu"},
    )["environment"]
    assert found == {
        "PUBLIC_URL": "https://shop.example.org",
        "REDIS_PREFIX": "shop:",
        "MODE": "web",
        "ZONE": "eu",
        "RETRIES": "3",
        "DEBUG": "false",
        "API_KEY_FILE": "/run/secrets/api_key",
    }


def test_public_url_shows_a_forwarded_port() -> None:
    """The console's exact Origin check would refuse the browser behind a port forwarding."""
    services = app_services(instance(), {}, 8443)
    assert services["web"]["environment"]["PUBLIC_URL"] == "https://shop.example.org:8443"


@pytest.mark.parametrize(
    ("service", "networks"),
    [
        ({}, ["edge"]),
        ({"secrets": ["redis_url"]}, ["edge", "data"]),
        ({"metrics": {"port": 9000}}, ["edge", "monitoring"]),
        ({"alerts": True}, ["edge", "alerting"]),
        ({"paths": [], "secrets": ["database_url"]}, ["data", "default"]),
    ],
)
def test_networks_are_only_those_it_needs(service: dict[str, Any], networks: list[str]) -> None:
    """A service would reach the databases without need, or not where it has to."""
    assert web(service)["networks"] == networks


def test_settings_win_over_defaults_and_defaults_over_ours() -> None:
    """app_service_defaults would do nothing, or override what a service says."""
    found = web({"memory": "1G"}, {"memory": "256M", "replicas": 2})
    assert (found["limits"], found["replicas"]) == ({"memory": "1G", "pids": 128}, 2)


def test_platform_drain_keeps_the_old_container_answering() -> None:
    """An image that stops at once on SIGTERM would lose requests in each update."""
    found = web({"drain": "platform", "stop_grace_period": "60s"})
    assert (found["stop_signal"], found["stop_grace_period"]) == ("SIGURG", "10s")


@pytest.mark.parametrize(
    ("user", "owner"),
    [
        ("10001:20000", {"uid": "10001", "gid": "20000", "mode": 0o400}),
        ("10001", {"uid": "10001", "gid": "10001", "mode": 0o400}),
        ("www-data", {}),
    ],
)
def test_secret_files_belong_to_a_numeric_user(user: str, owner: dict[str, Any]) -> None:
    """The app could not read its secrets, or others in the container could where that can be prevented."""
    assert web({"user": user})["secret_owner"] == owner


def test_tmpfs_is_in_bytes_and_always_has_tmp() -> None:
    """The engine takes bytes only, and an app with a read-only root needs /tmp."""
    assert web({"tmpfs": {"/var/cache": "2M"}})["tmpfs"] == {"/tmp": 16 * 1024**2, "/var/cache": 2 * 1024**2}


def test_routes_of_all_instances_have_names_of_their_own() -> None:
    """Traefik would drop both of two routers with one name."""
    one = app_services({**instance(), "name": "a-b", "services": {"c": {"image": "x", "port": 1, "paths": ["/"]}}})
    two = app_services({**instance(), "name": "a", "services": {"b-c": {"image": "x", "port": 1, "paths": ["/"]}}})
    assert one["c"]["route"]["name"] != two["b-c"]["route"]["name"]


def test_a_service_without_paths_has_no_route() -> None:
    """A worker would be reachable from outside."""
    assert "route" not in web({"paths": []})


def test_metrics_labels_name_port_and_path() -> None:
    """Prometheus would not find the service's metrics."""
    labels = web({"metrics": {"port": 9000}})["labels"]
    assert labels == {"skerry.metrics.port": "9000", "skerry.metrics.path": "/metrics"}


def test_escape_doubles_dollars_at_any_depth() -> None:
    """`docker stack deploy` would replace $WORD in a value by nothing."""
    assert app_escape({"a": ["$x", 1], "b": {"c": "5$"}}) == {"a": ["$$x", 1], "b": {"c": "5$$"}}


def released(timeout: int = 300, authorities: str = "", **settings: Any) -> dict[str, Any]:
    """Return what the host is told of an instance with a following and a pinned service."""
    services = {"web": {"image": "me/shop", "port": 8000, "paths": ["/shop", "/"]}, "cache": {"image": "redis:7"}}
    found = app_release_file(instance(services=services, **settings), timeout, authorities)
    return json.loads(found["app.json"])


def test_an_image_without_a_tag_follows_the_release() -> None:
    """A release would replace the version of a pinned image, or not reach the app's own."""
    services = {"web": {"image": "me/shop"}, "cache": {"image": "redis:7"}}
    found = app_services(instance(services=services, release="1.4"))
    assert {name: service["image"] for name, service in found.items()} == {"web": "me/shop:1.4", "cache": "redis:7"}
    assert app_services(instance(services=services))["web"]["image"] == "me/shop"


def test_the_host_is_told_what_follows() -> None:
    """A deploy could not tell which images are the app's own."""
    found = released(60, "PEM", release="1.4")
    assert (found["release"], found["follows"], found["timeout"]) == ("1.4", {"web": "me/shop"}, 60)
    assert found["check"]["authorities"] == "PEM"
    assert released()["release"] == "latest"


def test_an_app_of_pinned_images_has_no_release() -> None:
    """Its stack would hold a file that says nothing."""
    assert app_release_file(instance()) == {}


@pytest.mark.parametrize(
    ("check", "ready", "asked"),
    [
        (None, None, ("/", 200, 399)),
        (None, "/api/ready", ("/api/ready", 200, 200)),
        (None, "/internal", ("/", 200, 399)),
        ({"status": 401}, None, ("/", 401, 401)),
        ({"path": "/healthz"}, "/api/ready", ("/healthz", 200, 399)),
        ({"path": "/healthz", "status": 204}, "/api/ready", ("/healthz", 204, 204)),
    ],
)
def test_what_a_deploy_asks_for(check: Any, ready: Any, asked: tuple[str, int, int]) -> None:
    """A deploy would ask for what is not public, and roll each release back."""
    api = {"image": "me/api", "port": 8000, "paths": ["/api"], **({"ready": ready} if ready else {})}
    services = {"api": api, "front": {"image": "me/front", "port": 8080, "paths": ["/elsewhere", "/"]}}
    given = instance(services=services, **({"check": check} if check else {}))
    found = json.loads(app_release_file(given)["app.json"])["check"]
    assert (found["path"], found["lowest"], found["highest"]) == asked


def test_an_app_without_a_route_is_asked_for_nothing() -> None:
    """A worker could not be deployed."""
    assert json.loads(app_release_file(instance(services={"job": {"image": "me/job"}}))["app.json"])["check"] == {}
