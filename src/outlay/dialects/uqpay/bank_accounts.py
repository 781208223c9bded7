"""A merchant's own bank accounts in UQPAY's words: what is asked of one, and how it is shown.

Which national bank code an account needs depends on its currency and country: that is a table here, not code.

The trap: an update sends only what changes, but what is valid is decided on the whole: the sent fields are laid over
the present ones, and read like a new account's.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec
from stdnum import iban
from stdnum.exceptions import ValidationError

from outlay.core.asks import NewBankAccount
from outlay.core.bank_account import BankAccount, BankAccountDetails
from outlay.core.countries import COUNTRIES
from outlay.dialects.uqpay import schema
from outlay.dialects.uqpay.codes import bad_field
from outlay.dialects.uqpay.values import CURRENCIES, CURRENCY_FORM, Page, uuid_of
from outlay.kit.jsontext import JsonObject
from outlay.wire.fields import Content, FieldReader
from outlay.wire.problems import Fault

KIND: Final = "bank account"

# -- national bank codes -----------------------------------------------------------------------------------------------


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
_FORMS: Final = {name: re.compile(code.form, re.ASCII) for name, code in NATIONAL_CODES.items()}
_DEMANDED: Final = {where: name for name, code in NATIONAL_CODES.items() for where in code.demanded}


def demanded_code(currency: str, country: str) -> str | None:
    """The kind of bank code that an account in this currency and country must have; None where it may do without."""
    return _DEMANDED.get((currency, country)) or _DEMANDED.get((currency, None))


# -- reading --------------------------------------------------------------------------------------------------------

_SWIFT_CODE: Final = re.compile("[A-Za-z0-9]{8,11}", re.ASCII)  # (docs)
_COUNTRY_FORM: Final = "must be an assigned ISO 3166-1 alpha-2 code in capitals"  # (docs: alpha-2), assigned (decision)
_IBAN: Final = re.compile("[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)  # what is one by its looks (ISO 13616)
_BRANCH_CODE: Final = re.compile("[A-Za-z0-9]{1,20}", re.ASCII)  # (decision)


def read_bank_account(body: JsonObject, *, strict: bool) -> NewBankAccount | Fault:
    """The account in a create body, or the answer for its first wrong field in the documented order. Its name is not
    the caller's to choose (docs: the answer adds it). `strict`: also what no document states but real rails demand."""
    return _read(body, None, strict=strict)


def read_change(body: JsonObject, present: BankAccount, *, strict: bool) -> BankAccountDetails | Fault:
    """What the sent fields make of the present ones; what is null or empty is not sent. Currencies are fixed (docs)."""
    sent = FieldReader(body)
    merged = _fields_of(present) | {name: value for name, value in body.items() if sent.has(name)}
    changed = _read(merged, present, strict=strict)
    return changed if isinstance(changed, Fault) else changed.details


class Change(msgspec.Struct, frozen=True):
    """The fields that were sent to change a bank account, and whether its numbers are held to what no document states.
    What they make, or what is wrong with them, hangs on the present one."""

    body: JsonObject
    strict: bool

    def read(self, present: BankAccount) -> BankAccountDetails | Fault:
        return read_change(self.body, present, strict=self.strict)

    def details(self, present: BankAccount) -> BankAccountDetails | None:
        found = self.read(present)
        return None if isinstance(found, Fault) else found


def _read(body: JsonObject, present: BankAccount | None, *, strict: bool) -> NewBankAccount | Fault:
    reader = FieldReader(body)
    number = _read_number(reader, strict=strict)
    bank_name = reader.text(schema.BANK_NAME)
    address = reader.text(schema.BANK_ADDRESS)
    swift_code = reader.text(
        schema.SWIFT_CODE, pattern=_SWIFT_CODE, rule="must be 8 to 11 letters and digits", content=Content.NUMBER
    )
    country = _read_country(reader)
    currency = _read_currency(reader, present)
    code_type, code_value = _read_code(reader, demanded_code(currency, country))
    branch_code = reader.text(
        schema.BANK_BRANCH_CODE,
        required=currency in BRANCH_CODE_CURRENCIES,
        pattern=_BRANCH_CODE,
        rule="must be 1 to 20 letters and digits",
        content=Content.NUMBER,
    )
    if reader.faults:
        return bad_field(reader.faults[0])
    details = BankAccountDetails(
        account_name=present.details.account_name if present is not None else "",
        account_number=number,
        bank_name=bank_name,
        bank_address=address,
        country=country,
        swift_code=swift_code,
        code_type=code_type or None,
        code_value=code_value or None,
        branch_code=branch_code or None,
    )
    return NewBankAccount(currency, details)


def _read_number(reader: FieldReader, *, strict: bool) -> str:
    """No document states the check digits of an IBAN: they are the rail's (decision)."""
    number = reader.text(
        schema.ACCOUNT_NUMBER,
        shortest=schema.ACCOUNT_NUMBER_SHORTEST,
        longest=schema.ACCOUNT_NUMBER_LONGEST,
        content=Content.NUMBER,
    )
    if strict and _IBAN.fullmatch(number.replace(" ", "")):
        try:
            iban.validate(number)
        except ValidationError:
            reader.fault(schema.ACCOUNT_NUMBER, "must have the length and the check digits of an IBAN of its country")
    return number


def _read_country(reader: FieldReader) -> str:
    country = reader.text(schema.BANK_COUNTRY_CODE, content=Content.NUMBER)
    if country and country not in COUNTRIES:
        reader.fault(schema.BANK_COUNTRY_CODE, _COUNTRY_FORM)
    return country


def _read_currency(reader: FieldReader, present: BankAccount | None) -> str:
    if present is None:
        currency = reader.text(schema.CURRENCY)
        if currency and currency not in CURRENCIES:
            reader.fault(schema.CURRENCY, CURRENCY_FORM)
        return currency
    if reader.raw(schema.CURRENCY) != present.currency:
        reader.fault(schema.CURRENCY, "of a bank account cannot be changed")
    return present.currency


def _read_code(reader: FieldReader, demanded: str | None) -> tuple[str, str]:
    """Kind and value. Where no kind is demanded, any may be given (decision)."""
    choices = (demanded,) if demanded else tuple(NATIONAL_CODES)
    given = reader.has(schema.BANK_CODE_VALUE)
    code_type = reader.text(schema.BANK_CODE_TYPE, required=demanded is not None or given, choices=choices)
    if not code_type:
        return "", ""
    form, rule = _FORMS[code_type], NATIONAL_CODES[code_type].rule
    return code_type, reader.text(schema.BANK_CODE_VALUE, pattern=form, rule=rule, content=Content.NUMBER)


# -- writing --------------------------------------------------------------------------------------------------------


def bank_account_object(account: BankAccount) -> schema.BankAccountObject:
    """In full: nothing is masked in this API (docs)."""
    details = account.details
    return schema.BankAccountObject(
        id=uuid_of(KIND, account.bank_account_id),
        account_name=details.account_name,
        account_number=details.account_number,
        bank_name=details.bank_name,
        bank_address=details.bank_address,
        swift_code=details.swift_code,
        bank_country_code=details.country,
        currency=account.currency,
        bank_code_type=details.code_type or "",
        bank_code_value=details.code_value or "",
        bank_branch_code=details.branch_code or "",
        account_status="Valid" if account.is_valid else "Invalid",
    )


def bank_account_list(accounts: tuple[BankAccount, ...], total: int, page: Page) -> schema.BankAccountList:
    return schema.BankAccountList(page.pages(total), total, [bank_account_object(account) for account in accounts])


def _fields_of(account: BankAccount) -> JsonObject:
    """The present fields as they would be sent."""
    details = account.details
    return {
        schema.ACCOUNT_NUMBER: details.account_number,
        schema.BANK_NAME: details.bank_name,
        schema.BANK_ADDRESS: details.bank_address,
        schema.SWIFT_CODE: details.swift_code,
        schema.BANK_COUNTRY_CODE: details.country,
        schema.CURRENCY: account.currency,
        schema.BANK_CODE_TYPE: details.code_type,
        schema.BANK_CODE_VALUE: details.code_value,
        schema.BANK_BRANCH_CODE: details.branch_code,
    }
