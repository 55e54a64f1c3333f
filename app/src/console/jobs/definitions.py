"""Which jobs there are, as the runner says: what each takes, and who may ask for it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from console.auth.permissions import Role
from console.jobs.wire import NAME_LENGTH

log = logging.getLogger(__name__)

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=NAME_LENGTH)]
_Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=NAME_LENGTH)]
_Value = str | int


class _Said(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class Parameter(_Said):
    """What a value must be. A text without a pattern would let anything through: there is none."""

    title: str = ""
    type: Literal["string", "integer", "choice"]
    pattern: str | None = None
    choices: list[_Value] | None = None
    minimum: int | None = None
    maximum: int | None = None
    required: bool = False
    default: _Value | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Parameter:
        if self.type == "string":
            if self.pattern is None:
                raise ValueError("a string needs a pattern")
            try:
                re.compile(self.pattern)
            except re.error as error:
                raise ValueError("the pattern is not a regular expression") from error
        if self.type == "choice" and not self.choices:
            raise ValueError("a choice needs choices")
        return self


class Definition(_Said):
    """One job that may be asked for."""

    name: _Name
    title: str = ""
    description: str = ""
    roles: list[Literal["viewer", "operator", "admin"]]
    confirm: Literal["none", "typed"] = "none"
    lock: str | None = None
    timeout_s: int | None = None
    parameters: Annotated[dict[_Key, Parameter], Field(max_length=32)] = {}

    @property
    def typed(self) -> bool:
        """Whether it is so grave that its name must be typed."""
        return self.confirm == "typed"

    def allows(self, role: Role) -> bool:
        """Whether the role, or one that it includes, is named."""
        return any(Role.of(label) <= role for label in self.roles)

    def shown(self, role: Role) -> dict[str, Any]:
        """As somebody of this role gets to see it."""
        return self.model_dump(mode="json") | {"allowed": self.allows(role)}


def read(told: Iterable[Mapping[str, Any]]) -> dict[str, Definition]:
    """Definitions by name; one that is not whole is left out, and said so in the log."""
    found = {}
    for entry in told:
        try:
            definition = Definition.model_validate(entry)
        except ValidationError as error:
            reasons = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:3])
            log.warning("a job that the runner offers is left out: %s", reasons)
            continue
        found[definition.name] = definition
    return found
