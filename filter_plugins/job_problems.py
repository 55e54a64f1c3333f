"""Filter ``job_problems``: everything that is wrong with the jobs that may be asked for, one sentence each.

What is wrong here would either refuse every job or, worse, allow more than was meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import ansible.module_utils

ansible.module_utils.__path__.append(str(Path(__file__).parents[1] / "module_utils"))

from ansible.module_utils.skerry_settings import Kind, listing, mapping, settings, text, whole, wrong  # noqa: E402

NAME = text(r"[a-z][a-z0-9-]{0,40}", "a name of at most 41 small letters, digits and dashes that begins with a letter")
PARAMETER_NAME = text(r"[a-z][a-z0-9_]{0,40}", "a name of small letters, digits and underscores")
PLAIN = Kind(lambda value: isinstance(value, str | int), "a text or whole number")
ROLE = text("viewer|operator|admin", "viewer, operator or admin")
ANY_NUMBER = whole(-(10**15), 10**15)

JOB: dict[str, Kind] = {
    "title": text(r".{1,80}", "a text of at most 80 characters"),
    "description": text(r".{0,400}", "a text of at most 400 characters"),
    "playbook": text(r"playbooks/[A-Za-z0-9_/-]+\.yml", "a playbook below playbooks/ such as playbooks/run-backup.yml"),
    "roles": Kind(lambda value: bool(value) and listing(ROLE).check(value), "a list of viewer, operator and admin"),
    "confirm": text("none|typed", "none or typed"),
    "lock": NAME,
    "timeout": whole(1, 86400),
    "schedule": text(r"[A-Za-z0-9*:,./~ -]{1,80}", "a time as in systemd.time(7) such as *-*-* 03:00:00"),
    "variables": mapping(r"[a-z_][a-z0-9_]*", PLAIN, "a dict of variable names with texts or numbers"),
    "parameters": Kind(lambda value: isinstance(value, Mapping), "a dict of parameters"),
}

PARAMETER: dict[str, Kind] = {
    "title": JOB["title"],
    "variable": text(r"[a-z_][a-z0-9_]*", "the name of a variable"),
    "type": text("string|integer|choice", "string, integer or choice"),
    "pattern": Kind(lambda value: isinstance(value, str) and _compiles(value), "a regular expression"),
    "choices": Kind(
        lambda value: bool(value) and listing(text(r".{1,100}", "")).check(value), "a list of at least one text"
    ),
    "minimum": ANY_NUMBER,
    "maximum": ANY_NUMBER,
    "required": Kind(lambda value: isinstance(value, bool), "true or false"),
    "default": PLAIN,
}

NEEDED = {"string": "pattern", "choice": "choices"}
"""Without these a parameter of the type would allow anything, or nothing."""


def job_problems(jobs: Any, root: str) -> list[str]:
    """Return one sentence for each thing wrong with the jobs; ``root`` is where their playbooks are looked for."""
    if not isinstance(jobs, Mapping):
        return [wrong("runner_jobs", jobs, "a dict of jobs")]
    return [problem for name, job in jobs.items() for problem in _job(name, job, Path(root))]


def _job(name: Any, job: Any, root: Path) -> Iterator[str]:
    where = f"runner_jobs.{name}"
    if not NAME.check(name):
        yield wrong("runner_jobs has a job whose name", name, NAME.allowed)
    found = list(settings(where, job, JOB, required=("playbook", "roles")))
    yield from found
    if found:
        return
    if not (root / job["playbook"]).is_file():
        yield wrong(f"{where}.playbook", job["playbook"], "a playbook that is there")
    for key, parameter in job.get("parameters", {}).items() if job.get("schedule") else ():
        if isinstance(parameter, Mapping) and parameter.get("required"):
            yield f"{where}.schedule is set: allowed is that only where no parameter is required, and {key} is."
    if job.get("schedule") and job.get("confirm") == "typed":
        yield f"{where}.schedule is set: allowed is that only for a job that nobody has to confirm."
    for key, parameter in job.get("parameters", {}).items():
        at = f"{where}.parameters.{key}"
        if not PARAMETER_NAME.check(key):
            yield wrong(f"{where}.parameters has one whose name", key, PARAMETER_NAME.allowed)
        problems = list(settings(at, parameter, PARAMETER, required=()))
        yield from problems or _parameter(at, parameter)


def _parameter(at: str, parameter: Mapping[str, Any]) -> Iterator[str]:
    kind = parameter.get("type", "string")
    if kind in NEEDED and NEEDED[kind] not in parameter:
        yield f"{at}.{NEEDED[kind]} is missing: needed is {PARAMETER[NEEDED[kind]].allowed} for a {kind}."
    default = parameter.get("default")
    fits: dict[str, Callable[[], bool]] = {
        "string": lambda: isinstance(default, str) and re.fullmatch(parameter.get("pattern", ""), default) is not None,
        "choice": lambda: default in parameter.get("choices", []),
        "integer": lambda: (
            isinstance(default, int)
            and parameter.get("minimum", default) <= default <= parameter.get("maximum", default)
        ),
    }
    if default is not None and not fits[kind]():
        yield wrong(f"{at}.default", default, "what the parameter itself allows")


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


class FilterModule:
    """Register the filter with Ansible."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by name."""
        return {"job_problems": job_problems}
