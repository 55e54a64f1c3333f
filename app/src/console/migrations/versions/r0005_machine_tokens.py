"""Tokens for programs. Only a table more."""

import sqlalchemy as sa
from alembic import op

from console.database import name_type

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "machine_tokens",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("name", name_type(56), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("scopes", sa.String(255), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
        sa.Column("last_used_at", sa.DateTime),
        sa.UniqueConstraint("name", name="uq_machine_tokens_name"),
        sa.UniqueConstraint("token_hash", name="uq_machine_tokens_token_hash"),
        if_not_exists=True,
    )
