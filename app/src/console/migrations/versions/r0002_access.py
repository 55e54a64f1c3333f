"""Refresh tokens that follow each other, where sessions are, users whose rights change, their second factor, audit.

Only adds, with defaults: the release before this one goes on inserting users and sessions as it knows them.
"""

import sqlalchemy as sa
from alembic import op

from console.database import name_type

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("token_version", sa.Integer, nullable=False, server_default="0"), if_not_exists=True)
        users.add_column(sa.Column("disabled_at", sa.DateTime), if_not_exists=True)
        users.add_column(sa.Column("last_sign_in_at", sa.DateTime), if_not_exists=True)
    with op.batch_alter_table("sessions") as sessions:
        sessions.add_column(sa.Column("generation", sa.Integer, nullable=False, server_default="0"), if_not_exists=True)
        sessions.add_column(sa.Column("rotated_at", sa.DateTime), if_not_exists=True)
        sessions.add_column(sa.Column("last_used_at", sa.DateTime), if_not_exists=True)
        sessions.add_column(sa.Column("address", sa.String(45), nullable=False, server_default=""), if_not_exists=True)
        sessions.add_column(
            sa.Column("user_agent", sa.String(256), nullable=False, server_default=""), if_not_exists=True
        )
    op.create_table(
        "totp",
        sa.Column("user_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("confirmed_at", sa.DateTime),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_totp_user_id", ondelete="CASCADE"),
        if_not_exists=True,
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("code_hash", sa.String(64), primary_key=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_recovery_codes_user_id", ondelete="CASCADE"),
        if_not_exists=True,
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("user_name", name_type(64), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("target", sa.String(128), nullable=False),
        sa.Column("detail", sa.String(255), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        if_not_exists=True,
    )
    op.create_index("ix_audit_outcome_at", "audit", ["outcome", "at"], if_not_exists=True)
