"""Filter ``app_problems``: everything that is wrong with ``app_instances``, one sentence each.

It runs before the first change, so a sentence names the variable, its value and what is allowed; a secret's value never
shows. The table of settings here and the text in ``roles/app/meta/argument_specs.yml`` belong together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import ansible.module_utils

ansible.module_utils.__path__.append(str(Path(__file__).parents[1] / "module_utils"))

from ansible.module_utils.skerry.references import follows  # noqa: E402
from ansible.module_utils.skerry_gates import keeper  # noqa: E402
from ansible.module_utils.skerry_settings import Kind, listing, mapping, settings, text, whole, wrong  # noqa: E402

RESERVED = {
    "traefik",
    "traefik-detour",
    "mariadb",
    "redis",
    "prometheus",
    "grafana",
    "backup",
    "mysql",
    "sys",
    "default",
    "root",
}
"""Names that the platform's own stacks, databases and users have."""

BUILT_IN = {"database_url": "database", "redis_url": "redis"}
"""Secrets that the role makes itself, and the setting of the instance that makes it do so."""

FQDN = r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])"
NAME = r"(?!.*--)[a-z]([a-z0-9-]{0,22}[a-z0-9])?"
KEY = r"[a-z][a-z0-9_]{0,23}"
VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"
IMAGE = r"[a-z0-9]([a-zA-Z0-9._/:-]*[a-zA-Z0-9])?(@sha256:[0-9a-f]{64})?"
PATH = r"/[A-Za-z0-9._~/-]*"
SIZE = r"[1-9][0-9]*[KMG]"
DURATION = r"([0-9]+(ms|s|m|h))+"
USER = r"[a-z0-9_][a-z0-9_-]*(:[a-z0-9_][a-z0-9_-]*)?"
SCHEME = r"[a-z][a-z0-9+]*"
RELEASE = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|sha256:[0-9a-f]{64}"


BOOLEAN = Kind(lambda value: isinstance(value, bool), "true or false")
TEXT = Kind(lambda value: isinstance(value, str), "a text")
PLAIN = Kind(lambda value: isinstance(value, str | int | float), "a text or number")
WORDS = listing(TEXT)
MEMORY = text(SIZE, "a size such as 192M or 1G")
PERIOD = text(DURATION, "a duration such as 500ms, 30s or 2m")
URL_PATH = text(PATH, "an absolute path such as /api")
ENVIRONMENT = mapping(VARIABLE, PLAIN, "a dict of variable names with texts or numbers")

HEALTHCHECK = {"test", "interval", "start_interval", "timeout", "retries", "start_period"}

INSTANCE: dict[str, Kind] = {
    "name": text(NAME, "a name of at most 24 small letters, digits and dashes that begins with a letter"),
    "domain": text(FQDN, "a full domain name in small letters such as app.example.org"),
    "database": BOOLEAN,
    "database_scheme": text(SCHEME, "the scheme of a database address such as mysql or mysql+asyncmy"),
    "redis": BOOLEAN,
    "environment": ENVIRONMENT,
    "release": text(RELEASE, 'a tag in quotes such as "1.5", or the digest sha256:… of the only image'),
    "check": Kind(
        lambda value: (
            isinstance(value, Mapping)
            and bool(value)
            and not set(value) - {"path", "status"}
            and URL_PATH.check(value.get("path", "/"))
            and whole(100, 599).check(value.get("status", 200))
        ),
        "a dict of path and status such as {path: /healthz, status: 200}",
    ),
    "sign_in": text("viewer|operator|admin", "viewer, operator or admin"),
    "services": Kind(lambda value: isinstance(value, Mapping) and bool(value), "a dict with at least one service"),
}

SERVICE: dict[str, Kind] = {
    "image": text(IMAGE, "an image such as ghcr.io/me/app:1.4 or app@sha256:…"),
    "command": WORDS,
    "entrypoint": WORDS,
    "port": whole(1, 65535),
    "paths": listing(URL_PATH),
    "ready": URL_PATH,
    "sticky": BOOLEAN,
    "replicas": whole(0, 100),
    "memory": MEMORY,
    "cpus": Kind(
        lambda value: isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 256,
        "a number of processors such as 0.5",
    ),
    "pids": whole(1, 65536),
    "secrets": listing(text(KEY, "a name of at most 24 small letters, digits and underscores")),
    "environment": ENVIRONMENT,
    "user": text(USER, "a user such as 10001 or 10001:10001"),
    "read_only": BOOLEAN,
    "tmpfs": mapping(PATH, MEMORY, "a dict of absolute paths with sizes such as {/var/cache: 32M}"),
    "volumes": mapping(NAME, URL_PATH, "a dict of volume names with absolute paths such as {uploads: /data}"),
    "healthcheck": Kind(
        lambda value: value is False or (isinstance(value, Mapping) and bool(value) and not set(value) - HEALTHCHECK),
        "false or a dict of test, interval, start_interval, timeout, retries, start_period",
    ),
    "metrics": Kind(
        lambda value: (
            isinstance(value, Mapping)
            and not set(value) - {"port", "path"}
            and SERVICE["port"].check(value.get("port"))
            and URL_PATH.check(value.get("path", "/"))
        ),
        "a dict with port and optionally path such as {port: 9000, path: /metrics}",
    ),
    "alerts": BOOLEAN,
    "gates": BOOLEAN,
    "drain": text("app|platform", "app or platform"),
    "order": text("start-first|stop-first", "start-first or stop-first"),
    "delay": PERIOD,
    "monitor": PERIOD,
    "stop_grace_period": PERIOD,
}


def app_problems(
    instances: Any,
    secrets: Mapping[str, Mapping[str, str]] | None = None,
    defaults: Mapping[str, Any] | None = None,
    memory_mb: int = 0,
) -> list[str]:
    """Return one sentence for each thing wrong with ``app_instances`` and ``app_service_defaults``.

    ``secrets``: the vault's ``{instance: {name: value}}``, to see that what services ask for is there; None skips that.
    ``memory_mb``: the host's memory in MiB, which no service may exceed; 0 skips that.
    """
    if not isinstance(instances, Sequence) or isinstance(instances, str):
        return [wrong("app_instances", instances, "a list of instances")]
    problems = list(settings("app_service_defaults", defaults or {}, SERVICE, required=()))
    usable = {} if problems else defaults or {}
    for number, instance in enumerate(instances):
        where = f"app_instances[{number}]"
        found = list(settings(where, instance, INSTANCE, required=("name", "domain", "services")))
        problems += found or _instance(where, instance, secrets, usable, memory_mb)
    return problems + list(_duplicates(instances)) + ([] if problems else list(_gates(instances)))


def _instance(
    where: str, instance: Mapping[str, Any], secrets: Any, defaults: Mapping[str, Any], memory_mb: int
) -> list[str]:
    problems = []
    name = instance["name"]
    own = None if secrets is None else secrets.get(name) or {}
    if name in RESERVED:
        problems.append(f'{where}.name is "{name}": allowed is a name that Skerry itself does not use.')
    for setting, secret in (("database", "database_password"), ("redis", "redis_password")):
        if instance.get(setting) and own is not None and not own.get(secret):
            problems.append(f"app_secrets.{name}.{secret} is missing: needed since {where}.{setting} is true.")
    images = {one.get("image") for one in instance["services"].values() if isinstance(one, Mapping)}
    if str(instance.get("release", "")).startswith("sha256:") and len([one for one in images if _follows(one)]) > 1:
        problems.append(f"{where}.release is a digest, which names one image: allowed is a tag that all images have.")
    taken: dict[str, str] = {}
    for key, service in instance["services"].items():
        at = f"{where}.services.{key}"
        if not INSTANCE["name"].check(key):
            problems.append(wrong(f"{where}.services", key, INSTANCE["name"].allowed))
        found = list(settings(at, service, SERVICE, required=("image",)))
        problems += found or _service(at, instance, {**defaults, **service}, own, memory_mb)
        for path in [] if found else service.get("paths", []):
            if path in taken:
                problems.append(f'{at}.paths has "{path}", which {taken[path]} has too: allowed is each path once.')
            taken.setdefault(path, f"service {key}")
    return problems


def _follows(image: Any) -> bool:
    return isinstance(image, str) and follows(image)


def _service(
    at: str, instance: Mapping[str, Any], service: Mapping[str, Any], own: Mapping[str, str] | None, memory_mb: int
) -> Iterator[str]:
    for setting in ("paths", "ready"):
        if service.get(setting) and "port" not in service:
            yield f"{at}.port is missing: needed is the port that {setting} are served on."
    if service.get("sticky") and not service.get("paths"):
        yield f"{at}.sticky is true: allowed is that only beside paths."
    megabytes = _megabytes(service.get("memory", "0M"))
    if memory_mb and megabytes > memory_mb:
        yield f'{at}.memory is "{service["memory"]}": allowed is at most the host\'s {memory_mb}M.'
    for secret in service.get("secrets", []):
        if secret in BUILT_IN:
            if not instance.get(BUILT_IN[secret]):
                yield f'{at}.secrets has "{secret}": allowed is that only where {BUILT_IN[secret]} is true.'
        elif own is not None and not own.get(secret):
            yield f"app_secrets.{instance['name']}.{secret} is missing: needed since {at}.secrets names it."


def _gates(instances: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong with sites behind a sign-in, of instances that are well otherwise."""
    for number, instance in enumerate(instances):
        at = f"app_instances[{number}]"
        if not instance.get("sign_in"):
            continue
        if keeper(instances) is None:
            yield f'{at}.sign_in is "{instance["sign_in"]}": allowed is that only beside the console, app_console.'
        for name, service in instance["services"].items():
            if service.get("gates"):
                yield f"{at}.sign_in is set: allowed is that only where no service has gates."
            if service.get("paths") and not service.get("ready"):
                yield f"{at}.services.{name}.ready is missing: needed beside sign_in, open to the monitoring."


def _megabytes(size: str) -> float:
    return int(size[:-1]) * {"K": 1 / 1024, "M": 1, "G": 1024}[size[-1]]


def _duplicates(instances: Sequence[Any]) -> Iterator[str]:
    for setting in ("name", "domain"):
        first: dict[str, int] = {}
        for number, instance in enumerate(instances):
            value = instance.get(setting) if isinstance(instance, Mapping) else None
            if isinstance(value, str) and first.setdefault(value, number) != number:
                yield (
                    f'app_instances[{number}].{setting} is "{value}", as app_instances[{first[value]}].{setting} is: '
                    f"allowed is each {setting} once."
                )


class FilterModule:
    """Register the filter with Ansible."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by name."""
        return {"app_problems": app_problems}
