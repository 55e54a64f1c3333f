"""Backups and drills, as the reporter tells them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from console.platform.schemas import Line, Name, Report

RUN = r"[0-9]{8}T[0-9]{6}Z"

_Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Bytes = Annotated[int, Field(ge=0, lt=2**63)]
_Problems = Annotated[list[Line], Field(max_length=20)]


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore")


class ReportedTarget(_Told):
    """How a run fared at one place; ``stored`` bytes were new there, 0 where that is not measured, as of a copy."""

    name: Name
    good: bool
    stored: _Bytes
    problems: _Problems


class ReportedRun(_Told):
    """One backup of everything; or, ``partial``, of what a restore was about to replace. ``bytes`` is all its data."""

    run: Annotated[str, StringConstraints(pattern=f"^{RUN}$")]
    started: AwareDatetime
    seconds: _Seconds
    good: bool
    partial: bool
    bytes: _Bytes
    targets: Annotated[list[ReportedTarget], Field(max_length=50)]


class ReportedDrill(_Told):
    """One restore drill. ``run`` is empty where there was none to restore; the seconds count for a good one."""

    target: Name
    run: Annotated[str, StringConstraints(pattern=f"^({RUN})?$")]
    good: bool
    started: AwareDatetime
    finished: AwareDatetime
    rto_seconds: _Seconds
    rpo_seconds: _Seconds
    problems: _Problems


class BackupReport(Report):
    """The newest runs and drills."""

    runs: Annotated[list[ReportedRun], Field(max_length=500)]
    drills: Annotated[list[ReportedDrill], Field(max_length=200)]
