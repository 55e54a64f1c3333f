"""What the users' endpoints take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from console.auth.schemas import Password
from console.settings import MIN_PASSWORD

UserName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$")]
RoleLabel = Literal["viewer", "operator", "admin"]
NewPassword = Annotated[str, StringConstraints(min_length=MIN_PASSWORD, max_length=256)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class NewUser(_Body):
    """Someone who may sign in from now on."""

    name: UserName
    role: RoleLabel
    password: NewPassword


class UserChange(_Body):
    """What to change; what is not given stays."""

    role: RoleLabel | None = None
    disabled: bool | None = None


class PasswordReset(_Body):
    """A password that an admin sets for somebody."""

    password: NewPassword


class PasswordChange(_Body):
    """One's own password: the one so far, and the one from now on."""

    current: Password
    new: NewPassword
