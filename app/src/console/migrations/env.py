"""Called by Alembic; runs on the connection that ``console.migrate`` opened under the lock."""

from alembic import context

import console.alerts.models
import console.audit.models
import console.sessions.models
import console.totp.models
import console.users.models  # noqa: F401 - they register the tables
from console.database import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
