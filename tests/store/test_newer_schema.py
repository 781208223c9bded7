"""A newer schema beside code of this version: an expanding migration is gone on beside, a contracting one ends its
writes at that commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from outlay.core.payout import Payout
from outlay.process import seen_file
from outlay.process.seen_file import keep_watching
from outlay.process.settings import Settings
from outlay.running.parts import Part
from outlay.service.health import Health
from outlay.store.database import Database
from outlay.store.epochs import Watch
from outlay.store.migrate import (
    LATEST,
    SchemaOutdated,
    SchemaTooNew,
    check_and_migrate,
    check_schema,
    migrate,
    require_latest,
)
from outlay.store.revision import OURS, TooOld
from tests.store.newer_schemas import BACK, CONTRACTING, EXPANDING, NEXT
from tests.support.world import World, at_once, order, order_ask

pytestmark = pytest.mark.slow  # schemas that change while others write

A_FEW = 3
OLDER = f"""
alter table accounts add column colour text;
update alembic_version set version_num = '{OURS - 1:04d}';
"""


async def until(true: Callable[[], object]) -> None:
    while not true():  # noqa: ASYNC110  nobody is told by itself
        await asyncio.sleep(0.01)


async def ordering(world: World, migration: str) -> list[Any]:
    """What becomes of orders that come all the while, before and after the migration lands."""
    account_id = await world.account(fund=10_000)
    stop = asyncio.Event()
    answers: list[Any] = []

    async def keep_ordering() -> None:
        while not stop.is_set():
            answers.extend(await at_once(order(world.runtime, account_id, order_ask(1, world.new_reference()))))

    caller = asyncio.create_task(keep_ordering())
    await until(lambda: len(answers) >= A_FEW)
    async with world.admin.transaction():
        await world.admin.execute(migration)
        await asyncio.sleep(0.1)  # commits wait for it, and see it
        before = len(answers)  # not afterwards: then somebody may have seen it already
    await until(lambda: len(answers) > before + A_FEW)
    stop.set()
    await caller
    assert all(isinstance(answer, Payout) for answer in answers[:before])
    return answers[before + 1 :]  # the one that was under way then may have been either


async def test_beside_an_expanding_migration_old_code_goes_on(world: World) -> None:
    try:
        answers = await ordering(world, EXPANDING)
        assert {type(answer) for answer in answers} == {Payout}
        await require_latest(world.admin)
        assert await migrate(world.dsn) == LATEST
        await check_and_migrate(world.dsn, allow_unsafe=True, partitions=None)
    finally:
        await world.admin.execute(BACK)


async def test_old_code_writes_nothing_after_a_contracting_migration(world: World) -> None:
    try:
        answers = await ordering(world, CONTRACTING)
        assert {type(answer) for answer in answers} == {TooOld}
        assert not any(answer.may_have_happened for answer in answers)
        assert "start the newer version" in str(answers[0])
        for start in (require_latest(world.admin), migrate(world.dsn)):
            with pytest.raises(SchemaOutdated, match=f"at revision {NEXT}, made by a newer version"):
                await start
    finally:
        await world.admin.execute(BACK)


class Watching:
    """A process's watch of the database, and what was heard of it."""

    def __init__(self) -> None:
        self.health = Health()
        self.health.beat()
        self.stops = 0
        self.lines: list[Any] = []

    def outdated(self) -> None:
        self.stops += 1

    def told(self, event: str) -> list[Any]:
        return [line for line in self.lines if line["event"] == event]


@asynccontextmanager
async def watching(world: World, folder: Path, change: str) -> AsyncIterator[Watching]:
    """While the schema is changed, and afterwards until it is changed back."""
    heard, watch = Watching(), Watch()
    async with Database.open(world.dsn, connections=1, look=watch.look) as database:
        keeping = keep_watching(Settings.read(data=folder), watch, database, heard.health, heard.outdated)
        part = Part("watch", lambda: keeping)
        with capture_logs() as heard.lines:
            part.start()
            try:
                await world.admin.execute(change)
                yield heard
            finally:
                await world.admin.execute(BACK)
                await part.stop()


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_file, "WATCH_S", 0.01)


async def test_a_process_that_is_too_old_is_not_ready_at_first_and_stops_only_then(
    plain_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watching(plain_world, tmp_path, CONTRACTING) as heard:
        await until(heard.health.unready)
        (why,) = heard.health.unready()
        assert "too old to write" in why
        assert "start the newer version" in why
        await asyncio.sleep(0.1)  # some looks
        assert heard.stops == 0, "whoever sends callers here has not seen it yet"
        (line,) = heard.told("this process is too old for the schema, and stops")
        assert line["why"] == why
        monkeypatch.setattr(seen_file, "UNREADY_FIRST_S", 0.0)
        await until(lambda: heard.stops)
    assert len(heard.told("this process is too old for the schema, and stops")) == 1


async def test_a_newer_schema_that_takes_its_writes_is_told_once_and_changes_nothing(
    plain_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen_file, "UNREADY_FIRST_S", 0.0)
    newer = "the schema is newer than this version, and takes its writes"
    async with watching(plain_world, tmp_path, EXPANDING) as heard:
        await until(lambda: heard.told(newer))
        await asyncio.sleep(0.1)  # some looks
        assert heard.health.unready() == ()
    assert [line["revision"] for line in heard.told(newer)] == [NEXT]
    assert heard.stops == 0


async def test_an_older_schema_makes_unready_until_it_is_migrated_and_stops_nothing(
    plain_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old copy was put back under a process that runs."""
    monkeypatch.setattr(seen_file, "UNREADY_FIRST_S", 0.0)
    async with watching(plain_world, tmp_path, OLDER) as heard:
        await until(heard.health.unready)
        assert "run `outlay migrate`" in heard.health.unready()[0]
        await plain_world.admin.execute(f"update alembic_version set version_num = '{LATEST}'")
        await until(lambda: not heard.health.unready())
    assert heard.stops == 0


async def test_a_process_that_starts_later_is_refused_by_a_schema_that_is_too_new_for_it(plain_world: World) -> None:
    await check_schema(plain_world.dsn)
    try:
        await plain_world.admin.execute(CONTRACTING)
        with pytest.raises(SchemaTooNew, match="start the newer version"):
            await check_schema(plain_world.dsn)
    finally:
        await plain_world.admin.execute(BACK)
