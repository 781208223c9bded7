"""The body of create, by the rows of `tables.countries`: read as an order in neutral form, or the fault, and back.

Faults are told by the lowest code (decision): all of 414 first, then 427, 429 and so on. The form of merchantOrderNo
stands before them, and the duplicate (426) between: that order is the service's, see `inbound`.

Nothing here orders through TeemoPay yet. The writing is kept beside the reading so that neither can lose what the other
knows: whatever is read, written and read again is the same order.

The trap: this is the hot path, and check digits, where the account wants them, take most of its time, so a number that
stands in two fields is checked once.
"""

from __future__ import annotations

from typing import Any, Final

from outlay.core.origin import NO_REMARKS, Remarks
from outlay.core.payout import Order
from outlay.dialects.teemopay import codes, schema
from outlay.dialects.teemopay.tables.countries import COUNTRIES, NO_TYPE
from outlay.dialects.teemopay.tables.rules import AccountType, Country, IdType, Money, name_key
from outlay.dialects.teemopay.values import fields
from outlay.dialects.teemopay.values.beneficiaries import (
    BANK_CODE,
    BANK_NAME,
    ID_NUMBER,
    ID_TYPE,
    Said,
    beneficiary_of,
    texts_of,
)
from outlay.kit.jsontext import JsonObject, Number
from outlay.wire.addresses import NOTICE_ADDRESS, NOTICE_ADDRESS_RULE
from outlay.wire.fields import FieldReader
from outlay.wire.problems import Fault
from outlay.wire.sizes import Shape, text, word, word_of

Fields = dict[str, Any]

ACCOUNT_TYPE: Final = "accountType"

QUERY_SHAPE: Final = {"merchantOrderNo": word(schema.MERCHANT_ORDER_NO_LENGTH)}
CREATE_SHAPES: Final[tuple[Shape, ...]] = tuple(
    {
        **QUERY_SHAPE,
        "amount": word(schema.AMOUNT_LENGTH),
        ACCOUNT_TYPE: word_of(country.account_types),
        **{field.name: text(field.longest) for field in country.fields},
        "callbackUrl": text(schema.CALLBACK_URL_LENGTH),
    }
    for country in COUNTRIES.values()
)
"""The fields of each country, with the bytes of their longest values."""


def read_order(
    reference: str, body: JsonObject, country: Country, notify_url: str | None, *, strict: bool
) -> Order | Fault:
    """The fields of create except merchantOrderNo; the Fault of the lowest code, and of several 414 the first in this
    order: amount, accountType, the country's fields in documented order, callbackUrl. What else the body holds is
    accepted and ignored (decision). `notify_url` stands in for a missing callbackUrl; `strict`: see `tables.rules`."""
    reader = FieldReader(body)
    literal = _account_type_literal(body, country)
    kind = country.account_types.get(literal)
    money = _money_of(kind, country)
    amount_minor = fields.read_amount(reader, money)
    _note_account_type(reader, literal, country)
    texts = _read_texts(reader, kind, country)
    callback_url = reader.text(
        "callbackUrl",
        required=False,
        longest=schema.CALLBACK_URL_LENGTH,
        pattern=NOTICE_ADDRESS,  # the documents say only "url" (decision)
        rule=NOTICE_ADDRESS_RULE,
    )
    if fault := fields.first_fault(reader):
        return fault
    id_type = country.id_types.get(texts[ID_TYPE]) if country.id_types else None
    said = Said(texts, literal, kind, id_type, country, strict)
    faults = _faults(said)
    if not callback_url and not notify_url:
        faults.append(codes.CALLBACK_MISSING)
    if kind is None:
        faults.append(country.type_unknown)
    if faults or kind is None:
        return min(faults, key=lambda fault: int(fault.code))
    return Order(
        reference=reference,
        currency=money.currency,
        amount_minor=amount_minor,
        beneficiary=beneficiary_of(said, kind),
        remarks=Remarks(method=literal) if literal else NO_REMARKS,
        notify_url=callback_url or None,
        channel=literal or texts[country.chain_field].lower(),
    )


def write_order(order: Order, country: Country) -> Fields:
    """The fields of create but app_code and sign, and of those only the ones that this country knows. The account type
    is the order's method, an integer as the documents write it."""
    literal = order.remarks.method
    kind = country.account_types.get(literal)
    amount = fields.write_amount(order.amount_minor, order.currency, _money_of(kind, country))
    body: Fields = {"merchantOrderNo": order.reference, "amount": amount}
    if literal:
        body[ACCOUNT_TYPE] = int(literal)
    if order.notify_url is not None:
        body["callbackUrl"] = order.notify_url
    texts = texts_of(order.beneficiary, country)
    return body | {field.name: texts[field.name] for field in country.fields if texts.get(field.name)}


def _money_of(kind: AccountType | None, country: Country) -> Money:
    return kind.money if kind is not None and kind.money is not None else country.money


def _read_texts(reader: FieldReader, kind: AccountType | None, country: Country) -> dict[str, str]:
    requires = kind.requires if kind is not None else frozenset()
    return {
        field.name: reader.text(
            field.name,
            required=field.required or field.name in requires,
            longest=field.longest,
            content=field.content,
        )
        for field in country.fields
    }


def _account_type_literal(body: JsonObject, country: Country) -> str:
    """The literal of a JSON integer, because that is what the table of account types holds; "" for anything else."""
    value = body.get(ACCOUNT_TYPE)
    if NO_TYPE in country.account_types:
        return NO_TYPE
    if isinstance(value, Number):
        return value.literal if value.is_integer else ""
    if country.type_may_be_text and isinstance(value, str) and value.isascii() and value.isdigit():
        return value
    return ""


def _note_account_type(reader: FieldReader, literal: str, country: Country) -> None:
    if literal or NO_TYPE in country.account_types:
        return
    if reader.has(ACCOUNT_TYPE):
        reader.fault(ACCOUNT_TYPE, "must be an integer")
    else:
        reader.fault(ACCOUNT_TYPE, "is required", missing=True)


def _faults(said: Said) -> list[Fault]:
    """What is wrong with texts that are there and not too long."""
    texts, kind, country = said.texts, said.kind, said.country
    checks = country.checks if kind is None else country.checks + kind.checks
    faults = []
    for check in checks:
        text = texts[check.field]
        if text and (said.strict or not check.strict) and not check.fits(text):
            faults.append(check.fault)
    if country.id_types:
        if said.id_type is None:
            faults.append(country.id_type_unknown)
        elif not _id_number_fits(said, said.id_type, faults):
            faults.append(codes.ID_NUMBER_WRONG)
    if country.banks is not None and texts[BANK_CODE]:
        faults += _bank_faults(said)
    if said.strict and country.chain_field:
        address_fits = country.chain_addresses.get(texts[country.chain_field].lower())
        if address_fits is not None and not address_fits(texts[country.account_field]):
            faults.append(codes.ADDRESS_CHAIN_MISMATCH)
    return faults


def _id_number_fits(said: Said, id_type: IdType, faults: list[Fault]) -> bool:
    number = said.texts.get(ID_NUMBER, "")
    if not number:
        return True
    if not id_type.fits(number):
        return False
    if not said.strict or id_type.digits_fit is None:
        return True
    account = said.country.account_field
    if said.kind is not None and not faults and number == said.texts[account]:
        known = [check.fits for check in said.kind.checks if check.field == account]
        if id_type.digits_fit in known:
            return True  # just seen to be good
    return bool(id_type.digits_fit(number))


def _bank_faults(said: Said) -> list[Fault]:
    kind, country = said.kind, said.country
    banks = country.banks
    if banks is None:
        return []
    bank, name = banks.by_code.get(said.texts[BANK_CODE]), said.texts[BANK_NAME]
    if bank is None:
        own = kind.unknown_bank if kind is not None else None
        unknown = own or country.bank_unknown
        return [unknown] if unknown else []
    faults = []
    if name and (said.strict or country.bank_names_stated) and name_key(name) != name_key(bank.bank_name):
        known = name_key(name) in banks.name_keys
        faults.append(codes.BANK_NAME_MISMATCH if known else country.bank_name_unknown)
    if kind is None:
        return faults
    if bank.account_types and int(said.literal) not in bank.account_types:
        return [*faults, codes.BANK_METHOD_MISMATCH]
    account = said.texts[country.account_field]
    return faults + [fault for check in kind.bank_checks if (fault := check(bank, said.literal, account))]
