"""The stories that the sandbox bank plays: the last two digits of the amount's minor units choose one.

The same in every API, so a merchant can rehearse each outcome by choosing an amount. Pure: when things happen is told
in multiples of the bank's delay. 91 to 94 are reserved for lost and lying answers and play like any other amount.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from outlay.core.outcome import Failure, FailureReason


class Deed(StrEnum):
    PAY = "pay"
    FAIL = "fail"
    RETURN = "return"


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something the bank does and tells. `amount_minor` and `number` belong to a return."""

    deed: Deed
    amount_minor: int = 0
    number: int = 0
    reason: FailureReason = FailureReason.OTHER
    text: str = ""


class Story(msgspec.Struct, frozen=True):
    """`refusal`: what the bank says at once, and then nothing happens. `later`: what follows, one delay apart."""

    refusal: Failure | None = None
    later: tuple[Message, ...] = ()


NO_SUCH_ACCOUNT: Final = Failure(FailureReason.ACCOUNT_NOT_FOUND, "The account does not exist or is restricted")
REFUSED: Final = Failure(FailureReason.OTHER, "The bank refused the payment")
FAILED_LATER: Final = Failure(FailureReason.OTHER, "The payment failed after it was accepted")
FAILED_BY_HAND: Final = Failure(FailureReason.OTHER, "The payment was failed by hand")

_PAY: Final = Message(Deed.PAY)


def story_of(amount_minor: int) -> Story:
    """The story of a payout of this amount."""
    half = amount_minor // 2
    match amount_minor % 100:
        case 71:
            return Story(refusal=NO_SUCH_ACCOUNT)
        case 72:
            return Story(refusal=REFUSED)
        case 73:
            return Story(later=(Message(Deed.FAIL, reason=FAILED_LATER.reason, text=FAILED_LATER.text),))
        case 74:
            return Story()
        case 81:
            return Story(later=(_PAY, _back(amount_minor, 1)))
        case 82:
            return Story(later=(_PAY, _back(half, 1), _back(amount_minor - half, 2)))
        case 83:
            return Story(later=(_PAY, _back(half, 1)))
        case _:
            return Story(later=(_PAY,))


def _back(amount_minor: int, number: int) -> Message:
    return Message(Deed.RETURN, amount_minor, number)
