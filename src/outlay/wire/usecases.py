"""What any dialect can ask of Outlay, and what it gets back: the neutral middle between a wire shape and the core.

A dialect's `read` makes one of the asks; `service` carries it out; the dialect's `write` renders the answer. An ask
that is refused gives a `Refusal` instead of its answer.

Asks that make something carry a claim: `reference` is unique per account for ever; `digest` (32 bytes) is equal for
equal content, by the dialect's own idea of equal; `operation` tells apart endpoints that share one key space. Where the
fields are wrong, what they would have made is a Fault instead: that is the answer only if the reference is new, because
a resend of an accepted request must never earn a definite refusal.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from outlay.core.account import Account
from outlay.core.bank_account import BankAccount, BankAccountDetails
from outlay.core.payout import Order, Payout, Standing
from outlay.core.refusal import Refusal
from outlay.core.transfer import Transfer
from outlay.wire.problems import Fault


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


# -- payouts --------------------------------------------------------------------------------------------------------


class OrderPayout(msgspec.Struct, frozen=True):
    """Order one payout. Of a beneficiary of kind ACCOUNT, `account_number` may be the short form of the id."""

    claim: Claim
    order: Order | Fault


class Ordered(msgspec.Struct, frozen=True):
    """A new payout now exists."""

    payout: Payout


class OrderBatch(msgspec.Struct, frozen=True):
    """Order payouts together, all of one currency: all of them or none, and none of a refused one is left. Their
    references are the merchant's, unique in the batch, and claimed nowhere."""

    claim: Claim
    orders: tuple[Order, ...] | Fault


class PayoutOrder(msgspec.Struct, frozen=True):
    """What was ordered under one reference: a payout by itself (then `order_id` is its own id), or a batch, in the
    order in which its payouts were given."""

    order_id: int
    reference: str
    created_ms: int
    payouts: tuple[Payout, ...]


class BatchOrdered(msgspec.Struct, frozen=True):
    """A new batch now exists."""

    order: PayoutOrder


class Repeated(msgspec.Struct, frozen=True):
    """The reference was used before. `same` tells whether for the same operation with the same content; `subject` is
    what was made then, in its present state; None where that is not of the kind that was asked for now, or a batch."""

    same: bool
    same_operation: bool
    subject: Payout | BankAccount | Transfer | None = None


class FindPayout(msgspec.Struct, frozen=True):
    """Find by the merchant's reference, by our id, or by both if they name the same payout."""

    reference: str | None = None
    payout_id: int | None = None


class Found(msgspec.Struct, frozen=True):
    payout: Payout


class FindOrder(msgspec.Struct, frozen=True):
    """Find what was ordered, alone or together, by the merchant's reference, our id of the order, or both if they name
    the same one. A payout of a batch is no order by itself."""

    reference: str | None = None
    order_id: int | None = None


class OrderFound(msgspec.Struct, frozen=True):
    order: PayoutOrder


class ListPayouts(msgspec.Struct, frozen=True, kw_only=True):
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


class PayoutsListed(msgspec.Struct, frozen=True):
    """`more`: others follow. `total` regardless of `after_id`, `skip` and `limit`; None unless asked for."""

    payouts: tuple[Payout, ...]
    more: bool
    total: int | None = None


# -- balances -------------------------------------------------------------------------------------------------------


class ReadBalances(msgspec.Struct, frozen=True):
    """The balances of one currency, or of all that the account ever used."""

    currency: str | None = None


class Balance(msgspec.Struct, frozen=True):
    """`held_minor` is set aside for payouts under way; both in minor units."""

    currency: str
    available_minor: int
    held_minor: int


class BalancesRead(msgspec.Struct, frozen=True):
    """In ascending order of currency. Empty where the currency was never used."""

    balances: tuple[Balance, ...]


# -- a merchant's own bank accounts -----------------------------------------------------------------------------------


class AddBankAccount(msgspec.Struct, frozen=True):
    """Register a bank account. Its `account_name` becomes the account's own."""

    claim: Claim
    currency: str
    details: BankAccountDetails | Fault


class ChangeBankAccount(msgspec.Struct, frozen=True):
    """Give a bank account other details; its currency and name stay. `change`: what the sent fields make of the present
    ones, or what is wrong with them; which fields a country demands depends on the currency."""

    claim: Claim
    bank_account_id: int
    change: Callable[[BankAccount], BankAccountDetails | Fault]


class BankAccountSaved(msgspec.Struct, frozen=True):
    bank_account: BankAccount


class FindBankAccount(msgspec.Struct, frozen=True):
    bank_account_id: int


class ListBankAccounts(msgspec.Struct, frozen=True):
    """Newest first."""

    skip: int
    limit: int


class BankAccountsListed(msgspec.Struct, frozen=True):
    bank_accounts: tuple[BankAccount, ...]
    total: int


# -- transfers between accounts of one master --------------------------------------------------------------------------


class OrderTransfer(msgspec.Struct, frozen=True):
    """Move money between two accounts of the caller's family: the caller's account, its master, its siblings."""

    claim: Claim
    transfer: TransferOrder | Fault


class TransferOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts are named by their id or its short form."""

    source: str
    target: str
    currency: str
    amount_minor: int
    reason: str


class TransferMade(msgspec.Struct, frozen=True):
    transfer: Transfer


class FindTransfer(msgspec.Struct, frozen=True):
    transfer_id: int


class ListTransfers(msgspec.Struct, frozen=True, kw_only=True):
    """Given and taken by the account, newest first; payouts to an account are not among them."""

    currencies: frozenset[str] | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    skip: int
    limit: int


class TransfersListed(msgspec.Struct, frozen=True):
    transfers: tuple[Transfer, ...]
    total: int


# -- the accounts of one master ---------------------------------------------------------------------------------------


class ListAccounts(msgspec.Struct, frozen=True):
    """The accounts under the caller's master, the oldest first, whichever of them is addressed: those that are open,
    closed, or either."""

    opened: bool
    closed: bool
    skip: int
    limit: int


class AccountsListed(msgspec.Struct, frozen=True):
    accounts: tuple[Account, ...]
    total: int


class FindAccount(msgspec.Struct, frozen=True):
    """An account under the caller's master, or the caller's own, by its id or its short form; else TARGET_NOT_FOUND."""

    named: str


class AccountFound(msgspec.Struct, frozen=True):
    account: Account


class Greet(msgspec.Struct, frozen=True):
    """Nothing but to be known: the credential and the account addressed are checked, and that is all."""


class Greeted(msgspec.Struct, frozen=True):
    pass


Ask = (
    OrderPayout
    | OrderBatch
    | FindPayout
    | FindOrder
    | ListPayouts
    | ReadBalances
    | AddBankAccount
    | ChangeBankAccount
    | FindBankAccount
    | ListBankAccounts
    | OrderTransfer
    | FindTransfer
    | ListTransfers
    | ListAccounts
    | FindAccount
    | Greet
)
Answer = (
    Ordered
    | BatchOrdered
    | Repeated
    | Found
    | OrderFound
    | PayoutsListed
    | BalancesRead
    | BankAccountSaved
    | BankAccountsListed
    | TransferMade
    | TransfersListed
    | AccountsListed
    | AccountFound
    | Greeted
    | Refusal
    | Fault
)
