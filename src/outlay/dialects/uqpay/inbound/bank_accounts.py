"""A merchant's own bank accounts in UQPAY's words: what is asked of one, and how it is shown.

The trap: an update sends only what changes, but what is valid is decided on the whole: the sent fields are laid over
the present ones, and read like a new account's.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec
from stdnum import iban
from stdnum.exceptions import ValidationError

from outlay.core.asks import (
    AddBankAccount,
    ChangeBankAccount,
    Counted,
    FindBankAccount,
    ListBankAccounts,
    Made,
    NewBankAccount,
    Unfit,
)
from outlay.core.bank_account import BankAccountDetails, OwnBankAccount
from outlay.core.countries import COUNTRIES
from outlay.dialects.uqpay import schema
from outlay.dialects.uqpay.callers import Caller, Keyed, OpenedCredential
from outlay.dialects.uqpay.codes import bad_field
from outlay.dialects.uqpay.envelope import success, write_made
from outlay.dialects.uqpay.tables.bank_codes import BRANCH_CODE_CURRENCIES, NATIONAL_CODES, demanded_code
from outlay.dialects.uqpay.values.content import body_and_claim
from outlay.dialects.uqpay.values.fields import CURRENCIES, CURRENCY_FORM, NO_SUCH_ID, number_of, uuid_of
from outlay.dialects.uqpay.values.lists import Page, read_list_query
from outlay.kit.jsontext import JsonObject
from outlay.wire.dialect import Asked, Context, Now
from outlay.wire.fields import Content, FieldReader
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault, found_wrong

KIND: Final = "bank account"
_CREATE: Final = "uqpay.bankaccount.create"
_UPDATE: Final = "uqpay.bankaccount.update"

# -- the endpoints -----------------------------------------------------------------------------------------------------


def read_bank_account_create(
    sent: Keyed, caller: Caller, _now: Now
) -> Asked[Made[OwnBankAccount], Fault | None] | Fault:
    body, claim = body_and_claim(sent.request, sent.key, _CREATE)
    strict = caller.account.checks_destinations
    new = body if isinstance(body, Fault) else read_bank_account(body, strict=strict)
    if isinstance(new, Fault):
        return Asked(AddBankAccount(claim, None), new)
    return Asked(AddBankAccount(claim, new), None)


def write_bank_account_created(
    answer: Made[OwnBankAccount], wrong: Fault | None, _context: Context[OpenedCredential]
) -> Response | Fault:
    return write_made(answer, wrong, bank_account_object)


def read_bank_account_update(
    sent: Keyed, caller: Caller, _now: Now
) -> Asked[Made[OwnBankAccount] | Unfit, Change | Fault] | Fault:
    number = number_of(KIND, sent.request.parameters["id"]) or NO_SUCH_ID
    body, claim = body_and_claim(sent.request, sent.key, _UPDATE, about=str(number))
    if isinstance(body, Fault):
        return Asked(ChangeBankAccount(claim, number, None), body)
    change = Change(body, caller.account.checks_destinations)
    return Asked(ChangeBankAccount(claim, number, change.details), change)


def write_bank_account_updated(
    answer: Made[OwnBankAccount] | Unfit, sent: Change | Fault, _context: Context[OpenedCredential]
) -> Response | Fault:
    if isinstance(answer, Unfit):
        wrong = sent if isinstance(sent, Fault) else sent.read(answer.present)
        return found_wrong(wrong if isinstance(wrong, Fault) else None)
    return write_made(answer, sent if isinstance(sent, Fault) else None, bank_account_object)


def read_bank_account_retrieve(request: Request, _caller: Caller, _now: Now) -> Asked[OwnBankAccount, None] | Fault:
    number = number_of(KIND, request.parameters["id"]) or NO_SUCH_ID
    return Asked(FindBankAccount(number), None)


def write_bank_account(bank_account: OwnBankAccount, _echo: None, _context: Context[OpenedCredential]) -> Response:
    return success(bank_account_object(bank_account))


def read_bank_account_list(
    request: Request, _caller: Caller, _now: Now
) -> Asked[Counted[OwnBankAccount], Page] | Fault:
    query = read_list_query(request.query)
    if isinstance(query, Fault):
        return query
    return Asked(ListBankAccounts(skip=query.page.skip, limit=query.page.size), query.page)


def write_bank_account_list(
    listed: Counted[OwnBankAccount], page: Page, _context: Context[OpenedCredential]
) -> Response:
    return success(bank_account_list(listed.items, listed.total, page))


# -- reading -----------------------------------------------------------------------------------------------------------

_SWIFT_CODE: Final = re.compile("[A-Za-z0-9]{8,11}", re.ASCII)  # (docs)
_COUNTRY_FORM: Final = "must be an assigned ISO 3166-1 alpha-2 code in capitals"  # (docs: alpha-2), assigned (decision)
_IBAN: Final = re.compile("[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)  # what is one by its looks (ISO 13616)
_BRANCH_CODE: Final = re.compile("[A-Za-z0-9]{1,20}", re.ASCII)  # (decision)
_FORMS: Final = {name: re.compile(code.form, re.ASCII) for name, code in NATIONAL_CODES.items()}


def read_bank_account(body: JsonObject, *, strict: bool) -> NewBankAccount | Fault:
    """The account in a create body, or the answer for its first wrong field in the documented order. Its name is not
    the caller's to choose (docs: the answer adds it). `strict`: also what no document states but real rails demand."""
    return _read(body, None, strict=strict)


def read_change(body: JsonObject, present: OwnBankAccount, *, strict: bool) -> BankAccountDetails | Fault:
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

    def read(self, present: OwnBankAccount) -> BankAccountDetails | Fault:
        return read_change(self.body, present, strict=self.strict)

    def details(self, present: OwnBankAccount) -> BankAccountDetails | None:
        found = self.read(present)
        return None if isinstance(found, Fault) else found


def _read(body: JsonObject, present: OwnBankAccount | None, *, strict: bool) -> NewBankAccount | Fault:
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


def _read_currency(reader: FieldReader, present: OwnBankAccount | None) -> str:
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


# -- writing -----------------------------------------------------------------------------------------------------------


def bank_account_object(account: OwnBankAccount) -> schema.BankAccountObject:
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


def bank_account_list(accounts: tuple[OwnBankAccount, ...], total: int, page: Page) -> schema.BankAccountList:
    return schema.BankAccountList(page.pages(total), total, [bank_account_object(account) for account in accounts])


def _fields_of(account: OwnBankAccount) -> JsonObject:
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
