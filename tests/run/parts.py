"""What `make test` consists of. A new Molecule scenario is found by itself; the rest stands here."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# Scenarios that must also hold on the older distribution (issue 2, "Shows").
ALSO_DEBIAN12 = ("base", "docker", "traefik")
# Begun first, for they last longest: the end of the whole run would wait for one of them alone.
LONG = ("backup", "stack")
FUZZ = "app/tests/test_openapi_fuzz.py"
POSTGRESQL = {"CONSOLE_TEST_DATABASE": "postgresql"}
# What the hour that CI has does not hold as well. `make test` names them in its summary without running them; `make
# test-late` runs them, and so does GitHub Actions (docs/workshop.md).
LATE: tuple[str, ...] = (
    "alerts",
    "app-dev",
    "app-postgresql",
    "broken-releases",
    "fuzz",
    "interrupted",
    "postgresql",
    "recovery",
    "sockets",
    "upgrades",
    "workflows",
    # The site as a scenario: `up` and `site` do and ask the same of the local VPS, and more.
    "molecule-default",
    "molecule-prometheus",
    # DNS-01 with a wildcard; the other challenges are in `molecule-traefik`.
    "molecule-traefik-dns",
    *(f"molecule-{scenario}-debian12" for scenario in ALSO_DEBIAN12),
)


@dataclass(frozen=True)
class Part:
    """One line of the summary.

    `needs` must have passed before it starts; `tests` says that its log must show executed tests
    (a runner that closes on none reads as green otherwise); `vps` marks the parts that use the one
    local VPS and so run one after another.
    """

    name: str
    argv: tuple[str, ...]
    needs: tuple[str, ...] = ()
    tests: bool = True
    vps: bool = False
    env: Mapping[str, str] = field(default_factory=dict)


def discover(root: Path) -> dict[str, Part]:
    """Return every part by name, in the order in which they should start."""
    python = sys.executable
    # Schemathesis is a library of the console's tests; its plugin would cost each start a second.
    pytest = (python, "-m", "pytest", "-q", "-ra", "--strict-markers", "-p", "no:schemathesis")
    fixed = [
        Part("workshop", (python, "-m", "tools.workshop", "workshop"), tests=False),
        Part("lint", (python, "-m", "tests.lint")),
        Part("unit", (*pytest, "tests/unit", "tests/templates", "tests/dashboards")),
        Part("rules", (*pytest, "tests/rules")),
        Part("up", (python, "-m", "tools.workshop", "up"), needs=("workshop",), tests=False, vps=True),
        Part("site", (*pytest, "tests/site"), needs=("up",), vps=True),
        Part("e2e", (*pytest, "tests/e2e"), needs=("up",), vps=True),
        Part("faults", (*pytest, "tests/faults"), needs=("site", "e2e"), vps=True),
        Part(
            "releases",
            (*pytest, "tests/releases/test_deploy.py", "tests/releases/test_sign_in.py"),
            needs=("faults",),
            vps=True,
        ),
        Part("broken-releases", (*pytest, "tests/releases/test_broken.py"), needs=("faults",), vps=True),
        Part("alerts", (*pytest, "tests/alerts"), needs=("faults",), vps=True),
        Part("upgrades", (*pytest, "tests/upgrades"), needs=("faults",), vps=True),
        Part("recovery", (*pytest, "tests/recovery"), needs=("faults",), vps=True),
        Part("interrupted", (*pytest, "tests/interrupted"), needs=("faults",), vps=True),
        Part("sockets", (*pytest, "tests/sockets"), needs=("faults",), vps=True),
        Part("workflows", (*pytest, "tests/workflows"), needs=("faults",), vps=True),
        Part("images", (*pytest, "tests/images"), needs=("workshop",)),
        Part("app", (*pytest, "app/tests", f"--ignore={FUZZ}"), needs=("workshop",)),
        Part("fuzz", (*pytest, FUZZ), needs=("workshop",)),
        Part("app-dev", (*pytest, "tests/app_dev"), needs=("workshop",)),
        # What most depends on the database, and all.
        Part("postgresql", (*pytest, "-m", "database", "app/tests"), needs=("workshop",), env=POSTGRESQL),
        Part("app-postgresql", (*pytest, "app/tests"), needs=("workshop",), env=POSTGRESQL),
    ]
    return {part.name: part for part in [*fixed, *_scenarios(root)] if _present(root, part)}


def _present(root: Path, part: Part) -> bool:
    paths = [word for word in part.argv if word.startswith(("tests/", "app/"))]
    return all((root / path).exists() for path in paths)


def _longest_first(file: Path) -> tuple[int, Path]:
    scenario = file.parent.name
    return (LONG.index(scenario) if scenario in LONG else len(LONG), file)


def _scenarios(root: Path) -> list[Part]:
    """One part for each molecule/<name>/molecule.yml, and one more on Debian 12 where that is asked."""
    found = []
    for file in sorted(root.glob("molecule/*/molecule.yml"), key=_longest_first):
        scenario = file.parent.name
        for distro in ("debian13", "debian12") if scenario in ALSO_DEBIAN12 else ("debian13",):
            suffix = "" if distro == "debian13" else f"-{distro}"
            argv = (str(Path(sys.executable).with_name("molecule")), "test", "--scenario-name", scenario)
            env = {
                "DISTRO": distro,
                "MOLECULE_EPHEMERAL_DIRECTORY": str(root / ".local/molecule" / (scenario + suffix)),
            }
            found.append(Part(f"molecule-{scenario}{suffix}", argv, ("workshop",), env=env))
    return found
