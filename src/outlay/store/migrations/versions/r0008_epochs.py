"""Epochs, and the oldest version that may write: see 0008_epochs.sql."""

from alembic import context

from outlay.store.migrate import run_sql_file

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_sql_file("0008_epochs.sql", context.config.attributes)
