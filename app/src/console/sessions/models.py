"""The table of sessions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from console.auth.caller import ADDRESS_LENGTH, USER_AGENT_LENGTH
from console.database import Base, UtcDateTime, utc_now


class Session(Base):
    """One sign-in and all the refresh tokens that followed from it. Of the current one, the SHA-256 is stored.

    ``generation`` counts the tokens; ``address``, ``user_agent`` and ``last_used_at`` are those of the last refresh.
    ``confirmed_at``: when the user last proved who they are, since the sign-in.
    """

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    generation: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    rotated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(ADDRESS_LENGTH), default="", server_default="")
    user_agent: Mapped[str] = mapped_column(String(USER_AGENT_LENGTH), default="", server_default="")
