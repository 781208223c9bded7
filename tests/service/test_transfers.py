"""Transfers between accounts of one master: both sides, each once, and never a sum lost on the way."""

from __future__ import annotations

import asyncio
import random
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from outlay.core.account import Account, short_id
from outlay.core.asks import UNCLAIMED, Counted, FindTransfer, ListTransfers, OrderTransfer, Repeated, TransferOrder
from outlay.core.ids import created_ms
from outlay.core.refusal import Refusal
from outlay.core.transfer import Transfer
from outlay.service.merchant import transfers
from outlay.service.merchant.perform import perform
from outlay.service.merchant.transfers import UNFINISHED_AFTER_MS, credit, finish_transfers, transfer
from outlay.service.operator.accounts import block_recipient, change_account, transfers_of
from outlay.service.runtime import Caller, Runtime
from outlay.store.accounts import read_account
from outlay.store.database import Unavailable
from outlay.store.gather import Busy
from outlay.store.patience import Asker, asked_by
from tests.support.asks import caller_in, claim, exclusive, give, to_account, transfer_ask
from tests.support.world import World, at_once, kinds, order_ask


class Family:
    """A master with money and two sub-accounts, and a stranger with money."""

    def __init__(self, world: World, master: UUID, first: UUID, second: UUID, stranger: UUID, caller: Caller) -> None:
        self.world, self.master, self.first, self.second, self.stranger = world, master, first, second, stranger
        self.caller = caller

    async def move(self, reference: str, source: Any, target: Any, amount_minor: int, **also: Any) -> Any:
        ask = transfer_ask(reference, source, target, amount_minor, **also)
        return await perform(self.world.runtime, self.caller, ask)

    async def found(self, account_id: UUID, transfer_id: int) -> Transfer | Refusal:
        """As that account sees it."""
        caller = await caller_in(self.world, account_id)
        return await perform(self.world.runtime, caller, FindTransfer(transfer_id))

    async def account(self, account_id: UUID) -> Account:
        account = await read_account(self.world.runtime.database, account_id)
        assert account is not None
        return account

    async def give(self, amount_minor: int, reference: str, runtime: Runtime | None = None) -> Transfer:
        """From the master to its first, the first half alone."""
        target = await self.account(self.first)
        return await give(runtime or self.world.runtime, self.master, target, amount_minor, reference)


async def family_in(world: World, *, fund: int = 1000) -> Family:
    master = await world.account(fund=fund, name="Kopi & Co")
    first = await world.account(parent_id=master, name="Shop 1")
    second = await world.account(parent_id=master, name="Shop 2")
    stranger = await world.account(fund=1000)
    return Family(world, master, first, second, stranger, await caller_in(world, master))


async def test_both_sides_have_their_record_and_their_postings(world: World) -> None:
    family = await family_in(world)
    made = await family.move("t", family.master, family.first, 300)
    assert isinstance(made, Transfer)
    assert (made.source_name, made.target_name, made.reason, made.ordered_by) == (
        "Kopi & Co", "Shop 1", "top up", "ana",
    )  # fmt: skip
    assert made.created_ms == created_ms(made.transfer_id)
    assert made.credited_ms == world.clock()
    assert await world.books(family.master) == {"funding": -1000, "available": 700, "transfers": 300}
    assert await world.books(family.first) == {"available": 300, "transfers": -300}
    for account_id in (family.master, family.first):
        assert await family.found(account_id, made.transfer_id) == made
    back = await family.move("back", family.first, family.second, 100)
    assert isinstance(back, Transfer)
    assert await world.books(family.first) == {"available": 200, "transfers": -200}
    assert await world.books(family.second) == {"available": 100, "transfers": -100}


@pytest.mark.parametrize("form", [str, short_id, lambda i: str(i).upper(), lambda i: short_id(i).lower()])
async def test_an_account_is_named_by_its_id_or_its_short_form(world: World, form: Any) -> None:
    family = await family_in(world)
    made = await family.move("t", form(family.master), form(family.first), 1)
    assert isinstance(made, Transfer)
    assert (made.source_id, made.target_id) == (family.master, family.first)


@pytest.mark.parametrize("named", ["", "A", "somebody", "-", "%", "A000000000000"])
async def test_a_name_that_is_none_finds_nobody(world: World, named: str) -> None:
    family = await family_in(world)
    assert await family.move("t", family.master, named, 1) is Refusal.TARGET_NOT_FOUND
    assert await family.move("t", named, family.first, 1) is Refusal.TARGET_NOT_FOUND


@pytest.mark.parametrize("form", [str, short_id, lambda i: i.hex.upper()])
async def test_an_account_that_is_blocked_gets_nothing_from_the_one_that_blocks_it(world: World, form: Any) -> None:
    family = await family_in(world)
    await block_recipient(world.runtime, family.master, form(family.first), why="x", by="ana")
    assert await family.move("t", family.master, family.first, 1) is Refusal.RECIPIENT_BLOCKED
    paying = to_account(1, "p", family.first)
    assert await perform(world.runtime, family.caller, paying) is Refusal.RECIPIENT_BLOCKED
    assert await world.books(family.first) == {}
    for source, target in ((family.master, family.second), (family.second, family.first)):
        assert isinstance(await family.move(f"{source}", source, target, 1), Transfer)


async def test_money_moves_only_within_the_family(world: World) -> None:
    family = await family_in(world)
    for source, target in (
        (family.master, family.stranger),
        (family.stranger, family.master),
        (family.master, uuid4()),
        (uuid4(), family.first),
    ):
        assert await family.move("t", source, target, 1) is Refusal.TARGET_NOT_FOUND
    assert await family.move("t", family.master, family.master, 1) is Refusal.SAME_ACCOUNT
    assert await world.count("transfers") == 0
    assert await world.count("claims") == 0


async def test_a_sub_accounts_own_key_takes_nothing_from_its_master_or_its_siblings(world: World) -> None:
    family = await family_in(world)
    await family.move("seed", family.master, family.first, 100)
    own = await caller_in(world, family.first, master_id=family.master)
    for source in (family.master, family.second):
        ask = transfer_ask("t", source, family.first, 1)
        assert await perform(world.runtime, own, ask) is Refusal.TARGET_NOT_FOUND
    gives = await perform(world.runtime, own, transfer_ask("t", family.first, family.master, 1))
    assert isinstance(gives, Transfer)
    addressed = await caller_in(world, family.master, speaks_for=family.first)
    takes = await perform(world.runtime, addressed, transfer_ask("t2", family.master, family.first, 1))
    assert isinstance(takes, Transfer), "the master's own key may"


async def test_an_account_that_is_closed_gives_and_takes_nothing(world: World) -> None:
    family = await family_in(world)
    await family.move("seed", family.master, family.first, 100)
    await world.close_account(family.first)
    assert await family.move("t", family.master, family.first, 1) is Refusal.ACCOUNT_CLOSED
    assert await family.move("t", family.first, family.master, 1) is Refusal.ACCOUNT_CLOSED
    assert await family.move("t", family.first, uuid4(), 1) is Refusal.ACCOUNT_CLOSED, "told before the target"
    assert await family.move("t", family.first, family.first, 1) is Refusal.ACCOUNT_CLOSED


async def test_the_key_of_a_closed_master_moves_nothing_between_its_accounts(world: World) -> None:
    family = await family_in(world)
    await family.move("seed", family.master, family.first, 100)
    closed = replace(await caller_in(world, family.master), is_open=False)
    ask = transfer_ask("t", family.first, family.second, 1)
    assert await perform(world.runtime, closed, ask) is Refusal.ACCOUNT_CLOSED
    on_behalf = replace(closed, account_id=family.first, parent_id=family.master)
    assert await perform(world.runtime, on_behalf, order_ask(1, "r")) is Refusal.ACCOUNT_CLOSED


async def test_money_under_review_does_not_leave_for_where_nobody_looks(world: World) -> None:
    family = await family_in(world)
    await family.move("seed", family.master, family.first, 100)
    await change_account(world.runtime, family.first, needs_review=True)
    caller = await caller_in(world, family.master)
    ask = transfer_ask("t", family.first, family.second, 1)
    assert await perform(world.runtime, caller, ask) is Refusal.METHOD_OFF
    await change_account(world.runtime, family.second, needs_review=True)
    assert isinstance(await perform(world.runtime, caller, ask), Transfer)


async def test_what_is_not_there_cannot_be_given(world: World) -> None:
    family = await family_in(world, fund=100)
    assert await family.move("t", family.master, family.first, 101) is Refusal.INSUFFICIENT_BALANCE
    assert await family.move("t", family.master, family.first, 1, currency="USD") is Refusal.CURRENCY_NOT_HELD
    assert await family.move("t", family.first, family.master, 1) is Refusal.CURRENCY_NOT_HELD
    await world.order(family.master, 60)
    assert await family.move("t", family.master, family.first, 41) is Refusal.INSUFFICIENT_BALANCE
    made = await family.move("t", family.master, family.first, 40)
    assert isinstance(made, Transfer), "a refusal bound no reference"
    assert await family.move("t2", family.first, family.second, 41) is Refusal.INSUFFICIENT_BALANCE


async def test_one_reference_moves_money_once(world: World) -> None:
    family = await family_in(world)
    made = await family.move("t", family.master, family.first, 10)
    assert await family.move("t", family.master, family.first, 10) == Repeated(True, True, made)
    assert await family.move("t", family.master, family.first, 11) == Repeated(False, True, made)
    empty = OrderTransfer(claim("t", "other", "transfer"), None)
    assert await perform(world.runtime, family.caller, empty) == Repeated(False, True, made)
    assert await perform(world.runtime, family.caller, OrderTransfer(claim("free"), None)) == UNCLAIMED
    assert await family.move("t", family.master, family.stranger, 10) == Repeated(False, True, made)
    assert await world.books(family.first) == {"available": 10, "transfers": -10}


async def test_eight_writers_racing_for_one_balance_give_no_more_than_there_is(world: World) -> None:
    family = await family_in(world, fund=100)
    writers = [await world.process() for _ in range(8)]
    answers = await at_once(
        *(
            perform(writer, family.caller, transfer_ask(f"t{n}", family.master, family.first, 30))
            for n, writer in enumerate(writers)
        )
    )
    assert kinds(answers) == {Transfer: 3, Refusal.INSUFFICIENT_BALANCE: 5}
    assert await world.books(family.first) == {"available": 90, "transfers": -90}


async def test_a_resend_from_another_account_of_the_family_is_a_repeat_too(world: World) -> None:
    """The key is claimed at the giver, who need not be the one that asked: that is no use elsewhere."""
    family = await family_in(world)
    await family.move("seed", family.master, family.first, 100)
    ask = exclusive(transfer_ask("t", family.first, family.second, 10))
    made = await perform(world.runtime, family.caller, ask)
    assert isinstance(made, Transfer)
    assert await perform(world.runtime, family.caller, ask) == Repeated(True, True, made)
    other = exclusive(transfer_ask("t", family.master, family.second, 10))
    assert await perform(world.runtime, family.caller, other) is Refusal.REFERENCE_ELSEWHERE


# Left half-way


async def test_what_was_left_half_way_is_finished_by_a_worker_and_not_before_its_time(world: World) -> None:
    family = await family_in(world)
    given = await family.give(300, "t")
    assert given.credited_ms is None
    assert await world.books(family.first) == {}
    assert await finish_transfers(world.runtime) == 0, "whoever ordered it has some time"
    world.clock.advance(UNFINISHED_AFTER_MS + 1)
    assert await finish_transfers(world.runtime) == 1
    assert await world.books(family.first) == {"available": 300, "transfers": -300}
    assert await family.found(family.master, given.transfer_id) == replace(given, credited_ms=world.clock())
    assert await finish_transfers(world.runtime) == 0


async def test_what_was_left_half_way_under_a_clock_that_was_ahead_does_not_wait_for_it(world: World) -> None:
    family = await family_in(world)
    world.clock.advance(3_600_000)
    given = await family.give(300, "t")
    world.clock.advance(-3_600_000)
    assert await finish_transfers(world.runtime) == 1
    assert await family.found(family.master, given.transfer_id) == replace(given, credited_ms=world.clock())


async def test_the_resend_of_what_was_left_half_way_says_that_it_is_on_its_way(world: World) -> None:
    family = await family_in(world)
    given = await family.give(300, "t")
    assert await family.move("t", family.master, family.first, 300) == Repeated(True, True, given)


@pytest.mark.parametrize("trouble", [Unavailable("gone"), Busy()], ids=lambda trouble: type(trouble).__name__)
async def test_who_ordered_what_cannot_be_finished_at_once_hears_that_it_is_on_its_way(
    world: World, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    """The money has left the giver: "nothing was done" would be a lie."""
    family = await family_in(world)

    async def fails(_runtime: Runtime, _given: Transfer) -> Transfer:
        raise trouble

    monkeypatch.setattr(transfers, "finish", fails)
    made = await family.move("t", family.master, family.first, 300)
    assert isinstance(made, Transfer)
    assert made.credited_ms is None
    assert (await world.books(family.master))["available"] == 700
    monkeypatch.undo()
    world.clock.advance(UNFINISHED_AFTER_MS + 1)
    assert await finish_transfers(world.runtime) == 1


@pytest.mark.parametrize("waits_for", ["the giver", "the taker"])
async def test_a_client_that_hangs_up_amid_a_transfer_leaves_it_undone_or_to_be_finished(
    world: World, waits_for: str
) -> None:
    family = await family_in(world)
    locked = family.master if waits_for == "the giver" else family.first
    client = Asker(asyncio.get_running_loop().time())
    async with world.admin.transaction():
        await world.admin.execute("select 1 from accounts where account_id = $1 for update", locked)
        with asked_by(client):
            moving = asyncio.create_task(family.move("t", family.master, family.first, 300))
        await world.until_somebody_waits()
        client.leave()
    made = await moving
    assert isinstance(made, Transfer)
    assert made.credited_ms is None, "the giver's batch had begun, and what comes behind it has nobody to tell"
    world.clock.advance(UNFINISHED_AFTER_MS + 1)
    assert await finish_transfers(world.runtime) == 1
    assert (await world.books(family.first))["available"] == 300


async def test_what_was_taken_and_not_noted_is_noted_and_not_taken_again(world: World) -> None:
    family = await family_in(world)
    given = await family.give(300, "t")
    await credit(world.runtime, given)
    world.clock.advance(UNFINISHED_AFTER_MS + 1)
    assert await finish_transfers(world.runtime) == 1
    assert await world.books(family.first) == {"available": 300, "transfers": -300}


async def test_however_often_and_by_however_many_it_is_credited_it_is_given_once(world: World) -> None:
    family = await family_in(world)
    given = await family.give(300, "t")
    processes = [await world.process() for _ in range(5)]
    world.clock.advance(UNFINISHED_AFTER_MS + 1)
    answers = await at_once(
        *(credit(process, given) for process in processes for _ in range(4)),
        *(finish_transfers(process) for process in processes),
        *(transfers.finish(process, given) for process in processes),
    )
    assert not [answer for answer in answers if isinstance(answer, BaseException)]
    assert await world.books(family.first) == {"available": 300, "transfers": -300}
    assert await world.count("transfers") == 2


async def test_a_target_that_is_closed_meanwhile_has_its_money_all_the_same(world: World) -> None:
    """What was given can only be completed."""
    family = await family_in(world)
    await family.give(300, "t")
    await world.close_account(family.first)
    world.clock.advance(UNFINISHED_AFTER_MS + 1)
    assert await finish_transfers(world.runtime) == 1
    assert await world.books(family.first) == {"available": 300, "transfers": -300}


async def test_one_that_cannot_be_finished_does_not_keep_the_others_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = await family_in(world)
    bad = await family.give(100, "bad")
    await family.give(200, "good")
    world.clock.advance(UNFINISHED_AFTER_MS + 1)
    whole = transfers.finish

    async def finish(runtime: Runtime, given: Transfer, *, urgent: bool) -> Transfer:
        if given.transfer_id == bad.transfer_id:
            raise ValueError("planted")
        return await whole(runtime, given, urgent=urgent)

    monkeypatch.setattr(transfers, "finish", finish)
    assert await finish_transfers(world.runtime) == 2
    assert await world.books(family.first) == {"available": 200, "transfers": -200}
    monkeypatch.undo()
    assert await finish_transfers(world.runtime) == 1
    assert await world.books(family.first) == {"available": 300, "transfers": -300}


# Lists


async def test_transfers_are_found_and_listed_only_by_their_two_sides(world: World) -> None:
    family = await family_in(world)
    made = []
    for n in range(5):
        made.append(await family.move(f"t{n}", family.master, family.first, 10 + n))
        world.clock.advance(1)
    newest = tuple(reversed(made))
    for account_id in (family.master, family.first):
        assert await transfers_of(world.runtime, account_id, 3) == Counted(newest[:3], 5)
    for account_id in (family.second, family.stranger):
        assert await transfers_of(world.runtime, account_id, 9) == Counted((), 0)
        assert await family.found(account_id, made[0].transfer_id) is Refusal.TRANSFER_NOT_FOUND
    page = ListTransfers(skip=1, limit=2)
    assert await perform(world.runtime, family.caller, page) == Counted(newest[1:3], 5)
    window = ListTransfers(from_ms=made[1].created_ms, to_ms=made[3].created_ms, skip=0, limit=9)
    assert await perform(world.runtime, family.caller, window) == Counted(tuple(newest[1:4]), 3)
    dollars = ListTransfers(currencies=frozenset({"USD"}), skip=0, limit=9)
    assert await perform(world.runtime, family.caller, dollars) == Counted((), 0)
    assert await perform(world.runtime, family.caller, FindTransfer(42)) is Refusal.TRANSFER_NOT_FOUND


# Never lost


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
async def test_no_money_is_lost_while_connections_are_cut(world: World, seed: int) -> None:
    """Transfers and resends at random, from several processes, while every connection is cut again and again: in the
    end every transfer that was ever given is taken, once, and the books add up to what came in."""
    chance = random.Random(seed)
    family = await family_in(world, fund=10_000)
    accounts = [await family.account(one) for one in (family.master, family.first, family.second)]
    processes = [await world.process(fresh=True) for _ in range(3)]
    heard: list[Any] = []

    def made() -> int:
        return sum(isinstance(answer, Transfer) for answer in heard)

    async def some_traffic() -> None:
        while made() < 40:
            source, target = chance.sample(accounts, 2)
            what = TransferOrder(
                source=str(source.account_id),
                target=str(target.account_id),
                currency="BRL",
                amount_minor=chance.randint(1, 900),
                reason="x",
            )
            asked = claim(f"t{chance.randrange(400)}", str(what), "transfer")
            heard.extend(await at_once(transfer(chance.choice(processes), source, target, what, "ana", asked)))
            if chance.random() < 0.2:
                heard.extend(await at_once(finish_transfers(chance.choice(processes))))

    async def cut_now_and_then() -> None:
        """Again when something was done since the last time."""
        while True:
            before = made()
            await world.cut_all_connections()
            while made() == before:  # noqa: ASYNC110 (what is waited for has no event)
                await asyncio.sleep(0.002)
            await asyncio.sleep(chance.random() * 0.01)

    cutting = asyncio.create_task(cut_now_and_then())
    await at_once(*(some_traffic() for _ in range(4)))
    cutting.cancel()
    await at_once(cutting)
    lost = sum(isinstance(answer, Unavailable) for answer in heard)
    assert lost > 5, "the cuts were felt"
    under_way = await world.admin.fetchval("select count(*) from transfers where credited_ms is null")
    world.clock.advance(UNFINISHED_AFTER_MS + 1)
    for _ in range(20):
        finished = await at_once(finish_transfers(world.runtime))
        if finished == [0]:
            break
    assert finished == [0], f"{under_way} were on their way"
    books = [await world.books(account.account_id) for account in accounts]
    assert sum(book.get("available", 0) for book in books) == 10_000
    assert sum(book.get("transfers", 0) for book in books) == 0
    sides = await world.admin.fetch(
        "select transfer_id, count(*), count(credited_ms) from transfers group by 1 having count(*) <> 2"
        " or count(credited_ms) <> 2"
    )
    assert sides == []
