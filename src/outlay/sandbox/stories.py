"""The stories that the sandbox bank plays: the last two digits of an amount choose one.

Which digits are the last depends on the currency and never on the API, so a merchant can rehearse each outcome by
choosing an amount; of a batch every payout has its own. Pure: a step waits for some of the bank's delays, or for hours
and days of the installation's clock, which a sandbox can move. 91 to 94 rehearse what only banks that are far away do:
requests and answers get lost, what was taken is not found for a while, and what was refused is paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from outlay.core.currencies import EXPONENTS
from outlay.core.outcome import Failure, FailureReason

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS


class Deed(StrEnum):
    PAY = "pay"
    FAIL = "fail"
    RETURN = "return"


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something the bank does and tells. `amount_minor`, `number` and `by_decision` belong to a return, `reason` and
    `text` to a failure."""

    deed: Deed
    amount_minor: int = 0
    number: int = 0
    reason: FailureReason = FailureReason.OTHER
    text: str = ""
    by_decision: bool = False


class Step(msgspec.Struct, frozen=True):
    """What the bank does so many delays, and so much time besides, after the step before."""

    message: Message
    delays: int = 1
    wait_ms: int = 0


class Lost(StrEnum):
    """What is lost on its way when an order is handed over for the first time."""

    REQUEST = "request"
    ANSWER = "answer"


class Story(msgspec.Struct, frozen=True):
    """`refusal`: what the bank says at once; then nothing happens, or what follows shows that it was not true. `later`:
    what follows. `pays_silently`: it pays when it takes the order, and tells only who asks; for `hidden_delays` it does
    not find it then."""

    refusal: Failure | None = None
    later: tuple[Step, ...] = ()
    lost: Lost | None = None
    pays_silently: bool = False
    hidden_delays: int = 0

    @property
    def state(self) -> str:
        """What the bank has done when it has taken the order."""
        if self.pays_silently:
            return "paid"
        return "refused" if self.refusal is not None and not self.later else "accepted"

    def messages(self, start_ms: int, delay_ms: int) -> list[tuple[int, Message]]:
        """What the bank will say, with the time of each, if it takes the order at `start_ms`."""
        due_ms, told = start_ms, []
        for step in self.later:
            due_ms += step.delays * delay_ms + step.wait_ms
            told.append((due_ms, step.message))
        return told


NO_SUCH_ACCOUNT: Final = Failure(FailureReason.ACCOUNT_NOT_FOUND, "The account does not exist or is restricted")
REFUSED: Final = Failure(FailureReason.OTHER, "The bank refused the payment")
FAILED_LATER: Final = Failure(FailureReason.OTHER, "The payment failed after it was accepted")
FAILED_BY_HAND: Final = Failure(FailureReason.OTHER, "The payment was failed by hand")
SENT_BACK: Final = Failure(FailureReason.SENT_BACK, "The beneficiary's bank sent the payment back")
ENDED_BY_DECISION: Final = Failure(FailureReason.DECIDED_BY_HAND, "The bank's staff ended the payment by decision")

REFUSALS: Final[Mapping[int, Failure]] = {
    54: Failure(FailureReason.WRONG_ACCOUNT_NUMBER, "The account number is wrong"),
    55: Failure(FailureReason.WRONG_DOCUMENT, "The document number is wrong, or belongs to somebody else"),
    56: Failure(FailureReason.REPEATED_FAILURES, "Several payments to this account failed a short while ago"),
    57: Failure(FailureReason.REQUEST_REJECTED, "The bank found a field of the request wrong; an operator must look"),
    58: Failure(FailureReason.RAIL_FAULT, "The bank has a fault that must be mended first; it will not pass by itself"),
    59: Failure(FailureReason.RAIL_OUT_OF_FUNDS, "The balance at the bank did not cover the payment"),
    61: Failure(FailureReason.ACCOUNT_FROZEN, "The account is frozen"),
    62: Failure(FailureReason.ACCOUNT_ABNORMAL, "The account is in an abnormal state"),
    63: Failure(FailureReason.LIMIT_EXCEEDED, "The account has reached its limit"),
    64: Failure(FailureReason.AMOUNT_OUTSIDE_LIMITS, "The amount is outside the limits of this way of payment"),
    65: Failure(FailureReason.RAIL_UNSTABLE, "The bank's systems are unstable; try again later"),
    66: Failure(FailureReason.WRONG_DETAILS, "The details do not match the account"),
    67: Failure(FailureReason.WRONG_METHOD, "The account cannot be paid this way"),
    68: Failure(FailureReason.BANK_UNSUPPORTED, "The bank is not supported"),
    71: NO_SUCH_ACCOUNT,
    72: REFUSED,
}
"""What the bank says at once, by the digits that choose."""

FEWEST_DECIMALS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("COP", "CLP", "PKR", "IDR", "KRW", "KHR"), 0),
    **dict.fromkeys(("USDT", "USDC"), 2),  # USDC is written like USDT (decision)
}
"""Currencies that are written with fewer decimals in one place than in another, and how many there always are."""


def story_of(currency: str, amount_minor: int) -> Story:
    """The story of a payout of this amount."""
    unit = _counting_unit(currency, amount_minor)
    counted = amount_minor // unit
    half = counted // 2 * unit
    match counted % 100:
        case ending if ending in _OF_ANY_AMOUNT:
            return _OF_ANY_AMOUNT[ending]
        case 81:
            return Story(later=(_PAY, _back(amount_minor, 1)))
        case 82:
            return Story(later=(_PAY, _back(half, 1), _back(amount_minor - half, 2)))
        case 83:
            return Story(later=(_PAY, _back(half, 1)))
        case 84:
            return Story(later=(_PAY, _back_after(2 * DAY_MS, amount_minor, 1)))
        case 85:
            first, rest = 6 * HOUR_MS, 3 * DAY_MS - 6 * HOUR_MS
            return Story(later=(_PAY, _back_after(first, half, 1), _back_after(rest, amount_minor - half, 2)))
        case 87:
            return Story(later=(_PAY, Step(Message(Deed.RETURN, amount_minor, 1, by_decision=True))))
        case _:
            return Story(later=(_PAY,))


def _counting_unit(currency: str, amount_minor: int) -> int:
    """In minor units, what the two digits that choose count: single minor units; but where those end in 00, the
    smallest amount that can be written wherever the currency is. Halves are whole numbers of it, too."""
    if amount_minor % 100:
        return 1
    exponent = EXPONENTS[currency]
    unit: int = 10 ** (exponent - FEWEST_DECIMALS.get(currency, exponent))
    return unit


def _fail(failure: Failure, *, delays: int, wait_ms: int = 0) -> Step:
    return Step(Message(Deed.FAIL, reason=failure.reason, text=failure.text), delays, wait_ms)


def _back(amount_minor: int, number: int) -> Step:
    return Step(Message(Deed.RETURN, amount_minor, number))


def _back_after(wait_ms: int, amount_minor: int, number: int) -> Step:
    return Step(Message(Deed.RETURN, amount_minor, number), delays=0, wait_ms=wait_ms)


_PAY: Final = Step(Message(Deed.PAY))
_OF_ANY_AMOUNT: Final[Mapping[int, Story]] = {
    **{ending: Story(refusal=failure) for ending, failure in REFUSALS.items()},
    69: Story(later=(_fail(SENT_BACK, delays=2),)),
    73: Story(later=(_fail(FAILED_LATER, delays=1),)),
    74: Story(),
    75: Story(later=(_fail(FAILED_LATER, delays=0, wait_ms=2 * HOUR_MS),)),
    76: Story(later=(_fail(ENDED_BY_DECISION, delays=1),)),
    86: Story(later=(Step(Message(Deed.PAY), delays=0, wait_ms=HOUR_MS),)),
    91: Story(later=(_PAY,), lost=Lost.REQUEST),
    92: Story(lost=Lost.ANSWER, pays_silently=True),
    93: Story(lost=Lost.ANSWER, pays_silently=True, hidden_delays=3),
    94: Story(refusal=REFUSED, later=(_PAY,)),
}
"""Those in which nothing comes back."""
