"""What differs from country to country of TeemoPay, as one table: fields, account types, documents, banks, amounts, the
offset of local time, and the code that each fault earns there (docs, `<country>/payout/*.md`; summary in README.md).

Reading a body by a row of this table is `fields`'s business. The banks stand in `data/banks.json`, which is read once,
while this module is imported: it is part of the program, like the code, and nothing is read after that.

The trap: the same fault has another code in another country, and some countries have none for it; then it is 414.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Final

import msgspec

from outlay.core.beneficiary import DestinationKind
from outlay.core.currencies import EXPONENTS
from outlay.core.pix import PixKeyKind, is_valid_cnpj, is_valid_cpf, is_valid_pix_key
from outlay.dialects.teemopay import codes
from outlay.dialects.teemopay.codes import parameter_fault
from outlay.wire.problems import Fault

NO_TYPE: Final = ""

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


class Check(msgspec.Struct, frozen=True):
    """A rule for the text of one field, where it is given."""

    field: str
    fits: Fits
    fault: Fault


class BankCheck(msgspec.Struct, frozen=True):
    """A rule for bank, account type and account together."""

    fits: Callable[[Bank, str, str], bool]
    fault: Fault


class Field(msgspec.Struct, frozen=True):
    """A text of the body, in documented order."""

    name: str
    longest: int
    required: bool = True


class Money(msgspec.Struct, frozen=True):
    """Amounts on the wire have at most `decimals`; the limits are in minor units."""

    currency: str
    decimals: int
    smallest_minor: int
    largest_minor: int


class AccountType(msgspec.Struct, frozen=True, kw_only=True):
    """One way to be paid. `money` where it is not the country's, `requires` fields that others may leave out,
    `unknown_bank` where that is not the country's, `lower`: the account is kept in lower case."""

    destination: DestinationKind
    money: Money | None = None
    requires: frozenset[str] = frozenset()
    checks: tuple[Check, ...] = ()
    bank_checks: tuple[BankCheck, ...] = ()
    unknown_bank: Fault | None = None
    lower: bool = False


class IdType(msgspec.Struct, frozen=True):
    """A kind of document: what its number must be like, and what its owner is."""

    fits: Fits
    holder: str | None = None


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
    """By chain, in lower case; what an address must look like there."""
    checks: tuple[Check, ...] = ()
    account_types: Mapping[str, AccountType]
    type_may_be_text: bool = False
    type_unknown: Fault
    id_types: Mapping[str, IdType] = {}
    id_type_unknown: Fault = codes.ID_TYPE_WRONG
    banks: BankList | None = None
    bank_unknown: Fault | None = codes.BANK_UNKNOWN
    """None where a code outside the list is taken."""
    bank_name_unknown: Fault = codes.BANK_NAME_UNKNOWN
    failure_codes: frozenset[int]
    """The page of failure reasons."""
    order_not_found: Fault = codes.ORDER_NOT_EXIST


# -- rules ----------------------------------------------------------------------------------------------------------


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


def bin_fits(bank: Bank, _account_type: str, account: str) -> bool:
    return not bank.bins or account[:6] in bank.bins


def clabe_fits(bank: Bank, _account_type: str, account: str) -> bool:
    return account[:3] == bank.bank_code[-3:]


def length_fits(bank: Bank, account_type: str, account: str) -> bool:
    return bank.account_lengths.get(account_type, len(account)) == len(account)


def digit_of(bank_code: str, place: int, allowed: str) -> Callable[[Bank, str, str], bool]:
    """One bank's accounts have one of these digits at one place."""
    return lambda bank, _account_type, account: bank.bank_code != bank_code or account[place : place + 1] in allowed


def name_key(name: str) -> str:
    """By which two names of a bank are compared: case and the number of blanks are nothing (decision)."""
    return " ".join(name.casefold().split())


def _load_banks() -> Mapping[str, BankList]:
    raw = files(__package__).joinpath("data", "banks.json").read_bytes()
    return {
        country: BankList(
            {bank.bank_code: bank for bank in banks}, frozenset(name_key(bank.bank_name) for bank in banks)
        )
        for country, banks in msgspec.json.decode(raw, type=dict[str, tuple[Bank, ...]]).items()
    }


_BANKS: Final = _load_banks()
_LARGEST_ON_THE_WIRE: Final = 99_999_999_99
"""In units of the last decimal that the wire has: 99999999.99, or ten milliards where amounts are whole (decision)."""


def _money(currency: str, decimals: int, smallest: int = 1, largest: int = _LARGEST_ON_THE_WIRE) -> Money:
    """Limits in units of the last decimal on the wire."""
    step: int = 10 ** (EXPONENTS[currency] - decimals)
    return Money(currency, decimals, smallest * step, largest * step)


def _hours(hours: float) -> int:
    return int(hours * 3600)


def _no_such_type(*literals: str) -> Fault:
    """Of countries whose tables do not have 455."""
    return parameter_fault(f"accountType must be one of {', '.join(literals)}")


# -- pieces that several countries share ------------------------------------------------------------------------------

_LISTED_BANK: Final = (Field("bankCode", 50), Field("bankName", 50))
_ANY_BANK: Final = (Field("bankCode", 50, False), Field("bankName", 50, False))
_ACCOUNT: Final = Field("bankAccount", 50)
_NAME_40: Final = Field("realName", 40)
_NAME_255: Final = Field("realName", 255)
_DOCUMENT: Final = (Field("idCardNumber", 50), Field("idType", 32))
_PHONE: Final = Field("phone", 50)
_PHONE_OPTIONAL: Final = Field("phone", 50, False)
_EMAIL: Final = Field("email", 64)
_EMAIL_OPTIONAL: Final = Field("email", 64, False)

_EMAIL_FORM: Final = r"[^@\s]+@[^@\s]+"  # (decision) the pages say only "e-mail"
_IS_EMAIL: Final = ill_formed("email", _EMAIL_FORM, "must be an e-mail address")
_IS_NAME: Final = Check(
    "realName",
    re.compile(r"(?=(?:.*?[^\W\d_]){2})(?:[^\W\d_]|[\u0300-\u036f .'’-])+").fullmatch,
    parameter_fault("realName must be at least 2 letters, and no special characters"),
)
"""Letters of any script; space, dot, apostrophe and hyphen are part of real names (decision)."""

_ANYTHING: Final = form(".+")
_COLOMBIAN_PHONE: Final = form("3.*"), form(".{10}")

_BASE_REASONS: Final = frozenset({1000, 1001, 1002, 9999})
_WALLET_REASONS: Final = _BASE_REASONS | {1004, 1005, 1007, 1010, 1011, 1012, 1016}
"""AR, IN, KR and MX."""


def _bank_types(*literals: str) -> Mapping[str, AccountType]:
    return {literal: AccountType(destination=DestinationKind.BANK) for literal in literals}


def _pix(kind: PixKeyKind, *, lower: bool = False) -> AccountType:
    def fits(text: str) -> bool:
        return is_valid_pix_key(kind, text)

    return AccountType(
        destination=DestinationKind.PIX, checks=(Check("bankAccount", fits, codes.ACCOUNT_UNFIT),), lower=lower
    )


def _tax_number(fits: Fits) -> AccountType:
    """`fits` is the very function of the id type, so that a number that stands in both fields is checked once."""
    return AccountType(destination=DestinationKind.PIX, checks=(Check("bankAccount", fits, codes.ACCOUNT_UNFIT),))


# -- the countries --------------------------------------------------------------------------------------------------

_BR: Final = Country(
    code="BR",
    money=_money("BRL", 2),
    currencies=frozenset({"BRL"}),
    utc_offset_s=_hours(-3),
    # bankAccount: the Chinese page says 50, the English one 255 (decision)
    fields=(*_ANY_BANK, Field("bankAccount", 255), _NAME_255, *_DOCUMENT),
    account_types={
        "401": _tax_number(is_valid_cpf),
        "402": _tax_number(is_valid_cnpj),
        "403": _pix(PixKeyKind.PHONE),
        "404": _pix(PixKeyKind.EMAIL, lower=True),
        "405": _pix(PixKeyKind.EVP, lower=True),
    },
    type_unknown=codes.ACCOUNT_TYPE_WRONG,
    # A CPF is a person's number, a CNPJ a company's (inference).
    id_types={"CPF": IdType(is_valid_cpf, "individual"), "CNPJ": IdType(is_valid_cnpj, "business")},
    failure_codes=_BASE_REASONS,
    order_not_found=codes.ORDER_NOT_FOUND,
)

_MX: Final = Country(
    code="MX",
    money=_money("MXN", 2),
    currencies=frozenset({"MXN"}),
    utc_offset_s=_hours(-6),
    fields=(*_LISTED_BANK, _ACCOUNT, _NAME_40, Field("idCardNumber", 50)),
    checks=(_IS_NAME, Check("bankAccount", form("[0-9]+"), codes.ACCOUNT_UNFIT)),
    account_types={
        "3": AccountType(
            destination=DestinationKind.CARD,
            checks=(Check("bankAccount", form(".{16}"), codes.CARD_LENGTH_WRONG),),
            bank_checks=(BankCheck(bin_fits, codes.CARD_BANK_MISMATCH),),
        ),
        "40": AccountType(
            destination=DestinationKind.BANK,
            checks=(Check("bankAccount", form(".{18}"), codes.ACCOUNT_LENGTH_WRONG),),
            bank_checks=(BankCheck(clabe_fits, codes.BANK_ACCOUNT_MISMATCH),),
        ),
    },
    type_unknown=codes.ACCOUNT_TYPE_WRONG,
    banks=_BANKS["MX"],
    bank_unknown=None,  # (docs) such a bank's accounts are not checked
    failure_codes=_WALLET_REASONS,
)

_CCI_NUMBER: Final = frozenset({"cciNumber"})
_PE_BANK_CHECKS: Final = (
    BankCheck(length_fits, codes.CARD_BANK_MISMATCH),
    BankCheck(digit_of("1", -3, "01"), codes.CARD_BANK_MISMATCH),  # BCP (docs)
)
_PE: Final = Country(
    code="PE",
    money=_money("PEN", 2),
    currencies=frozenset({"PEN"}),
    utc_offset_s=_hours(-5),
    fields=(
        _PHONE_OPTIONAL,
        *_LISTED_BANK,
        _ACCOUNT,
        Field("cciNumber", 50, False),
        Field("realName", 50),
        *_DOCUMENT,
    ),
    checks=(
        ill_formed("phone", "9[0-9]{8}", "must be 9 digits that begin with 9"),
        ill_formed("bankAccount", "[0-9]+", "must be digits"),
        ill_formed("cciNumber", "[0-9]{20}", "must be 20 digits"),
    ),
    account_types={
        "101": AccountType(destination=DestinationKind.BANK, requires=_CCI_NUMBER, bank_checks=_PE_BANK_CHECKS),
        "102": AccountType(destination=DestinationKind.BANK, requires=_CCI_NUMBER, bank_checks=_PE_BANK_CHECKS),
        "103": AccountType(destination=DestinationKind.WALLET, bank_checks=_PE_BANK_CHECKS),
    },
    type_may_be_text=True,  # (docs) as in the example
    type_unknown=_no_such_type("101", "102", "103"),
    id_types={
        "DNI": IdType(form("[0-9]{8}")),
        "RUC": IdType(form("[0-9]{11}")),
        "CE": IdType(form("[0-9]{9}")),
        "PA": IdType(form("[0-9A-Za-z]{9}")),
    },
    banks=_BANKS["PE"],
    failure_codes=_BASE_REASONS | {1006, 1007, 1010},
    order_not_found=codes.ORDER_NOT_FOUND_TRACED,
)

_BREB_KEY: Final = "|".join(
    (
        "[0-9]{6,12}",  # a document, a NIT, or a phone: their forms overlap
        r"(?=.{6,255}\Z)" + _EMAIL_FORM,
        "@[A-Za-z0-9]{3,30}",
    )
)
_CO: Final = Country(
    code="CO",
    money=_money("COP", 0),
    currencies=frozenset({"COP"}),
    utc_offset_s=_hours(-5),
    fields=(
        *_LISTED_BANK,
        Field("bankAccount", 255),
        _NAME_40,
        *_DOCUMENT,
        _PHONE_OPTIONAL,  # both required only in Chinese (decision)
        _EMAIL_OPTIONAL,
    ),
    checks=(
        Check("phone", _COLOMBIAN_PHONE[0], codes.PHONE_START_WRONG),
        Check("phone", _COLOMBIAN_PHONE[1], codes.PHONE_LENGTH_WRONG),
        ill_formed("phone", "[0-9]+", "must be digits"),
        _IS_EMAIL,
    ),
    account_types={
        "201": AccountType(destination=DestinationKind.BANK, checks=(at_most("bankAccount", 50),)),
        "202": AccountType(destination=DestinationKind.BANK, checks=(at_most("bankAccount", 50),)),
        "203": AccountType(
            destination=DestinationKind.WALLET,
            checks=(
                Check("bankAccount", _COLOMBIAN_PHONE[0], codes.PHONE_START_WRONG),
                Check("bankAccount", _COLOMBIAN_PHONE[1], codes.PHONE_LENGTH_WRONG),
                ill_formed("bankAccount", "[0-9]+", "must be digits"),
            ),
        ),
        "204": AccountType(
            destination=DestinationKind.BANK,
            checks=(ill_formed("bankAccount", _BREB_KEY, "must be a phone, e-mail, document, NIT or @alias"),),
        ),
    },
    type_unknown=codes.ACCOUNT_TYPE_WRONG,
    id_types={
        "CC": IdType(form("[0-9]{6,10}")),
        "CE": IdType(form("[0-9]{6,10}")),
        "NIT": IdType(form("[0-9]{9}"), "business"),  # a company's number (inference)
        "PA": IdType(form("[0-9A-Za-z]{9}")),
    },
    banks=_BANKS["CO"],
    failure_codes=_BASE_REASONS | {1006, 1007, 1010},
    order_not_found=codes.ORDER_NOT_FOUND,
)

_RUT_FORM: Final = form("[0-9]{8}[0-9Kk]")
_CL: Final = Country(
    code="CL",
    money=_money("CLP", 0),
    currencies=frozenset({"CLP"}),
    utc_offset_s=_hours(-4),
    fields=(*_LISTED_BANK, _ACCOUNT, _NAME_40, *_DOCUMENT, _PHONE, _EMAIL),
    checks=(ill_formed("phone", "[0-9]{9}", "must be 9 digits"), _IS_EMAIL),
    account_types=_bank_types("601", "602", "603", "604", "605"),
    type_unknown=codes.ACCOUNT_TYPE_WRONG,
    id_types={
        "RUT": IdType(_RUT_FORM),
        "RUN": IdType(_RUT_FORM),
        "CE": IdType(form("[0-9]{9,16}")),
        "PASS": IdType(form("[0-9A-Za-z]{9,16}")),
    },
    banks=_BANKS["CL"],
    failure_codes=_BASE_REASONS | {1018, 1019, 1020, 1021, 1022},
    order_not_found=codes.ORDER_NOT_FOUND,
)

_AR: Final = Country(
    code="AR",
    money=_money("ARS", 2),
    currencies=frozenset({"ARS"}),
    utc_offset_s=_hours(-3),
    fields=(*_ANY_BANK, _ACCOUNT, _NAME_40, *_DOCUMENT, _PHONE_OPTIONAL, _EMAIL_OPTIONAL),
    checks=(
        ill_formed("bankAccount", "[0-9]{22}", "must be 22 digits"),
        ill_formed("phone", "[0-9]{10}", "must be 10 digits"),
        _IS_EMAIL,
    ),
    account_types={
        "901": AccountType(destination=DestinationKind.WALLET),
        "902": AccountType(destination=DestinationKind.BANK),
    },
    type_unknown=_no_such_type("901", "902"),
    id_types={
        "DNI": IdType(form("[0-9]{7,8}"), "individual"),
        "CUIL": IdType(form("[0-9]{11}")),
        "CUIT": IdType(form("[0-9]{11}")),
        "PA": IdType(form("[0-9A-Za-z]{1,15}")),
    },
    banks=_BANKS["AR"],
    failure_codes=_WALLET_REASONS,
)

_PK_WALLET: Final = AccountType(
    destination=DestinationKind.WALLET,
    money=_money("PKR", 0, smallest=100, largest=50_000),  # (docs) callback page
    unknown_bank=codes.WALLET_UNSUPPORTED,
)
_PK: Final = Country(
    code="PK",
    money=_money("PKR", 0),
    currencies=frozenset({"PKR"}),
    utc_offset_s=_hours(5),
    fields=(
        *_LISTED_BANK,
        _ACCOUNT,
        _NAME_255,
        *_DOCUMENT,
        _PHONE,
        _EMAIL_OPTIONAL,
        Field("userIBAN", 64, False),
    ),
    checks=(
        ill_formed("idCardNumber", "[0-9]{13}", "must be 13 digits"),
        ill_formed("phone", "[0-9]{10}", "must be 10 digits"),
        _IS_EMAIL,
    ),
    account_types={
        "301": AccountType(destination=DestinationKind.BANK),
        "302": _PK_WALLET,
        "303": _PK_WALLET,
        "304": _PK_WALLET,
    },
    type_may_be_text=True,  # (docs) as in the example
    type_unknown=codes.ACCOUNT_TYPE_WRONG,
    id_types={"CERT": IdType(_ANYTHING)},
    id_type_unknown=codes.ID_TYPE_UNSUPPORTED,
    banks=_BANKS["PK"],
    bank_unknown=codes.BANK_NAME_UNSUPPORTED,
    bank_name_unknown=codes.BANK_NAME_UNSUPPORTED,
    failure_codes=frozenset({*range(1003, 1016), 9999}),
    order_not_found=codes.ORDER_NOT_FOUND_TRACED,
)

_IN: Final = Country(
    code="IN",
    money=_money("INR", 2),  # (decision) whole amounts are only recommended
    currencies=frozenset({"INR"}),
    utc_offset_s=_hours(5.5),
    fields=(*_ANY_BANK, _ACCOUNT, _NAME_40, _PHONE, _EMAIL_OPTIONAL),
    checks=(ill_formed("phone", "[6-9][0-9]{9}", "must be 10 digits that begin with 6 to 9"), _IS_EMAIL),
    account_types={
        "1001": AccountType(
            destination=DestinationKind.BANK,
            requires=frozenset({"bankCode"}),
            checks=(ill_formed("bankCode", "[A-Za-z]{4}0[A-Za-z0-9]{6}", "must be an IFSC"),),
        ),
        "1002": AccountType(  # an address of a bank account (inference)
            destination=DestinationKind.BANK, checks=(ill_formed("bankAccount", ".*@.*", "must contain @"),)
        ),
    },
    type_unknown=_no_such_type("1001", "1002"),
    failure_codes=_WALLET_REASONS,
)

_ID: Final = Country(
    code="ID",
    money=_money("IDR", 0),
    currencies=frozenset({"IDR"}),
    utc_offset_s=_hours(7),
    fields=(*_LISTED_BANK, Field("bankAccount", 255), _NAME_255, _PHONE, _EMAIL),
    checks=(ill_formed("phone", "08[0-9]{8,11}", "must be 10 to 13 digits that begin with 08"), _IS_EMAIL),
    account_types=_bank_types("501"),
    type_unknown=codes.ACCOUNT_TYPE_WRONG,
    banks=_BANKS["ID"],
    failure_codes=_BASE_REASONS,
)

_KH_REFERENCE: Final = IdType(form(r"[\x21-\x7e]{1,50}"))
"""The user's name at the merchant: visible ASCII without blanks (decision)."""
_KH: Final = Country(
    code="KH",
    money=_money("KHR", 0),
    currencies=frozenset({"KHR", "USD"}),
    utc_offset_s=_hours(7),
    fields=(*_LISTED_BANK, _ACCOUNT, _NAME_255, _PHONE, _EMAIL, *_DOCUMENT),
    checks=(ill_formed("phone", "[0-9]{8,9}", "must be 8 or 9 digits"), _IS_EMAIL),
    account_types={
        "2001": AccountType(destination=DestinationKind.BANK),
        "2002": AccountType(destination=DestinationKind.BANK, money=_money("USD", 2)),
    },
    type_unknown=codes.ACCOUNT_TYPE_WRONG,
    id_types={"NONE_KYC": _KH_REFERENCE, "KYC": _KH_REFERENCE},
    banks=_BANKS["KH"],
    failure_codes=_BASE_REASONS | {1006, 1007, 1010},
)

_KR: Final = Country(
    code="KR",
    money=_money("KRW", 0),
    currencies=frozenset({"KRW"}),
    utc_offset_s=_hours(9),
    fields=(*_LISTED_BANK, _ACCOUNT, _NAME_40, Field("idType", 50)),
    checks=(
        Check("bankAccount", form(".{6,20}"), codes.CARD_LENGTH_WRONG),  # (decision) no length is documented
        ill_formed("bankAccount", "[0-9]+", "must be digits"),
    ),
    account_types=_bank_types("801", "802"),
    type_unknown=codes.ACCOUNT_TYPE_WRONG,
    id_types={"RRN": IdType(_ANYTHING, "individual"), "CO": IdType(_ANYTHING, "business")},
    banks=_BANKS["KR"],
    bank_unknown=codes.BANK_CODE_UNSUPPORTED,
    failure_codes=_WALLET_REASONS,
)

_BP: Final = Country(
    code="BP",  # no country: payouts in USDT
    money=_money("USDT", 2),  # (decision) although the currency has six
    currencies=frozenset({"USDT"}),
    utc_offset_s=0,
    fields=(Field("chain", 50), Field("address", 128)),
    account_field="address",
    chain_field="chain",
    # What an address of a chain looks like (decision); other chains are taken with any address.
    chain_addresses={"trc20": form("T[1-9A-HJ-NP-Za-km-z]{33}"), "erc20": form("0x[0-9A-Fa-f]{40}")},
    checks=(
        ill_formed("chain", "[A-Za-z0-9_-]+", "must be letters, digits, _ and - only"),
        ill_formed("address", r"[\x21-\x7e]+", "must not contain blanks"),
    ),
    account_types={NO_TYPE: AccountType(destination=DestinationKind.CRYPTO)},
    type_unknown=_no_such_type(),
    failure_codes=_BASE_REASONS,
)

COUNTRIES: Final[Mapping[str, Country]] = {
    country.code: country for country in (_BR, _MX, _PE, _CO, _CL, _AR, _PK, _IN, _ID, _KH, _KR, _BP)
}
"""By the two letters of the `country` header."""
