"""References that are exclusive: while the first request runs, across a master's accounts, and before any of that is
told, who asks must be proved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from outlay.core.asks import ChangeBankAccount, Repeated, Unclaimed, WholeOrder
from outlay.core.bank_account import OwnBankAccount
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.core.transfer import Transfer
from outlay.service.merchant.perform import perform
from outlay.service.runtime import Caller
from outlay.store.credentials import mark_revoked
from outlay.store.database import Unavailable
from outlay.store.guard import CredentialChanged, NonceRepeated
from tests.support.asks import (
    DETAILS,
    bank_account_ask,
    batch_ask,
    caller_in,
    claim,
    exclusive,
    to_account,
    transfer_ask,
)
from tests.support.world import World, at_once, empty_ask, kinds, order_ask


def with_nonce(caller: Caller, nonce: str) -> Caller:
    return replace(caller, guard=replace(caller.guard, nonce=nonce, nonce_until_ms=10**15))


# Still running


async def test_while_the_first_request_runs_the_second_is_told_so_and_then_gets_its_answer(world: World) -> None:
    account_id = await world.account(fund=100)
    caller = await caller_in(world, account_id)
    process = await world.process()
    ask = exclusive(order_ask(10, "r"))
    async with world.admin.transaction():
        await world.admin.execute("select 1 from accounts where account_id = $1 for update", account_id)
        first = asyncio.create_task(perform(process, caller, ask))
        await world.until_somebody_waits()
        assert await perform(process, caller, ask) is Refusal.STILL_RUNNING
        other_body = exclusive(order_ask(11, "r"))
        assert await perform(process, caller, other_body) is Refusal.STILL_RUNNING
    ordered = await first
    assert isinstance(ordered, Payout)
    assert await perform(process, caller, ask) == Repeated(True, True, ordered)
    assert process.running == set()


MAKING: dict[str, Callable[[UUID, UUID, OwnBankAccount], Any]] = {
    "batch": lambda _own, _other, _made: batch_ask("r", [1, 2]),
    "bank account": lambda _own, _other, _made: bank_account_ask("r"),
    "change": lambda _own, _other, made: ChangeBankAccount(claim("r"), made.bank_account_id, lambda _present: DETAILS),
    "transfer": lambda own, other, _made: transfer_ask("r", own, other, 5),
}


@pytest.mark.parametrize("kind", MAKING)
async def test_whatever_is_made_under_an_exclusive_reference_is_made_by_one_request_at_a_time(
    world: World, kind: str
) -> None:
    own = await world.account(fund=100)
    child = await world.account(parent_id=own)
    caller = await caller_in(world, own)
    made = await perform(world.runtime, caller, bank_account_ask("made"))
    assert isinstance(made, OwnBankAccount)
    process = await world.process()
    ask = exclusive(MAKING[kind](own, child, made))
    async with world.admin.transaction():
        await world.admin.execute("select 1 from accounts where account_id = $1 for update", own)
        first = asyncio.create_task(perform(process, caller, ask))
        await world.until_somebody_waits()
        assert await perform(process, caller, ask) is Refusal.STILL_RUNNING
    assert isinstance(await first, WholeOrder | OwnBankAccount | Transfer)
    assert kinds([await perform(process, caller, ask)]) == {(Repeated, True): 1}
    assert process.running == set()


async def test_what_is_not_exclusive_waits_for_its_own_answer(world: World) -> None:
    account_id = await world.account(fund=100)
    caller = await caller_in(world, account_id)
    process = await world.process()
    async with world.admin.transaction():
        await world.admin.execute("select 1 from accounts where account_id = $1 for update", account_id)
        asked = [asyncio.create_task(perform(process, caller, order_ask(10, "r"))) for _ in range(3)]
        await world.until_somebody_waits()
    assert kinds(await at_once(*asked)) == {Payout: 1, (Repeated, True): 2}


async def test_a_reference_of_another_account_or_another_one_is_not_still_running(world: World) -> None:
    account_id, other = await world.account(fund=100), await world.account(fund=100)
    caller, neighbour = await caller_in(world, account_id), await caller_in(world, other)
    process = await world.process()
    if world.shape.lanes == "one":
        process = replace(process, clerk=(await world.process()).clerk)
    async with world.admin.transaction():
        await world.admin.execute("select 1 from accounts where account_id = $1 for update", account_id)
        first = asyncio.create_task(perform(process, caller, exclusive(order_ask(10, "r"))))
        await world.until_somebody_waits()
        second = asyncio.create_task(perform(process, neighbour, exclusive(order_ask(10, "r"))))
        third = asyncio.create_task(perform(process, caller, exclusive(order_ask(10, "another"))))
    assert kinds(await at_once(first, second, third)) == {Payout: 3}


async def test_a_request_that_dies_is_not_running_any_more(world: World) -> None:
    account_id = await world.account(fund=100)
    caller = await caller_in(world, account_id)
    process = await world.process(fresh=True)
    ask = exclusive(order_ask(10, "r"))
    async with world.admin.transaction():
        await world.admin.execute("select 1 from accounts where account_id = $1 for update", account_id)
        lost = asyncio.create_task(perform(process, caller, ask))
        await world.until_somebody_waits()
        await world.cut_all_connections()
        assert kinds(await at_once(lost)) == {Unavailable: 1}
        left = asyncio.create_task(perform(process, caller, ask))
        await world.until_somebody_waits()
        left.cancel()
        await at_once(left)
        assert process.running == set()
    assert kinds([await perform(process, caller, ask)]).keys() <= {Payout, (Repeated, True)}


# Used elsewhere


async def test_a_reference_is_one_across_a_family_and_not_across_strangers(world: World) -> None:
    master, stranger = await world.account(fund=100), await world.account(fund=100)
    first, second = [await world.account(fund=100, parent_id=master) for _ in range(2)]
    for_first = await caller_in(world, master, speaks_for=first)
    ask = exclusive(order_ask(10, "r"))
    assert isinstance(await perform(world.runtime, for_first, ask), Payout)
    others = [
        await caller_in(world, master),
        await caller_in(world, master, speaks_for=second),
        await caller_in(world, second, master_id=master),
    ]
    for caller in others:
        assert await perform(world.runtime, caller, ask) is Refusal.REFERENCE_ELSEWHERE
    own_key = await caller_in(world, first, master_id=master)
    assert kinds([await perform(world.runtime, own_key, ask)]) == {(Repeated, True): 1}
    alone = await caller_in(world, stranger)
    assert isinstance(await perform(world.runtime, alone, ask), Payout)


@pytest.mark.parametrize("ask", [batch_ask("r", [1]), bank_account_ask("r")], ids=["batch", "bank account"])
async def test_every_kind_of_ask_is_told_of_a_use_elsewhere(world: World, ask: Any) -> None:
    master = await world.account(fund=100)
    child = await world.account(fund=100, parent_id=master)
    await perform(world.runtime, await caller_in(world, master, speaks_for=child), order_ask(10, "r"))
    answer = await perform(world.runtime, await caller_in(world, master), exclusive(ask))
    assert answer is Refusal.REFERENCE_ELSEWHERE


async def test_a_closed_account_is_told_before_a_use_elsewhere_and_its_own_repeat_before_that(world: World) -> None:
    master = await world.account(fund=100)
    child = await world.account(fund=100, parent_id=master)
    for_child, own = await caller_in(world, master, speaks_for=child), await caller_in(world, master)
    await perform(world.runtime, for_child, order_ask(10, "r"))
    await perform(world.runtime, own, order_ask(10, "both"))
    await perform(world.runtime, for_child, order_ask(10, "both"))
    await world.close_account(master)
    assert await perform(world.runtime, own, exclusive(order_ask(10, "r"))) is Refusal.ACCOUNT_CLOSED
    assert kinds([await perform(world.runtime, own, exclusive(order_ask(10, "both")))]) == {(Repeated, True): 1}


# Nothing binds but what was made


@pytest.mark.parametrize(
    "refused",
    [order_ask(1000, "r"), empty_ask("r"), batch_ask("r", [999]), to_account(1, "r", "nobody")],
    ids=["no money", "empty", "batch", "nobody"],
)
async def test_a_refused_ask_leaves_its_reference_to_any_other(world: World, refused: Any) -> None:
    account_id = await world.account(fund=100)
    caller = await caller_in(world, account_id)
    assert isinstance(await perform(world.runtime, caller, exclusive(refused)), Refusal | Unclaimed)
    assert await world.count("claims") == 0
    assert isinstance(await perform(world.runtime, caller, exclusive(bank_account_ask("r"))), OwnBankAccount)


# Who asks is proved first


def early_answers(master: UUID) -> dict[str, Any]:
    """Asks of the child whose "no" is found before the statement that makes anything."""
    return {
        "used elsewhere": exclusive(order_ask(10, "elsewhere")),
        "batch used elsewhere": exclusive(batch_ask("elsewhere", [1])),
        "bank account used elsewhere": exclusive(bank_account_ask("elsewhere")),
        "transfer from nobody": transfer_ask("t", "nobody", master, 1),
        "payout to nobody": to_account(10, "r", "nobody"),
        "change of nothing": ChangeBankAccount(claim("c"), 42, lambda _present: DETAILS),
    }


@pytest.mark.parametrize("name", early_answers(UUID(int=0)))
async def test_no_early_answer_is_given_to_a_stale_key_or_a_spent_nonce(world: World, name: str) -> None:
    master = await world.account(fund=100)
    child = await world.account(fund=100, parent_id=master)
    await world.order(master, 10, "elsewhere")
    own = await caller_in(world, child, master_id=master)
    ask = early_answers(master)[name]
    told = await perform(world.runtime, with_nonce(own, "n1"), ask)
    assert isinstance(told, Refusal)
    with pytest.raises(NonceRepeated):
        await perform(world.runtime, with_nonce(own, "n1"), ask)
    await mark_revoked(world.runtime.database, own.guard.key_id, world.clock())
    with pytest.raises(CredentialChanged):
        await perform(world.runtime, with_nonce(own, "n2"), ask)
    stranger = await world.account()
    forged = await caller_in(world, stranger, speaks_for=child)
    assert await perform(world.runtime, replace(forged, family_id=master), ask) is Refusal.ACCOUNT_NOT_FOUND


async def test_a_revoked_key_does_not_even_hear_that_the_first_is_running(world: World) -> None:
    account_id = await world.account(fund=100)
    caller, revoked = await caller_in(world, account_id), await caller_in(world, account_id)
    await mark_revoked(world.runtime.database, revoked.guard.key_id, world.clock())
    process = await world.process()
    ask = exclusive(order_ask(10, "r"))
    async with world.admin.transaction():
        await world.admin.execute("select 1 from accounts where account_id = $1 for update", account_id)
        first = asyncio.create_task(perform(process, caller, ask))
        await world.until_somebody_waits()
        with pytest.raises(CredentialChanged):
            await perform(process, revoked, ask)
    assert isinstance(await first, Payout)


async def test_one_reference_for_everything_at_once_makes_one_thing(world: World) -> None:
    master = await world.account(fund=100)
    child = await world.account(parent_id=master)
    caller = await caller_in(world, master)
    asks = [
        order_ask(10, "r"),
        batch_ask("r", [1, 2]),
        bank_account_ask("r"),
        transfer_ask("r", master, child, 5),
    ]
    writers = [await world.process() for _ in range(8)]
    answers = await at_once(*(perform(writer, caller, asks[n % 4]) for n, writer in enumerate(writers)))
    made = [one for one in answers if isinstance(one, Payout | WholeOrder | OwnBankAccount | Transfer)]
    assert len(made) == 1
    assert sum(isinstance(answer, Repeated) for answer in answers) == 7
    assert await world.count("claims") == 1
