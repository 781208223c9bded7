"""Who and where money goes, and who ordered it, in neutral form: see 0006_neutral_orders.sql."""

from alembic import context

from outlay.store.migrate import run_sql_file

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_sql_file("0006_neutral_orders.sql", context.config.attributes)
