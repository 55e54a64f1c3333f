"""Whether the parameters of a job are what its definition wants. The runner looks again, at its own definition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from console.jobs.definitions import Definition, Parameter

VALUE_LENGTH = 1_000
_TEMPLATE = re.compile(r"\{[{%#]")  # what Jinja would take for its own
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def problems(definition: Definition, given: Mapping[str, Any]) -> list[dict[str, str]]:
    """What is wrong, field by field; never what was sent."""
    found = {name: "There is no such parameter." for name in given if name not in definition.parameters}
    for name, parameter in definition.parameters.items():
        if given.get(name) is None:
            if parameter.required and parameter.default is None:
                found[name] = "This is needed."
        elif problem := _problem(parameter, given[name]):
            found[name] = problem
    return [{"field": f"parameters.{name[:64]}", "message": message} for name, message in found.items()]


def text_problem(value: str) -> str | None:
    """What is wrong with any text that goes to the runner."""
    if len(value) > VALUE_LENGTH:
        return f"This is longer than {VALUE_LENGTH} characters."
    if _TEMPLATE.search(value):
        return "This looks like a template: {{, {% and {# are not taken."
    if _CONTROL.search(value):
        return "Control characters and line breaks are not taken."
    return None


def _problem(parameter: Parameter, value: object) -> str | None:
    if parameter.type == "integer":
        return _integer_problem(parameter, value)
    if isinstance(value, str) and (problem := text_problem(value)):
        return problem
    if parameter.type == "choice":
        known = any(type(value) is type(choice) and value == choice for choice in parameter.choices or ())
        return None if known else "This is none of the choices."
    if not isinstance(value, str):
        return "A text is needed."
    return None if re.fullmatch(parameter.pattern or "", value) else "This does not have the form that is wanted."


def _integer_problem(parameter: Parameter, value: object) -> str | None:
    if type(value) is not int:
        return "A whole number is needed."
    if parameter.minimum is not None and value < parameter.minimum:
        return f"At least {parameter.minimum} is needed."
    if parameter.maximum is not None and value > parameter.maximum:
        return f"At most {parameter.maximum} is possible."
    return None
