"""Content hashes in the names of a stack file's configs and secrets. Controller only: it needs PyYAML.

Swarm's configs and secrets are immutable; a name that follows the content is what makes a changed file a new config,
and so a rolling restart of just the services that use it. The rest of the stack file stays as its author wrote it:
names are inserted into the text, and the result must parse to the same data, or this raises.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

import yaml

from .payload import content_hash

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML without libyaml
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

SECTIONS = ("configs", "secrets")
NAME_LIMIT = 64  # swarmkit, manager/controlapi/common.go: validateConfigOrSecretAnnotations
SIZE_LIMIT = 500 * 1024  # https://docs.docker.com/engine/swarm/configs/


class StackFileError(ValueError):
    """The stack file is wrong; the text says where and what would be right."""


def name_by_content(stack: str, text: str, files: Mapping[str, bytes]) -> str:
    """Return the stack file's text with `name: <stack>_<key>_<hash>` in each config and secret that a file backs.

    `files` are the rendered files by path beside the stack file. An entry's own `name` takes the place of
    <stack>_<key>. Entries that are external, or that name a file by an absolute path, are left alone.
    Raises StackFileError for invalid YAML, a missing file, a file or name over Swarm's limits.
    """
    try:
        data = yaml.load(text, Loader=Loader)
        root = yaml.compose(text, Loader=Loader)
    except yaml.YAMLError as error:
        raise StackFileError(f"the stack file is no valid YAML: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("services"), dict):
        raise StackFileError("the stack file has no `services:`")
    wanted = {**data, **{section: dict(data.get(section) or {}) for section in SECTIONS if section in data}}
    edits: list[tuple[int, int, str]] = []
    for section in SECTIONS:
        for key, entry in (data.get(section) or {}).items():
            name = _hashed_name(stack, section, key, entry, files)
            if name:
                wanted[section][key] = {**entry, "name": name}
                edits.append(_edit(_child(_child(root, section), key), name))
    for start, end, piece in sorted(edits, reverse=True):
        text = text[:start] + piece + text[end:]
    if yaml.load(text, Loader=Loader) != wanted:
        raise StackFileError(
            "the names of configs and secrets cannot be inserted; write each entry of `configs:` and `secrets:`"
            " in place, without anchors"
        )
    return text


def _hashed_name(stack: str, section: str, key: str, entry: Any, files: Mapping[str, bytes]) -> str:
    where = f"{section}.{key}"
    if not isinstance(entry, dict) or entry.get("external"):
        return ""
    path = str(entry.get("file", ""))
    if not path or path.startswith("/"):
        return ""
    path = posixpath.normpath(path)
    if path not in files:
        known = ", ".join(sorted(files)) or "none"
        raise StackFileError(f"{where} names the file {path}, which is not there; there are: {known}")
    if len(files[path]) > SIZE_LIMIT:
        raise StackFileError(f"{where}: {path} has {len(files[path])} bytes; Swarm takes at most {SIZE_LIMIT}")
    stem = str(entry.get("name") or f"{stack}_{key}")
    salt = f"{stack}/{key}" if section == "secrets" else ""
    name = f"{stem}_{content_hash(files[path], salt)}"
    if len(name) > NAME_LIMIT:
        raise StackFileError(f"{where}: the name {name} has {len(name)} characters; Swarm takes at most {NAME_LIMIT}")
    return name


def _child(mapping: Any, key: str) -> Any:
    return next((value for name, value in mapping.value if name.value == key), None)


def _edit(entry: Any, name: str) -> tuple[int, int, str]:
    """Return the (start, end, text) that gives a mapping node this name, in its own style, block or flow."""
    present = _child(entry, "name")
    if present is not None:
        return present.start_mark.index, present.end_mark.index, name
    first = entry.value[0][0].start_mark
    separator = ", " if entry.flow_style else "\n" + " " * first.column
    return first.index, first.index, f"name: {name}{separator}"


def images_of(text: str) -> dict[str, str]:
    """Return the image of each service, except where the engine's client would first interpolate a variable."""
    services = yaml.load(text, Loader=Loader)["services"]
    images = {name: str((service or {}).get("image", "")) for name, service in services.items()}
    return {name: image for name, image in images.items() if image and "$" not in image}
