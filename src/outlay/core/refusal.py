"""Every "no" that the core can say: refusals, which callers meet, and objections, which only people and rails do.

Refusals stand in the order in which they are told: where several apply, the first one listed is the answer
(`foremost`). What is wrong with the *form* of a request (a missing field, a bad amount) is told by the dialect that
reads it. Each dialect has words for every family of refusals, and of its own for those that its document names.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, IntEnum, auto
from typing import Final


class Family(Enum):
    """What a caller can make of a refusal."""

    UNKNOWN = auto()
    """What the request names is not there, or not the caller's: the two are never told apart."""
    CLOSED = auto()
    """The account orders nothing any more."""
    BUSY = auto()
    """The idempotency key belongs to another request."""
    OFF = auto()
    """The account may not pay so, or not there."""
    AMOUNT = auto()
    """Outside of what the account may pay at once."""
    FUNDS = auto()
    """The account has not so much."""


class No(IntEnum):
    """Either of the two. No number stands for one of each."""


class Refusal(No):
    """What a caller can be told; the lower one goes before."""

    ACCOUNT_NOT_FOUND = auto()
    """No such account, or not one that the caller may address: the two are never told apart."""
    STILL_RUNNING = auto()
    """A request with this reference is being carried out at this moment: ask again. Goes before what is final, because
    that request may yet make what both ask for."""
    ACCOUNT_CLOSED = auto()
    """The account is closed, or the account that signed is; of a transfer also: the giver or the taker is."""
    PAYOUT_NOT_FOUND = auto()
    """No such payout on the addressed account: also said of somebody else's."""
    TRANSFER_NOT_FOUND = auto()
    """No such transfer on the addressed account."""
    REFERENCE_ELSEWHERE = auto()
    """The reference is used on another account of the same master, or a request with it is under way or broke off
    there."""
    BANK_ACCOUNT_NOT_FOUND = auto()
    """No such bank account, or none of the merchant's own in the currency of the payout."""
    TARGET_NOT_FOUND = auto()
    """The other account of a transfer, the payee here, or the one that is asked about is none of the caller's family;
    or the payee is closed."""
    SAME_ACCOUNT = auto()
    """A transfer from an account to itself: nothing would move. (A payout to the account itself is one.)"""
    CURRENCY_OFF = auto()
    """Payouts in this currency are switched off for the account (`outlay method off`)."""
    METHOD_OFF = auto()
    """This kind of destination, or the channel that the order names, is switched off for the account."""
    RECIPIENT_BLOCKED = auto()
    """The recipient is on the account's block list (`outlay block`)."""
    AMOUNT_TOO_SMALL = auto()
    """Below the account's smallest payout."""
    AMOUNT_TOO_LARGE = auto()
    """Above the account's largest payout."""
    CURRENCY_NOT_HELD = auto()
    """The account has never had money in this currency."""
    INSUFFICIENT_BALANCE = auto()
    """Amount and fee exceed what is available."""

    @property
    def family(self) -> Family:
        return _FAMILIES[self]


_FAMILIES: Final = {
    Refusal.ACCOUNT_NOT_FOUND: Family.UNKNOWN,
    Refusal.STILL_RUNNING: Family.BUSY,
    Refusal.ACCOUNT_CLOSED: Family.CLOSED,
    Refusal.PAYOUT_NOT_FOUND: Family.UNKNOWN,
    Refusal.TRANSFER_NOT_FOUND: Family.UNKNOWN,
    Refusal.REFERENCE_ELSEWHERE: Family.BUSY,
    Refusal.BANK_ACCOUNT_NOT_FOUND: Family.UNKNOWN,
    Refusal.TARGET_NOT_FOUND: Family.UNKNOWN,
    Refusal.SAME_ACCOUNT: Family.UNKNOWN,
    Refusal.CURRENCY_OFF: Family.OFF,
    Refusal.METHOD_OFF: Family.OFF,
    Refusal.RECIPIENT_BLOCKED: Family.OFF,
    Refusal.AMOUNT_TOO_SMALL: Family.AMOUNT,
    Refusal.AMOUNT_TOO_LARGE: Family.AMOUNT,
    Refusal.CURRENCY_NOT_HELD: Family.FUNDS,
    Refusal.INSUFFICIENT_BALANCE: Family.FUNDS,
}
"""Every refusal has a family; a test fails for one that is missing."""

LAST_BEFORE_FIELDS: Final = Refusal.REFERENCE_ELSEWHERE
"""Whose account and whose key it is, is told before what is wrong with the fields; whatever the fields name, after."""


def foremost(found: Iterable[Refusal], *, fields_are_wrong: bool = False) -> Refusal | None:
    """The one that is told of all that were found; None where that is what is wrong with the fields, or nothing is."""
    first = min(found, default=None)
    return None if fields_are_wrong and first is not None and first > LAST_BEFORE_FIELDS else first


class Objection(No):
    """What only reviewers, operators, workers and rails can meet: no API here reviews, stops or settles a payout."""

    NO_PEOPLE = 101
    """It takes two people who are known here, and nobody is (`outlay user add`)."""
    PERSON_UNKNOWN = auto()
    """Nobody has this name and this key: that only the key is wrong is never told apart."""
    PERSON_DISABLED = auto()
    """The person is disabled; told only to who has their key."""
    NOT_ALLOWED = auto()
    """A viewer may not decide about money; told only to who has their key."""
    PERSON_EXISTS = auto()
    """Somebody has this name already, in whatever spelling, perhaps disabled: a name stays one person's for good."""
    NOT_ASKED_ABOUT = auto()
    """The database has lost time since the payout was ordered: its rail is asked about it first."""
    NOT_IN_REVIEW = auto()
    """The payout does not wait for a review."""
    AWAITS_REVIEW = auto()
    """Nobody has approved the payout yet."""
    REVIEWED_BY_ORDERER = auto()
    """Whoever ordered a payout cannot approve it."""
    ALREADY_SENT = auto()
    """An attempt may have left: it is too late to stop the payout."""
    ALREADY_ENDED = auto()
    """The payout has ended."""
    ATTEMPT_LIVE = auto()
    """Another attempt is not definitively dead, so no new one may start."""
    ATTEMPT_UNKNOWN = auto()
    """The message is about an attempt that this payout never made."""
    AWAITS_PEOPLE = auto()
    """No attempt is alive and nothing follows by itself: two people must say what becomes of the money
    (`outlay payout settle`)."""
    NOT_TO_BE_SENT_AGAIN = auto()
    """One of the conditions of a further send does not hold."""
    NOT_PAID = auto()
    """Nothing can come back of what was not paid."""
    RETURN_CONFLICT = auto()
    """A return of this number is recorded already, with another amount."""
    RETURN_EXCEEDS_PAID = auto()
    """More would come back than was paid."""
    NOTHING_TO_SETTLE = auto()
    """What became of the payout is not open, or not for people to say."""
    EVIDENCE_AGAINST = auto()
    """The rail has said of the attempt what denies the ruling."""
    NOT_ASKED_SINCE = auto()
    """The rail was not asked when nothing of the attempt could still be on its way: nobody can say yet that it is
    dead."""
    ATTEMPT_NOT_DEAD = auto()
    """An attempt may have paid, or may still pay: what became of that one is said first."""
    CASE_NOT_FOUND = auto()
    """The payout has no case of this number."""
    CASE_IS_CLOSED = auto()
    """The case is closed already."""
    MONEY_STILL_OPEN = auto()
    """The payout is on its way, or an attempt of it is open: that is settled before its cases are closed."""
    REMEDY_IMPOSSIBLE = auto()
    """The remedy's amount is none that this payout could have moved, or the case is about no money."""
    NEEDS_ANOTHER_PERSON = auto()
    """Who proposed a ruling cannot be the second voice for it."""
