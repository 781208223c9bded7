"""Data folders that earlier versions wrote."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import asyncpg

from outlay.postgres.connect import open_database
from outlay.store.migrate import partitioned
from tests.support.old_rights import give_old_rights
from tests.support.superuser import superuser_url

FOLDERS = sorted(Path(__file__).parent.glob("v*.json"))

FILL = "insert into {0} select * from jsonb_populate_recordset(null::{0}, $1::jsonb)"


async def make_again(dsn: str, left: Mapping[str, Any]) -> None:
    """The schema of that version from its own files, and its rows."""
    (stamp,) = left["rows"]["alembic_version"]
    folder = files("outlay.store") / "migrations"
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("create table alembic_version (version_num varchar(32) not null primary key)")
        for name in names:
            if name[:4] <= stamp["version_num"]:
                await connection.execute(partitioned((folder / name).read_text("utf-8"), 0))
        await give_old_rights(connection, stamp["version_num"])
        for table, rows in left["rows"].items():
            await connection.execute(FILL.format(table), json.dumps(rows))
    finally:
        await connection.close()


def put_back(data: Path, left: Mapping[str, Any], key: str | None = None) -> None:
    """The folder that the earlier version left; with another `key` in it where one is given."""
    with open_database(None, data, own="attach-or-own"):
        asyncio.run(make_again(superuser_url(data), left))
    place_key(data, key or left["secret_key"])


def place_key(data: Path, key: str) -> None:
    (data / "secret.key").write_text(f"{key}\n", "ascii")
    (data / "secret.key").chmod(0o600)
