"""Which images have newer versions than the set that is tested together: `python -m tools.updates`.

Asks each image's registry for its tags with skopeo, and prints a Markdown table. Only tags of the same form count, as
v1.2.3 beside v1.2.1 (never v1.3.0-rc1 or 1.2.3-alpine). Exit code 0 whether or not there is something newer; 1 where a
registry could not be asked.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from tools.workshop.settings import ROOT

SKOPEO = ("skopeo", *os.environ.get("SKERRY_SKOPEO_OPTIONS", "").split())


def pinned(root: Path = ROOT) -> Iterator[tuple[str, str, str]]:
    """Yield variable, image and tag of each image that a role names with its version."""
    for defaults in sorted(root.glob("roles/*/defaults/main.yml")):
        for name, value in (yaml.safe_load(defaults.read_text()) or {}).items():
            if name.endswith("_image") and isinstance(value, str) and ":" in value:
                image, _, tag = value.rpartition(":")
                yield name, image, tag


def numbers(tag: str) -> tuple[int, ...]:
    """Return the numbers of a tag, by which versions of one form are ordered."""
    return tuple(int(number) for number in re.findall(r"\d+", tag))


def newer(tag: str, tags: Iterable[str]) -> list[str]:
    """Return the tags of the same form with a higher version, the highest first."""
    form = re.compile(re.sub(r"\d+", r"\\d+", re.escape(tag)))
    found = {other for other in tags if form.fullmatch(other) and numbers(other) > numbers(tag)}
    return sorted(found, key=numbers, reverse=True)


def tags_of(image: str) -> list[str]:
    """Return all tags of an image. Raises subprocess.CalledProcessError where the registry does not answer."""
    command = [*SKOPEO, "list-tags", f"docker://{image}"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    found: list[str] = json.loads(answer.stdout)["Tags"]
    return found


def main() -> int:
    """Print the table."""
    print("| variable | pinned | newest |\n|---|---|---|")
    silent = 0
    for name, image, tag in pinned():
        try:
            found = newer(tag, tags_of(image))
        except (subprocess.SubprocessError, OSError) as error:
            silent += 1
            said = getattr(error, "stderr", None) or str(error)
            print(f"| `{name}` | {image}:{tag} | could not be asked: {' '.join(said.split())[:200]} |")
        else:
            print(f"| `{name}` | {image}:{tag} | {found[0] if found else 'this is the newest'} |")
    return 1 if silent else 0


if __name__ == "__main__":
    sys.exit(main())
