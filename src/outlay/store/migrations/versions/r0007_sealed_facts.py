"""The instruction is digested and facts are sealed: see 0007_sealed_facts.sql."""

from alembic import context

from outlay.store.migrate import run_sql_file

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_sql_file("0007_sealed_facts.sql", context.config.attributes)
