"""What Alertmanager's webhook sends (its version 4), and what people say about an alert.

What is too long is cut rather than refused: Alertmanager does not try again what was refused, and an alert with half
its description is worth more than none.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from console.alerts.models import FIRING, NAME_LENGTH, NOTE_LENGTH, SEVERITY_LENGTH

MAX_ALERTS = 500
VALUE_LENGTH = 1000  # characters
SET_BYTES = 16 * 1024

_FROM, _TO = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _cut(value: str) -> str:
    return value if len(value) <= VALUE_LENGTH else value[: VALUE_LENGTH - 1] + "…"


def _small(values: dict[str, str]) -> dict[str, str]:
    if len(packed(values).encode()) > SET_BYTES:
        raise ValueError(f"more than {SET_BYTES} bytes")
    return values


def packed(values: dict[str, str]) -> str:
    """As it is stored: the same values always give the same text."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True)


_Name = Annotated[str, StringConstraints(min_length=1, max_length=128)]
_Values = Annotated[dict[_Name, Annotated[str, AfterValidator(_cut)]], Field(max_length=64), AfterValidator(_small)]


class ToldAlert(BaseModel):
    """One alert of a notification. ``endsAt`` means something only once it is resolved."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    status: Literal["firing", "resolved"]
    fingerprint: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    labels: _Values
    annotations: _Values = {}
    starts_at: Annotated[AwareDatetime, Field(alias="startsAt", ge=_FROM, lt=_TO)]
    ends_at: Annotated[AwareDatetime | None, Field(alias="endsAt")] = None

    @property
    def name(self) -> str:
        return self.labels.get("alertname", "")[:NAME_LENGTH]

    @property
    def severity(self) -> str:
        """As labelled, in small letters; ``none`` where there is no such label."""
        return self.labels.get("severity", "").lower()[:SEVERITY_LENGTH] or "none"

    def began(self) -> datetime:
        """To the second, as the database keeps it."""
        return self.starts_at.astimezone(UTC).replace(microsecond=0)

    def ended(self, now: datetime) -> datetime | None:
        """When it ended, never before it began; None while it fires; ``now`` where that is not told."""
        if self.status == FIRING:
            return None
        told = self.ends_at if self.ends_at and _FROM <= self.ends_at < _TO else now
        return max(self.began(), told.astimezone(UTC).replace(microsecond=0))


class Notification(BaseModel):
    """One group of alerts."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    version: Literal["4"]
    alerts: Annotated[list[ToldAlert], Field(max_length=MAX_ALERTS)]


class Acknowledgement(BaseModel):
    """Somebody looks after it, and what they have to say about it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=NOTE_LENGTH)] = ""
