"""A newer schema beside code of this version: an expanding migration is gone on beside, a contracting one ends its
writes at that commit.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from outlay.health import Health
from outlay.seen_file import keep_watching
from outlay.settings import Settings
from outlay.store.database import Database
from outlay.store.epochs import Watch
from outlay.store.migrate import LATEST, SchemaOutdated, check_and_migrate, migrate, require_latest
from outlay.store.revision import OURS, TooOld
from outlay.wire.usecases import Ordered
from tests.support.world import World, at_once, order, order_ask

NEXT = f"{OURS + 1:04d}"
EXPANDING = f"""
alter table accounts add column colour text;
update alembic_version set version_num = '{NEXT}';
"""
CONTRACTING = f"""
{EXPANDING}
alter table accounts alter column oldest_writer set default {OURS + 1};
update accounts set oldest_writer = {OURS + 1};
"""
BACK = f"""
alter table accounts drop column colour, alter column oldest_writer set default {OURS};
update accounts set oldest_writer = {OURS};
update alembic_version set version_num = '{LATEST}';
"""


async def ordering(world: World, migration: str) -> list[Any]:
    """What becomes of orders that come all the while, before and after the migration lands."""
    account_id = await world.account(fund=10_000)
    stop = asyncio.Event()
    answers: list[Any] = []

    async def keep_ordering() -> None:
        while not stop.is_set():
            answers.extend(await at_once(order(world.runtime, account_id, order_ask(1, world.new_reference()))))

    caller = asyncio.create_task(keep_ordering())
    await asyncio.sleep(0.1)
    async with world.admin.transaction():
        await world.admin.execute(migration)
        await asyncio.sleep(0.1)  # commits wait for it, and see it
    landed = len(answers)
    await asyncio.sleep(0.2)
    stop.set()
    await caller
    assert landed
    assert all(isinstance(answer, Ordered) for answer in answers[:landed])
    return answers[landed + 1 :]  # the one that was under way then may have been either


async def test_beside_an_expanding_migration_old_code_goes_on(world: World) -> None:
    try:
        answers = await ordering(world, EXPANDING)
        assert {type(answer) for answer in answers} == {Ordered}
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


async def test_a_process_that_is_too_old_says_that_it_cannot_serve(plain_world: World, tmp_path: Any) -> None:
    health, watch, settings = Health(), Watch(), Settings(data=tmp_path)
    health.beat()
    async with Database.open(plain_world.dsn, connections=1, look=watch.look) as database:
        try:
            await plain_world.admin.execute(CONTRACTING)
            watching = asyncio.create_task(keep_watching(settings, watch, database, health))
            while not (why := health.unready()):  # noqa: ASYNC110  health tells nobody by itself
                await asyncio.sleep(0.01)
            assert "too old to write" in why[0]
        finally:
            watching.cancel()
            await plain_world.admin.execute(BACK)
