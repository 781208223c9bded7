"""A database that runs and cannot serve: read-only, full, closed to us, cut off, damaged, shutting down.

In each state every API says "unavailable", and that nothing was done where nothing was; nobody hears of a fault of
ours, and the log has a line a second. When the state is over, the same server serves again.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import Any

import asyncpg
import pytest

from outlay.postgres import EmbeddedServer
from tests.cli.cli_support import migrated_folder
from tests.e2e.orders import Verdict, clients_of, definite, works
from tests.e2e.outages import (
    Heard,
    all_heard_that_nothing_was_done,
    lines_about_the_database,
    one_of_each,
    order_on,
    ordered_once,
    untrue,
    wait_until_ready,
    wait_until_unready,
    was_told_in_time,
)
from tests.e2e.server import Server, processes_on

pytestmark = pytest.mark.slow

OURS = "select pid from pg_stat_activity where application_name = 'outlay'"
CUT_OFF = f"select pg_terminate_backend(pid) from ({OURS}) ours"
FEW_CONNECTIONS = {"max_connections": "40"}
ALL_TAKEN_S = 1.5
STORMS = 20
SEGMENT = 16 * 1024 * 1024
"""Bytes of one file of the database's log."""
MANY = "generate_series(1, 80000)"


class Stage:
    """A server with a merchant of each API on a database of the test's own, and that database from beside."""

    def __init__(self, server: Server, database: EmbeddedServer, runner: asyncio.Runner) -> None:
        self.server, self.database, self._runner = server, database, runner
        self.known = ordered_once(clients_of(server.cli))
        self.heard: list[Heard] = []
        self._since = len(server.said())
        self.connect()

    def connect(self) -> None:
        self._connection: Any = self._runner.run(asyncpg.connect(self.database.endpoint.url))

    def close(self) -> None:
        self._runner.run(self._connection.close(timeout=5))

    def rows(self, sql: str) -> list[Any]:
        rows: list[Any] = self._runner.run(self._connection.fetch(sql))
        return rows

    def path_of(self, table: str) -> Path:
        [(path,)] = self.rows(f"select pg_relation_filepath('{table}')")
        return self.database.data.cluster / path

    def restart(self, while_down: Callable[[], object] = lambda: None) -> None:
        self.close()
        self.database.stop()
        while_down()
        self.database.start()
        self.connect()

    @contextmanager
    def every_connection_taken(self) -> Iterator[None]:
        """By the test: Outlay's are cut until it has none, and comes by none for longer than it takes to try again.
        A place is free only some time after its connection was cut."""
        taken: list[Any] = []
        try:
            in_vain_since = time.monotonic()
            while time.monotonic() - in_vain_since < ALL_TAKEN_S:
                if self.rows(OURS):
                    self.rows(CUT_OFF)
                    in_vain_since = time.monotonic()
                with suppress(asyncpg.TooManyConnectionsError):
                    taken.append(self._runner.run(asyncpg.connect(self.database.endpoint.url)))
                    in_vain_since = time.monotonic()
            yield
        finally:
            for connection in taken:
                self._runner.run(connection.close())

    def hears_that_nothing_is_done(self, *, also_of_questions: bool = True) -> None:
        """Every API, an order and a question; and the server says that it cannot serve."""
        heard = one_of_each(self.known)
        told = [each for each in heard if each.reference or also_of_questions]
        assert all_heard_that_nothing_was_done(told), told
        assert was_told_in_time(heard)
        wait_until_unready(self.server)
        self.heard += heard

    def serves_again(self) -> list[str]:
        """Gives what the log said meanwhile, one line a second."""
        wait_until_ready(self.server)
        for sent in self.known:
            assert works(sent.client)
        claimed = {reference for (reference,) in self.rows("select reference from claims")}
        assert untrue(self.heard, claimed) == []
        told = lines_about_the_database(self.server, self._since)
        assert told
        return [line["error"] for line in told]


@pytest.fixture
def stage(folder: Path) -> Iterator[Stage]:
    with (
        EmbeddedServer(migrated_folder(folder / "elsewhere"), extra_settings=FEW_CONNECTIONS) as database,
        asyncio.Runner() as runner,
    ):
        server = Server(folder / "data", DATABASE_URL=database.endpoint.url, OUTLAY_LOG="json")
        server.cli("migrate")
        with server:
            made = Stage(server, database, runner)
            yield made
            assert server.stop() == 0
            made.close()


def test_a_database_that_became_read_only_is_unavailable(stage: Stage) -> None:
    stage.rows("alter database outlay set default_transaction_read_only = on")
    stage.rows(CUT_OFF)
    stage.hears_that_nothing_is_done(also_of_questions=False)
    stage.rows("set default_transaction_read_only = off")
    stage.rows("alter database outlay reset default_transaction_read_only")
    stage.rows(CUT_OFF)
    assert any("25006" in error for error in stage.serves_again())


def test_a_database_that_lets_us_in_no_more_is_unavailable(stage: Stage) -> None:
    stage.rows("alter role outlay nologin")
    stage.rows(CUT_OFF)
    stage.hears_that_nothing_is_done()
    stage.rows("alter role outlay login")
    assert any("28000" in error for error in stage.serves_again())


def test_a_database_in_which_we_have_no_rights_any_more_is_unavailable(stage: Stage) -> None:
    stage.rows("revoke all on claims from outlay_app")
    stage.hears_that_nothing_is_done()
    stage.rows("grant select, insert on claims to outlay_app")
    assert any("42501" in error for error in stage.serves_again())


def test_a_database_with_another_schema_than_ours_is_unavailable(stage: Stage) -> None:
    stage.rows("alter table claims rename to mislaid")
    stage.hears_that_nothing_is_done()
    stage.rows("alter table mislaid rename to claims")
    assert any("42P01" in error for error in stage.serves_again())


def test_a_database_without_a_free_connection_is_unavailable(stage: Stage) -> None:
    with stage.every_connection_taken():
        stage.hears_that_nothing_is_done()
    assert any("53300" in error for error in stage.serves_again())


def test_a_database_that_cannot_make_its_files_longer_is_unavailable(stage: Stage) -> None:
    """As on a full disk. The log of the database stands in files of this length already; a table does not."""
    stage.rows("alter table claims set (autovacuum_enabled = off)")  # it would tell of room in pages before the last
    stage.rows(f"insert into claims select gen_random_uuid(), repeat('x', 200), 'o', sha256(''), 1, 1 from {MANY}")
    assert stage.path_of("claims").stat().st_size > SEGMENT
    with files_no_longer_than(SEGMENT, stage.server, stage.database):
        while Verdict.ACCEPTED in {sent.client.send(sent.client.new_order(100)).verdict for sent in stage.known}:
            pass  # there is room left in the last page, for the shortest reference of all
        stage.hears_that_nothing_is_done(also_of_questions=False)
    assert any("could not extend file" in error for error in stage.serves_again())


def test_a_database_that_is_damaged_is_unavailable_for_what_cannot_be_read(stage: Stage) -> None:
    file = stage.path_of("claims")
    whole = file.read_bytes()
    stage.restart(lambda: _overwrite(file, b"\xa5" * len(whole)))
    stage.hears_that_nothing_is_done(also_of_questions=False)
    stage.restart(lambda: _overwrite(file, whole))
    told = stage.serves_again()
    assert any("XX001" in error for error in told), told


def test_a_database_that_is_shutting_down_is_unavailable(stage: Stage) -> None:
    """It waits for the test's own connection, and lets nobody else in."""
    assert stage.database.pid is not None
    os.kill(stage.database.pid, signal.SIGTERM)
    stage.rows(CUT_OFF)
    stage.hears_that_nothing_is_done()
    stage.restart()
    assert any("57P03" in error for error in stage.serves_again())


def test_a_storm_that_cuts_every_connection_again_and_again_leaves_only_true_answers(stage: Stage) -> None:
    over = Event()
    with ThreadPoolExecutor() as pool:
        try:
            ordering = [pool.submit(order_on, sent.client, over) for sent in stage.known for _ in range(3)]
            for _ in range(STORMS):
                stage.rows(CUT_OFF)
                time.sleep(0.1)  # not waited for: cut at any moment
        finally:
            over.set()
        heard = [each for work in ordering for each in work.result()]
    stage.heard += [told for _, told in heard]
    assert {told.answer.verdict for _, told in heard} == {Verdict.ACCEPTED, Verdict.UNKNOWN}
    assert was_told_in_time(stage.heard)
    stage.serves_again()
    for sent, told in heard:
        if told.answer.verdict is Verdict.UNKNOWN:
            assert definite(sent).verdict in (Verdict.ACCEPTED, Verdict.DUPLICATE)
    assert stage.server.cli.json("ledger", "verify")["ok"] is True


def _overwrite(file: Path, content: bytes) -> None:
    with file.open("r+b") as there:  # in place: it stays its owner's
        there.write(content)


def _limit(pid: int, most: int) -> None:
    """As the process's own user: where root starts the database, it is another one."""
    owner = os.stat(f"/proc/{pid}")
    become = ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups"]
    become = [] if owner.st_uid == os.getuid() else become
    soft = "unlimited" if most == resource.RLIM_INFINITY else most
    subprocess.run([*become, "prlimit", f"--pid={pid}", f"--fsize={soft}:unlimited"], check=True)


@contextmanager
def files_no_longer_than(length: int, server: Server, database: EmbeddedServer) -> Iterator[None]:
    """For every process of the database, those to come too."""

    def limit(most: int) -> None:
        for pid in processes_on(database.data.path):
            if pid != server.pid:
                _limit(pid, most)

    try:
        limit(length)
        yield
    finally:
        limit(resource.RLIM_INFINITY)
