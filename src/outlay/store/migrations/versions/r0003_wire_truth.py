"""What the public documents print: see 0003_wire_truth.sql."""

from alembic import context

from outlay.store.migrate import run_sql_file

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_sql_file("0003_wire_truth.sql", context.config.attributes)
