"""What an operator can switch off or block, and which "no" wins where several apply."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import combinations
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from outlay.core.account import ALL_METHODS, Account
from outlay.core.asks import OrderPayout
from outlay.core.beneficiary import Beneficiary
from outlay.core.destination import DestinationKind
from outlay.core.fees import FeePlan
from outlay.core.limits import Limits
from outlay.core.payout import Order, Payout
from outlay.core.progress import State
from outlay.core.refusal import No, Refusal
from outlay.service.operator.accounts import (
    block_recipient,
    change_account,
    list_blocked,
    open_account,
    set_fee,
    set_limits,
    switch_method,
    unblock_recipient,
)
from outlay.store import accounts
from outlay.store.accounts import read_account
from tests.support.payees import payee
from tests.support.rails import CountingRail, submitter_of
from tests.support.world import World, at_once, kinds, order, order_ask

MARIA = "maria@example.com"


def through(channel: str, reference: str) -> OrderPayout:
    ask = order_ask(10, reference)
    assert ask.order is not None
    return replace(ask, order=replace(ask.order, channel=channel))


async def test_a_currency_that_is_off_is_off_for_everything_in_it_and_nothing_else(world: World) -> None:
    account_id, other = await world.account(fund=100), await world.account(fund=100)
    await world.fund(account_id, 100, "USD")
    await switch_method(world.runtime, account_id, "BRL", ALL_METHODS, on=False)
    assert await order(world.runtime, account_id, order_ask(10, "r")) is Refusal.CURRENCY_OFF
    assert isinstance(await order(world.runtime, account_id, order_ask(10, "u", currency="USD")), Payout)
    assert isinstance(await order(world.runtime, other, order_ask(10, "r")), Payout)
    await switch_method(world.runtime, account_id, "BRL", ALL_METHODS, on=True)
    assert isinstance(await order(world.runtime, account_id, order_ask(10, "r")), Payout)


@pytest.mark.parametrize("method", ["pix", "EPAY_PAYOUT"])
async def test_a_kind_of_destination_or_a_channel_is_switched_off_by_itself(world: World, method: str) -> None:
    account_id = await world.account(fund=100)
    await switch_method(world.runtime, account_id, "BRL", method, on=False)
    hit, missed = through("EPAY_PAYOUT", "hit"), through("OTHER", "missed")
    assert await order(world.runtime, account_id, hit) is Refusal.METHOD_OFF
    answer = await order(world.runtime, account_id, missed)
    assert (answer is Refusal.METHOD_OFF) if method == "pix" else isinstance(answer, Payout)
    await switch_method(world.runtime, account_id, "BRL", method, on=True)
    assert isinstance(await order(world.runtime, account_id, hit), Payout)


async def test_a_switch_twice_is_a_switch_once(world: World) -> None:
    account_id = await world.account(fund=100)
    for _ in range(2):
        terms = await switch_method(world.runtime, account_id, "BRL", "pix", on=False)
        assert not isinstance(terms, No)
        assert terms.off == {"pix"}
    terms = await switch_method(world.runtime, account_id, "BRL", "pix", on=True)
    assert not isinstance(terms, No)
    assert terms.off == frozenset()
    assert await switch_method(world.runtime, uuid4(), "BRL", "pix", on=False) is Refusal.ACCOUNT_NOT_FOUND


async def test_terms_that_are_set_at_once_lose_nothing(world: World) -> None:
    account_id = await world.account()
    processes = [await world.process() for _ in range(4)]
    methods = [f"m{n}" for n in range(12)]
    await at_once(
        *(switch_method(processes[n % 4], account_id, "BRL", method, on=False) for n, method in enumerate(methods)),
        set_fee(processes[0], account_id, "BRL", FeePlan(3, 4)),
        set_limits(processes[1], account_id, "BRL", Limits(5, 6)),
    )
    terms = await switch_method(world.runtime, account_id, "BRL", "m0", on=True)
    assert not isinstance(terms, No)
    assert (terms.fee, terms.limits, terms.off) == (FeePlan(3, 4), Limits(5, 6), frozenset(methods[1:]))


async def test_a_blocked_recipient_is_not_paid_by_this_account_in_any_currency(world: World) -> None:
    account_id, other = await world.account(fund=100), await world.account(fund=100)
    await world.fund(account_id, 100, "USD")
    assert await block_recipient(world.runtime, account_id, MARIA, why="fraud", by="ana") is True
    assert await block_recipient(world.runtime, account_id, MARIA, why="again", by="bob") is False
    for currency in ("BRL", "USD"):
        ask = order_ask(10, "r", currency=currency)
        assert await order(world.runtime, account_id, ask) is Refusal.RECIPIENT_BLOCKED
    assert isinstance(await order(world.runtime, other, order_ask(10, "r")), Payout)
    (block,) = await list_blocked(world.runtime, account_id)  # type: ignore[misc]
    assert (block.number, block.why, block.blocked_by, block.at_ms) == (MARIA, "fraud", "ana", world.clock())
    assert await unblock_recipient(world.runtime, account_id, MARIA) is True
    assert await unblock_recipient(world.runtime, account_id, MARIA) is False
    assert isinstance(await order(world.runtime, account_id, order_ask(10, "r")), Payout)


async def test_a_block_is_of_a_whole_number_and_of_an_account_that_is_there(world: World) -> None:
    account_id = await world.account(fund=100)
    for near in ("maria", "m" + MARIA, MARIA[1:], "mar.ia@example.com", "mariaexample.com"):
        await block_recipient(world.runtime, account_id, near, why="x", by="ana")
    assert isinstance(await order(world.runtime, account_id, order_ask(10, "r")), Payout)
    assert await block_recipient(world.runtime, uuid4(), MARIA, why="x", by="ana") is Refusal.ACCOUNT_NOT_FOUND
    assert await unblock_recipient(world.runtime, uuid4(), MARIA) is Refusal.ACCOUNT_NOT_FOUND
    assert await list_blocked(world.runtime, uuid4()) is Refusal.ACCOUNT_NOT_FOUND


def paid_to(beneficiary: Beneficiary, reference: str) -> OrderPayout:
    ask = order_ask(10, reference, content=str(beneficiary))
    assert isinstance(ask.order, Order)
    return replace(ask, order=replace(ask.order, beneficiary=beneficiary))


async def test_a_number_is_blocked_and_allowed_again_in_any_spelling(world: World) -> None:
    account_id = await world.account(fund=100)
    iban = payee(DestinationKind.BANK, account_number="GB82WEST12345698765432")
    written = "gb82 west 1234 5698 7654 32"
    assert await block_recipient(world.runtime, account_id, written, why="fraud", by="ana") is True
    for other in ("GB82WEST12345698765432", "GB82-WEST-1234-5698-7654-32", "\uff27B82 WEST 12345698765432\u200b"):
        assert await block_recipient(world.runtime, account_id, other, why="again", by="bob") is False
    (block,) = await list_blocked(world.runtime, account_id)  # type: ignore[misc]
    assert (block.number, block.blocked_by) == (written, "ana"), "as it was given first"
    assert await order(world.runtime, account_id, paid_to(iban, "r")) is Refusal.RECIPIENT_BLOCKED
    assert await unblock_recipient(world.runtime, account_id, "GB82WEST12345698765433") is False
    assert await unblock_recipient(world.runtime, account_id, "GB82.WEST.12345698765432") is True
    assert isinstance(await order(world.runtime, account_id, paid_to(iban, "r")), Payout)


async def test_spellings_that_were_blocked_side_by_side_are_allowed_again_together(world: World) -> None:
    """An earlier version took each spelling for a number of its own, as two operators at once still can."""
    account_id = await world.account(fund=100)
    for number in ("111.444.777-35", "11144477735", "11144477736"):
        await accounts.block(world.runtime.database, account_id, number=number, why="x", by="ana", now_ms=1)
    to = payee(DestinationKind.PIX, account_number="11144477735")
    assert await order(world.runtime, account_id, paid_to(to, "r")) is Refusal.RECIPIENT_BLOCKED
    assert await unblock_recipient(world.runtime, account_id, "111 444 777 35") is True
    assert isinstance(await order(world.runtime, account_id, paid_to(to, "r")), Payout)
    (left,) = await list_blocked(world.runtime, account_id)  # type: ignore[misc]
    assert left.number == "11144477736"


async def test_an_address_in_other_letters_is_blocked_and_allowed_by_itself(world: World) -> None:
    account_id = await world.account(fund=100)
    address = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
    to, other = (payee(DestinationKind.CRYPTO, account_number=text) for text in (address, address.swapcase()))
    assert await block_recipient(world.runtime, account_id, address, why="x", by="ana") is True
    assert await order(world.runtime, account_id, paid_to(to, "a")) is Refusal.RECIPIENT_BLOCKED
    assert isinstance(await order(world.runtime, account_id, paid_to(other, "b")), Payout)
    assert await unblock_recipient(world.runtime, account_id, address.swapcase()) is False
    assert await block_recipient(world.runtime, account_id, address.swapcase(), why="x", by="ana") is True
    assert await order(world.runtime, account_id, paid_to(other, "c")) is Refusal.RECIPIENT_BLOCKED
    assert await unblock_recipient(world.runtime, account_id, address) is True
    assert isinstance(await order(world.runtime, account_id, paid_to(to, "d")), Payout)


async def test_what_was_ordered_before_a_block_or_a_switch_goes_on(world: World) -> None:
    account_id = await world.account(fund=100)
    payout = await world.order(account_id, 10)
    await block_recipient(world.runtime, account_id, MARIA, why="fraud", by="ana")
    await switch_method(world.runtime, account_id, "BRL", ALL_METHODS, on=False)
    await world.close_account(account_id)
    rail = CountingRail()
    await submitter_of(world.runtime, {"sandbox": rail}, "worker").run_due()
    assert (await world.payout(payout)).state is State.PROCESSING
    assert len(rail.submitted) == 1


# Two faults at once: the one that is listed first is told


async def close(world: World, account_id: UUID) -> None:
    await world.close_account(account_id)


async def currency_off(world: World, account_id: UUID) -> None:
    await switch_method(world.runtime, account_id, "BRL", ALL_METHODS, on=False)


async def method_off(world: World, account_id: UUID) -> None:
    await switch_method(world.runtime, account_id, "BRL", "pix", on=False)


async def recipient_blocked(world: World, account_id: UUID) -> None:
    await block_recipient(world.runtime, account_id, MARIA, why="fraud", by="ana")


async def too_small(world: World, account_id: UUID) -> None:
    await set_limits(world.runtime, account_id, "BRL", Limits(50, 60))


async def too_large(world: World, account_id: UUID) -> None:
    await set_limits(world.runtime, account_id, "BRL", Limits(1, 5))


async def never_held(_world: World, _account_id: UUID) -> None:
    return


async def spent(world: World, account_id: UUID) -> None:
    await world.fund(account_id, 9)


FAULTS: dict[Refusal, Callable[[World, UUID], Awaitable[None]]] = {
    Refusal.ACCOUNT_CLOSED: close,
    Refusal.CURRENCY_OFF: currency_off,
    Refusal.METHOD_OFF: method_off,
    Refusal.RECIPIENT_BLOCKED: recipient_blocked,
    Refusal.AMOUNT_TOO_SMALL: too_small,
    Refusal.AMOUNT_TOO_LARGE: too_large,
    Refusal.CURRENCY_NOT_HELD: never_held,
    Refusal.INSUFFICIENT_BALANCE: spent,
}
EXCLUDE_EACH_OTHER = (
    {Refusal.AMOUNT_TOO_SMALL, Refusal.AMOUNT_TOO_LARGE},
    {Refusal.CURRENCY_NOT_HELD, Refusal.INSUFFICIENT_BALANCE},
)
AT_ONCE = [some for many in (1, 2) for some in combinations(FAULTS, many) if set(some) not in EXCLUDE_EACH_OTHER]


async def test_of_one_refusal_or_two_the_first_in_the_list_is_told_and_nothing_is_bound(plain_world: World) -> None:
    told = {}
    for n, some in enumerate(AT_ONCE):
        rich = not set(some) & {Refusal.CURRENCY_NOT_HELD, Refusal.INSUFFICIENT_BALANCE}
        account_id = await plain_world.account(fund=100 if rich else 0)
        for refusal in some:
            await FAULTS[refusal](plain_world, account_id)
        told[some] = await order(plain_world.runtime, account_id, order_ask(10, f"r{n}"))
    assert told == {some: min(some) for some in AT_ONCE}
    assert [await plain_world.count(table) for table in ("claims", "payouts", "facts", "work")] == [0, 0, 0, 0]


# Changing accounts


async def test_changes_of_an_account_that_come_at_once_lose_nothing(world: World) -> None:
    account_id = await world.account()
    processes = [await world.process() for _ in range(4)]
    changes: list[dict[str, Any]] = [
        {"is_open": False},
        {"needs_review": True},
        {"notify_url": "https://example.com/notices"},
        {"needs_bank_account": True},
    ]
    answers = await at_once(
        *(change_account(process, account_id, **one) for process, one in zip(processes, changes, strict=True))
    )
    assert kinds(answers) == {Account: 4}
    now = await read_account(world.runtime.database, account_id)
    assert now is not None
    assert (now.is_open, now.needs_review, now.notify_url, now.needs_bank_account) == (
        False, True, "https://example.com/notices", True,
    )  # fmt: skip


async def test_a_change_leaves_what_it_does_not_name(world: World) -> None:
    account = await open_account(
        world.runtime, name="n", country="BR", notify_url="https://example.com/", needs_review=True
    )
    assert isinstance(account, Account)
    changed = await change_account(world.runtime, account.account_id, needs_bank_account=True)
    assert changed == replace(account, needs_bank_account=True)
    changed = await change_account(world.runtime, account.account_id, notify_url="")
    assert changed == replace(account, needs_bank_account=True, notify_url=None)
    assert await change_account(world.runtime, uuid4(), is_open=False) is Refusal.ACCOUNT_NOT_FOUND


async def test_a_change_and_a_new_sub_account_have_credentials_loaded_anew(world: World) -> None:
    account_id, other = await world.account(), await world.account()
    for owner in (account_id, other):
        await world.credential(owner, f"key of {owner}")
    await change_account(world.runtime, account_id, needs_review=True)
    await world.account(parent_id=account_id)
    versions = await world.admin.fetch("select account_id, version from credentials")
    assert {row["account_id"]: row["version"] for row in versions} == {account_id: 3, other: 1}
