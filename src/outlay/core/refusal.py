"""Every "no" that the core can say, in order of precedence: where two apply, the first one listed is the answer.

What is wrong with the *form* of a request (a missing field, a bad amount) is told by the dialect that reads it. Each
dialect maps every refusal to its own code; a test fails for one that is missing.
"""

from __future__ import annotations

from enum import IntEnum, auto
from typing import Final


class Refusal(IntEnum):
    """Lower value wins."""

    ACCOUNT_NOT_FOUND = auto()
    """No such account, or not one that the caller may address: the two are never told apart."""
    ACCOUNT_CLOSED = auto()
    PAYOUT_NOT_FOUND = auto()
    """No such payout on the addressed account: also said of somebody else's."""
    BALANCE_NOT_FOUND = auto()
    TRANSFER_NOT_FOUND = auto()
    REFERENCE_ELSEWHERE = auto()
    """The reference is used on another account of the same master."""
    STILL_RUNNING = auto()
    """A request with this reference is being carried out at this moment: ask again."""
    BANK_ACCOUNT_NOT_FOUND = auto()
    """No such bank account, or none of the merchant's own where the payout should go."""
    TARGET_NOT_FOUND = auto()
    """The other account of a transfer, or the one that is asked about, is none of the caller's family."""
    SAME_ACCOUNT = auto()
    """A transfer from an account to itself: nothing would move. (A payout to the account itself is one.)"""
    CURRENCY_OFF = auto()
    """Payouts in this currency are switched off for the account."""
    METHOD_OFF = auto()
    """This kind of destination, or the channel that the order names, is switched off for the account."""
    RECIPIENT_BLOCKED = auto()
    AMOUNT_TOO_SMALL = auto()
    AMOUNT_TOO_LARGE = auto()
    CURRENCY_NOT_HELD = auto()
    """The account has never had money in this currency."""
    INSUFFICIENT_BALANCE = auto()
    NO_PEOPLE = auto()
    """What takes two people, while nobody is known here."""
    PERSON_UNKNOWN = auto()
    """Nobody has this name and this key: that only the key is wrong is never told apart."""
    PERSON_DISABLED = auto()
    NOT_ALLOWED = auto()
    """The person may not decide about money."""
    PERSON_EXISTS = auto()
    """Somebody has this name already, in whatever spelling; a name stays one person's for good."""
    NOT_ASKED_ABOUT = auto()
    """The database has lost time since the payout was ordered: its rail is asked about it first."""
    NOT_IN_REVIEW = auto()
    AWAITS_REVIEW = auto()
    """Nobody has approved the payout yet."""
    REVIEWED_BY_ORDERER = auto()
    """Whoever ordered a payout cannot approve it."""
    ALREADY_SENT = auto()
    """An attempt may have left: it is too late to stop the payout."""
    ALREADY_ENDED = auto()
    ATTEMPT_LIVE = auto()
    """Another attempt is not definitively dead, so no new one may start."""
    ATTEMPT_UNKNOWN = auto()
    """The message is about an attempt that this payout never made."""
    AWAITS_PEOPLE = auto()
    """No attempt is alive and nothing follows by itself: two people must say what becomes of the money."""
    NOT_TO_BE_SENT_AGAIN = auto()
    """One of the conditions of a further send does not hold."""
    NOT_PAID = auto()
    RETURN_CONFLICT = auto()
    """A return of this number is recorded already, with another amount."""
    RETURN_EXCEEDS_PAID = auto()
    NOTHING_TO_SETTLE = auto()
    """What became of the payout is not open."""
    EVIDENCE_AGAINST = auto()
    """The rail has said of the attempt what denies the ruling."""
    NOT_ASKED_SINCE = auto()
    """The rail was not asked when nothing of the attempt could still be on its way: nobody can say yet that it never
    had it."""
    ATTEMPT_NOT_DEAD = auto()
    """An attempt may have paid or may still pay."""
    CASE_NOT_FOUND = auto()
    CASE_IS_CLOSED = auto()
    MONEY_STILL_OPEN = auto()
    """What the case is about is not settled: that comes first."""
    REMEDY_IMPOSSIBLE = auto()
    """The remedy's amount is none that this payout could have moved."""
    NEEDS_ANOTHER_PERSON = auto()
    """Who proposed a ruling cannot be the second voice for it."""


NOT_FOR_CALLERS: Final = frozenset(
    {
        Refusal.NO_PEOPLE,
        Refusal.PERSON_UNKNOWN,
        Refusal.PERSON_DISABLED,
        Refusal.NOT_ALLOWED,
        Refusal.PERSON_EXISTS,
        Refusal.NOT_ASKED_ABOUT,
        Refusal.NOT_IN_REVIEW,
        Refusal.AWAITS_REVIEW,
        Refusal.REVIEWED_BY_ORDERER,
        Refusal.ALREADY_SENT,
        Refusal.ALREADY_ENDED,
        Refusal.ATTEMPT_LIVE,
        Refusal.ATTEMPT_UNKNOWN,
        Refusal.AWAITS_PEOPLE,
        Refusal.NOT_TO_BE_SENT_AGAIN,
        Refusal.NOT_PAID,
        Refusal.RETURN_CONFLICT,
        Refusal.RETURN_EXCEEDS_PAID,
        Refusal.NOTHING_TO_SETTLE,
        Refusal.EVIDENCE_AGAINST,
        Refusal.NOT_ASKED_SINCE,
        Refusal.ATTEMPT_NOT_DEAD,
        Refusal.CASE_NOT_FOUND,
        Refusal.CASE_IS_CLOSED,
        Refusal.MONEY_STILL_OPEN,
        Refusal.REMEDY_IMPOSSIBLE,
        Refusal.NEEDS_ANOTHER_PERSON,
    }
)
"""What only reviewers, operators, workers and rails can meet: no API here reviews, stops or settles a payout."""
