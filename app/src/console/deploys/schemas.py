"""Deployments and releases, as the reporter tells them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from console.platform.schemas import Line, Name, Report

Verdict = Literal["deployed", "rolled back", "failed"]


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore")


class ReportedDeploy(_Told):
    """One deployment of a stack. ``release`` is empty where site.yml applied it without one being named."""

    stack: Name
    ended: AwareDatetime
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    verdict: Verdict
    release: Line
    by: Line
    message: Line
    reason: Line

    @property
    def id(self) -> str:
        """Unique, and in the order of time: milliseconds and stack."""
        return f"{_milliseconds(self.ended):013d}.{self.stack}"


class ReportedRelease(_Told):
    """A release that has run well. ``left``: somebody went back from it since."""

    name: Line
    since: AwareDatetime
    by: Line
    message: Line
    left: bool


class ReportedApp(_Told):
    """What an app can go back to, the oldest first; the last one runs."""

    name: Name
    releases: Annotated[list[ReportedRelease], Field(min_length=1, max_length=100)]


class DeployReport(Report):
    """The newest deployments, and every app that has releases."""

    apps: Annotated[list[ReportedApp], Field(max_length=500)]
    deploys: Annotated[list[ReportedDeploy], Field(max_length=2_000)]


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
