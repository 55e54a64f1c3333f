"""What the jobs' endpoints take."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, StringConstraints

from console.jobs.models import KEY_LENGTH
from console.jobs.wire import NAME_LENGTH, WHY_LENGTH

IdempotencyKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$", min_length=8, max_length=KEY_LENGTH)]
_Name = Annotated[str, StringConstraints(max_length=NAME_LENGTH)]
_Value = StrictInt | StrictStr | None


class NewJob(BaseModel):
    """A job to run. Whether the parameters are right, its definition says."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: _Name
    parameters: Annotated[dict[_Name, _Value], Field(max_length=32)] = {}
    why: Annotated[str, StringConstraints(strip_whitespace=True, max_length=WHY_LENGTH)] = ""
    confirmation: _Name | None = None

    def digest(self) -> str:
        """The same for the same request."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
