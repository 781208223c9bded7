"""What a server needs that a bad day cannot hurt: see 0004_bad_days.sql."""

from alembic import context

from outlay.store.migrate import run_sql_file

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_sql_file("0004_bad_days.sql", context.config.attributes)
