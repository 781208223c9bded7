"""Rails as rows, work by rail and kind, and what could not be read: see 0009_rails.sql."""

from alembic import context

from outlay.store.migrate import run_sql_file

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_sql_file("0009_rails.sql", context.config.attributes)
