"""The smallest and the largest payout that an account may order in one currency, in minor units, both included."""

from __future__ import annotations

import msgspec

from outlay.core.money import MAX_AMOUNT_MINOR
from outlay.core.refusal import Refusal


class Limits(msgspec.Struct, frozen=True):
    smallest_minor: int = 1
    largest_minor: int = MAX_AMOUNT_MINOR


def check_limits(amount_minor: int, limits: Limits) -> Refusal | None:
    if amount_minor < max(limits.smallest_minor, 1):
        return Refusal.AMOUNT_TOO_SMALL
    if amount_minor > limits.largest_minor:
        return Refusal.AMOUNT_TOO_LARGE
    return None
