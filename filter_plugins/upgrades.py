"""Which components of the platform run another version than they should, in the order in which they are upgraded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Components = Mapping[str, Mapping[str, str]]
DATA = {"mariadb_mariadb", "redis_redis"}
"""The services whose older versions cannot read what a newer one has written."""
SERIES = re.compile(r":v?(\d+)(?:\.(\d+))?")


def upgrade_plan(lines: Iterable[str], components: Components, only: str = "") -> list[dict[str, Any]]:
    """Return the components to upgrade, each with its `changes`: service, from, to.

    lines: what runs, each `<stack>_<service> <image>`. components: by stack in the order of the upgrade, the image that
    is wanted of each service. What does not run at all is not upgraded: site.yml brings it. only: this component alone.
    """
    running = dict(line.split(" ", 1) for line in lines if " " in line)
    plan = []
    for component, services in components.items():
        changes = [
            {"service": name, "from": running[name], "to": image}
            for service, image in services.items()
            if (name := f"{component}_{service}") in running and not _same(running[name], image)
        ]
        if changes and only in ("", component):
            plan.append({"component": component, "changes": changes})
    return plan


def upgrade_lines(lines: Sequence[str], components: Components, plan: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what people read before anything changes: for each service what runs, and what is to."""
    steps = {change["service"]: change for step in plan for change in step["changes"]}
    running = dict(line.split(" ", 1) for line in lines if " " in line)
    found = []
    for component, services in components.items():
        for service, image in services.items():
            name = f"{component}_{service}"
            if name in steps:
                found.append(f"{name}: {_tag(running[name])} → {image}")
            elif name not in running:
                found.append(f"{name}: does not run")
            elif _same(running[name], image):
                found.append(f"{name}: {image} runs, as it should")
            else:
                found.append(f"{name}: {_tag(running[name])} runs and {image} is wanted, which is not asked for now")
    return found


def upgrade_problems(plan: Iterable[Mapping[str, Any]], components: Components, only: str = "") -> list[str]:
    """Return a sentence for each thing that is asked for and cannot be."""
    problems = []
    if only and only not in components:
        problems.append(f"upgrade_only is {only}; allowed are {', '.join(sorted(components))}.")
    for step in plan:
        for change in step["changes"]:
            now, wanted = _series(change["from"]), _series(change["to"])
            if change["service"] in DATA and now and wanted and wanted < now:
                problems.append(
                    f"{change['service']} runs {_tag(change['from'])}, and {change['to']} is older: it could not read "
                    "what the newer one has written. Going back is a restore of a backup, not an upgrade."
                )
    return problems


def _same(running: str, wanted: str) -> bool:
    """Whether an image runs: by its tag, or by the digest that is asked for."""
    return running == wanted or ("@" not in wanted and _tag(running) == wanted)


def _tag(image: str) -> str:
    return image.partition("@")[0]


def _series(image: str) -> tuple[int, int] | None:
    """Return major and minor version of an image's tag, None where it has no such tag."""
    found = SERIES.search(_tag(image).rpartition("/")[2])
    return (int(found[1]), int(found[2] or 0)) if found else None


class FilterModule:
    """Register the filters with Ansible."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {
            "upgrade_plan": upgrade_plan,
            "upgrade_lines": upgrade_lines,
            "upgrade_problems": upgrade_problems,
        }
