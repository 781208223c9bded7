"""The accounts of one master: which of them its callers see, and that none of their short ids names two."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from msgspec.structs import replace

from outlay.core.account import Account, short_id
from outlay.core.asks import Counted, FindAccount, ListAccounts
from outlay.core.refusal import Refusal
from outlay.service.merchant.connected_accounts import id_of_sub
from outlay.service.merchant.perform import perform
from outlay.service.operator.accounts import open_account
from outlay.service.runtime import Caller
from outlay.store.credentials import mark_revoked
from outlay.store.guard import CredentialChanged
from tests.support.asks import caller_in
from tests.support.world import World

ALL = ListAccounts(opened=True, closed=True, skip=0, limit=10)


async def listed(world: World, caller: Caller, ask: ListAccounts = ALL) -> tuple[list[UUID], int]:
    answer = await perform(world.runtime, caller, ask)
    assert isinstance(answer, Counted), answer
    return [account.account_id for account in answer.items], answer.total


async def family_of(world: World, subs: int) -> tuple[UUID, list[UUID]]:
    master = await world.account()
    made = []
    for _ in range(subs):
        world.clock.advance(1)
        made.append(await world.account(parent_id=master))
    return master, made


async def test_a_master_and_its_connected_accounts_see_the_connected_ones_oldest_first(world: World) -> None:
    master, subs = await family_of(world, 4)
    await family_of(world, 2)
    for caller in (
        await caller_in(world, master),
        await caller_in(world, master, speaks_for=subs[1]),
        await caller_in(world, subs[2], master_id=master),
    ):
        assert await listed(world, caller) == (subs, 4)
        assert await listed(world, caller, replace(ALL, skip=1, limit=2)) == (subs[1:3], 4)
        assert await listed(world, caller, replace(ALL, skip=4)) == ([], 4)
    alone = await caller_in(world, await world.account())
    assert await listed(world, alone) == ([], 0)


async def test_accounts_are_listed_by_whether_they_are_open(world: World) -> None:
    master, subs = await family_of(world, 3)
    await world.close_account(subs[1])
    caller = await caller_in(world, master)
    assert await listed(world, caller, replace(ALL, closed=False)) == ([subs[0], subs[2]], 2)
    assert await listed(world, caller, replace(ALL, opened=False)) == ([subs[1]], 1)
    assert await listed(world, caller, replace(ALL, opened=False, closed=False)) == ([], 0)


async def test_an_account_of_the_family_or_the_callers_own_is_found_by_any_of_its_ids(world: World) -> None:
    master, (first, second) = await family_of(world, 2)
    stranger = await world.account()
    seen_by = {
        master: (await caller_in(world, master), {master, first, second}),
        first: (await caller_in(world, first, master_id=master), {first, second}),
        second: (await caller_in(world, master, speaks_for=second), {master, first, second}),
    }
    for caller, seen in seen_by.values():
        for account_id in (master, first, second, stranger):
            for named in (str(account_id), str(account_id).upper(), short_id(account_id), short_id(account_id).lower()):
                answer = await perform(world.runtime, caller, FindAccount(named))
                if account_id in seen:
                    assert isinstance(answer, Account)
                    assert answer.account_id == account_id
                else:
                    assert answer is Refusal.TARGET_NOT_FOUND
    for named in ("", "x", "A", short_id(first)[:-1], f"{{{first}}}", str(first).replace("-", ""), "A" + "%" * 12):
        assert await perform(world.runtime, seen_by[master][0], FindAccount(named)) is Refusal.TARGET_NOT_FOUND


@pytest.mark.parametrize("ask", [ALL, FindAccount("x")], ids=["list", "find"])
async def test_who_asks_for_accounts_is_proved_and_may_address_only_their_own(
    world: World, ask: ListAccounts | FindAccount
) -> None:
    master, (sub,) = await family_of(world, 1)
    stranger = await world.account()
    for speaks_for in (stranger, UUID(int=0)):
        caller = await caller_in(world, master, speaks_for=speaks_for)
        assert await perform(world.runtime, caller, ask) is Refusal.ACCOUNT_NOT_FOUND
    revoked = await caller_in(world, master, speaks_for=sub)
    await mark_revoked(world.runtime.database, revoked.guard.key_id, world.clock())
    with pytest.raises(CredentialChanged):
        await perform(world.runtime, revoked, ask)


async def test_a_short_id_addresses_only_an_account_under_this_one(world: World) -> None:
    master, (first, second) = await family_of(world, 2)
    stranger = await world.account()
    assert await id_of_sub(world.runtime, master, short_id(first)) == first
    assert await id_of_sub(world.runtime, master, short_id(first).lower()) == first
    for parent, named in ((master, stranger), (first, second), (first, master), (stranger, first)):
        assert await id_of_sub(world.runtime, parent, short_id(named)) == UUID(int=0)


# Short ids

ALIKE = bytes.fromhex("0c9be0c41111")


async def test_no_two_accounts_of_a_master_have_the_same_short_id(world: World) -> None:
    master = await world.account()
    chances = [ALIKE + bytes(10), ALIKE + bytes([7] * 10), ALIKE[::-1] + bytes(10)]
    runtime = replace(world.runtime, entropy=lambda n: chances.pop(0)[:n])
    first, second = [await open_account(runtime, name="Shop", country="BR", parent_id=master) for _ in range(2)]
    assert isinstance(first, Account)
    assert isinstance(second, Account)
    assert short_id(first.account_id) == "A0C9BE0C41111"
    assert short_id(second.account_id) == "A1111C4E09B0C"
    assert chances == []


async def test_a_master_does_not_share_its_short_id_with_an_account_under_it(world: World) -> None:
    master = await world.account()
    chances = [master.bytes[:6] + bytes(10), ALIKE + bytes(10)]
    runtime = replace(world.runtime, entropy=lambda n: chances.pop(0)[:n])
    sub = await open_account(runtime, name="Shop", country="BR", parent_id=master)
    assert isinstance(sub, Account)
    assert short_id(sub.account_id) == "A0C9BE0C41111"


async def test_accounts_of_two_masters_may_share_a_short_id(world: World) -> None:
    masters = [await world.account() for _ in range(2)]
    for number, master in enumerate(masters):
        only = [ALIKE + bytes([number] * 10)]
        runtime = replace(world.runtime, entropy=lambda n, only=only: only.pop(0)[:n])
        sub = await open_account(runtime, name="Shop", country="BR", parent_id=master)
        assert isinstance(sub, Account)
        assert short_id(sub.account_id) == "A0C9BE0C41111"


async def test_two_that_are_opened_at_once_with_one_short_id_see_each_other(world: World) -> None:
    master = await world.account()
    processes = [await world.process() for _ in range(4)]
    chances = [[ALIKE + bytes([n] * 10), bytes([n] * 16)] for n in range(4)]
    opened = await asyncio.gather(
        *(
            open_account(
                replace(process, entropy=lambda n, own=own: own.pop(0)[:n]), name="Shop", country="BR", parent_id=master
            )
            for process, own in zip(processes, chances, strict=True)
        )
    )
    short = [short_id(account.account_id) for account in opened if isinstance(account, Account)]
    assert len(set(short)) == 4
    assert short.count("A0C9BE0C41111") == 1
