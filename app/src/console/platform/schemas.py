"""The platform's services, as reported and as shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=128)]
Image = Annotated[str, StringConstraints(min_length=1, max_length=512)]
Line = Annotated[str, StringConstraints(max_length=500)]
Count = Annotated[int, Field(ge=0, le=10_000)]


class ReportedService(BaseModel):
    """One Swarm service as the reporter reads it from the engine."""

    model_config = ConfigDict(extra="ignore")

    stack: Name
    name: Name
    image: Image
    desired: Count
    running: Count
    healthy: bool
    updated_at: datetime


class Report(BaseModel):
    """What every report says of itself. What a newer reporter says besides is left out."""

    model_config = ConfigDict(extra="ignore")

    reported_at: datetime
    host: Annotated[str, StringConstraints(min_length=1, max_length=253)]


class Snapshot(Report):
    """All services of the platform at one moment."""

    services: Annotated[list[ReportedService], Field(max_length=500)]
