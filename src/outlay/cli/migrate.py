"""`outlay migrate`: bring the database to the newest schema.

The embedded database is migrated whenever it starts; one named by DATABASE_URL only by this command, because there
other processes may be using it.
"""

from __future__ import annotations

import asyncio

from outlay.bootstrap import prepare_database
from outlay.cli.common import DataOption, JsonOption, database, settings_and_log
from outlay.cli.output import out, print_json
from outlay.store.migrate import LATEST


def migrate(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Bring the database to the newest schema; does nothing where it is there already."""
    settings = settings_and_log(data)
    with database(settings, "attach-or-own") as opened:
        asyncio.run(prepare_database(settings, opened.endpoint.url, may_migrate=True))
    if as_json:
        print_json({"revision": LATEST})
        return
    out.say(f"the database schema is at revision {LATEST}, the newest")
