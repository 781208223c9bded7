"""`outlay migrate`: bring the database to the newest schema.

The embedded database is migrated whenever a server or a command that changes something opens it; one named by
DATABASE_URL only by this command, because there other processes may be using it.
"""

from __future__ import annotations

from outlay.cli.common import DataOption, JsonOption, database_events, settings_and_log
from outlay.cli.output import out, print_json
from outlay.process import opening


def migrate(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Bring the database to the newest schema; does nothing where it is there already."""
    settings = settings_and_log(data)
    revision = opening.bring_up_to_date(settings, database_events(settings))
    if as_json:
        print_json({"revision": revision})
        return
    out.say(f"the database schema is at revision {revision}, the newest")
