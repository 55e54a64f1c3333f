"""What the gates' endpoints take."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints


class Way(BaseModel):
    """Which browser wants to enter, and where to: a path of the site, never another site.

    A second slash or a backslash at its beginning would make it one.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    state: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
    to: Annotated[str, StringConstraints(pattern=r"^/([!-.0-\[\]-~][!-~]*)?$", max_length=2048)] = "/"
