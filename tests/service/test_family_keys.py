"""One key, one account of a family: also where many of its accounts use it at one instant, through several processes;
where a process dies between the two commits; and where what was ordered is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from outlay.core.asks import ChangeBankAccount, Repeated, Unclaimed, Unfit, WholeOrder
from outlay.core.bank_account import OwnBankAccount
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.core.transfer import Transfer
from outlay.service.merchant.perform import perform
from outlay.service.runtime import Caller, Runtime
from outlay.store.credentials import mark_revoked
from outlay.store.database import Unavailable
from outlay.store.guard import CredentialChanged
from outlay.store.write.clerk import Clerk
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

MADE = (Payout, WholeOrder, OwnBankAccount, Transfer)
KEY = "5f0c2c1e-7a53-4e7e-9d1b-0f1a2b3c4d5e"
SIBLINGS = 5

Kind = Callable[[str, UUID, UUID], Any]
"""Makes the ask of an account, under a key; the other account is the one that a transfer goes to."""

KINDS: dict[str, Kind] = {
    "payout": lambda key, _own, _other: order_ask(1, key),
    "batch": lambda key, _own, _other: batch_ask(key, [1, 2]),
    "bank account": lambda key, _own, _other: bank_account_ask(key),
    "transfer": lambda key, own, other: transfer_ask(key, own, other, 1),
}


class Family:
    def __init__(self, world: World, master: UUID, children: list[UUID]) -> None:
        self.world, self.master, self.children = world, master, children
        self.all = [master, *children]

    async def for_each(self) -> dict[UUID, Caller]:
        """Every other child by its master's credential, the others by their own."""
        callers = {self.master: await caller_in(self.world, self.master)}
        for number, child in enumerate(self.children):
            callers[child] = await (
                caller_in(self.world, self.master, speaks_for=child)
                if number % 2
                else caller_in(self.world, child, master_id=self.master)
            )
        return callers

    def ask(self, kind: str, key: str, account_id: UUID) -> Any:
        other = self.all[(self.all.index(account_id) + 1) % len(self.all)]
        return exclusive(KINDS[kind](key, account_id, other))

    async def held(self) -> dict[str, tuple[UUID, int]]:
        found = await self.world.admin.fetch("select * from family_keys")
        assert {row["account_id"] for row in found} <= {self.master}
        return {row["reference"]: (row["holder_id"], row["uses"]) for row in found}


async def family_in(world: World, *, fund: int = 1000, children: int = SIBLINGS) -> Family:
    master = await world.account(fund=fund)
    return Family(world, master, [await world.account(fund=fund, parent_id=master) for _ in range(children)])


class Gated(Clerk):
    """Lets the first command of a family's key pass, and holds up what comes after it until it may go on."""

    def __init__(self, true: Clerk, master: UUID) -> None:
        self._true, self._master = true, master
        self.has_come, self.may_go_on = asyncio.Event(), asyncio.Event()
        self.then: BaseException | None = None

    async def do(self, command: Any, *, urgent: bool = False) -> Any:
        if command.needs.family_key is None:
            self.has_come.set()
            await self.may_go_on.wait()
            if self.then is not None:
                raise self.then
        return await self._true.do(command, urgent=urgent)


class Killed(BaseException):
    """The process ends here: nothing that it would do afterwards is done."""


async def gated(world: World, family: Family) -> tuple[Runtime, Gated]:
    process = await world.process()
    gate = Gated(process.clerk, family.master)
    return replace(process, clerk=gate), gate


# At one instant


@pytest.mark.parametrize("kind", [*KINDS, "any"])
async def test_of_siblings_that_use_one_key_at_one_instant_one_is_served(world: World, kind: str) -> None:
    family = await family_in(world)
    callers = await family.for_each()
    processes = [await world.process() for _ in range(2)]
    names = list(KINDS)
    for turn in range(4):
        key = f"{turn}"
        answers = await at_once(
            *(
                perform(
                    processes[(number + turn) % 2],
                    callers[account_id],
                    family.ask(names[number % len(names)] if kind == "any" else kind, key, account_id),
                )
                for number, account_id in enumerate(family.all)
            )
        )
        counted = kinds(answers)
        assert sum(counted.get(made, 0) for made in MADE) == 1, counted
        assert counted[Refusal.REFERENCE_ELSEWHERE] == SIBLINGS, counted
        (holder,) = await world.admin.fetch("select account_id from claims where reference = $1", key)
        assert (await family.held())[key] == (holder["account_id"], 1)


async def test_siblings_that_spell_one_key_in_other_ways_at_one_instant_are_one(world: World) -> None:
    family = await family_in(world)
    callers = await family.for_each()
    processes = [await world.process() for _ in range(2)]
    asks = []
    for number in range(len(family.all)):
        ask = exclusive(order_ask(1, KEY))
        spellings = (KEY, KEY.upper()) if number % 2 else (KEY.upper(), KEY)
        asks.append(replace(ask, claim=replace(ask.claim, spellings=spellings)))
    answers = await at_once(
        *(
            perform(processes[number % 2], callers[account_id], asks[number])
            for number, account_id in enumerate(family.all)
        )
    )
    assert kinds(answers) == {Payout: 1, Refusal.REFERENCE_ELSEWHERE: SIBLINGS}


async def test_each_account_of_a_family_that_uses_a_key_many_times_at_once_is_one_user_of_it(world: World) -> None:
    family = await family_in(world, children=2)
    callers = await family.for_each()
    processes = [await world.process() for _ in range(3)]
    answers = await at_once(
        *(
            perform(process, callers[account_id], family.ask("payout", "r", account_id))
            for process in processes
            for account_id in family.all
        )
    )
    assert kinds(answers) == {Payout: 1, (Repeated, True): 2, Refusal.REFERENCE_ELSEWHERE: 6}


async def test_of_siblings_some_of_whom_cannot_pay_no_two_are_served(world: World) -> None:
    """Refused ones let the key go while others reach for it."""
    family = await family_in(world, fund=0, children=4)
    await world.fund(family.children[0], 1000)
    await world.fund(family.children[3], 1000)
    callers = await family.for_each()
    processes = [await world.process() for _ in range(2)]
    for turn in range(10):
        answers = await at_once(
            *(
                perform(process, callers[account_id], family.ask("payout", f"{turn}", account_id))
                for process in processes
                for account_id in family.all
            )
        )
        assert not [answer for answer in answers if isinstance(answer, BaseException)], answers
        assert len({a.payout_id for a in answers if isinstance(a, Payout)}) <= 1
    twice = await world.admin.fetch("select reference from claims group by 1 having count(*) > 1")
    assert twice == []


# Between the two commits


@pytest.mark.parametrize("kind", KINDS)
async def test_what_a_crash_left_between_the_commits_is_its_own_accounts_to_go_on_with(world: World, kind: str) -> None:
    family = await family_in(world, children=2)
    callers = await family.for_each()
    dying, gate = await gated(world, family)
    gate.then = Killed()
    gate.may_go_on.set()
    holder, sibling = family.children
    with pytest.raises(Killed):
        await perform(dying, callers[holder], family.ask(kind, "r", holder))
    assert await world.count("claims") == 0
    assert await family.held() == {"r": (holder, 1)}
    for account_id in (sibling, family.master):
        for process in (world.runtime, await world.process()):
            answer = await perform(process, callers[account_id], family.ask(kind, "r", account_id))
            assert answer is Refusal.REFERENCE_ELSEWHERE
    assert isinstance(await perform(world.runtime, callers[holder], family.ask(kind, "r", holder)), MADE)
    again = await perform(world.runtime, callers[sibling], family.ask(kind, "r", sibling))
    assert again is Refusal.REFERENCE_ELSEWHERE


async def test_an_order_whose_connection_died_keeps_its_key_for_its_account(world: World) -> None:
    family = await family_in(world, children=2)
    callers = await family.for_each()
    holder, sibling = family.children
    process = await world.process()
    async with world.admin.transaction():
        await world.admin.execute("select 1 from accounts where account_id = $1 for update", holder)
        lost = asyncio.create_task(perform(process, callers[holder], family.ask("payout", "r", holder)))
        await world.until_somebody_waits()
        answer = await perform(await world.process(), callers[sibling], family.ask("payout", "r", sibling))
        assert answer is Refusal.REFERENCE_ELSEWHERE
        lost.cancel()
        await at_once(lost)
    answer = await perform(world.runtime, callers[sibling], family.ask("payout", "r", sibling))
    assert answer is Refusal.REFERENCE_ELSEWHERE
    answer = await perform(world.runtime, callers[holder], family.ask("payout", "r", holder))
    assert kinds([answer]).keys() <= {Payout, (Repeated, True)}


@pytest.mark.parametrize("happened", [True, False])
async def test_a_key_is_let_go_only_where_certainly_nothing_was_done(world: World, happened: bool) -> None:
    family = await family_in(world, children=2)
    callers = await family.for_each()
    process, gate = await gated(world, family)
    gate.then = Unavailable("gone", may_have_happened=happened)
    gate.may_go_on.set()
    holder, sibling = family.children
    with pytest.raises(Unavailable):
        await perform(process, callers[holder], family.ask("payout", "r", holder))
    assert await family.held() == ({"r": (holder, 1)} if happened else {})
    answer = await perform(world.runtime, callers[sibling], family.ask("payout", "r", sibling))
    assert kinds([answer]) == ({Refusal.REFERENCE_ELSEWHERE: 1} if happened else {Payout: 1})


# Refused


@pytest.mark.parametrize(
    "refused",
    [
        lambda own, other: order_ask(10_000, "r"),
        lambda own, other: batch_ask("r", [1, 10_000]),
        lambda own, other: transfer_ask("r", own, other, 10_000),
        lambda own, other: ChangeBankAccount(claim("r"), 42, lambda _present: DETAILS),
        lambda own, other: empty_ask("r"),
        lambda own, other: to_account(1, "r", "nobody"),
    ],
    ids=["payout", "batch", "transfer", "bank account", "empty", "nobody"],
)
async def test_a_key_whose_order_was_refused_may_be_used_by_a_sibling(world: World, refused: Any) -> None:
    family = await family_in(world, children=2)
    callers = await family.for_each()
    first, second = family.children
    no = await perform(world.runtime, callers[first], exclusive(refused(first, second)))
    assert isinstance(no, Refusal | Unclaimed)
    assert no is not Refusal.REFERENCE_ELSEWHERE
    assert isinstance(await perform(world.runtime, callers[second], family.ask("payout", "r", second)), Payout)
    assert await family.held() == {"r": (second, 1)}
    answer = await perform(world.runtime, callers[first], family.ask("payout", "r", first))
    assert answer is Refusal.REFERENCE_ELSEWHERE


async def test_a_change_whose_fields_were_wrong_lets_go_of_its_key(world: World) -> None:
    family = await family_in(world, children=2)
    callers = await family.for_each()
    first, second = family.children
    made = await perform(world.runtime, callers[first], exclusive(bank_account_ask("made")))
    assert isinstance(made, OwnBankAccount)
    change = ChangeBankAccount(claim("r"), made.bank_account_id, lambda _present: None)
    assert await perform(world.runtime, callers[first], exclusive(change)) == Unfit(made)
    assert isinstance(await perform(world.runtime, callers[second], family.ask("payout", "r", second)), Payout)


async def test_a_refused_request_does_not_let_go_what_another_of_its_account_still_holds(world: World) -> None:
    family = await family_in(world, fund=0, children=2)
    callers = await family.for_each()
    first, second = family.children
    await world.fund(second, 100)
    slow, gate = await gated(world, family)
    waiting = asyncio.create_task(perform(slow, callers[first], family.ask("payout", "r", first)))
    await gate.has_come.wait()
    refused = await perform(world.runtime, callers[first], family.ask("payout", "r", first))
    assert refused in (Refusal.INSUFFICIENT_BALANCE, Refusal.CURRENCY_NOT_HELD)
    answer = await perform(world.runtime, callers[second], family.ask("payout", "r", second))
    assert answer is Refusal.REFERENCE_ELSEWHERE
    await world.fund(first, 100)
    gate.may_go_on.set()
    assert isinstance(await waiting, Payout)


# Who it concerns


async def test_keys_that_were_used_before_there_was_a_table_of_them_count(world: World) -> None:
    family = await family_in(world, children=2)
    callers = await family.for_each()
    first, second = family.children
    made = await world.order(first, 1, "r")
    answer = await perform(world.runtime, callers[second], family.ask("payout", "r", second))
    assert answer is Refusal.REFERENCE_ELSEWHERE
    again = await perform(world.runtime, callers[first], exclusive(order_ask(1, "r")))
    assert again == Repeated(True, True, made)
    assert await family.held() == {}


async def test_an_account_without_a_family_and_a_key_that_is_not_exclusive_hold_nothing(world: World) -> None:
    family = await family_in(world, children=1)
    callers = await family.for_each()
    alone = replace(await caller_in(world, await world.account(fund=100)), has_family=False)
    assert isinstance(await perform(world.runtime, alone, exclusive(order_ask(1, "r"))), Payout)
    for account_id in family.all:
        assert isinstance(await perform(world.runtime, callers[account_id], order_ask(1, "r")), Payout)
    assert await family.held() == {}


async def test_a_repeat_is_told_without_holding_the_key_again(world: World) -> None:
    family = await family_in(world, children=1)
    callers = await family.for_each()
    ask = family.ask("payout", "r", family.master)
    made = await perform(world.runtime, callers[family.master], ask)
    assert isinstance(made, Payout)
    for _ in range(3):
        assert await perform(world.runtime, callers[family.master], ask) == Repeated(True, True, made)
    assert await family.held() == {"r": (family.master, 1)}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_revoked_key_of_a_caller_holds_nothing_in_the_family(world: World, kind: str) -> None:
    family = await family_in(world, children=1)
    callers = await family.for_each()
    own = callers[family.children[0]]
    await mark_revoked(world.runtime.database, own.guard.key_id, world.clock())
    with pytest.raises(CredentialChanged):
        await perform(world.runtime, own, family.ask(kind, "r", family.children[0]))
    stranger = await world.account()
    forged = replace(await caller_in(world, stranger, speaks_for=family.children[0]), family_id=family.master)
    answer = await perform(world.runtime, forged, family.ask(kind, "r", family.children[0]))
    assert answer in (Refusal.ACCOUNT_NOT_FOUND, Refusal.TARGET_NOT_FOUND)
    assert await family.held() == {}
