"""A command that only looks writes nothing: neither into the database nor into the data folder, and the database itself
would refuse it. It needs no key but for seals, makes no installation, and loads no more than it uses.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from outlay.cli.main import _COMMANDS
from outlay.postgres.connect import OpenDatabase
from outlay.postgres.endpoint import Endpoint
from outlay.process.opening import Looks, _look
from outlay.process.settings import Settings
from outlay.store.database import Unavailable
from outlay.store.migrate import migrate
from tests.cli.cli_support import Called
from tests.cli.every_command import LOOKING, LOOKS_AT_SEALS, words_of
from tests.support.databases import Server, running_server

pytestmark = pytest.mark.slow

KEY = "5e" * 32
HEAVY = frozenset(
    {
        *(
            "alembic",
            "cryptography",
            "phonenumbers",
            "pydantic",
            "sqlalchemy",
            "stdnum",
            "structlog",
            "uvicorn",
            "uvloop",
        ),
        *("outlay.api", "outlay.dialects", "outlay.sandbox", "outlay.workers", "outlay.process.run"),
        *("outlay.process.ids", "outlay.process.key_file", "outlay.store.write.clerk"),
    }
)
"""What takes long to load, and nobody needs who only looks."""
DRAWN = "rich.console"
"""Loaded where something is drawn."""


@pytest.fixture(scope="module")
def databases() -> Iterator[Server]:
    # Nobody writes there but who is asked to: what is seen by the number of the next transaction is a command's.
    with running_server({"autovacuum": "off"}) as server:
        yield server


@pytest.fixture(scope="module")
def known(databases: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    """The URL of a database with an account and a payout that waits for a reviewer, and their ids."""
    dsn = databases.new_database()
    databases.runner.run(migrate(dsn))
    cli = Called(tmp_path_factory.mktemp("maker"), DATABASE_URL=dsn, OUTLAY_SECRET_KEY=KEY)
    account = cli.json("account", "create", "Loja", "--country", "BR")["account_id"]
    other = cli.json("account", "create", "Filial", "--country", "BR", "--parent", account)["account_id"]
    cli("fund", account, "10.00", "BRL", "--reference", "r")
    cli("account", "transfer", account, other, "1.00", "BRL", "--by", "me", "--reason", "rent", "--reference", "t")
    return dsn, {"account": account, "other": other}


async def _next_transaction(dsn: str) -> int:
    """Goes up with every transaction of the database server that writes."""
    connection = await asyncpg.connect(dsn)
    try:
        found: int = await connection.fetchval("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        return found
    finally:
        await connection.close()


@pytest.mark.parametrize("command", sorted(LOOKING))
def test_what_only_looks_writes_nothing_anywhere(
    command: str, known: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    dsn, ids = known
    key = {"OUTLAY_SECRET_KEY": KEY} if command in LOOKS_AT_SEALS else {}
    before = asyncio.run(_next_transaction(dsn))
    result = Called(tmp_path, DATABASE_URL=dsn, **key).try_out(*words_of(command, **ids), "--json")
    assert result.status == 0 or "there is no" in result.err or "no payout" in result.err, result
    assert asyncio.run(_next_transaction(dsn)) == before
    assert os.listdir(tmp_path) == []


def test_what_changes_something_is_seen_to(known: tuple[str, dict[str, str]], tmp_path: Path) -> None:
    """The control."""
    dsn, ids = known
    before = asyncio.run(_next_transaction(dsn))
    cli = Called(tmp_path, DATABASE_URL=dsn, OUTLAY_SECRET_KEY=KEY)
    cli("fund", ids["account"], "1.00", "BRL", "--reference", "again")
    assert asyncio.run(_next_transaction(dsn)) > before


def test_the_database_refuses_whatever_would_change_something(
    known: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    dsn, _ = known

    async def write(looks: Looks) -> None:
        await looks.database.execute("update accounts set name = 'another'")

    async def look() -> None:
        endpoint = Endpoint.from_url(dsn)
        async with _look(Settings.read(data=tmp_path), OpenDatabase(endpoint, endpoint)) as looks:
            await write(looks)

    with pytest.raises(Unavailable, match="read-only transaction"):
        asyncio.run(look())


@pytest.mark.parametrize("command", sorted(LOOKING))
def test_what_only_looks_makes_no_installation(command: str, tmp_path: Path) -> None:
    said = Called(tmp_path / "new").refusal(*words_of(command))
    assert "holds no installation: is --data the right folder?" in said
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("command", sorted(LOOKING))
def test_an_empty_place_for_the_databases_files_is_no_installation(command: str, tmp_path: Path) -> None:
    (tmp_path / "pg").mkdir()
    assert "holds no installation" in Called(tmp_path).refusal(*words_of(command))
    assert (os.listdir(tmp_path), os.listdir(tmp_path / "pg")) == (["pg"], [])


def test_a_folder_that_cannot_be_looked_into_is_told_with_what_to_do(tmp_path: Path) -> None:
    said = Called(tmp_path / ("too long" * 40)).refusal("account", "list")
    assert "Cannot look into" in said
    assert "correct --data" in said


def test_what_only_looks_does_not_migrate(databases: Server, tmp_path: Path) -> None:
    dsn = databases.new_database()
    said = Called(tmp_path, DATABASE_URL=dsn).refusal("account", "list")
    assert "the database schema is at revision none" in said
    assert "run `outlay migrate`" in said


def test_who_looks_at_a_copy_is_told_to_make_its_role(databases: Server, tmp_path: Path) -> None:
    dsn, copy = databases.new_database(), databases.new_database()
    databases.runner.run(migrate(dsn))
    name, of = (urlsplit(url).path[1:] for url in (copy, dsn))
    databases.runner.run(
        _at(databases.new_database(), f'drop database "{name}"', f'create database "{name}" template "{of}"')
    )
    said = Called(tmp_path, DATABASE_URL=copy).refusal("account", "list")
    assert f"the role {name}_app is not there or has no rights" in said
    databases.runner.run(migrate(copy))
    assert Called(tmp_path, DATABASE_URL=copy).json("account", "list")["accounts"] == []


def test_who_may_not_act_as_the_servers_role_is_told_what_to_grant(databases: Server, tmp_path: Path) -> None:
    dsn = databases.new_database()
    databases.runner.run(migrate(dsn))
    role = f"{urlsplit(dsn).path[1:]}_app"
    reader = urlsplit(dsn)._replace(netloc=f"reader:{KEY}@{urlsplit(dsn).netloc.rpartition('@')[2]}").geturl()
    read_only = "alter role reader set default_transaction_read_only = on"
    databases.runner.run(_at(dsn, f"create role reader login password '{KEY}'", read_only))
    cli = Called(tmp_path, DATABASE_URL=reader)
    assert f"this login may not act as the role {role}: run `grant" in cli.refusal("account", "list")
    databases.runner.run(_at(dsn, f'grant "{role}" to reader'))
    assert cli.json("account", "list")["accounts"] == []


async def _at(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("command", sorted(LOOKING - LOOKS_AT_SEALS))
def test_what_only_looks_loads_nothing_that_it_does_not_use(command: str) -> None:
    name = next(name for name in (command, command.split(maxsplit=1)[0]) if name in _COMMANDS)
    file = _COMMANDS[name].partition(":")[0]
    loads = f"import sys, json, outlay.cli.main, outlay.cli.{file}, outlay.process.opening"
    code = f"{loads}; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert "outlay.process.opening" in loaded
    assert not {each for each in loaded if any(each == heavy or each.startswith(f"{heavy}.") for heavy in HEAVY)}


def test_a_document_is_printed_without_what_draws_tables(known: tuple[str, dict[str, str]], tmp_path: Path) -> None:
    dsn, _ = known
    code = (
        "import sys\nfrom outlay.cli.main import run\n"
        "try:\n    run()\nfinally:\n"
        f"    drawn = object.__getattribute__(sys.modules['{DRAWN}'], '__dict__').get('Console')\n"
        "    sys.stderr.write('drawn' if drawn else 'not drawn')\n"
    )
    environment = Called(tmp_path, DATABASE_URL=dsn).environment()
    for words, said in (["--json"], "not drawn"), ([], "drawn"):
        command = [sys.executable, "-c", code, "account", "list", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=tmp_path)
        assert done.stderr == said
