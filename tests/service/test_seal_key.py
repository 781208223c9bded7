"""The key of seals: made once, agreed on by all who begin at once, the same under another key of the vault."""

from __future__ import annotations

import asyncio
import os

import pytest

from outlay.kit.secret import Secret
from outlay.service.seal_key import SealKeyDamaged, locked, seal_key, unlocked
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


async def test_what_is_recorded_already_is_older_than_the_key_whatever_the_clock_says(world: World) -> None:
    payout = await world.order(await world.account(fund=100), 10)
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
