"""`outlay migrate`: bring the database to the newest schema.

The embedded database is migrated whenever it starts; one named by DATABASE_URL only by this command, because there
other processes may be using it.
"""

from __future__ import annotations

import asyncio

from outlay.cli.common import DataOption, JsonOption, database, settings_and_log
from outlay.cli.output import out, print_json
from outlay.postgres.connect import Database
from outlay.process.run import check_present_key, prepare_database
from outlay.store.revision import LATEST


def migrate(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Bring the database to the newest schema; does nothing where it is there already."""
    settings = settings_and_log(data)

    async def run(opened: Database) -> None:
        await prepare_database(settings, opened, may_migrate=True)
        await check_present_key(settings, opened.endpoint.url)

    with database(settings, "attach-or-own") as opened:
        asyncio.run(run(opened))
    if as_json:
        print_json({"revision": LATEST})
        return
    out.say(f"the database schema is at revision {LATEST}, the newest")
