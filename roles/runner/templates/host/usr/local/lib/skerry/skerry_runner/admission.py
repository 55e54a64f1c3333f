"""Whether a job may run, and with which variables. Pure; asked by the service, and again by the job's own process."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from .definitions import TYPED, Definition, Parameter

JOB_ID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
TEMPLATE = re.compile(r"\{[{%#]")

LONGEST_VALUE = 1024
"""Bytes of UTF-8; what a person types is shorter, and a job's parameters are kept and shown."""

CONSOLE_ROLES = ("viewer", "operator", "admin")
"""The console's, the lowest first: each may what those before it may."""

HOST_ROLE = "root"
"""Who asks on the host itself is root there, and needs no role in the console."""

SHOWN = {"name": 64, "why": 500, "user": 100, "role": 20, "value": 200}
"""How many characters are kept of what somebody sent."""

MOST_SHOWN_PARAMETERS = 16


@dataclass(frozen=True)
class Request:
    """What somebody asks for. ``on_host`` is set by the door it came through, never by what it says."""

    job: str
    name: str
    parameters: dict[str, Any] = field(default_factory=dict)
    by: dict[str, str] = field(default_factory=dict)
    why: str = ""
    confirmation: str | None = None
    on_host: bool = False

    @classmethod
    def parse(cls, message: Any, *, on_host: bool = False) -> Request:
        """Return the request in a message. Raises ValueError where it names no job that could be answered."""
        if not isinstance(message, dict) or not is_job_id(message.get("job")):
            raise ValueError("it has no usable job id")
        parameters, by, word = message.get("parameters"), message.get("by"), message.get("confirmation")
        return cls(
            job=message["job"],
            name=str(message.get("name")),
            parameters=parameters if isinstance(parameters, dict) else {"": parameters} if parameters else {},
            by={key: str(by.get(key, ""))[: SHOWN[key]] for key in ("user", "role")} if isinstance(by, dict) else {},
            why=str(message.get("why") or "")[: SHOWN["why"]],
            confirmation=word if isinstance(word, str) else None,
            on_host=on_host,
        )

    def shortened(self) -> Request:
        """Return it cut to a bearable size: what is kept of one that is refused, and shown of any."""
        parameters = {
            str(name)[: SHOWN["name"]]: value if isinstance(value, int) else str(value)[: SHOWN["value"]]
            for name, value in list(self.parameters.items())[:MOST_SHOWN_PARAMETERS]
        }
        return replace(self, name=self.name[: SHOWN["name"]], parameters=parameters, confirmation=None)

    def about(self) -> dict[str, Any]:
        """Return what the console is told of who asked for what."""
        short = self.shortened()
        return {"name": short.name, "parameters": short.parameters, "by": short.by, "why": short.why}


def is_job_id(value: object) -> bool:
    """Tell whether this is a uuid in small hex digits, with or without dashes: it becomes a directory's name."""
    return isinstance(value, str) and JOB_ID.fullmatch(value) is not None


def refusal(request: Request, definitions: dict[str, Definition]) -> str:
    """Return why the job must not run, in one sentence; empty where it may. Never repeats a value at length."""
    job = definitions.get(request.name)
    if job is None:
        return f"there is no job {_short(request.name)}; the allow-list has {', '.join(definitions) or 'none'}"
    if not request.on_host:
        role = request.by.get("role", "")
        if not _includes(role, job.roles):
            return f"the role {_short(role)} may not run {job.name}; allowed are {', '.join(job.roles)}"
    for name in request.parameters:
        if name not in job.parameters:
            known = ", ".join(job.parameters) or "none"
            return f"{job.name} has no parameter {_short(name)}; it has {known}"
    for name, parameter in job.parameters.items():
        if problem := _problem(parameter, request.parameters.get(name)):
            return f"{name} {problem}"
    if job.confirm == TYPED and request.confirmation != job.name:
        return f"it has to be confirmed by typing {job.name}"
    return ""


def variables(request: Request, job: Definition) -> dict[str, Any]:
    """Return the playbook's variables of an admitted request; what is not given leaves its variable unset."""
    found = dict(job.variables)
    for name, parameter in job.parameters.items():
        value = request.parameters.get(name)
        value = parameter.default if value is None else value
        if value is not None:
            found[parameter.variable] = int(value) if parameter.type == "integer" else value
    return found


def _problem(parameter: Parameter, value: object) -> str:
    if value is None:
        return "is missing" if parameter.required else ""
    if parameter.type == "integer":
        return _problem_of_number(parameter, value)
    return _problem_of_text(parameter, value)


def _problem_of_text(parameter: Parameter, value: object) -> str:
    if not isinstance(value, str):
        return "is no text"
    if len(value.encode(errors="replace")) > LONGEST_VALUE:
        return f"is longer than {LONGEST_VALUE} bytes"
    if TEMPLATE.search(value):
        return "holds a template, which is never allowed"
    if parameter.type == "choice":
        return "" if value in parameter.choices else f"is none of {', '.join(parameter.choices)}"
    return "" if re.fullmatch(parameter.pattern, value) else f"does not match {parameter.pattern}"


def _problem_of_number(parameter: Parameter, value: object) -> str:
    if type(value) not in (int, str) or WHOLE_NUMBER.fullmatch(str(value)) is None:
        return "is no whole number"
    number = int(str(value))
    if parameter.minimum is not None and number < parameter.minimum:
        return f"is below {parameter.minimum}"
    if parameter.maximum is not None and number > parameter.maximum:
        return f"is above {parameter.maximum}"
    return ""


def _includes(role: str, needed: Iterable[str]) -> bool:
    return role in CONSOLE_ROLES and any(known in needed for known in CONSOLE_ROLES[: CONSOLE_ROLES.index(role) + 1])


def _short(value: object) -> str:
    text = ascii(str(value)[: SHOWN["name"]])[1:-1]
    return text or "(none)"
