"""The table of the audit log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from console.auth.caller import ADDRESS_LENGTH
from console.database import Base, UtcDateTime, name_type

DONE = "done"
REFUSED = "refused"


class Audit(Base):
    """One change, or ``count`` refused attempts of one kind. Names stay when their users are removed. No secrets."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_outcome_at", "outcome", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    request_id: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(BigInteger)
    user_name: Mapped[str] = mapped_column(name_type(64))
    address: Mapped[str] = mapped_column(String(ADDRESS_LENGTH))
    action: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(String(128))
    detail: Mapped[str] = mapped_column(String(255))
    outcome: Mapped[str] = mapped_column(String(16))
    code: Mapped[str] = mapped_column(String(64))
    count: Mapped[int] = mapped_column(Integer)
