"""What a payout costs the merchant: fixed + amount × rate, rounded half up to the currency's minor unit.

The fee is computed once, when the payout is ordered, and frozen on it: a plan that changes later changes no payout.
"""

from __future__ import annotations

from typing import Final

import msgspec

from outlay.core.money import divide_half_up

RATE_SCALE: Final = 1_000_000
"""Rates are integers in millionths: 0.0500 is 50_000."""


class FeePlan(msgspec.Struct, frozen=True):
    """What one account pays for payouts in one currency. `fixed_minor` in minor units, `rate_ppm` in millionths."""

    fixed_minor: int = 0
    rate_ppm: int = 0

    def __post_init__(self) -> None:
        # A negative fee would pay out more than was set aside.
        if self.fixed_minor < 0 or not 0 <= self.rate_ppm <= RATE_SCALE:
            raise ValueError("a fee is at least zero, and its rate at most one")


class Fee(msgspec.Struct, frozen=True):
    """The fee of one payout, with the plan it was computed from."""

    total_minor: int = 0
    fixed_minor: int = 0
    rate_ppm: int = 0


def fee_of(amount_minor: int, plan: FeePlan) -> Fee:
    """5.00 fixed and 0.0500 of 300.11 give 20.01 (seed)."""
    variable = divide_half_up(amount_minor * plan.rate_ppm, RATE_SCALE)
    return Fee(plan.fixed_minor + variable, plan.fixed_minor, plan.rate_ppm)
