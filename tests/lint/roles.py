"""What must hold for each role: its argument_specs say the truth, and its README is generated."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml


def _load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text()) or {} if path.is_file() else {}


def _defaults(role: Path) -> dict[str, Any]:
    """Return the defaults in main.yml, or in the files below main/."""
    files = [role / "defaults/main.yml", *sorted(role.glob("defaults/main/*.yml"))]
    return {name: value for file in files for name, value in _load(file).items()}


def specs_match_defaults(root: Path) -> list[str]:
    """Compare each role's defaults with its argument_specs.

    A default without an option, an option with a default that defaults/ does not set, a default
    that differs, and an option that is neither required nor set are all named.
    """
    found = []
    roles = sorted(path for path in (root / "roles").iterdir() if path.is_dir())
    for role in roles:
        defaults = _defaults(role)
        options = _load(role / "meta/argument_specs.yml").get("argument_specs", {}).get("main", {}).get("options", {})
        if not options:
            found.append(f"{role.name}: meta/argument_specs.yml has no options for main")
        found += [
            f"{role.name}: {name} is in defaults, not in argument_specs" for name in defaults if name not in options
        ]
        for name, option in options.items():
            if option.get("required"):
                if name in defaults:
                    found.append(f"{role.name}: {name} is required, and has a default")
            elif name not in defaults:
                found.append(f"{role.name}: {name} is not required, and defaults do not set it")
            elif "default" in option and option["default"] != defaults[name]:
                found.append(
                    f"{role.name}: {name}: the default is {defaults[name]!r}, argument_specs say {option['default']!r}"
                )
            if not name.startswith((f"{role.name}_", "__")):
                found.append(f"{role.name}: {name} lacks the role's prefix")
    return found or ([] if roles else ["no role was found"])


def readmes_current(root: Path, bin_dir: Path) -> list[str]:
    """Name the roles whose README.md differs from what aar-doc makes of their argument_specs."""
    found = []
    for role in sorted(path for path in (root / "roles").iterdir() if path.is_dir()):
        command = [str(bin_dir / "aar-doc"), "--output-mode", "inject", "--output-file", "README.md"]
        readme = role / "README.md"
        before = readme.read_text() if readme.is_file() else ""
        done = subprocess.run([*command, str(role), "markdown"], capture_output=True, text=True, check=False)
        after = readme.read_text() if readme.is_file() else ""
        if done.returncode:
            found.append(f"{role.name}: aar-doc failed: {done.stderr.strip()[-300:]}")
        elif before != after:
            found.append(f"{role.name}: README.md was not current (it is now; commit it, or run `make docs`)")
    return found
