"""What differs from country to country of TeemoPay, as one table: fields, account types, documents, banks, amounts, the
offset of local time, and the code that each fault earns there (docs, `<country>/payout/*.md`; summary in README.md).

Reading a body by a row of this table is the business of `values.orders`, what a row is made of stands in `rules`. The
banks are in `banks.json`, which is read once, while this module is imported: it is part of the program, like the code,
and nothing is read after that.

The trap: the same fault has another code in another country, and some countries have none for it; then it is 414.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Final

from outlay.core.chain_addresses import is_hex_address, is_tron_address
from outlay.core.currencies import EXPONENTS
from outlay.core.destination import DestinationKind, KeyKind
from outlay.core.pix import PixKeyKind, has_pix_key_form, is_valid_cnpj, is_valid_cpf
from outlay.dialects.teemopay import codes
from outlay.dialects.teemopay.codes import parameter_fault
from outlay.dialects.teemopay.tables.numbers import is_valid_cbu, is_valid_clabe, is_valid_rut
from outlay.dialects.teemopay.tables.reasons import PAGES
from outlay.dialects.teemopay.tables.rules import (
    AccountType,
    Check,
    Country,
    Field,
    Fits,
    IdType,
    Money,
    at_most,
    bin_of_bank,
    clabe_of_bank,
    digit_of,
    form,
    ill_formed,
    length_of_bank,
    load_banks,
)
from outlay.wire.fields import Content
from outlay.wire.problems import Fault

NO_TYPE: Final = ""

_BANKS: Final = load_banks()
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


def _number(name: str, longest: int = 50, *, required: bool = True) -> Field:
    return Field(name, longest, required, Content.NUMBER)


# -- pieces that several countries share ------------------------------------------------------------------------------

_LISTED_BANK: Final = (_number("bankCode"), Field("bankName", 50))
_ANY_BANK: Final = (_number("bankCode", required=False), Field("bankName", 50, False))
_ACCOUNT: Final = _number("bankAccount")
_LONG_ACCOUNT: Final = _number("bankAccount", 255)
_NAME_40: Final = Field("realName", 40)
_NAME_255: Final = Field("realName", 255)
_ID_NUMBER: Final = _number("idCardNumber")
_DOCUMENT: Final = (_ID_NUMBER, Field("idType", 32))
_PHONE: Final = _number("phone")
_PHONE_OPTIONAL: Final = _number("phone", required=False)
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


def _bank_types(*literals: str) -> Mapping[str, AccountType]:
    return {literal: AccountType(destination=DestinationKind.BANK) for literal in literals}


_KEY_KINDS: Final = {
    PixKeyKind.CPF: KeyKind.CPF,
    PixKeyKind.CNPJ: KeyKind.CNPJ,
    PixKeyKind.PHONE: KeyKind.PHONE,
    PixKeyKind.EMAIL: KeyKind.EMAIL,
    PixKeyKind.EVP: KeyKind.RANDOM,
}


def _pix(kind: PixKeyKind, *strict: Check, lower: bool = False) -> AccountType:
    key = Check("bankAccount", partial(has_pix_key_form, kind), codes.ACCOUNT_UNFIT)
    return AccountType(destination=DestinationKind.PIX, checks=(key, *strict), lower=lower, key_kind=_KEY_KINDS[kind])


def _digits(fits: Fits, fault: Fault) -> Check:
    """Check digits of the account."""
    return Check("bankAccount", fits, fault, strict=True)


# -- the countries --------------------------------------------------------------------------------------------------

_BR: Final = Country(
    code="BR",
    money=_money("BRL", 2),
    currencies=frozenset({"BRL"}),
    utc_offset_s=_hours(-3),
    # bankAccount: the Chinese page says 50, the English one 255 (decision)
    fields=(*_ANY_BANK, _LONG_ACCOUNT, _NAME_255, *_DOCUMENT),
    account_types={
        # The very functions of the id types, so that a number that stands in both fields is checked once.
        "401": _pix(PixKeyKind.CPF, _digits(is_valid_cpf, codes.ACCOUNT_UNFIT)),
        "402": _pix(PixKeyKind.CNPJ, _digits(is_valid_cnpj, codes.ACCOUNT_UNFIT)),
        "403": _pix(PixKeyKind.PHONE),
        "404": _pix(PixKeyKind.EMAIL, lower=True),
        "405": _pix(PixKeyKind.EVP, lower=True),
    },
    type_unknown=codes.ACCOUNT_TYPE_WRONG,
    type_off=codes.METHOD_UNSUPPORTED,
    # A CPF is a person's number, a CNPJ a company's (inference).
    id_types={
        "CPF": IdType(partial(has_pix_key_form, PixKeyKind.CPF), "individual", is_valid_cpf),
        "CNPJ": IdType(partial(has_pix_key_form, PixKeyKind.CNPJ), "business", is_valid_cnpj),
    },
    reasons=PAGES["BR"],
    order_not_found=codes.ORDER_NOT_FOUND,
    null_receipt=True,
)

_MX: Final = Country(
    code="MX",
    money=_money("MXN", 2),
    currencies=frozenset({"MXN"}),
    utc_offset_s=_hours(-6),
    fields=(*_LISTED_BANK, _ACCOUNT, _NAME_40, _ID_NUMBER),
    checks=(_IS_NAME, Check("bankAccount", form("[0-9]+"), codes.ACCOUNT_UNFIT)),
    account_types={
        "3": AccountType(
            destination=DestinationKind.CARD,
            checks=(Check("bankAccount", form(".{16}"), codes.CARD_LENGTH_WRONG),),
            bank_checks=(bin_of_bank,),
        ),
        "40": AccountType(
            destination=DestinationKind.BANK,
            checks=(
                Check("bankAccount", form(".{18}"), codes.ACCOUNT_LENGTH_WRONG),
                _digits(is_valid_clabe, codes.ACCOUNT_UNFIT),
            ),
            bank_checks=(clabe_of_bank,),
        ),
    },
    type_unknown=codes.ACCOUNT_TYPE_WRONG,
    type_off=codes.METHOD_UNSUPPORTED,
    banks=_BANKS["MX"],
    bank_unknown=None,  # (docs) such a bank's accounts are not checked
    reasons=PAGES["MX"],
    tracks=True,
)

_CCI_NUMBER: Final = frozenset({"cciNumber"})
_PE_BANK_CHECKS: Final = (length_of_bank, digit_of("1", -3, "01", codes.BCP_DIGIT_WRONG))
_PE: Final = Country(
    code="PE",
    money=_money("PEN", 2),
    currencies=frozenset({"PEN"}),
    utc_offset_s=_hours(-5),
    fields=(
        _PHONE_OPTIONAL,
        *_LISTED_BANK,
        _ACCOUNT,
        _number("cciNumber", required=False),
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
    reasons=PAGES["PE"],
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
        _LONG_ACCOUNT,
        _NAME_40,
        *_DOCUMENT,
        _PHONE_OPTIONAL,  # both required only in Chinese (decision)
        _EMAIL_OPTIONAL,
    ),
    # 438 and 440 are of the account only (docs)
    checks=(ill_formed("phone", "3[0-9]{9}", "must be 10 digits that begin with 3"), _IS_EMAIL),
    account_types={
        "201": AccountType(destination=DestinationKind.BANK, checks=(at_most("bankAccount", 50),)),
        "202": AccountType(destination=DestinationKind.BANK, checks=(at_most("bankAccount", 50),)),
        "203": AccountType(
            destination=DestinationKind.WALLET,
            checks=(
                Check("bankAccount", form("3.*"), codes.PHONE_START_WRONG),
                Check("bankAccount", form(".{10}"), codes.PHONE_LENGTH_WRONG),
                ill_formed("bankAccount", "[0-9]+", "must be digits"),
            ),
        ),
        "204": AccountType(
            destination=DestinationKind.BANK,
            key_kind=KeyKind.ANY,  # Bre-B: a phone, a document or an alias
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
    reasons=PAGES["CO"],
    order_not_found=codes.ORDER_NOT_FOUND,
    amount_as_sent=True,
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
        "RUT": IdType(_RUT_FORM, digits_fit=is_valid_rut),
        "RUN": IdType(_RUT_FORM, digits_fit=is_valid_rut),
        "CE": IdType(form("[0-9]{9,16}")),
        "PASS": IdType(form("[0-9A-Za-z]{9,16}")),
    },
    banks=_BANKS["CL"],
    reasons=PAGES["CL"],
    order_not_found=codes.ORDER_NOT_FOUND,
    amount_as_sent=True,
)

_AR: Final = Country(
    code="AR",
    money=_money("ARS", 2),
    currencies=frozenset({"ARS"}),
    utc_offset_s=_hours(-3),
    fields=(*_ANY_BANK, _ACCOUNT, _NAME_40, *_DOCUMENT, _PHONE_OPTIONAL, _EMAIL_OPTIONAL),
    checks=(
        ill_formed("bankAccount", "[0-9]{22}", "must be 22 digits"),
        _digits(is_valid_cbu, parameter_fault("bankAccount must have the check digits of a CBU or CVU")),
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
    reasons=PAGES["AR"],
    order_not_found=codes.ORDER_NOT_FOUND_TRACED,
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
        _number("userIBAN", 64, required=False),
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
    bank_names_stated=True,  # (docs) bankCode = bankName
    reasons=PAGES["PK"],
    order_not_found=codes.ORDER_NOT_FOUND_TRACED,
    amount_as_sent=True,
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
    reasons=PAGES["IN"],
)

_ID: Final = Country(
    code="ID",
    money=_money("IDR", 0),
    currencies=frozenset({"IDR"}),
    utc_offset_s=_hours(7),
    fields=(*_LISTED_BANK, _LONG_ACCOUNT, _NAME_255, _PHONE, _EMAIL),
    checks=(ill_formed("phone", "08[0-9]{8,11}", "must be 10 to 13 digits that begin with 08"), _IS_EMAIL),
    account_types=_bank_types("501"),
    type_unknown=codes.ACCOUNT_TYPE_WRONG,
    banks=_BANKS["ID"],
    reasons=PAGES["ID"],
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
    reasons=PAGES["KH"],
    amount_as_sent=True,
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
    reasons=PAGES["KR"],
    order_not_found=codes.ORDER_NOT_FOUND_TRACED,
)

_BP: Final = Country(
    code="BP",  # no country: payouts in USDT
    money=_money("USDT", 2),  # (decision) although the currency has six
    currencies=frozenset({"USDT"}),
    utc_offset_s=0,
    fields=(Field("chain", 50), _number("address", 128)),
    account_field="address",
    chain_field="chain",
    # Other chains are taken with any address (decision).
    chain_addresses={"trc20": is_tron_address, "erc20": is_hex_address},
    checks=(
        ill_formed("chain", "[A-Za-z0-9_-]+", "must be letters, digits, _ and - only"),
        ill_formed("address", r"[\x21-\x7e]+", "must not contain blanks"),
    ),
    account_types={NO_TYPE: AccountType(destination=DestinationKind.CRYPTO)},
    type_unknown=_no_such_type(),
    type_off=codes.CHAIN_OFF,
    reasons=PAGES["BP"],
    order_not_found=codes.ORDER_NOT_FOUND_TRACED,
)

COUNTRIES: Final[Mapping[str, Country]] = {
    country.code: country for country in (_BR, _MX, _PE, _CO, _CL, _AR, _PK, _IN, _ID, _KH, _KR, _BP)
}
"""By the two letters of the `country` header."""
