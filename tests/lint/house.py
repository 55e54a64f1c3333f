"""Rules of this house that no linter knows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

# Longest a file may get before it should be split; «about 80, 100, 300» of the charter, with a little air.
LIMITS = {
    "roles/*/tasks/*.yml": 90,
    "roles/*/defaults/*.yml": 90,
    "roles/*/templates/*.py": 320,
    "roles/*/templates/*": 110,
    "tools/*.py": 320,
    "action_plugins/*.py": 320,
    "callback_plugins/*.py": 320,
    "library/*.py": 320,
    "module_utils/*.py": 320,
    "filter_plugins/*.py": 320,
    "app/src/*.py": 320,
    "tests/*.py": 320,
}
# Host names of package registries: an install takes them from the machine's own settings.
REGISTRY_HOST = re.compile(
    r"(?:--(?:extra-)?index-url|\"resolved\": *\"http|"
    r"\bpypi\.org\b|registry\.npmjs|deb\.debian\.org|files\.pythonhosted)"
)


def scenarios_have_tests(root: Path) -> list[str]:
    """Name the Molecule scenarios without tests: Molecule calls such a scenario a success."""
    scenarios = [file.parent for file in sorted(root.glob("molecule/*/molecule.yml"))]
    silent = [path for path in scenarios if not list(path.glob("tests/test_*.py"))]
    return [f"{path.relative_to(root)} has no tests/test_*.py" for path in silent] or (
        [] if scenarios else ["no scenario was found under molecule/"]
    )


def lengths(root: Path, files: Iterable[str]) -> list[str]:
    """Name the files that are longer than a reader likes."""
    found = []
    for name in files:
        limit = next((most for pattern, most in LIMITS.items() if fnmatch(name, pattern)), None)
        if limit is not None and (lines := len((root / name).read_text().splitlines())) > limit:
            found.append(f"{name}: {lines} lines, at most {limit}: is there a seam?")
    return found


def no_registry_hosts(root: Path, files: Iterable[str]) -> list[str]:
    """Name the lines that tie the project to one package registry's host."""
    found = []
    for name in files:
        if name.startswith("tests/lint/") or Path(name).suffix in {".png", ".ico", ".woff2"}:
            continue
        for number, line in enumerate((root / name).read_text(errors="replace").splitlines(), 1):
            if REGISTRY_HOST.search(line):
                found.append(f"{name}:{number}: {line.strip()[:120]}")
    return found
