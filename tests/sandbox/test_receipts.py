"""What the bank calls a payout, and the receipt under that name: in MXN as Mexico's payments are tracked, elsewhere the
bank's plain number and no receipt."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from outlay.core.attempt import Attempt, AttemptState
from outlay.core.beneficiary import OWN_ACCOUNT
from outlay.core.currencies import EXPONENTS
from outlay.core.events import BeginAttempt
from outlay.core.fees import FeePlan, fee_of
from outlay.core.outcome import Accepted, NotFound, Paid
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.sandbox import bank as bank_module
from outlay.sandbox.bank import LEASE_MS, SandboxBank
from outlay.sandbox.references import bank_reference, receipt_url
from outlay.service.engine.move_payout import Moved, move_payout
from outlay.store.database import Unavailable
from outlay.store.read.history import read_history
from tests.support.rails import ASK_AGAIN_MS, SANDBOX_TERMS, open_fence, submitter_of
from tests.support.world import World

DELAY_MS = 1000
DAY_MS = 86_400_000
LARGEST_IDS = (2**63 - 1 - 10**18, 2**63 - 1)
RECEIPTS = "https://cep.sandbox.example/"
# The world's clock starts at 2025-10-09 08:53:20 UTC: in Mexico the same day.
LOCAL_DATE = "20251009"


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


class Sandbox:
    """A bank and a submitter in one world, and a merchant with money in one currency."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.bank = SandboxBank(world.runtime, DELAY_MS, SANDBOX_TERMS)
        self.submitter = submitter_of(world.runtime, {"sandbox": self.bank}, "worker")

    async def order(self, currency: str, amount_minor: int = 5000) -> Payout:
        account_id: UUID = await self.world.account(fund=100_000, currency=currency)
        return await self.world.order(account_id, amount_minor, currency=currency)

    async def sent(self, currency: str, amount_minor: int = 5000) -> Payout:
        payout = await self.order(currency, amount_minor)
        await self.submitter.run_due()
        return await self.world.payout(payout)

    async def play_out(self) -> None:
        while await self.submitter.run_due() + await self.bank.deliver_due():
            pass

    async def paid(self, payout: Payout) -> Payout:
        self.world.clock.advance(DELAY_MS)
        await self.play_out()
        now = await self.world.payout(payout)
        assert now.state is State.PAID
        return now


async def test_a_payment_in_mxn_is_tracked_by_thirty_digits_with_a_receipt_once_it_is_paid(world: World) -> None:
    sandbox = Sandbox(world)
    sent = await sandbox.sent("MXN")
    assert sent.rail_reference is not None
    assert re.fullmatch(rf"{LOCAL_DATE}[0-9]{{22}}", sent.rail_reference)
    assert sent.receipt_url is None
    paid = await sandbox.paid(sent)
    assert paid.rail_reference == sent.rail_reference
    assert paid.receipt_url == RECEIPTS + sent.rail_reference
    facts = (await read_history(world.runtime.database, paid)).facts
    assert facts[-1].data["receipt_url"] == paid.receipt_url


async def test_a_payment_in_another_currency_has_the_plain_number_and_no_receipt(world: World) -> None:
    sandbox = Sandbox(world)
    for currency in ("BRL", "USD", "COP"):
        paid = await sandbox.paid(await sandbox.sent(currency))
        assert paid.rail_reference == f"SBX{paid.payout_id}01"
        assert paid.receipt_url is None
        facts = (await read_history(world.runtime.database, paid)).facts
        assert "receipt_url" not in facts[-1].data


async def test_a_payment_that_failed_has_no_receipt(world: World) -> None:
    sandbox = Sandbox(world)
    for ending in (71, 73):
        payout = await sandbox.sent("MXN", 5000 + ending)
        world.clock.advance(DELAY_MS)
        await sandbox.play_out()
        now = await world.payout(payout)
        assert (now.state, now.receipt_url) == (State.FAILED, None)


async def test_a_receipt_that_was_not_told_is_found_by_asking(world: World) -> None:
    sandbox = Sandbox(world)
    sent = await sandbox.sent("MXN")
    await world.admin.execute("delete from bank_messages; update bank_orders set state = 'paid'")
    world.clock.advance(ASK_AGAIN_MS)
    await sandbox.submitter.run_due()
    now = await world.payout(sent)
    assert now.state is State.PAID
    assert now.receipt_url == RECEIPTS + str(sent.rail_reference)


async def test_paid_by_hand_has_the_same_receipt(world: World) -> None:
    sandbox = Sandbox(world)
    sent = await sandbox.sent("MXN", 5074)
    moved = await sandbox.bank.release(sent)
    assert isinstance(moved, Moved)
    assert moved.payout.receipt_url == RECEIPTS + str(sent.rail_reference)


async def test_the_bank_gives_one_name_however_often_and_whenever_it_is_sent_an_order(world: World) -> None:
    """The crash between the bank's memory and ours: the order is sent again days later, and asked about."""
    sandbox = Sandbox(world)
    payout = await sandbox.order("MXN")
    begun = await move_payout(world.runtime, payout.account_id, payout.payout_id, BeginAttempt())
    assert isinstance(begun, Moved)
    attempt = begun.payout.attempt
    assert attempt is not None
    assert isinstance(await sandbox.bank.ask(begun.payout, attempt), NotFound)
    first = await sandbox.bank.send(begun.payout, attempt, open_fence())
    assert isinstance(first, Accepted)
    world.clock.advance(3 * DAY_MS)
    assert await sandbox.bank.send(begun.payout, attempt, open_fence()) == first
    assert await sandbox.bank.ask(begun.payout, attempt) == first
    # Even a bank that had forgotten it would give the same name.
    await world.admin.execute("delete from bank_messages; delete from bank_orders")
    assert await sandbox.bank.send(begun.payout, attempt, open_fence()) == first
    await sandbox.bank.deliver_due()
    world.clock.advance(DELAY_MS)
    await sandbox.play_out()
    now = await world.payout(payout)
    assert now.receipt_url == RECEIPTS + first.rail_reference
    assert await sandbox.bank.send(begun.payout, attempt, open_fence()) == Paid(first.rail_reference, now.receipt_url)


async def test_a_crash_between_paying_and_telling_loses_no_receipt(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0
    tell = bank_module.move_payout

    async def crash_first(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise Unavailable("crash")
        return await tell(*arguments)

    monkeypatch.setattr(bank_module, "move_payout", crash_first)
    sandbox = Sandbox(world)
    sent = await sandbox.sent("MXN")
    world.clock.advance(DELAY_MS)
    await sandbox.play_out()
    assert calls == 1
    world.clock.advance(LEASE_MS)
    await sandbox.play_out()
    now = await world.payout(sent)
    assert (now.state, now.receipt_url) == (State.PAID, RECEIPTS + str(sent.rail_reference))
    assert await world.facts(sent) == ["ordered", "attempt_begun", "attempt_accepted", "paid"]


async def test_an_order_that_was_taken_under_a_plain_number_keeps_it_and_has_no_receipt(world: World) -> None:
    """As a version before this one left it."""
    sandbox = Sandbox(world)
    sent = await sandbox.sent("MXN")
    old = f"SBX{sent.payout_id}01"
    await world.admin.execute("update bank_orders set bank_reference = $1", old)
    await world.admin.execute("update payouts set rail_reference = $1", old)
    paid = await sandbox.paid(sent)
    assert (paid.rail_reference, paid.receipt_url) == (old, None)


# What it is called, by itself


def called(begun_ms: int, payout_id: int = 1, number: int = 1, currency: str = "MXN") -> str:
    payout = Payout(
        account_id=UUID(int=1),
        payout_id=payout_id,
        reference="any",
        currency=currency,
        amount_minor=1,
        fee=fee_of(1, FeePlan()),
        beneficiary=OWN_ACCOUNT,
        rail="sandbox",
        created_ms=0,
        state=State.PROCESSING,
    )
    return bank_reference(payout, Attempt(number, "sandbox", "any", AttemptState.BEGUN, begun_ms))


@pytest.mark.parametrize(
    ("utc", "date"),
    [
        ("2026-04-17 05:59:59.999", "20260416"),
        ("2026-04-17 06:00:00.000", "20260417"),
        ("2026-07-01 05:30:00.000", "20260630"),  # no daylight saving
        ("2027-01-01 05:59:59.000", "20261231"),
    ],
)
def test_the_date_is_mexicos_own_at_a_fixed_offset(utc: str, date: str) -> None:
    assert called(ms(utc))[:8] == date


def test_no_two_attempts_share_a_name_and_all_have_thirty_digits() -> None:
    at_ms = ms("2026-04-17 12:00:00")
    many = [(payout_id, number) for payout_id in (1, 10, 2**62, *LARGEST_IDS) for number in (1, 2, 10, 999)]
    names = {called(at_ms, payout_id, number) for payout_id, number in many}
    assert len(names) == len(many)
    assert all(re.fullmatch("[0-9]{30}", name) for name in names)


def test_only_mxn_is_tracked_by_digits() -> None:
    for currency in EXPONENTS.keys() - {"MXN"}:
        name = called(ms("2026-04-17 12:00:00"), 7, currency=currency)
        assert (name, receipt_url(name)) == ("SBX701", ""), currency
