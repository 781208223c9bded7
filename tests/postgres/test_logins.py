"""Who logs in to the embedded server, and how an older or a damaged data folder comes to have these logins."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from postgres_helpers import ROOT, ask

from outlay.postgres import AlreadyOwned, DataDirUnusable, EmbeddedServer, open_database
from outlay.postgres.connect import OpenDatabase
from outlay.postgres.errors import RoleUnusable
from outlay.store.migrate import check_and_migrate, migrate
from tests.store.older_schemas import first_schema
from tests.store.rights_given import GIVEN, documented
from tests.support.databases import PARTITIONED, rows
from tests.support.folders import short_folder
from tests.support.superuser import superuser_url

pytestmark = pytest.mark.slow  # whole servers, started and killed

FILES = ("password", "password.outlay_migrator", "password.outlay_app")
PLAIN_LOGIN = """
select rolcanlogin and not (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)
from pg_roles where rolname = current_user
"""
NOT_THE_MIGRATORS = """
select c.oid::regclass::text from pg_class c
where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relowner <> 'outlay_migrator'::regrole
"""
EVERY_N_LINES = 2


def owned(data: Path) -> Any:
    return open_database(None, data, own="required")


@pytest.fixture(scope="module")
def older(made: Path) -> Iterator[Path]:
    """A data folder as an earlier version left it: one login, the superuser, who owns all."""
    with short_folder() as folder:
        data = Path(shutil.copytree(made, folder / "data"))
        with EmbeddedServer(data) as server:
            asyncio.run(_make_older(server.endpoint.url))
        for name in FILES[1:]:
            (data / name).unlink()
        yield data


async def _make_older(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("alter database outlay owner to outlay")
        await connection.execute("grant connect, temporary on database outlay to public")
        await connection.execute("drop owned by outlay_app; drop role outlay_app, outlay_migrator")
        await first_schema(connection, PARTITIONED)
    finally:
        await connection.close()


@pytest.fixture
def older_copy(older: Path, place: Path) -> Path:
    return Path(shutil.copytree(older, place / "data"))


def test_the_server_works_as_a_login_that_can_do_little_else(data_dir: Path) -> None:
    with owned(data_dir) as database:
        url = database.endpoint.url
        assert ask(url, "select current_user::text") == "outlay_app"
        assert ask(url, PLAIN_LOGIN) is True
        assert ask(database.migrator.url, PLAIN_LOGIN) is True
        for sql in (
            "copy (select 1) to program 'true'",
            "select pg_read_file('PG_VERSION')",
            "select * from pg_authid",
            "create table mine (n int)",
            "create temporary table mine (n int)",
            "set role outlay_migrator",
            "set role outlay",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                ask(url, sql)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            ask(url.replace("/outlay?", "/postgres?"), "select 1")


def bring_up_to_date(database: OpenDatabase) -> None:
    asyncio.run(
        check_and_migrate(database.endpoint.url, allow_unsafe=False, partitions=0, migrator=database.migrator.url)
    )


async def _rights(url: str) -> set[Any]:
    connection = await asyncpg.connect(url)
    try:
        return set(await rows(connection, GIVEN))
    finally:
        await connection.close()


def test_the_migrator_makes_a_schema_in_which_the_application_has_its_rights(data_dir: Path) -> None:
    with owned(data_dir) as database:
        with pytest.raises(RoleUnusable, match="outlay_app may not change the schema"):
            asyncio.run(migrate(database.endpoint.url))
        bring_up_to_date(database)
        superuser = superuser_url(data_dir)
        assert ask(superuser, NOT_THE_MIGRATORS) is None
        assert asyncio.run(_rights(superuser)) == documented()
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            ask(database.migrator.url, "create role mine")


def test_an_older_folder_is_brought_over_at_its_first_start(older_copy: Path) -> None:
    with owned(older_copy) as database:
        superuser = superuser_url(older_copy)
        assert ask(superuser, NOT_THE_MIGRATORS) is None
        assert ask(superuser, "select pg_get_userbyid(datdba)::text from pg_database where datname = 'outlay'") == (
            "outlay_migrator"
        )
        assert ask(superuser, "select has_database_privilege('public', 'outlay', 'connect, temporary')") is False
        bring_up_to_date(database)
        assert asyncio.run(_rights(superuser)) == documented()
        assert ask(database.endpoint.url, "select count(*) from payouts") == 0


def test_a_kill_at_any_line_leaves_a_folder_that_the_next_start_repairs(older: Path, place: Path) -> None:
    for line in count(1, EVERY_N_LINES):
        data = Path(shutil.copytree(older, place / f"data-{line}"))
        (data / "password").unlink()
        killed = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("killed_owner.py")), str(data), str(line)],
            cwd="/",
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert killed.returncode in (0, -signal.SIGKILL), killed.stderr
        with owned(data) as database:
            assert ask(superuser_url(data), NOT_THE_MIGRATORS) is None
            assert ask(database.migrator.url, "select current_user::text") == "outlay_migrator"
            assert ask(database.endpoint.url, "select current_user::text") == "outlay_app"
        shutil.rmtree(data)
        if killed.returncode == 0:
            break
    assert line > 6 * EVERY_N_LINES, "the lines that matter were watched"


@pytest.mark.parametrize("name", FILES)
def test_a_lost_password_is_made_anew(data_dir: Path, name: str) -> None:
    before = (data_dir / name).read_text()
    (data_dir / name).unlink()
    with owned(data_dir) as database:
        for url in (database.endpoint.url, database.migrator.url, superuser_url(data_dir)):
            assert ask(url, "select 1") == 1
    assert (data_dir / name).read_text() != before
    assert [stat.S_IMODE((data_dir / each).stat().st_mode) for each in FILES] == [0o600] * 3
    assert not (data_dir / "password.new").exists()


def test_a_login_that_somebody_changed_is_put_right(data_dir: Path) -> None:
    with EmbeddedServer(data_dir) as server:
        ask(server.endpoint.url, "alter role outlay_app superuser", "alter role outlay_migrator password 'another'")
    with owned(data_dir) as database:
        assert ask(database.endpoint.url, PLAIN_LOGIN) is True
        assert ask(database.migrator.url, "select 1") == 1


@pytest.mark.parametrize("where", ["", "in database outlay"], ids=["everywhere", "in its database"])
def test_settings_that_a_login_gave_itself_are_gone_at_the_next_start(data_dir: Path, where: str) -> None:
    with owned(data_dir) as database:
        ask(database.endpoint.url, f"alter role outlay_app {where} set default_transaction_read_only = on")
        assert ask(database.endpoint.url, "show default_transaction_read_only") == "on"
    with owned(data_dir) as database:
        assert ask(database.endpoint.url, "show default_transaction_read_only") == "off"


def test_a_start_that_finds_all_in_order_writes_nothing_into_the_catalog(data_dir: Path) -> None:
    """Neither the passwords again, nor owners or rights that are right."""
    ages = "select string_agg(xmin::text, ',' order by oid) from {}"
    tables = ("pg_authid", "pg_database", "pg_namespace", "pg_class")

    def seen(url: str) -> list[Any]:
        return [ask(url, ages.format(table)) for table in tables]

    with owned(data_dir) as database:
        bring_up_to_date(database)
    with owned(data_dir):
        before = seen(superuser_url(data_dir))
    with owned(data_dir):
        assert seen(superuser_url(data_dir)) == before


def test_a_command_beside_an_owner_without_these_logins_is_told_to_start_that_again(older_copy: Path) -> None:
    with EmbeddedServer(older_copy):
        for name in FILES[1:]:
            (older_copy / name).unlink()
        with pytest.raises(DataDirUnusable, match="started by an earlier version, stop that"):  # noqa: SIM117
            with open_database(None, older_copy, own="attach", wait_s=0):
                pass


def test_a_command_waits_until_the_owner_has_put_the_logins_right(data_dir: Path) -> None:
    """The server answers a moment before that, so an answer is not enough."""
    with EmbeddedServer(data_dir) as server:
        ask(server.endpoint.url, "alter role outlay_app nologin")
        with pytest.raises(AlreadyOwned):  # noqa: SIM117
            with open_database(None, data_dir, own="attach", wait_s=0.2):
                pass
        ask(server.endpoint.url, "alter role outlay_app login")
        with open_database(None, data_dir, own="attach", wait_s=10) as guest:
            assert ask(guest.endpoint.url, "select current_user::text") == "outlay_app"
