"""Paths, headers, lengths and shapes as the document has them."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from outlay.core.currencies import CRYPTO, EXPONENTS
from outlay.wire.sizes import AMOUNT, Shape, text, word

PREFIX: Final = "/harbour/"
PAYOUTS: Final = "/harbour/v1/payouts"
PAYOUT: Final = "/harbour/v1/payouts/{ref}"

CLIENT: Final = "harbour-client"
TIME: Final = "harbour-time"
PROOF: Final = "harbour-proof"
CLIENT_FORM: Final = re.compile(r"hb_[0-9a-f]{20}")
TIME_FORM: Final = re.compile(r"[0-9]{10}")
CLOCK_S: Final = 60

REF_LONGEST: Final = 40
REF_FORM: Final = re.compile(r"[A-Za-z0-9-]{1,40}")
IBAN_LONGEST: Final = 34  # ISO 13616 (inference)
IBAN_FORM: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
NAME_LONGEST: Final = 70
NOTE_LONGEST: Final = 140
CURRENCIES: Final = frozenset(EXPONENTS) - CRYPTO - {"CNH"}  # ISO 4217 (docs)

ORDER: Final[Shape] = {
    "ref": word(REF_LONGEST),
    "currency": word(3),
    "amount": AMOUNT,
    "to": {"iban": word(IBAN_LONGEST), "name": text(NAME_LONGEST)},
    "note": text(NOTE_LONGEST),
}


class PayoutShown(msgspec.Struct, frozen=True, kw_only=True):
    """A payout, in every answer that has one. `created`: Unix seconds."""

    ref: str
    id: str
    currency: str
    amount: str
    returned: str
    status: str
    reason: str | None
    created: int


class Error(msgspec.Struct, frozen=True):
    code: str
    field: str | None
    text: str


class ErrorShown(msgspec.Struct, frozen=True):
    error: Error
