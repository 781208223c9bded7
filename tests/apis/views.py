"""What `tests/apis/<name>/views.py` must show of its API, so that one proof (`test_agreement`) can hold whatever it
says of an account against what really happened, and against what the other APIs say.

    Views     the ways in which it shows payouts and balances, and its faults: VIEWS of that module
    Planted   a fault of the dialect that must be seen

The trap: a view that leaves something out contradicts nobody. So each says what it must show, by what the documents
say and not by what it did show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

import msgspec

from outlay.core.money import format_amount
from tests.apis.lives import Merchant
from tests.apis.seen import Seen, SeenBalance, expect

Payouts = Mapping[int, Seen]
"""By their ids."""
Balances = Mapping[str, SeenBalance]
"""By their currencies."""

ONE_DECIMAL_TOO_MANY: Final = "one decimal too many"
A_STATUS_THAT_LIES: Final = "a status that lies"
MUST_BE_PLANTED: Final = frozenset({ONE_DECIMAL_TOO_MANY, A_STATUS_THAT_LIES})
"""Faults that every dialect can have: in the amounts of a payout, and in the word for what became of it."""


class Planted(msgspec.Struct, frozen=True):
    """A fault: in which module below the dialect's folder which function is replaced, by what `change` makes of it."""

    module: str
    function: str
    change: Callable[[Any], Any]


class Views(msgspec.Struct, frozen=True, kw_only=True):
    """Each function gets an account and the country in which it is asked about; what it answers is by the name of the
    way in which this is shown."""

    countries: Mapping[str, Sequence[str]] = {}
    """Where a key of this API is of one country: these, and the currencies of each. None: of any, in any currency."""
    payouts: Callable[[Merchant, str], Mapping[str, tuple[Payouts, AbstractSet[int]]]]
    """What is shown, and the ids of all that must be."""
    balances: Callable[[Merchant, str], Mapping[str, tuple[Balances, AbstractSet[str]]]] = lambda _account, _in: {}
    """What is shown, and the currencies of all that must be; an API may show none."""
    by_status: Callable[[Merchant, str], Mapping[str, tuple[Payouts, Sequence[Payouts]]]] = lambda _account, _in: {}
    """Lists that can be asked for by status: the whole one, and that of each status."""
    planted: Mapping[str, Planted]
    """MUST_BE_PLANTED, and whatever else only this API can get wrong."""


def once_each(rows: Sequence[Seen]) -> Payouts:
    """What a list shows."""
    shown = {row.payout_id: row for row in rows}
    expect(len(shown) == len(rows), "a payout is listed once")
    return shown


def one_decimal_too_many(_real: Any) -> Any:
    """Instead of `format_amount`."""
    return lambda minor, exponent: format_amount(minor * 10, exponent + 1)


def always_two_decimals(_real: Any) -> Any:
    """Instead of `format_amount`."""
    return lambda minor, _exponent: format_amount(minor, 2)
