"""What the tokens' endpoints take."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from console.auth.permissions import MACHINE_SCOPES, Permission
from console.machines.models import NAME_LENGTH
from console.users.schemas import RoleLabel


def _for_machines(scope: Permission) -> Permission:
    if scope not in MACHINE_SCOPES:
        raise ValueError(f"a machine may have {', '.join(sorted(MACHINE_SCOPES))}")
    return scope


class NewToken(BaseModel):
    """A token that counts from now on, for so many days."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=NAME_LENGTH)]
    role: RoleLabel
    scopes: Annotated[list[Annotated[Permission, AfterValidator(_for_machines)]], Field(min_length=1, max_length=32)]
    days: Annotated[int, Field(ge=1, le=366)] = 90

    def permissions(self) -> list[Permission]:
        """The scopes, each once."""
        return sorted(set(self.scopes))
