"""What the engine runs against what was recorded after the last good deployment, told in words."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

ABSENT = "(none)"
WORDS = {
    "Mode.Replicated.Replicas": "replicas",
    "TaskTemplate.ContainerSpec.Image": "image",
    "TaskTemplate.ContainerSpec.Args": "command",
    "TaskTemplate.ContainerSpec.Env": "environment",
    "TaskTemplate.ContainerSpec.Configs": "configs",
    "TaskTemplate.ContainerSpec.Secrets": "secrets",
    "TaskTemplate.Networks": "networks",
    "TaskTemplate.Placement.Constraints": "placement constraints",
    "TaskTemplate.Resources.Limits.MemoryBytes": "memory limit",
    "EndpointSpec.Ports": "published ports",
}


def comparable(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a service's spec without what a restart by hand changes and no deployment would put back.

    That is ForceUpdate, and the order of the mounts: `docker service update` sorts them.
    """
    copy = deepcopy(dict(spec))
    template = copy.get("TaskTemplate", {})
    template.pop("ForceUpdate", None)
    if mounts := template.get("ContainerSpec", {}).get("Mounts"):
        mounts.sort(key=lambda mount: str(mount.get("Target")))
    return copy


def by_name(services: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the comparable specs of the engine's services by full name."""
    return {service["Spec"]["Name"]: comparable(service["Spec"]) for service in services}


def describe(recorded: Mapping[str, Any], running: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return, by service name, one line for each thing that was changed by hand; empty when nothing was."""
    found = {}
    for name in sorted(recorded.keys() | running.keys()):
        if name not in running:
            found[name] = ["is gone, will be created again"]
        elif name not in recorded:
            found[name] = ["is not in the stack file, will be removed"]
        elif lines := list(_lines("", comparable(running[name]), comparable(recorded[name]))):
            found[name] = lines
    return found


def image_changed(recorded: Mapping[str, Any], running: Mapping[str, Any]) -> list[str]:
    """Return the names of services that run another image than was deployed."""

    def image(spec: Mapping[str, Any]) -> Any:
        return spec.get("TaskTemplate", {}).get("ContainerSpec", {}).get("Image")

    return [name for name in sorted(recorded.keys() & running.keys()) if image(recorded[name]) != image(running[name])]


def _lines(path: str, now: Any, then: Any) -> list[str]:
    if now == then:
        return []
    if isinstance(now, dict) and isinstance(then, dict) and path not in WORDS:
        return [
            line
            for key in sorted(now.keys() | then.keys())
            for line in _lines(f"{path}.{key}".lstrip("."), now.get(key), then.get(key))
        ]
    word = WORDS.get(path) or path.removeprefix("TaskTemplate.ContainerSpec.").removeprefix("TaskTemplate.")
    return [f"{word} {_short(path, now)} → {_short(path, then)}"]


def _short(path: str, value: Any) -> str:
    """Return a value in a few characters. Of an environment only the names, for the values may be private."""
    if value is None or value == []:
        return ABSENT
    if isinstance(value, list):
        if path.endswith(".Env"):
            return " ".join(item.partition("=")[0] for item in value)
        names = [_name(item) for item in value]
        return " ".join(names)
    if isinstance(value, dict):
        return "{" + ", ".join(sorted(value)) + "}"
    return str(value)


def _name(item: Any) -> str:
    if isinstance(item, dict):
        for key in ("ConfigName", "SecretName", "Source", "Target", "PublishedPort"):
            if key in item:
                return str(item[key])
        return "…"
    return str(item)
