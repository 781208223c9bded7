"""`outlay migrate`: bring the database to the newest schema.

The embedded database is migrated whenever it starts; one named by DATABASE_URL only by this command, because there
other processes may be using it.
"""

from __future__ import annotations

import asyncio

import typer

from outlay.bootstrap import prepare_database
from outlay.cli.common import DataOption, JsonOption, database, print_json, read_settings
from outlay.log_sink import configure_logging
from outlay.store.migrate import LATEST


def migrate(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Bring the database to the newest schema; does nothing where it is there already."""
    settings = read_settings(data)
    configure_logging(settings)
    with database(settings, "attach-or-own") as opened:
        asyncio.run(prepare_database(settings, opened, may_migrate=True))
    if as_json:
        print_json({"revision": LATEST})
        return
    typer.echo(f"the database schema is at revision {LATEST}, the newest")
