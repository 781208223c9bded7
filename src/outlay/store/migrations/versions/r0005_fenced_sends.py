"""Sends are fenced, evidence is kept: see 0005_fenced_sends.sql."""

from alembic import context

from outlay.store.migrate import run_sql_file

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_sql_file("0005_fenced_sends.sql", context.config.attributes)
