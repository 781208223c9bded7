"""A reference that may be spelt in several ways is one: while the first request runs, in another process, after an
update; and content that an earlier version digested by another rule is still the same content.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from outlay.core.asks import UNCLAIMED, Repeated
from outlay.core.bank_account import OwnBankAccount
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.core.transfer import Transfer
from outlay.service.merchant.perform import perform
from outlay.service.operator.payouts import find_payouts
from outlay.service.runtime import Caller
from outlay.store.guard import NonceRepeated
from tests.support.asks import bank_account_ask, caller_in, transfer_ask
from tests.support.world import World, at_once, digest, empty_ask, kinds, order_ask

LOWER = "5f0c2c1e-7a53-4e7e-9d1b-0f1a2b3c4d5e"
UPPER = LOWER.upper()
MIXED = LOWER[:9] + UPPER[9:]


def spelt(ask: Any, came: str) -> Any:
    """The ask as one whose key came in this spelling. It was made for the reference LOWER."""
    spellings = tuple(dict.fromkeys((came, came.lower(), came.upper())))
    return replace(ask, claim=replace(ask.claim, exclusive=True, spellings=spellings))


def keyed(amount_minor: int, came: str) -> Any:
    return spelt(order_ask(amount_minor, LOWER), came)


async def claimed(world: World) -> list[str]:
    return [row["reference"] for row in await world.admin.fetch("select reference from claims order by reference")]


@pytest.mark.parametrize("first", [LOWER, UPPER, MIXED])
async def test_a_retry_in_another_case_of_letters_gives_the_same_payout(world: World, first: str) -> None:
    caller = await caller_in(world, await world.account(fund=100))
    ordered = await perform(world.runtime, caller, keyed(10, first))
    assert isinstance(ordered, Payout)
    for again in (LOWER, UPPER, MIXED):
        assert await perform(world.runtime, caller, keyed(10, again)) == Repeated(True, True, ordered)
        assert await perform(world.runtime, caller, keyed(11, again)) == Repeated(False, True, ordered)
    assert await claimed(world) == [LOWER]


async def test_while_the_first_still_runs_another_spelling_is_told_so(world: World) -> None:
    account_id = await world.account(fund=100)
    caller = await caller_in(world, account_id)
    process = await world.process()
    async with world.admin.transaction():
        await world.admin.execute("select 1 from accounts where account_id = $1 for update", account_id)
        first = asyncio.create_task(perform(process, caller, keyed(10, LOWER)))
        await world.until_somebody_waits()
        for again in (LOWER, UPPER, MIXED):
            assert await perform(process, caller, keyed(10, again)) is Refusal.STILL_RUNNING
    assert isinstance(await first, Payout)


async def test_spellings_at_once_in_many_processes_make_one_payout(world: World) -> None:
    caller = await caller_in(world, await world.account(fund=100))
    processes = [await world.process() for _ in range(6)]
    spellings = [LOWER, UPPER, MIXED] * 2
    asked = [perform(one, caller, keyed(10, came)) for one, came in zip(processes, spellings, strict=True)]
    assert kinds(await at_once(*asked)) == {Payout: 1, (Repeated, True): 5}
    assert await claimed(world) == [LOWER]


@pytest.mark.parametrize("before", [LOWER, UPPER])
async def test_a_key_that_an_earlier_version_used_in_either_case_is_found(world: World, before: str) -> None:
    caller = await caller_in(world, await world.account(fund=100))
    ordered = await perform(world.runtime, caller, order_ask(10, before))
    assert isinstance(ordered, Payout)
    for again in (LOWER, UPPER, MIXED):
        assert await perform(world.runtime, caller, keyed(10, again)) == Repeated(True, True, ordered)
    assert await claimed(world) == [before]
    assert await world.count("payouts") == 1


async def test_a_key_that_an_earlier_version_used_in_mixed_case_is_found_as_it_was(world: World) -> None:
    caller = await caller_in(world, await world.account(fund=100))
    ordered = await perform(world.runtime, caller, order_ask(10, MIXED))
    assert isinstance(ordered, Payout)
    assert await perform(world.runtime, caller, keyed(10, MIXED)) == Repeated(True, True, ordered)


async def test_two_keys_that_were_used_before_in_both_spellings_stay_two(world: World) -> None:
    caller = await caller_in(world, await world.account(fund=100))
    made = {}
    for came in (LOWER, UPPER):
        ordered = await perform(world.runtime, caller, order_ask(10, came))
        assert isinstance(ordered, Payout)
        made[came] = ordered
    assert made[LOWER] != made[UPPER]
    for came, payout in made.items():
        assert await perform(world.runtime, caller, keyed(10, came)) == Repeated(True, True, payout)
    assert await perform(world.runtime, caller, keyed(10, MIXED)) == Repeated(True, True, made[LOWER])


@pytest.mark.parametrize("came", [LOWER, UPPER, MIXED])
async def test_in_any_spelling_it_is_used_on_another_account_of_the_master(world: World, came: str) -> None:
    master = await world.account(fund=100)
    child = await world.account(fund=100, parent_id=master)
    await perform(world.runtime, await caller_in(world, master, speaks_for=child), keyed(10, UPPER))
    assert await perform(world.runtime, await caller_in(world, master), keyed(10, came)) is Refusal.REFERENCE_ELSEWHERE


@pytest.mark.parametrize("before", [LOWER, UPPER])
async def test_wrong_fields_under_a_used_key_are_a_repeat_in_any_spelling(world: World, before: str) -> None:
    caller = await caller_in(world, await world.account(fund=100))
    ordered = await perform(world.runtime, caller, order_ask(10, before))
    assert isinstance(ordered, Payout)
    for number, again in enumerate((LOWER, UPPER, MIXED)):
        once = replace(caller, guard=replace(caller.guard, nonce=f"n{number}", nonce_until_ms=10**15))
        empty = spelt(empty_ask(LOWER), again)
        assert await perform(world.runtime, once, empty) == Repeated(False, True, ordered)
        with pytest.raises(NonceRepeated):
            await perform(world.runtime, once, empty)
    other = await caller_in(world, await world.account(fund=100))
    assert await perform(world.runtime, other, spelt(empty_ask(LOWER), UPPER)) == UNCLAIMED


@pytest.mark.parametrize("before", [LOWER, UPPER])
async def test_what_else_is_made_under_a_key_is_found_in_any_spelling(world: World, before: str) -> None:
    master = await world.account(fund=100)
    child = await world.account(parent_id=master)
    own, for_child = await caller_in(world, master), await caller_in(world, master, speaks_for=child)
    given = await perform(world.runtime, own, transfer_ask(before, master, child, 5))
    added = await perform(world.runtime, for_child, bank_account_ask(before))
    assert isinstance(given, Transfer)
    assert isinstance(added, OwnBankAccount)
    for again in (LOWER, UPPER, MIXED):
        asked: Caller = own
        for ask, made in (
            (transfer_ask(LOWER, master, child, 5), given),
            (bank_account_ask(LOWER), added),
        ):
            spelling = replace(ask, claim=replace(ask.claim, spellings=spelt(ask, again).claim.spellings))
            assert await perform(world.runtime, asked, spelling) == Repeated(True, True, made)
            asked = for_child
    assert await world.count("transfers") == 2
    assert await world.count("bank_accounts") == 1


async def test_content_that_was_digested_by_an_earlier_rule_is_the_same_content(world: World) -> None:
    caller = await caller_in(world, await world.account(fund=100))
    ordered = await perform(world.runtime, caller, order_ask(10, LOWER, content="by the old rule"))
    assert isinstance(ordered, Payout)

    def now_as(content: str, older: str) -> Any:
        ask = order_ask(10, LOWER, content=content)
        return replace(ask, claim=replace(ask.claim, older_digest=lambda: digest(older)))

    same = Repeated(True, True, ordered)
    assert await perform(world.runtime, caller, now_as("by the new rule", "by the old rule")) == same
    assert await perform(world.runtime, caller, now_as("by the old rule", "whatever")) == same
    other = await perform(world.runtime, caller, now_as("by the new rule", "of another content"))
    assert other == Repeated(False, True, ordered)
    empty = empty_ask(LOWER, content="by the new rule")
    told = replace(empty, claim=replace(empty.claim, older_digest=lambda: digest("by the old rule")))
    assert await perform(world.runtime, caller, told) == same


async def test_the_earlier_rule_is_asked_for_only_where_the_present_one_differs(world: World) -> None:
    caller = await caller_in(world, await world.account(fund=100))

    def never() -> bytes:
        raise AssertionError("nobody needs to know")

    ask = order_ask(10, LOWER)
    ask = replace(ask, claim=replace(ask.claim, older_digest=never))
    assert isinstance(await perform(world.runtime, caller, ask), Payout)
    assert kinds([await perform(world.runtime, caller, ask)]) == {(Repeated, True): 1}


async def test_an_operator_finds_a_key_as_its_merchant_writes_it(world: World) -> None:
    caller = await caller_in(world, await world.account(fund=100))
    ordered = await perform(world.runtime, caller, keyed(10, UPPER))
    assert isinstance(ordered, Payout)
    for written in (UPPER, MIXED, LOWER):
        found = await find_payouts(world.runtime, payout_id=None, reference=written)
        assert list(found) == [ordered]
    assert not await find_payouts(world.runtime, payout_id=None, reference=f"{UPPER}X")
