"""The key of seals: made once, agreed on by all who begin at once, the same under another key of the vault."""

from __future__ import annotations

import asyncio
import os
from uuid import UUID

import pytest

from outlay.core.facts import Fact, FactKind
from outlay.core.seals import Seal, look_at_fact
from outlay.kit.secret import Secret
from outlay.service.engine.seal_key import SealKeyDamaged, locked, seal_key, unlocked
from tests.support.world import VAULT_KEY, World

VAULT = Secret(VAULT_KEY)
OTHER = Secret("a5" * 32)


async def test_two_that_begin_at_once_agree_on_one_key_and_it_stays(world: World) -> None:
    first, second = await world.process(), await world.process()
    begun = [seal_key(each.database, VAULT, os.urandom, 1_000) for each in (first, second)]
    one, other = await asyncio.gather(*begun)
    later = await seal_key(world.runtime.database, VAULT, os.urandom, 9_000)
    assert one.packed() == other.packed() == later.packed()
    assert await world.count("installation_keys") == 1


async def test_what_is_recorded_already_is_older_than_the_key_whatever_the_clock_says(plain_world: World) -> None:
    world = plain_world
    world.books_are_wrong_on_purpose = True
    payout = await world.order(await world.account(fund=100), 10)
    await world.admin.execute("update facts set seal = null, data = data - 'digest'")
    key = await seal_key(world.runtime.database, VAULT, os.urandom, 5)
    assert key.since_ms == payout.created_ms + 1
    assert (await seal_key(world.runtime.database, VAULT, os.urandom, 5)).since_ms == key.since_ms


async def test_a_key_that_was_changed_or_sealed_by_another_vault_is_refused(world: World) -> None:
    await seal_key(world.runtime.database, VAULT, os.urandom, 5)
    with pytest.raises(SealKeyDamaged):
        await seal_key(world.runtime.database, OTHER, os.urandom, 5)
    await world.admin.execute("update installation_keys set sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20))")
    with pytest.raises(SealKeyDamaged, match="does not open"):
        await seal_key(world.runtime.database, VAULT, os.urandom, 5)


async def test_under_another_vault_key_it_seals_as_before(world: World) -> None:
    key = await seal_key(world.runtime.database, VAULT, os.urandom, 5)
    moved = unlocked(locked(key, OTHER, os.urandom(12)), OTHER)
    assert moved.packed() == key.packed()
    assert moved.mac(b"message") == key.mac(b"message")


async def test_where_nothing_was_before_the_key_nothing_is_older_than_it(plain_world: World) -> None:
    """Else whoever writes an order with an early id would need no seal."""
    key = await seal_key(plain_world.runtime.database, VAULT, os.urandom, 5)
    fact = Fact(1, FactKind.ORDERED, -1, {})
    for payout_id in (1, -1, -(2**63)):
        assert look_at_fact(key, UUID(int=1), payout_id, fact, None) is Seal.MISSING
    assert unlocked(locked(key, OTHER, os.urandom(12)), OTHER).since_ms == key.since_ms


@pytest.mark.parametrize("left", ["update facts set data = data - 'digest'", "update facts set seal = null"])
async def test_no_other_key_is_made_where_something_was_sealed(plain_world: World, left: str) -> None:
    plain_world.books_are_wrong_on_purpose = True
    await plain_world.order(await plain_world.account(fund=100), 10)
    await plain_world.admin.execute(left)
    for _ in range(2):
        with pytest.raises(SealKeyDamaged, match="is gone"):
            await seal_key(plain_world.runtime.database, VAULT, os.urandom, 5)
    assert await plain_world.count("installation_keys") == 0
