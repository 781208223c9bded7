"""The asks beyond one plain payout, ready-made, and who asks them: batches, bank accounts, transfers, payouts to an
account here. A plain payout's is `order_ask` in world.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from outlay.core.account import Account
from outlay.core.asks import (
    AddBankAccount,
    Claim,
    NewBankAccount,
    OrderBatch,
    OrderPayout,
    OrderTransfer,
    TransferOrder,
)
from outlay.core.bank_account import BankAccountDetails
from outlay.core.beneficiary import OWN_ACCOUNT, Beneficiary
from outlay.core.destination import DestinationKind
from outlay.core.payout import Order
from outlay.core.transfer import Transfer
from outlay.service.merchant.claims import BATCH, why_not
from outlay.service.merchant.order_payout import order_batch
from outlay.service.merchant.transfers import _GiveCommand
from outlay.service.runtime import Caller, Runtime
from outlay.store.read.reader import PayoutQuestion
from outlay.store.write.desk import Needs
from tests.support.callers import trusted
from tests.support.payees import payee
from tests.support.world import World, digest, order_ask

DETAILS = BankAccountDetails(
    account_name="",
    account_number="12345678",
    bank_name="Banco do Brasil",
    bank_address="Brasília",
    country="BR",
    swift_code="BRASBRRJ",
    branch_code="0001",
)


async def caller_in(
    world: World, account_id: UUID, *, name: str = "ana", master_id: UUID | None = None, speaks_for: UUID | None = None
) -> Caller:
    """Who signs with a new credential of `account_id`. `master_id`: the account's own master, where it is a
    sub-account; `speaks_for`: a sub-account that is addressed instead of the account itself."""
    guard = await world.credential(account_id, world.new_reference("key"))
    return Caller(
        account_id=speaks_for or account_id,
        guard=guard,
        parent_id=account_id if speaks_for else None,
        name=name,
        family_id=master_id or account_id,
        has_family=True,
    )


def claim(reference: str, content: str = "", operation: str = "make", *, exclusive: bool = False) -> Claim:
    return Claim(reference, operation, digest(content), exclusive)


def detail(amount_minor: int, reference: str, **also: Any) -> Order:
    """One payout of a batch."""
    what = order_ask(amount_minor, reference).order
    assert what is not None
    return replace(what, **also)


def batch_ask(
    reference: str, amounts: Sequence[int], *, content: str | None = None, operation: str = "batch", **also: Any
) -> OrderBatch:
    """Details are called d0, d1, …"""
    details = tuple(detail(amount, f"d{n}", **also) for n, amount in enumerate(amounts))
    return OrderBatch(claim(reference, content or str(amounts), operation), details)


async def place_batch(runtime: Runtime, account_id: UUID, ask: OrderBatch, name: str = "") -> Any:
    if ask.orders is None:
        question = PayoutQuestion(account_id)
        return await why_not(runtime, question, ask.claim, BATCH, (), fields_are_wrong=True)
    return await order_batch(runtime, trusted(account_id, name=name), ask.claim, ask.orders)


def to_own_account(amount_minor: int, reference: str, **also: Any) -> OrderPayout:
    return _ask(order_ask(amount_minor, reference, **also), OWN_ACCOUNT)


def to_account(amount_minor: int, reference: str, target: UUID | str, **also: Any) -> OrderPayout:
    """A payout to another account here."""
    to = payee(DestinationKind.ACCOUNT, account_number=str(target))
    return _ask(order_ask(amount_minor, reference, content=f"{amount_minor} to {target}", **also), to)


def _ask(ask: OrderPayout, beneficiary: Beneficiary) -> OrderPayout:
    assert ask.order is not None
    return replace(ask, order=replace(ask.order, beneficiary=beneficiary))


def exclusive(ask: Any) -> Any:
    return replace(ask, claim=replace(ask.claim, exclusive=True))


def bank_account_ask(reference: str, *, currency: str = "BRL", **details: Any) -> AddBankAccount:
    new = NewBankAccount(currency, replace(DETAILS, **details))
    return AddBankAccount(claim(reference, str(details), "add bank account"), new)


def transfer_ask(
    reference: str, source: UUID | str, target: UUID | str, amount_minor: int, *, currency: str = "BRL"
) -> OrderTransfer:
    what = TransferOrder(
        source=str(source), target=str(target), currency=currency, amount_minor=amount_minor, reason="top up"
    )
    return OrderTransfer(claim(reference, f"{source} {target} {amount_minor} {currency}", "transfer"), what)


async def give(runtime: Runtime, source_id: UUID, target: Account, amount_minor: int, reference: str) -> Transfer:
    """The giver's side of a transfer alone, as a process leaves it that dies before the taker has the money."""
    ask = transfer_ask(reference, source_id, target.account_id, amount_minor)
    assert isinstance(ask.transfer, TransferOrder)
    needs = Needs(references=ask.claim.references, subject="transfer", currency=ask.transfer.currency)
    command = _GiveCommand(target, ask.transfer, "ana", ask.claim, account_id=source_id, needs=needs)
    given = await runtime.clerk.do(command)
    assert isinstance(given, Transfer), given
    return given
