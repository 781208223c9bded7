"""A database of our own that is put back as it was: noticed by itself, whatever way it came back, and nothing is sent
unasked from it.

Real servers and a rail outside of them. An hour is two payouts long here: one that was sent after the copy was made,
and one that was ordered after it.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import pytest

from outlay.core.account import Account
from outlay.core.attempt import attempt_reference
from outlay.core.epoch import EpochRow
from outlay.core.outcome import Accepted
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.postgres import open_database
from outlay.postgres.binaries import find_binaries
from outlay.process.run import open_runtime, prepare_database
from outlay.process.seen_file import SEEN_FILE
from outlay.process.settings import Settings
from outlay.service.operator.accounts import open_account
from outlay.service.operator.fund_account import fund_account
from outlay.service.runtime import Runtime
from outlay.store.epochs import read_epochs
from outlay.store.read.reader import PayoutQuestion
from tests.support.databases import QUICK
from tests.support.folders import short_folder
from tests.support.rails import CountingRail, submitter_of
from tests.support.superuser import superuser_url
from tests.support.world import order, order_ask

pytestmark = pytest.mark.slow
SETTINGS = QUICK | {"synchronous_commit": "on"}  # else the log's end is told late


def run(folder: Path, work: Callable[[Runtime], Any], **also: Any) -> Any:
    """On the cluster of this data folder, as one process that begins and ends."""
    settings = Settings.read(data=folder, allow_unsafe_database=True, **also)

    async def within(opened: Any) -> Any:
        await prepare_database(settings, opened, may_migrate=True)
        async with open_runtime(settings, opened.endpoint.url) as runtime:
            return await work(runtime)

    with open_database(None, folder, own="required", extra_settings=SETTINGS) as opened:
        return asyncio.run(within(opened))


class Scene(NamedTuple):
    """`rail` has paid `sent` and `young`, which `copy` knows nothing of."""

    folder: Path
    copy: Path
    rail: CountingRail
    sent: Payout
    young: Payout


async def ordered(runtime: Runtime, account_id: UUID, reference: str) -> Payout:
    answer = await order(runtime, account_id, order_ask(100, reference))
    assert isinstance(answer, Payout)
    return answer


@pytest.fixture(scope="module")
def first() -> Iterator[Scene]:
    with short_folder() as place:
        data, copy, rail = place / "data", place / "copy", CountingRail(refuses_duplicates=False)
        rail.say_to_submit = lambda payout: Accepted("X1")

        async def before(runtime: Runtime) -> tuple[UUID, Payout]:
            account = await open_account(runtime, name="Padaria", country="BR")
            assert isinstance(account, Account)
            await fund_account(runtime, account.account_id, "BRL", 10_000, "first")
            return account.account_id, await ordered(runtime, account.account_id, "one")

        async def lost(runtime: Runtime) -> Payout:
            young = await ordered(runtime, account_id, "two")
            await submitter_of(runtime, {"sandbox": rail}).run_due()
            return young

        account_id, sent = run(data, before)
        shutil.copytree(data, copy, symlinks=True)
        young = run(data, lost)
        assert len(rail.submitted) == 2
        yield Scene(data, copy, rail, sent, young)


@contextmanager
def put_back(scene: Scene, name: str) -> Iterator[tuple[Path, CountingRail]]:
    """The data folder as it was last, in a place of its own, to be overwritten; with a rail that knows what it paid."""
    folder = scene.folder.with_name(name)
    shutil.copytree(scene.folder, folder, symlinks=True)
    seen = json.loads((folder / SEEN_FILE).read_bytes())  # as if it had been there always
    seen["folder"] = str((folder / "pg" / "PG_VERSION").stat().st_ino)
    (folder / SEEN_FILE).write_text(json.dumps(seen))
    rail = CountingRail(refuses_duplicates=False)
    rail.moved.update(scene.rail.moved)
    try:
        yield folder, rail
    finally:
        shutil.rmtree(folder)


async def one_round(runtime: Runtime, rail: CountingRail, payout: Payout) -> tuple[Any, list[EpochRow]]:
    await submitter_of(runtime, {"sandbox": rail}).run_due()
    found = await runtime.reader.payout(PayoutQuestion(payout.account_id, payout_id=payout.payout_id))
    return found.payout, list(await read_epochs(runtime.database, closed_too=True))  # type: ignore[union-attr]


def overwrite(folder: Path, copy: Path) -> None:
    """File by file, as a restore in place does: what never changes stays the file that it is."""
    kept = folder / "pg" / "PG_VERSION"
    for path in sorted((folder / "pg").rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            path.rmdir() if not any(path.iterdir()) else None
        elif path != kept:
            path.unlink()
    shutil.copytree(copy / "pg", folder / "pg", symlinks=True, dirs_exist_ok=True, copy_function=_copy)


def _copy(source: str, target: str) -> str:
    if not target.endswith("pg/PG_VERSION"):
        shutil.copy2(source, target)
    return target


def whole_folder(folder: Path, copy: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(copy, folder, symlinks=True)


def recovered(folder: Path, copy: Path) -> None:
    """As a recovery from an archive of the log ends, or a standby that is promoted: on a timeline of its own."""
    whole_folder(folder, copy)
    (folder / SEEN_FILE).unlink()
    (folder / "pg" / "recovery.signal").touch()
    with (folder / "pg" / "postgresql.auto.conf").open("a") as file:
        file.write("restore_command = 'false'\n")


@pytest.mark.parametrize(
    ("restore", "why"),
    [
        (overwrite, "transactions, and"),
        (whole_folder, "the data folder is a copy"),
        (recovered, "the database is on timeline 00000002"),
    ],
)
def test_a_copy_from_an_hour_ago_sends_nothing_unasked(
    first: Scene, restore: Callable[[Path, Path], None], why: str
) -> None:
    with put_back(first, restore.__name__) as (folder, rail):
        restore(folder, first.copy)
        found, epochs = run(folder, lambda runtime: one_round(runtime, rail, first.sent))
        assert rail.submitted == []
        assert rail.asked == [attempt_reference(first.sent.payout_id, 1)]
        assert (found.state, found.epoch) == (State.PAID, 2)
        assert [(epoch.epoch, epoch.is_noticed, epoch.closed_ms) for epoch in epochs] == [(2, True, None)]
        assert why in epochs[0].why


def test_a_standby_that_is_promoted_sends_nothing_unasked(first: Scene) -> None:
    with put_back(first, "standby") as (folder, rail):
        whole_folder(folder, first.copy)
        (folder / SEEN_FILE).unlink()
        (folder / "pg" / "standby.signal").touch()
        with open_database(None, folder, own="required", extra_settings=SETTINGS):
            asyncio.run(execute(superuser_url(folder), "select pg_promote()"))
        found, epochs = run(folder, lambda runtime: one_round(runtime, rail, first.sent))
        assert (rail.submitted, found.state) == ([], State.PAID)
        assert "timeline 00000002" in epochs[0].why


def test_a_dump_in_another_database_sends_nothing_unasked(first: Scene) -> None:
    with put_back(first, "dumped") as (folder, rail):
        whole_folder(folder, first.copy)
        (folder / SEEN_FILE).unlink()
        with open_database(None, folder, own="required", extra_settings=SETTINGS):
            url = superuser_url(folder)
            asyncio.run(execute(url, "create database other"))
            other = url.replace("/outlay?", "/other?")
            dump = subprocess.run([tool("pg_dump"), "--format=custom", url], check=True, capture_output=True).stdout
            subprocess.run([tool("pg_restore"), "--no-owner", "--no-acl", "--dbname", other], input=dump, check=True)
            key = (folder / "secret.key").read_text().strip()
            settings = Settings.read(
                data=folder / "elsewhere",
                database_url=other,
                secret_key=key,
                allow_unsafe_database=True,  # type: ignore[arg-type]
            )

            async def within(opened: Any) -> Any:
                await prepare_database(settings, opened, may_migrate=True)
                async with open_runtime(settings, opened.endpoint.url) as runtime:
                    return await one_round(runtime, rail, first.sent)

            with open_database(other, settings.data, own="attach-or-own") as opened:
                found, epochs = asyncio.run(within(opened))
        assert (rail.submitted, found.state) == ([], State.PAID)
        assert "another server or database" in epochs[0].why


def tool(name: str) -> str:
    return str(find_binaries().folder / name)


async def execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def test_a_stop_and_a_start_are_no_loss_of_time(first: Scene) -> None:
    async def epochs(runtime: Runtime) -> list[EpochRow]:
        return list(await read_epochs(runtime.database, closed_too=True))

    folder = first.folder
    seen = (folder / SEEN_FILE).read_bytes()
    assert run(folder, epochs) == []
    assert (folder / SEEN_FILE).read_bytes() != seen
