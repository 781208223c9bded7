"""Which banks and wallets can be paid, by country, currency and way: the table `banks.tsv` beside this file.

The list is part of the program, like a table in its source, only easier to maintain as a file of its own; so it is read
once, when this module is imported, and nothing is read while requests are served. The README tells where its codes
come from. A payout may name a bank that is not in the list: the list helps a caller, and refuses nobody.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from outlay.dialects.lesspay.schema import BankObject

_COLUMNS: Final = ["way_code", "country", "currency", "bank_code", "bank_name", "destination_type"]
_Key = tuple[str, str, str]


def _read_table() -> dict[_Key, tuple[BankObject, ...]]:
    text = files(__package__).joinpath("banks.tsv").read_text("utf-8")
    header, *rows = [line.split("\t") for line in text.splitlines()]
    if header != _COLUMNS:
        raise ValueError(f"banks.tsv must have the columns {', '.join(_COLUMNS)}")
    table: dict[_Key, list[BankObject]] = {}
    for way_code, country, currency, bank_code, bank_name, destination_type in rows:
        bank = BankObject(bank_code=bank_code, bank_name=bank_name, destination_type=destination_type)
        table.setdefault((country, currency, way_code), []).append(bank)
    return {key: tuple(sorted(banks, key=lambda bank: bank.bank_code)) for key, banks in table.items()}


_TABLE: Final = _read_table()


def supported_banks(country: str, currency: str, way_code: str) -> tuple[BankObject, ...]:
    """Sorted by `bank_code`; empty where nothing is configured (decision)."""
    return _TABLE.get((country, currency, way_code), ())
