"""What a command of the clerk is: what it needs loaded, the desk on which it decides, and what it wants written.

The desk shows one account's rows as they stand after the commands decided before. Loading belongs to `loading`, writing
to `saving`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Literal, TypeVar
from uuid import UUID

import msgspec

from outlay.core.account import DEFAULT_TERMS, Account, Terms
from outlay.core.bank_account import OwnBankAccount
from outlay.core.decision import Decision
from outlay.core.epoch import FIRST_EPOCH, Epoch
from outlay.core.ledger import BookKey, Posting
from outlay.core.payout import Batch, Payout
from outlay.core.refusal import Refusal
from outlay.core.transfer import Transfer
from outlay.core.work import Due
from outlay.store.guard import Guard

A_co = TypeVar("A_co", covariant=True)


class Claimed(msgspec.Struct, frozen=True):
    """A reference that has been claimed on an account, for what, and the id of what was made under it."""

    reference: str
    operation: str
    digest: bytes
    subject_id: int | None
    created_ms: int


class FamilyKey(msgspec.Struct, frozen=True):
    """At a master's account: which account of its family holds an idempotency key. `uses`: how many of the holder's
    requests may make something under it, or have; none, and any account may take it."""

    reference: str
    holder_id: UUID
    uses: int
    at_ms: int


class Funding(msgspec.Struct, frozen=True):
    """Money that came in from outside, under the funder's own reference."""

    reference: str
    funding_id: int
    currency: str
    amount_minor: int
    at_ms: int


class Move(msgspec.Struct, frozen=True):
    """One payout and what was decided about it. `before` is the payout as it was loaded, None for a new one. `due`:
    when a worker should look at it next, None for never."""

    before: Payout | None
    decision: Decision
    due: Due | None


class Booking(msgspec.Struct, frozen=True):
    """Postings that no payout caused; `subject_id` is the funding or the transfer that did."""

    subject_id: int
    postings: tuple[Posting, ...]
    at_ms: int


class Changes(msgspec.Struct, frozen=True):
    """What one command writes: all of it, or nothing."""

    moves: tuple[Move, ...] = ()
    claim: Claimed | None = None
    family_key: FamilyKey | None = None
    batch: Batch | None = None
    funding: Funding | None = None
    bank_account: OwnBankAccount | None = None
    transfer: Transfer | None = None
    booking: Booking | None = None


Subject = Literal["payout", "bank_account", "transfer"]
"""What a reference can have been claimed for and be asked about again (of a batch only the fact is told)."""


class Needs(msgspec.Struct, frozen=True):
    """What to load before deciding. With the claims of `references` comes what was made under the first that was used,
    if it is of the kind `subject`. `currency` only where no payout tells it; `own_bank_account`: also the newest valid
    one in it."""

    references: tuple[str, ...] = ()
    subject: Subject = "payout"
    family_key: str | None = None
    funding_reference: str | None = None
    payout_id: int | None = None
    batch_id: int | None = None
    currency: str | None = None
    own_bank_account: bool = False
    bank_account_id: int | None = None
    transfer_id: int | None = None


class Command(msgspec.Struct, Generic[A_co], frozen=True, kw_only=True):
    """One write, which is answered with an A, or refused. `guard`: proved by the statement that loads what it needs.
    `weight`: how many payouts it may write; the most where that is not known beforehand."""

    account_id: UUID
    needs: Needs
    guard: Guard | None = None
    weight: int = 1

    def decide(self, desk: Desk) -> tuple[A_co | Refusal, Changes | None]:
        """Must be pure but for what it takes from the desk."""
        raise NotImplementedError


class Unreadable(RuntimeError):
    """A row that a command needs cannot be read: it was damaged, or written by a newer version."""


class Desk:
    """One account's rows as they stand after the commands decided so far."""

    def __init__(self, account: Account | None, next_id: Callable[[], int]) -> None:
        self.account = account
        self.next_id = next_id
        self.balances: dict[BookKey, int] = {}
        self.terms: dict[str, Terms] = {}
        self._payouts: dict[int, Payout] = {}
        self._unreadable: dict[int, Exception] = {}
        """By the id of the payout, and of its batch."""
        self._claims: dict[str, Claimed] = {}
        self._family_keys: dict[str, FamilyKey] = {}
        self._fundings: dict[str, Funding] = {}
        self._bank_accounts: dict[int, OwnBankAccount] = {}
        self._transfers: dict[int, Transfer] = {}

    @property
    def epoch(self) -> Epoch:
        return self.account.epoch if self.account is not None else FIRST_EPOCH

    def payout(self, payout_id: int) -> Payout | None:
        """Raises Unreadable."""
        self._check_readable(payout_id)
        return self._payouts.get(payout_id)

    def _check_readable(self, number: int) -> None:
        if why := self._unreadable.get(number):
            raise Unreadable(f"a payout's row cannot be read ({number}): {why!r}") from why

    def claim(self, *references: str) -> Claimed | None:
        """The claim of the first of these that was used."""
        for reference in references:
            if (claim := self._claims.get(reference)) is not None:
                return claim
        return None

    def family_key(self, reference: str) -> FamilyKey | None:
        return self._family_keys.get(reference)

    def funding(self, reference: str) -> Funding | None:
        return self._fundings.get(reference)

    def batch(self, batch_id: int) -> Sequence[Payout]:
        """Its payouts in their order; none where there is no such batch. Raises Unreadable where one of them is."""
        self._check_readable(batch_id)
        found = [payout for payout in self._payouts.values() if payout.batch_id == batch_id]
        return sorted(found, key=lambda payout: payout.payout_id)

    def bank_account(self, bank_account_id: int) -> OwnBankAccount | None:
        return self._bank_accounts.get(bank_account_id)

    def own_bank_account(self, currency: str) -> OwnBankAccount | None:
        """The newest valid one."""
        valid = [each for each in self._bank_accounts.values() if each.is_valid and each.currency == currency]
        return max(valid, key=lambda each: each.bank_account_id, default=None)

    def transfer(self, transfer_id: int) -> Transfer | None:
        return self._transfers.get(transfer_id)

    def terms_in(self, currency: str) -> Terms:
        return self.terms.get(currency, DEFAULT_TERMS)

    def put_payout(self, payout: Payout) -> None:
        self._payouts[payout.payout_id] = payout

    def put_unreadable(self, payout_id: int, batch_id: int | None, why: Exception) -> None:
        """Whoever needs it, or all of its batch, hears why; nobody else does."""
        self._unreadable[payout_id] = why
        if batch_id is not None:
            self._unreadable[batch_id] = why

    def put_claim(self, claim: Claimed) -> None:
        self._claims[claim.reference] = claim

    def put_family_key(self, key: FamilyKey) -> None:
        self._family_keys[key.reference] = key

    def put_funding(self, funding: Funding) -> None:
        self._fundings[funding.reference] = funding

    def put_bank_account(self, bank_account: OwnBankAccount) -> None:
        self._bank_accounts[bank_account.bank_account_id] = bank_account

    def put_transfer(self, transfer: Transfer) -> None:
        self._transfers[transfer.transfer_id] = transfer
