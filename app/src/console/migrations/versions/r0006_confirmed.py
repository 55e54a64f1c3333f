"""When somebody last proved, since the sign-in, who they are. Only a column more."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("confirmed_at", sa.DateTime), if_not_exists=True)
