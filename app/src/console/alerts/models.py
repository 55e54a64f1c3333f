"""The table of alerts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from console.database import Base, UtcDateTime

FIRING = "firing"
RESOLVED = "resolved"

NAME_LENGTH = 200
SEVERITY_LENGTH = 32
NOTE_LENGTH = 500


class Alert(Base):
    """One time that an alert fired: the same labels (``fingerprint``) that begin to fire again are another row.

    ``labels`` and ``annotations`` are JSON. ``revision`` grows with each change that people see, so that news that
    overtook each other can be put in order.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("fingerprint", "starts_at"),
        Index("ix_alerts_status_ends_at", "status", "ends_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(16))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    severity: Mapped[str] = mapped_column(String(SEVERITY_LENGTH))
    labels: Mapped[str] = mapped_column(Text)
    annotations: Mapped[str] = mapped_column(Text)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(NOTE_LENGTH))
    revision: Mapped[int] = mapped_column(Integer)
