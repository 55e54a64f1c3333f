"""Filters that derive from ``app_instances`` what the stack template and the other roles need.

An *instance* is one entry of ``app_instances`` (schema: ``roles/app/meta/argument_specs.yml``), and *secrets* is the
dict ``{instance name: {secret name: value}}`` of the vault. All filters are pure; ``app_problems`` checks first, so
these take their input for valid.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import ansible.module_utils

ansible.module_utils.__path__.append(str(Path(__file__).parents[1] / "module_utils"))

from ansible.module_utils.skerry.references import NEWEST, follows, of_release  # noqa: E402
from ansible.module_utils.skerry_gates import door_labels, public_url  # noqa: E402

Instance = Mapping[str, Any]
Secrets = Mapping[str, Mapping[str, str]]

SIZES = {"K": 1024, "M": 1024**2, "G": 1024**3}
"""Units of a memory size, in bytes, as the engine reads them."""

DATABASE_SCHEME = "mysql+asyncmy"

SERVICE_DEFAULTS: dict[str, Any] = {
    "command": [],
    "entrypoint": [],
    "environment": {},
    "secrets": [],
    "paths": [],
    "replicas": 1,
    "memory": "128M",
    "pids": 128,
    "read_only": True,
    "tmpfs": {"/tmp": "16M"},  # noqa: S108 - a path inside the container
    "volumes": {},
    "order": "start-first",
    "delay": "0s",
    "monitor": "10s",
    "drain": "app",
    "stop_grace_period": "30s",
}
"""What a service gets where neither it nor ``app_service_defaults`` says otherwise.

monitor 10s: a new task that dies later than this no longer rolls the update back; the engine's own default is 5 s.
stop_grace_period 30s: the bundled console drains for 6 s, then ends open requests.
"""

PLATFORM_DRAIN = {"stop_signal": "SIGURG", "stop_grace_period": "10s"}
"""How an image that stops at once on SIGTERM drains: it gets a signal that processes ignore by default (signal(7)), so
it goes on answering until Traefik (which asks the engine each second) has moved on, and is killed after the grace
period."""


def app_databases(instances: Sequence[Instance], secrets: Secrets) -> list[dict[str, str]]:
    """Return ``[{name, user, password}]`` for the instances that want a database: all three are their own."""
    return [
        {"name": one["name"], "user": one["name"], "password": secrets[one["name"]]["database_password"]}
        for one in instances
        if one.get("database", False)
    ]


def app_redis_users(instances: Sequence[Instance], secrets: Secrets) -> list[dict[str, str]]:
    """Return ``[{name, password, prefix}]`` for the instances that want Redis; keys and channels begin with prefix."""
    return [
        {"name": one["name"], "password": secrets[one["name"]]["redis_password"], "prefix": f"{one['name']}:"}
        for one in instances
        if one.get("redis", False)
    ]


def app_backups(instances: Sequence[Instance]) -> dict[str, dict[str, Any]]:
    """Return what the backup has to know of each instance: its database, the prefix of its keys, its stacks."""
    return {
        one["name"]: {
            "database": one["name"] if one.get("database", False) else "",
            "redis_prefix": f"{one['name']}:" if one.get("redis", False) else "",
            "stacks": [one["name"]],
        }
        for one in instances
    }


def app_secret_files(instance: Instance, secrets: Secrets) -> dict[str, str]:
    """Return ``{"secrets/<name>": value}`` for every secret that a service of the instance asks for."""
    name = instance["name"]
    own = dict(secrets.get(name, {}))
    user = quote(name, safe="")
    if instance.get("database", False):
        scheme = instance.get("database_scheme", DATABASE_SCHEME)
        own["database_url"] = f"{scheme}://{user}:{quote(own['database_password'], safe='')}@mariadb:3306/{user}"
    if instance.get("redis", False):
        own["redis_url"] = f"redis://{user}:{quote(own['redis_password'], safe='')}@redis:6379/0"
    wanted = sorted({secret for service in instance["services"].values() for secret in service.get("secrets", [])})
    return {f"secrets/{secret}": own[secret] for secret in wanted}


def app_release_file(instance: Instance, timeout: int = 300, authorities: str = "") -> dict[str, str]:
    """Return ``{"app.json": text}``, from which a host can deploy another release; nothing where no image follows one.

    ``timeout``: seconds that the app has to become healthy; ``authorities``: PEM, empty for the public ones.
    """
    following = {name: one["image"] for name, one in instance["services"].items() if follows(one["image"])}
    if not following:
        return {}
    about = {
        "release": str(instance.get("release", NEWEST)),
        "follows": following,
        "timeout": timeout,
        "check": _visit(instance, authorities),
    }
    return {"app.json": json.dumps(about, indent=1, sort_keys=True) + "\n"}


def _visit(instance: Instance, authorities: str) -> dict[str, Any]:
    """Return what a visitor asks for and which answers are well (module_utils/skerry/visitor.py, Route).

    Unless ``check`` says so that is the first path which tells whether its service is ready, where that one is public,
    or else the shortest path.
    """
    routed = [one for one in instance["services"].values() if one.get("paths")]
    if not routed:
        return {}
    ready = [one["ready"] for one in routed if any(_within(one.get("ready", ""), path) for path in one["paths"])]
    shortest = min((path for one in routed for path in one["paths"]), key=len)
    wanted = {"path": ready[0], "status": 200} if ready else {"path": shortest}
    own = instance.get("check", {})
    wanted = own if "path" in own else {**wanted, **own}
    lowest, highest = (wanted["status"], wanted["status"]) if "status" in wanted else (200, 399)
    route = {"domain": instance["domain"], "path": wanted["path"], "lowest": lowest, "highest": highest}
    return {**route, "authorities": authorities}


def _within(path: str, above: str) -> bool:
    return f"{path}/".startswith(f"{above.rstrip('/')}/") if path else False


def app_services(
    instance: Instance,
    defaults: Mapping[str, Any] | None = None,
    public_port: int = 443,
    access: Mapping[str, Any] | None = None,
) -> dict[str, dict[str, Any]]:
    """Return the instance's services with every setting that the stack template reads filled in.

    ``defaults`` (``app_service_defaults``) stand between SERVICE_DEFAULTS and the service's own settings.
    ``public_port`` is the port that browsers use; it shows in PUBLIC_URL unless it is 443.
    ``access``: what ``app_access`` says of the sites behind a sign-in.
    """
    return {
        name: _service(instance, name, {**SERVICE_DEFAULTS, **(defaults or {}), **service}, public_port, access or {})
        for name, service in instance["services"].items()
    }


def _service(
    instance: Instance, name: str, service: dict[str, Any], public_port: int, access: Mapping[str, Any]
) -> dict[str, Any]:
    if follows(service["image"]) and "release" in instance:
        service["image"] = of_release(service["image"], str(instance["release"]))
    service["tmpfs"] = {path: _bytes(size) for path, size in {**SERVICE_DEFAULTS["tmpfs"], **service["tmpfs"]}.items()}
    service["environment"] = _environment(instance, service, public_port)
    if service.get("gates") and access.get("gates"):
        service["environment"]["GATES"] = json.dumps(access["gates"], sort_keys=True)
    service["networks"] = _networks(instance, service)
    if service["drain"] == "platform":
        service.update(PLATFORM_DRAIN)
    service["limits"] = _limits(service)
    service["labels"] = _metrics_labels(service) | (
        door_labels(instance, name, service) if service.get("gates") else {}
    )
    if service["paths"]:
        service["route"] = {
            # Names hold no double dash, so this one is unique over all instances.
            "name": f"{instance['name']}--{name}",
            "domain": instance["domain"],
            **{key: service[key] for key in ("port", "paths", "ready", "sticky") if key in service},
            **({"sign_in": access["middleware"]} if instance.get("sign_in") else {}),
        }
    uid, _, gid = str(service.get("user", "")).partition(":")
    # Only a numeric user tells who has to be able to read the secret files; without one, every process in the
    # container is (the engine's default, 0444).
    service["secret_owner"] = {"uid": uid, "gid": gid or uid, "mode": 0o400} if uid.isdigit() else {}
    return service


def _environment(instance: Instance, service: Mapping[str, Any], public_port: int) -> dict[str, str]:
    merged = {
        "PUBLIC_URL": public_url(instance["domain"], public_port),
        **({"REDIS_PREFIX": f"{instance['name']}:"} if instance.get("redis", False) else {}),
        **instance.get("environment", {}),
        **service["environment"],
        **{f"{secret.upper()}_FILE": f"/run/secrets/{secret}" for secret in service["secrets"]},
    }
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in merged.items()}


def _networks(instance: Instance, service: Mapping[str, Any]) -> list[str]:
    """Only what the service needs: Traefik's network, the databases', Prometheus's, Alertmanager's, the app's own.

    The app's own network (``default``) exists where some service has no paths: a worker or a cache, which reaches the
    others and the internet through it.
    """
    networks = []
    if service["paths"]:
        networks.append("edge")
    if {"database_url", "redis_url"} & set(service["secrets"]):
        networks.append("data")
    if service.get("metrics"):
        networks.append("monitoring")
    if service.get("alerts"):
        networks.append("alerting")
    if any(not other.get("paths") for other in instance["services"].values()):
        networks.append("default")
    return networks


def _limits(service: Mapping[str, Any]) -> dict[str, Any]:
    cpus = {"cpus": str(service["cpus"])} if "cpus" in service else {}
    return {"memory": service["memory"], "pids": service["pids"], **cpus}


def _metrics_labels(service: Mapping[str, Any]) -> dict[str, str]:
    """Tell Prometheus, which discovers services by these labels, where the service's metrics are."""
    if not service.get("metrics"):
        return {}
    metrics = {"path": "/metrics", **service["metrics"]}
    return {f"skerry.metrics.{key}": str(metrics[key]) for key in ("port", "path")}


def app_escape(value: Any) -> Any:
    """Double every ``$`` in the strings of a nested value: ``docker stack deploy`` takes one for a variable."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: app_escape(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [app_escape(item) for item in value]
    return value


def _bytes(size: str | int) -> int:
    text = str(size)
    return int(text[:-1]) * SIZES[text[-1]] if text[-1] in SIZES else int(text)


class FilterModule:
    """Register the filters with Ansible."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {
            "app_backups": app_backups,
            "app_databases": app_databases,
            "app_redis_users": app_redis_users,
            "app_release_file": app_release_file,
            "app_secret_files": app_secret_files,
            "app_services": app_services,
            "app_escape": app_escape,
        }
