"""What a merchant's software makes of an answer, in words that all APIs share: what the readers in `tests/apis/<name>`
give, each written from its API's documents alone.

Each says openly what its API cannot tell. Nothing of Outlay's own translation is used, not even its table of decimals.

The trap: a reader that takes whatever it gets sees nothing. So every text is read by the strict form that the documents
give it, and a field that is missing, surplus or of another form is a Disagreement.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_OTHER_DECIMALS = {0: _NO_DECIMALS, 3: "BHD IQD JOD KWD LYD OMR TND", 4: "CLF UYW", 6: "USDT USDC", 8: "BTC ETH"}
DECIMALS = {code: decimals for decimals, codes in _OTHER_DECIMALS.items() for code in codes.split()}
"""Of every currency that has not two (ISO 4217; the four crypto codes as the installation's documents say)."""


class Disagreement(AssertionError):
    """An answer that is not in its documented form, or that says something else than another one."""


def expect(holds: object, about: object) -> None:
    if not holds:
        raise Disagreement(about)


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A payout as one API shows it. `standings`: what it may be, as far as the words of this API tell. None: this API
    does not say. Times are Unix seconds, as the coarsest of the APIs has them."""

    payout_id: int
    reference: str | None = None
    currency: str | None = None
    amount_minor: int
    standings: frozenset[str]
    returned_minor: int | None
    fee_minor: int | None = None
    created_s: int | None = None
    ended_s: int | None = None
    reason: str | int | None = None
    """Why it failed."""


class SeenOrder(msgspec.Struct, frozen=True):
    order_id: int
    reference: str
    total_minor: int
    payouts: tuple[Seen, ...]


def only(seen: Seen | SeenOrder) -> Seen:
    """The one payout, also of an order that could have several."""
    if isinstance(seen, Seen):
        return seen
    [payout] = seen.payouts
    return payout


class SeenBalance(msgspec.Struct, frozen=True):
    available_minor: int
    held_minor: int


def decimals_of(currency: str) -> int:
    return DECIMALS.get(currency, 2)


def minor(text: Any, decimals: int) -> int:
    """Exactly this many decimals, no sign, no leading zero."""
    fraction = rf"\.[0-9]{{{decimals}}}" if decimals else ""
    expect(isinstance(text, str) and re.fullmatch(rf"(?:0|[1-9][0-9]*){fraction}", text, re.ASCII), f"amount {text!r}")
    return int(text.replace(".", ""))


def fields(what: Any, *required: str, optional: tuple[str, ...] = ()) -> Mapping[str, Any]:
    expect(isinstance(what, dict), what)
    missing, surplus = set(required) - set(what), set(what) - set(required) - set(optional)
    expect(not missing and not surplus, f"missing {missing}, surplus {surplus}")
    found: Mapping[str, Any] = what
    return found


def from_ms(text: Any) -> int:
    expect(isinstance(text, str) and re.fullmatch("[0-9]{13}", text, re.ASCII), f"time {text!r}")
    return int(text) // 1000


def number(text: Any, prefix: str, digits: int) -> int:
    expect(isinstance(text, str) and re.fullmatch(rf"{prefix}[0-9]{{{digits}}}", text, re.ASCII), f"id {text!r}")
    return int(text.removeprefix(prefix))
