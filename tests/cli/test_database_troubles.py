"""Every command where the database fails, for nobody's fault or somebody's: one line that says what to do, exit status
1, nothing on standard output and never a traceback. Real servers, and databases with each trouble."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import asyncpg
import msgspec
import pytest

from outlay.store.migrate import migrate
from tests.cli.cli_support import Called, Cli
from tests.cli.every_command import LOOKING, SERVERS, every_command, words_of
from tests.support.databases import Server, running_server

pytestmark = pytest.mark.slow

COMMANDS = [command for command in every_command() if command not in {"demo", "serve-child"}]
SECRET = "hunter2[b]"
KEY = "5e" * 32
OTHERS = "create table alembic_version (version_num text); insert into alembic_version values ('0000')"
NO_CHANGES = "set default_transaction_read_only = on"


class Trouble(msgspec.Struct, frozen=True):
    """What is done to the database (as its superuser), or the URL that is wrong; and what is said of it then."""

    said: tuple[str, ...]
    sql: str = "select 1"
    user: str = ""
    database: str = ""
    host: str = ""
    spared: frozenset[str] = frozenset()
    """Commands that need not notice, or notice something else."""


def of_this_database(sql: str, suffix: str = "") -> str:
    """`%I` in it is the database's name with the suffix: with `_app`, the role."""
    return f"do $$ begin execute format('{sql}', current_database() || '{suffix}'); end $$"


def meeting(deed: str) -> str:
    """Whoever begins to work in the database meets this."""
    return f"""
        create function trouble() returns trigger language plpgsql security definer as
            $$ begin {deed}; end $$;
        create trigger trouble before insert or update on nodes for each statement execute function trouble();
    """


def raising(sqlstate: str) -> str:
    said = "'what [b] is \x1b[31m said' using detail = 'secret', hint = 'secret'"
    return meeting(f"raise exception {said}, errcode = '{sqlstate}'")


BEGINS = "the database says: what [b] is \\x1b[31m said: "
UNTOUCHED = frozenset({"migrate"})
KINDS = ("account list", "fund", "serve", "migrate")
"""A command that only looks, one that changes, and the two that open the database in their own ways."""
UNWRITTEN = LOOKING | UNTOUCHED
"""Who does not meet what becomes of a number that is leased, as those do who change something."""
EACH = 2
"""How many troubles a command meets at least."""
TROUBLES = {
    "nobody answers": Trouble(("Cannot connect to", "Check DATABASE_URL"), host="127.0.0.1:1"),
    "a name of no host": Trouble(("Cannot connect to", "Check DATABASE_URL"), host="nowhere.invalid:5432"),
    "a wrong password": Trouble(
        ("password authentication failed", "Check DATABASE_URL"), user=f"outlay:{quote(SECRET)}"
    ),
    "no such database": Trouble(('database "gone" does not exist', "Check DATABASE_URL"), database="gone"),
    "a stranger": Trouble(
        ("permission denied for database", "Check DATABASE_URL"),
        sql=f"drop role if exists stranger; create role stranger login password '{SECRET}';"
        + of_this_database("revoke connect on database %I from public"),
        user=f"stranger:{quote(SECRET)}",
    ),
    "no schema": Trouble(("revision none", "run `outlay migrate`"), sql="drop table alembic_version", spared=UNTOUCHED),
    "a newer schema": Trouble(
        ("9999", "made by a newer version"),
        sql="update alembic_version set version_num = '9999';"
        " alter table accounts alter column oldest_writer set default 9999",
    ),
    "no table": Trouble(
        ("the database says: ", "nodes", "run `outlay migrate`"), sql="drop table nodes cascade", spared=UNWRITTEN
    ),
    "no right": Trouble(
        ("permission denied", "give the user in DATABASE_URL this right"),
        sql=of_this_database("revoke all on nodes from %I", "_app"),
        spared=UNWRITTEN,
    ),
    "no changes": Trouble(
        ("read-only transaction", "give the URL of the primary server"),
        sql=of_this_database(f"alter database %I {NO_CHANGES}"),
        spared=UNWRITTEN,
    ),
    "a full disk": Trouble((BEGINS, "make room on the disk"), sql=raising("53100"), spared=UNWRITTEN),
    "damaged data": Trouble((BEGINS, "its data may be damaged"), sql=raising("XX001"), spared=UNWRITTEN),
    "an error like no other": Trouble(
        (BEGINS, "look at the log of the database"), sql=raising("P0042"), spared=UNWRITTEN
    ),
    "an end from outside": Trouble(
        ("terminating connection", "look whether the database server runs"),
        sql=meeting("perform pg_terminate_backend(pg_backend_pid()); return null"),
        spared=UNWRITTEN,
    ),
}


def pairs() -> list[tuple[str, str]]:
    """Every command meets some troubles, and every trouble some commands, among them one of each kind: each meeting
    each would be five hundred starts. All commands open the database in one place."""
    step = len(TROUBLES) // EACH
    turns = [(trouble, COMMANDS[turn % step :: step]) for turn, trouble in enumerate(TROUBLES)]
    return [(trouble, command) for trouble, some in turns for command in dict.fromkeys([*KINDS, *some])]


@pytest.fixture(scope="module")
def databases() -> Iterator[Server]:
    with running_server({}) as server:  # one that commands trust
        yield server


@pytest.fixture(scope="module")
def troubled(request: pytest.FixtureRequest, databases: Server) -> tuple[Trouble, str]:
    """A trouble, and the URL of a database that has it."""
    trouble = TROUBLES[request.param]
    dsn = databases.new_database()
    databases.runner.run(_prepare(dsn, trouble.sql))
    if trouble.host:
        return trouble, f"postgresql://outlay:{quote(SECRET)}@{trouble.host}/outlay"
    if trouble.user:
        return trouble, "postgresql://" + trouble.user + dsn[dsn.index("@") :]
    if trouble.database:
        before, after = dsn.split("?")
        return trouble, f"{before.rsplit('/', 1)[0]}/{trouble.database}?{after}"
    return trouble, dsn


async def _prepare(dsn: str, sql: str) -> None:
    await migrate(dsn)
    await _execute(dsn, sql)


async def _execute(dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@pytest.mark.parametrize(("troubled", "command"), pairs(), indirect=["troubled"], scope="module")
def test_a_trouble_of_the_database_is_one_line_that_says_what_to_do(
    troubled: tuple[Trouble, str], command: str, tmp_path: Path
) -> None:
    trouble, url = troubled
    way = Cli if command in SERVERS else Called
    cli = way(tmp_path, DATABASE_URL=url, OUTLAY_SECRET_KEY=KEY)
    result = cli.try_out(*words_of(command), "--json")
    if command in trouble.spared and result.status == 0:
        assert result.err == ""
        return
    assert (result.status, result.out) == (1, "")
    assert result.err.count("\n") == 1, result.err
    assert result.err.startswith("error: ")
    assert command in trouble.spared or all(words in result.err for words in trouble.said), result.err
    assert not any(hidden in result.err for hidden in (SECRET, quote(SECRET), "hunter2", "secret", "\x1b"))


def test_a_role_that_is_missing_is_told_with_what_makes_it(databases: Server, tmp_path: Path) -> None:
    dsn = databases.new_database()
    databases.runner.run(_prepare(dsn, of_this_database("alter role %I rename to away", "_app")))
    said = Called(tmp_path, DATABASE_URL=dsn).refusal("account", "list")
    assert "run `outlay migrate`" in said


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (of_this_database(f"alter database %I {NO_CHANGES}"), "read-only"),
        ("create table accounts (account_id uuid)", 'relation "accounts" already exists'),
        (f"{OTHERS}; create table accounts (account_id uuid)", "its table alembic_version is not as Outlay left it"),
    ],
    ids=["a standby", "a database of others", "a revision of others"],
)
def test_a_database_that_cannot_be_migrated_is_told_in_one_line(
    databases: Server, sql: str, said: str, tmp_path: Path
) -> None:
    dsn = databases.new_database()
    databases.runner.run(_execute(dsn, sql))
    result = Called(tmp_path, DATABASE_URL=dsn)("migrate", status=1)
    assert (result.out, result.err.count("\n")) == ("", 1)
    assert said in result.err
