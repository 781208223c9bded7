"""National bank codes: which one an account needs depends on its currency and country. A table here, not code."""

from __future__ import annotations

from typing import Final

import msgspec


class NationalCode(msgspec.Struct, frozen=True):
    """One kind of bank code (docs): what it looks like, and where it is demanded: (currency, country), None is any."""

    form: str
    rule: str
    demanded: tuple[tuple[str, str | None], ...]


NATIONAL_CODES: Final[dict[str, NationalCode]] = {
    "aba": NationalCode("[0-9]{9}", "must be 9 digits", (("USD", "US"),)),
    "bank_code": NationalCode("[0-9]{3}", "must be 3 digits", (("CAD", None), ("HKD", None))),
    "sort_code": NationalCode("[0-9]{6}", "must be 6 digits", (("GBP", None),)),
    "bsb_code": NationalCode("[0-9]{6}", "must be 6 digits", (("AUD", None),)),
    "ifsc": NationalCode(
        "[A-Z]{4}0[A-Z0-9]{6}", "must be 4 capital letters, 0, and 6 capital letters or digits", (("INR", None),)
    ),
    "cnaps_number": NationalCode("[0-9]{12}", "must be 12 digits", (("CNH", "CN"),)),
}
BRANCH_CODE_CURRENCIES: Final = frozenset({"CAD"})  # (docs)
_DEMANDED: Final = {where: name for name, code in NATIONAL_CODES.items() for where in code.demanded}


def demanded_code(currency: str, country: str) -> str | None:
    """The kind of bank code that an account in this currency and country must have; None where it may do without."""
    return _DEMANDED.get((currency, country)) or _DEMANDED.get((currency, None))
