"""What a caller may ask of Outlay, whichever API they speak: each ask names the answer that it gets.

A dialect reads an ask, `service` carries it out, the dialect writes the answer. Any ask may get a `Refusal` instead of
its answer.

Asks that make something carry a claim: `reference` is unique per account for ever; `digest` (32 bytes) is equal for
equal content, by the dialect's own idea of equal; `operation` tells apart endpoints that share one key space. Where the
fields are wrong the ask comes empty. It is told "unclaimed" then, and only whoever read the fields knows what is wrong;
or that the reference was used before, because a resend of an accepted request must never earn a definite refusal.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, TypeAlias, TypeVar

import msgspec

from outlay.core.account import Account
from outlay.core.bank_account import BankAccountDetails, OwnBankAccount
from outlay.core.payout import Order, Payout
from outlay.core.progress import Standing
from outlay.core.refusal import Refusal
from outlay.core.transfer import Transfer

A = TypeVar("A")
Q = TypeVar("Q", bound="Ask[Any]")
R = TypeVar("R")
C = TypeVar("C")
S = TypeVar("S")


class Ask(msgspec.Struct, Generic[A], frozen=True):
    """Something that a caller may ask; `A` is its answer. A Refusal may always come instead."""

    @classmethod
    def served_by(
        cls: type[Q], handler: Callable[[R, C, Q], Awaitable[A | Refusal]]
    ) -> tuple[type[Q], Callable[[R, C, Q], Awaitable[A | Refusal]]]:
        """A row of a table of handlers: one that takes another ask, or gives another answer, is refused by the type
        checker."""
        return cls, handler


class KnownDigest(msgspec.Struct, frozen=True):
    """Stands for a computation whose outcome is known."""

    digest: bytes

    def __call__(self) -> bytes:
        return self.digest


class Claim(msgspec.Struct, frozen=True):
    """See above. `exclusive`: the API says so while the first request with this key is still running (STILL_RUNNING),
    and where another account of the same master has used it (REFERENCE_ELSEWHERE).

    `spellings`: every text under which the same reference may have been claimed, also by an earlier version, in the
    order in which they count; a new claim is made under `reference`. `older_digest`: the digest of the same content by
    an earlier version's rule, asked for only where the present one differs."""

    reference: str
    operation: str
    digest: bytes
    exclusive: bool = False
    spellings: tuple[str, ...] = ()
    older_digest: Callable[[], bytes] | None = None

    @property
    def references(self) -> tuple[str, ...]:
        """What to look up, in this order."""
        return self.spellings or (self.reference,)


class Repeated(msgspec.Struct, Generic[S], frozen=True):
    """The reference was used before. `same` tells whether for the same operation with the same content; `subject` is
    what was made then, in its present state; None where that is not of the kind that was asked for now, or a batch."""

    same: bool
    same_operation: bool
    subject: S | None = None


class Unclaimed(msgspec.Struct, frozen=True):
    """The ask came empty, and its reference is new: nothing was made."""


UNCLAIMED: Final = Unclaimed()

Made: TypeAlias = S | Repeated[S] | Unclaimed
"""What becomes of an ask that makes something: it now exists, or one of the other two."""


class Counted(msgspec.Struct, Generic[S], frozen=True):
    """Part of a list, and how many there are in all."""

    items: tuple[S, ...]
    total: int


# -- payouts --------------------------------------------------------------------------------------------------------


class WholeOrder(msgspec.Struct, frozen=True):
    """What was ordered under one reference: a payout by itself (then `order_id` is its own id), or a batch, in the
    order in which its payouts were given."""

    order_id: int
    reference: str
    created_ms: int
    payouts: tuple[Payout, ...]


class OrderPayout(Ask[Made[Payout]], frozen=True):
    """Order one payout. Of a beneficiary of kind ACCOUNT, `account_number` may be the short form of the id."""

    claim: Claim
    order: Order | None


class OrderBatch(Ask[Made[WholeOrder]], frozen=True):
    """Order payouts together, all of one currency: all of them or none, and none of a refused one is left. Their
    references are the merchant's, unique in the batch, and claimed nowhere."""

    claim: Claim
    orders: tuple[Order, ...] | None


class FindPayout(Ask[Payout], frozen=True):
    """Find by the merchant's reference, by our id, or by both if they name the same payout."""

    reference: str | None = None
    payout_id: int | None = None


class FindOrder(Ask[WholeOrder], frozen=True):
    """Find what was ordered, alone or together, by the merchant's reference, our id of the order, or both if they name
    the same one. A payout of a batch is no order by itself."""

    reference: str | None = None
    order_id: int | None = None


class PayoutsListed(msgspec.Struct, frozen=True):
    """`more`: others follow. `total` regardless of `after_id`, `skip` and `limit`; None unless asked for."""

    payouts: tuple[Payout, ...]
    more: bool
    total: int | None = None


class ListPayouts(Ask[PayoutsListed], frozen=True, kw_only=True):
    """Payouts of the account in the order of their making, which is that of their ids. Times are Unix milliseconds,
    both included; None leaves a condition out. `after_id`: only those that follow it in the order asked for. `counted`:
    also tell how many there are in all."""

    standings: frozenset[Standing] | None = None
    currencies: frozenset[str] | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    newest_first: bool = False
    after_id: int | None = None
    skip: int = 0
    limit: int
    counted: bool = False


# -- balances -------------------------------------------------------------------------------------------------------


class Balance(msgspec.Struct, frozen=True):
    """`held_minor` is set aside for payouts under way; both in minor units."""

    currency: str
    available_minor: int
    held_minor: int


class ReadBalances(Ask[tuple[Balance, ...]], frozen=True):
    """The balances of one currency, or of all that the account ever used, in ascending order of currency. None where
    the currency was never used."""

    currency: str | None = None


# -- a merchant's own bank accounts -----------------------------------------------------------------------------------


class NewBankAccount(msgspec.Struct, frozen=True):
    currency: str
    details: BankAccountDetails


class AddBankAccount(Ask[Made[OwnBankAccount]], frozen=True):
    """Register a bank account. Its `account_name` becomes the account's own."""

    claim: Claim
    bank_account: NewBankAccount | None


class Unfit(msgspec.Struct, frozen=True):
    """What was sent makes no bank account of the present one, and its reference is new: nothing was changed."""

    present: OwnBankAccount


class ChangeBankAccount(Ask[Made[OwnBankAccount] | Unfit], frozen=True):
    """Give a bank account other details; its currency and name stay. `change`: what the sent fields make of the present
    ones, which depends on the currency, None where they do not fit it; no function where nothing could be read."""

    claim: Claim
    bank_account_id: int
    change: Callable[[OwnBankAccount], BankAccountDetails | None] | None


class FindBankAccount(Ask[OwnBankAccount], frozen=True):
    bank_account_id: int


class ListBankAccounts(Ask[Counted[OwnBankAccount]], frozen=True):
    """Newest first."""

    skip: int
    limit: int


# -- transfers between accounts of one master --------------------------------------------------------------------------


class TransferOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts are named by their id or its short form."""

    source: str
    target: str
    currency: str
    amount_minor: int
    reason: str


class OrderTransfer(Ask[Made[Transfer]], frozen=True):
    """Move money between two accounts of the caller's family: the caller's account, its master, its siblings."""

    claim: Claim
    transfer: TransferOrder | None


class FindTransfer(Ask[Transfer], frozen=True):
    transfer_id: int


class ListTransfers(Ask[Counted[Transfer]], frozen=True, kw_only=True):
    """Given and taken by the account, newest first; payouts to an account are not among them."""

    currencies: frozenset[str] | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    skip: int
    limit: int


# -- the accounts of one master ---------------------------------------------------------------------------------------


class ListAccounts(Ask[Counted[Account]], frozen=True):
    """The accounts under the caller's master, the oldest first, whichever of them is addressed: those that are open,
    closed, or either."""

    opened: bool
    closed: bool
    skip: int
    limit: int


class FindAccount(Ask[Account], frozen=True):
    """An account under the caller's master, or the caller's own, by its id or its short form; else TARGET_NOT_FOUND."""

    named: str


class Greet(Ask[None], frozen=True):
    """Nothing but to be known: the credential and the account addressed are checked, and that is all."""
