"""The table of jobs: what was asked for, by whom, and how it went."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from console.database import Base, UtcDateTime, name_type
from console.jobs.wire import NAME_LENGTH, WHY_LENGTH, WORDS_LENGTH

KEY_LENGTH = 64


class JobRow(Base):
    """One job. ``number`` is the order in which they became known here; ``id`` is what everybody calls it.

    ``parameters``, ``detail`` and ``output`` (its last lines) are JSON. ``last`` and ``revision`` are those of
    ``progress.Job``, so that an older state does not overwrite a newer one.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("id"),
        UniqueConstraint("user_id", "idempotency_key"),
        Index("ix_jobs_state_requested_at", "state", "requested_at"),
    )

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    id: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    parameters: Mapped[str] = mapped_column(Text)
    user_id: Mapped[int] = mapped_column(BigInteger)
    user_name: Mapped[str] = mapped_column(name_type(NAME_LENGTH))
    user_role: Mapped[str] = mapped_column(String(16))
    why: Mapped[str] = mapped_column(String(WHY_LENGTH))
    confirmation: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    state: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    line_count: Mapped[int] = mapped_column(Integer)
    task_count: Mapped[int] = mapped_column(Integer)
    play: Mapped[str] = mapped_column(String(WORDS_LENGTH))
    task: Mapped[str] = mapped_column(String(WORDS_LENGTH))
    last: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(BigInteger)
    cancel_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    output: Mapped[str | None] = mapped_column(Text)
    idempotency_key: Mapped[str | None] = mapped_column(String(KEY_LENGTH))
    request_hash: Mapped[str] = mapped_column(String(64))
