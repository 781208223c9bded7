"""The first schema: see 0001_foundation.sql."""

from alembic import context

from outlay.store.migrate import run_sql_file

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_sql_file("0001_foundation.sql", context.config.attributes)
