"""The frozen table against a maintained library: each difference is named with its reason, and any new one fails."""

import json
from importlib.resources import files

from outlay.core.currencies import CRYPTO, EXPONENTS
from tests.support.rows import each_row

# The library's own file, because its functions read it by a way that Python has deprecated: code to number of decimals.
LIBRARY: dict[str, int] = {
    code: entry["minor"] for code, entry in json.loads(files("iso4217parse").joinpath("data.json").read_bytes()).items()
}

NOT_ACTIVE = {
    # what the library lists and ISO 4217 does not (any more): code, why
    "ANG": "historic since 2025-03-31 (amendment 176), now XCG",
    "BGN": "Bulgaria has the euro since 2026-01-01",
    "CNT": "never an ISO code",
    "CUC": "historic since 2021",
    "GGP": "never an ISO code",
    "HRK": "Croatia has the euro since 2023",
    "IMP": "never an ISO code",
    "JEP": "never an ISO code",
    "KID": "never an ISO code",
    "MRO": "historic since 2018, now MRU",
    "NIS": "never an ISO code, ILS is",
    "NTD": "never an ISO code, TWD is",
    "PRB": "never an ISO code",
    "SLL": "historic since 2024, now SLE",
    "SLS": "never an ISO code",
    "STD": "historic since 2018, now STN",
    "TVD": "never an ISO code",
    "VEF": "historic since 2018, now VES",
    "ZWL": "historic since 2024-09-01 (amendment 177), now ZWG",
}

NOT_MONEY = {"XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA", "XXX"}
"""Metals, units of account and test codes: ISO gives them no minor unit (N.A.), so nobody is paid in them."""

NEWER_THAN_THE_LIBRARY = {"MRU": 2, "SLE": 2, "STN": 2, "UYW": 4, "VED": 2, "VES": 2, "XCG": 2, "ZWG": 2}

OTHER_EXPONENT = {
    # code: (ours, the library's, why)
    "CVE": (2, 0, "ISO says 2; centavos are merely out of use"),
    "MGA": (2, 1, "ISO says 2; the library counts the iraimbilanja, a fifth"),
}

CRYPTO_DECIMALS = {"USDT": 6, "USDC": 6, "BTC": 8, "ETH": 8}

NOT_ISO_BUT_IN_BOTH = {"CNH": 2}


def test_every_difference_from_the_library_is_one_of_those_named_here() -> None:
    missing = {code for code in LIBRARY if code not in EXPONENTS}
    assert missing == set(NOT_ACTIVE) | NOT_MONEY
    added = {code: exponent for code, exponent in EXPONENTS.items() if code not in LIBRARY}
    assert added == NEWER_THAN_THE_LIBRARY | CRYPTO_DECIMALS
    differing = {
        code: (EXPONENTS[code], theirs)
        for code, theirs in LIBRARY.items()
        if code in EXPONENTS and EXPONENTS[code] != theirs
    }
    assert differing == {code: (ours, theirs) for code, (ours, theirs, _) in OTHER_EXPONENT.items()}


@each_row(
    ("code", "exponent"),
    [
        ("BRL", 2), ("USD", 2), ("EUR", 2), ("INR", 2), ("HUF", 2), ("TWD", 2), ("IDR", 2), ("COP", 2), ("UYU", 2),
        ("JPY", 0), ("KRW", 0), ("VND", 0), ("CLP", 0), ("ISK", 0), ("UGX", 0), ("XOF", 0),
        ("KWD", 3), ("BHD", 3), ("TND", 3), ("CLF", 4), ("UYW", 4), ("USDT", 6), ("BTC", 8),
    ],
)  # fmt: skip
def test_the_exponents_that_matter_most_are_spelled_out(code: str, exponent: int) -> None:
    assert EXPONENTS[code] == exponent


def test_codes_look_like_codes_and_none_is_in_two_rows() -> None:
    from outlay.core import currencies

    rows = [code for codes in currencies._BY_EXPONENT.values() for code in codes.split()] + list(
        currencies._OUTSIDE_ISO
    )
    assert len(rows) == len(set(rows)) == len(EXPONENTS)
    for code in set(EXPONENTS) - CRYPTO:
        assert len(code) == 3
        assert code.isascii()
        assert code.isalpha()
        assert code.isupper()


def test_what_stands_outside_iso_is_named_here_with_its_decimals() -> None:
    from outlay.core import currencies

    assert currencies._OUTSIDE_ISO == NOT_ISO_BUT_IN_BOTH | CRYPTO_DECIMALS
    assert set(CRYPTO_DECIMALS) == CRYPTO
