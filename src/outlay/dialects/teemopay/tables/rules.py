"""What a country's row is made of: its fields, account types, documents and banks, and the rules that texts must fit.

Rules come in two kinds. What the country's page states always holds. What no page states, but a real rail demands
(check digits, forms of addresses, names of banks), is `strict`: it holds where the account's destinations are checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib.resources import files

import msgspec

from outlay.core.destination import DestinationKind, KeyKind
from outlay.dialects.teemopay import codes
from outlay.dialects.teemopay.codes import parameter_fault
from outlay.wire.fields import Content
from outlay.wire.problems import Fault

Fits = Callable[[str], object]
"""Whether a text is as it should be: true or false, or a match or none."""


class Bank(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the country's list. Empty means that nothing is said."""

    bank_code: str
    bank_name: str
    account_types: tuple[int, ...] = ()
    account_lengths: Mapping[str, int] = {}
    """By account type."""
    bins: frozenset[str] = frozenset()
    """First six digits of its cards."""


class BankList(msgspec.Struct, frozen=True):
    """The banks of one country by code, and the keys of all their names."""

    by_code: Mapping[str, Bank]
    name_keys: frozenset[str]


BankCheck = Callable[[Bank, str, str], Fault | None]
"""A rule for bank, account type and account together: its fault, or None."""


class Check(msgspec.Struct, frozen=True):
    """A rule for the text of one field, where it is given."""

    field: str
    fits: Fits
    fault: Fault
    strict: bool = False


class Field(msgspec.Struct, frozen=True):
    """A text of the body, in documented order."""

    name: str
    longest: int
    required: bool = True
    content: Content = Content.LINE


class Money(msgspec.Struct, frozen=True):
    """Amounts on the wire have at most `decimals`; the limits are in minor units."""

    currency: str
    decimals: int
    smallest_minor: int
    largest_minor: int


class AccountType(msgspec.Struct, frozen=True, kw_only=True):
    """One way to be paid. `key_kind` where the account is a key, `money` where it is not the country's, `requires`
    fields that others may leave out, `unknown_bank` where that is not the country's, `lower`: the account is kept in
    lower case."""

    destination: DestinationKind
    key_kind: KeyKind | None = None
    money: Money | None = None
    requires: frozenset[str] = frozenset()
    checks: tuple[Check, ...] = ()
    bank_checks: tuple[BankCheck, ...] = ()
    unknown_bank: Fault | None = None
    lower: bool = False


class IdType(msgspec.Struct, frozen=True):
    """A kind of document: what its number must be like, what its owner is, and its check digits (strict)."""

    fits: Fits
    holder: str | None = None
    digits_fit: Fits | None = None


class Country(msgspec.Struct, frozen=True, kw_only=True):
    """What one country's pages say. An account type stands as the literal of a JSON integer; a country without account
    types has one with an empty name (`NO_TYPE`)."""

    code: str
    money: Money
    currencies: frozenset[str]
    utc_offset_s: int
    """Fixed for the whole year, whatever the law says of summer: never a time-zone database (docs)."""
    fields: tuple[Field, ...]
    """Besides merchantOrderNo, amount, accountType, callbackUrl and sign."""
    account_field: str = "bankAccount"
    chain_field: str = ""
    chain_addresses: Mapping[str, Fits] = {}
    """By chain, in lower case; what an address must look like there (strict)."""
    checks: tuple[Check, ...] = ()
    account_types: Mapping[str, AccountType]
    type_may_be_text: bool = False
    type_unknown: Fault
    type_off: Fault = codes.TYPE_OFF
    id_types: Mapping[str, IdType] = {}
    id_type_unknown: Fault = codes.ID_TYPE_WRONG
    banks: BankList | None = None
    bank_unknown: Fault | None = codes.BANK_UNKNOWN
    """None where a code outside the list is taken."""
    bank_name_unknown: Fault = codes.BANK_NAME_UNKNOWN
    bank_names_stated: bool = False
    """The page itself demands that the name is the list's; elsewhere that is strict."""
    reasons: Mapping[int, str]
    """The page of failure reasons: errorCode to errorMessage."""
    order_not_found: Fault = codes.ORDER_NOT_EXIST
    amount_as_sent: bool = False
    """Create answers with the very text of the amount; elsewhere with two decimals (docs, examples)."""
    tracks: bool = False
    """Queries name the payment at the rail and its receipt."""
    null_receipt: bool = False
    """A receipt that is null stands beside the fields of a refund (seed)."""


def form(pattern: str) -> Fits:
    """The whole text has this form; digits and letters are ASCII's."""
    return re.compile(pattern, re.ASCII).fullmatch


def ill_formed(field: str, pattern: str, rule: str) -> Check:
    """A form whose fault has no code of its own."""
    return Check(field, form(pattern), parameter_fault(f"{field} {rule}"))


def at_most(field: str, longest: int) -> Check:
    return Check(
        field, lambda text: len(text) <= longest, parameter_fault(f"{field} must be at most {longest} characters")
    )


def bin_of_bank(bank: Bank, _account_type: str, account: str) -> Fault | None:
    return codes.CARD_BANK_MISMATCH if bank.bins and account[:6] not in bank.bins else None


def clabe_of_bank(bank: Bank, _account_type: str, account: str) -> Fault | None:
    return codes.BANK_ACCOUNT_MISMATCH if account[:3] != bank.bank_code[-3:] else None


def length_of_bank(bank: Bank, account_type: str, account: str) -> Fault | None:
    length = bank.account_lengths.get(account_type, len(account))
    return codes.account_length_fault(bank.bank_name, length) if length != len(account) else None


def digit_of(bank_code: str, place: int, allowed: str, fault: Fault) -> BankCheck:
    """One bank's accounts have one of these digits at one place."""

    def check(bank: Bank, _account_type: str, account: str) -> Fault | None:
        return fault if bank.bank_code == bank_code and account[place : place + 1] not in allowed else None

    return check


def name_key(name: str) -> str:
    """By which two names of a bank are compared: case and the number of blanks are nothing (decision)."""
    return " ".join(name.casefold().split())


def load_banks() -> Mapping[str, BankList]:
    """By country."""
    raw = files(__package__).joinpath("banks.json").read_bytes()
    return {
        country: BankList(
            {bank.bank_code: bank for bank in banks}, frozenset(name_key(bank.bank_name) for bank in banks)
        )
        for country, banks in msgspec.json.decode(raw, type=dict[str, tuple[Bank, ...]]).items()
    }
