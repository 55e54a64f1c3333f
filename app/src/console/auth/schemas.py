"""What the auth endpoints take and give."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from console.auth.permissions import PERMISSIONS, Role

# As typed by its owner: the bounds keep argon2id from being fed megabytes.
Password = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class Proof(BaseModel):
    """Of who one is. ``code`` is the second factor's, or a recovery code; asked for by ``code-required``."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    password: Password
    code: Annotated[str, StringConstraints(min_length=1, max_length=32)] | None = None


class SignIn(Proof):
    """A proof of somebody who is not known yet."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Me(BaseModel):
    """Who is signed in, and what they may do."""

    name: str
    role: str
    permissions: list[str]


class Access(BaseModel):
    """A fresh access token, and for how many seconds it is valid."""

    access_token: str
    expires_in: int
    user: Me


def profile(name: str, role: Role) -> Me:
    """A user as they see themselves."""
    return Me(name=name, role=role.label, permissions=sorted(PERMISSIONS[role]))
