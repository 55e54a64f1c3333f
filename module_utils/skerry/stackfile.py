"""The images in the stack file of an app, read and replaced line by line: a host has no YAML parser for certain.

Only for the file that roles/app/templates/stack/stack.yml.j2 makes, whose services and images stand each on a line of
their own; a test holds the two together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

SECTION = re.compile(r"(?P<name>[a-z]+):")
SERVICE = re.compile(r"  (?P<name>[a-z][a-z0-9-]*):")
IMAGE = re.compile(r"    image: (?P<image>\".*\")")


class NoSuchServiceError(Exception):
    """The stack file lacks a service, or the service its image."""


def images_in(text: str) -> dict[str, str]:
    """Return the image of each service."""
    return {service: image for _, service, image in _found(text.splitlines())}


def with_images(text: str, images: Mapping[str, str]) -> str:
    """Return the text with these images in the place of what the services had; raise NoSuchServiceError."""
    lines = text.splitlines()
    places = {service: number for number, service, _ in _found(lines)}
    for service, image in images.items():
        if service not in places:
            raise NoSuchServiceError(f"the stack file has no service {service} with an image")
        lines[places[service]] = f"    image: {json.dumps(image)}"
    return "\n".join(lines) + "\n"


def _found(lines: list[str]) -> Iterator[tuple[int, str, str]]:
    section = service = ""
    for number, line in enumerate(lines):
        if found := SECTION.match(line):
            section, service = found["name"], ""
        elif section == "services" and (found := SERVICE.fullmatch(line)):
            service = found["name"]
        elif service and (found := IMAGE.fullmatch(line)):
            yield number, service, json.loads(found["image"])
