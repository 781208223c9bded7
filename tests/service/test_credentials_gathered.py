"""A flood of keys that nobody has: those that wait share one look-up, and whoever has a key is not kept from it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from outlay.service.engine import credentials as credentials_module
from outlay.service.engine.credentials import CredentialCache
from outlay.store.credentials import mark_revoked
from outlay.store.database import Database, Row
from outlay.store.gather import Busy
from outlay.store.guard import CredentialChanged
from outlay.wire.dialect import Credential
from tests.service.sealed_keys import Testing, issue
from tests.support.world import World


class Counted(Database):
    """Counts the statements, and holds them while it is closed."""

    def __init__(self, database: Database) -> None:
        super().__init__(database._pool)
        self.asked: list[Sequence[Any]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.next_is_asked = asyncio.Event()

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[Row]:
        self.asked.append(arguments)
        self.next_is_asked.set()
        await self.open.wait()
        return await super().fetch(sql, *arguments)

    async def fetchrow(self, sql: str, *arguments: Any) -> Row | None:
        rows = await self.fetch(sql, *arguments)
        return rows[0] if rows else None


def counted_cache(world: World) -> tuple[CredentialCache, Counted]:
    counted = Counted(world.runtime.callers)
    return CredentialCache(replace(world.runtime, callers=counted)), counted


async def test_look_ups_that_wait_share_one_statement(world: World) -> None:
    cache, database = counted_cache(world)
    dialect: Any = Testing()
    real = await issue(world, dialect)
    keys = [f"made up {number}" for number in range(100)]
    found = await asyncio.gather(*(cache.get(dialect, key) for key in [*keys, real.key_id]))
    assert [credential and credential.key_id for credential in found] == [None] * 100 + [real.key_id]
    assert len(database.asked) <= 2, "the first, and all that came while it was on its way"


async def test_who_asks_for_one_key_at_once_asks_once_and_opens_it_once(world: World) -> None:
    cache, database = counted_cache(world)
    dialect: Any = Testing()
    real = await issue(world, dialect)
    found = await asyncio.gather(*(cache.get(dialect, real.key_id) for _ in range(50)))
    assert {id(credential) for credential in found} == {id(found[0])}
    assert dialect.opened == 1
    assert {len(keys) for _, keys in database.asked} == {1}
    assert len(database.asked) <= 2


async def test_a_key_that_changed_while_it_was_asked_for_is_not_given_from_memory(world: World) -> None:
    cache, _ = counted_cache(world)
    dialect: Any = Testing()
    real = await issue(world, dialect)
    before = await cache.get(dialect, real.key_id)
    assert before is not None
    cache.drop(dialect, real.key_id)
    await world.admin.execute("update credentials set version = 2")
    after = await cache.get(dialect, real.key_id)
    assert after is not None
    assert (before.version, after.version) == (1, 2)


async def test_above_the_bound_the_next_one_is_told_and_who_waits_is_served(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials_module, "MOST_LOOK_UPS", 10)
    cache, database = counted_cache(world)
    dialect: Any = Testing()
    real = await issue(world, dialect)
    known = await cache.get(dialect, real.key_id)
    database.open.clear()
    database.next_is_asked.clear()
    first = asyncio.create_task(cache.get(dialect, "made up"))
    await database.next_is_asked.wait()
    waiting = [asyncio.create_task(cache.get(dialect, f"made up {number}")) for number in range(10)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await cache.get(dialect, "one more")
    assert await cache.get(dialect, real.key_id) is known, "what is known waits for nothing"
    database.open.set()
    assert await asyncio.gather(first, *waiting) == [None] * 11


async def test_a_key_that_no_database_can_hold_is_a_fault_for_its_asker_alone(world: World) -> None:
    cache, _ = counted_cache(world)
    dialect: Any = Testing()
    real = await issue(world, dialect)
    keys = [*(f"made up {number}" for number in range(5)), "\0", real.key_id]
    found = await asyncio.gather(*(cache.get(dialect, key) for key in keys), return_exceptions=True)
    assert found[:5] == [None] * 5
    assert isinstance(found[5], Exception)
    assert isinstance(found[6], Credential)


async def test_a_key_that_was_just_made_works_although_it_was_unknown_a_moment_ago(world: World) -> None:
    cache, _ = counted_cache(world)
    dialect: Any = Testing()
    assert await cache.get(dialect, "unknown") is None
    real = await issue(world, dialect)
    await world.admin.execute("update credentials set revoked_ms = 1")
    assert await cache.get(dialect, real.key_id) is None
    await world.admin.execute("update credentials set revoked_ms = null")
    assert await cache.get(dialect, real.key_id) is not None


async def test_failed_proofs_share_their_checks_and_each_hears_what_is_stored_now(world: World) -> None:
    cache, database = counted_cache(world)
    dialect: Any = Testing()
    keys = [(await issue(world, dialect)).key_id for _ in range(3)]
    found = [await cache.get(dialect, key) for key in keys]
    known = [credential for credential in found if credential is not None]
    assert len(known) == 3
    await mark_revoked(world.runtime.database, keys[1], world.clock())
    database.asked.clear()
    checks = [cache.check(dialect, credential) for credential in known for _ in range(20)]
    heard = await asyncio.gather(*checks, return_exceptions=True)
    assert [type(answer) for answer in heard] == [*[type(None)] * 20, *[CredentialChanged] * 20, *[type(None)] * 20]
    assert len(database.asked) <= 2


async def test_a_key_that_belongs_to_another_account_now_has_changed(world: World) -> None:
    cache, _ = counted_cache(world)
    dialect: Any = Testing()
    real = await issue(world, dialect)
    credential = await cache.get(dialect, real.key_id)
    assert credential is not None
    other = replace(credential, account=replace(credential.account, account_id=await world.account()))
    with pytest.raises(CredentialChanged):
        await cache.check(dialect, other)
