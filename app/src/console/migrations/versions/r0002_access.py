"""Refresh tokens that follow each other, where sessions are, and users whose rights change.

Only adds, with defaults: the release before this one goes on inserting users and sessions as it knows them.
"""

import sqlalchemy as sa
from alembic import op

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
