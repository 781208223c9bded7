"""All that the three APIs document: see 0002_whole_apis.sql."""

from alembic import context

from outlay.store.migrate import run_sql_file

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql_file("0002_whole_apis.sql", context.config.attributes)
