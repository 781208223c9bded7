"""What the bodies of create and query say, by the rows of `countries`: an order in neutral form, or the fault.

Faults are told by the lowest code (decision): all of 414 first, then 427, 429 and so on. The form of merchantOrderNo
stands before them, and the duplicate (426) between: that order is the service's, see `inbound`.

The trap: this is the hot path, and check digits, where the account wants them, take most of its time, so a number that
stands in two fields is checked once.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from outlay.core.currencies import EXPONENTS
from outlay.core.money import AmountFault, parse_amount
from outlay.core.origin import NO_REMARKS, Remarks
from outlay.core.payout import Order
from outlay.dialects.teemopay import codes, schema
from outlay.dialects.teemopay.countries import COUNTRIES, NO_TYPE
from outlay.dialects.teemopay.neutral import BANK_CODE, BANK_NAME, ID_NUMBER, ID_TYPE, Said, beneficiary_of
from outlay.dialects.teemopay.rules import AccountType, Country, IdType, Money, name_key
from outlay.kit.jsontext import JsonObject, Number
from outlay.wire.addresses import NOTICE_ADDRESS, NOTICE_ADDRESS_RULE
from outlay.wire.fields import Content, FieldReader
from outlay.wire.problems import Fault
from outlay.wire.sizes import Shape, text, word, word_of

ACCOUNT_TYPE: Final = "accountType"

_OUT_OF_RANGE: Final = "is outside the amounts allowed"
_AMOUNT_RULES: Final = {
    AmountFault.NOT_DECIMAL: "must be a plain decimal number",
    AmountFault.TOO_MANY_DECIMALS: "has too many decimals",
    AmountFault.NOT_POSITIVE: "must be greater than zero",
    AmountFault.TOO_LARGE: _OUT_OF_RANGE,
}
_NOT_WHOLE: Final = "amount that is not whole"
_REFERENCE_RULE: Final = "must be letters, digits, _ and - only"


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


def read_reference(body: JsonObject) -> str | Fault:
    """merchantOrderNo, or 414."""
    reader = FieldReader(body)
    reference = reader.text(
        "merchantOrderNo",
        longest=schema.MERCHANT_ORDER_NO_LENGTH,
        pattern=schema.MERCHANT_ORDER_NO_FORM,
        rule=_REFERENCE_RULE,
    )
    return first_fault(reader) or reference


def content_digest(text: str) -> bytes:
    """32 bytes, of `signing.text_of` a body: equal content is what signs alike but for the nonce (decision). No answer
    depends on it, a repeated number is 426 either way (docs)."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def first_fault(reader: FieldReader) -> Fault | None:
    """414 for what was found first, or nothing."""
    if not reader.faults:
        return None
    fault = reader.faults[0]
    return codes.AMOUNT_NOT_WHOLE if fault.rule is _NOT_WHOLE else codes.parameter_fault(str(fault))


def read_order(
    reference: str, body: JsonObject, country: Country, notify_url: str | None, *, strict: bool
) -> Order | Fault:
    """The fields of create except merchantOrderNo; the Fault of the lowest code, and of several 414 the first in this
    order: amount, accountType, the country's fields in documented order, callbackUrl. What else the body holds is
    accepted and ignored (decision). `notify_url` stands in for a missing callbackUrl; `strict`: see `rules`."""
    reader = FieldReader(body)
    literal = _account_type_literal(body, country)
    kind = country.account_types.get(literal)
    money = kind.money if kind is not None and kind.money is not None else country.money
    amount_minor = _read_amount(reader, money)
    _note_account_type(reader, literal, country)
    texts = _read_texts(reader, kind, country)
    callback_url = reader.text(
        "callbackUrl",
        required=False,
        longest=schema.CALLBACK_URL_LENGTH,
        pattern=NOTICE_ADDRESS,  # the documents say only "url" (decision)
        rule=NOTICE_ADDRESS_RULE,
    )
    if fault := first_fault(reader):
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


def _read_amount(reader: FieldReader, money: Money) -> int:
    """In minor units of the currency; the wire may have fewer decimals than the currency (docs)."""
    text = reader.text("amount", longest=schema.AMOUNT_LENGTH, content=Content.NUMBER)
    if not text:
        return 0
    units = parse_amount(text, money.decimals)
    if isinstance(units, AmountFault):
        whole = units is AmountFault.TOO_MANY_DECIMALS and money.decimals == 0
        reader.fault("amount", _NOT_WHOLE if whole else _AMOUNT_RULES[units])
        return 0
    minor: int = units * 10 ** (EXPONENTS[money.currency] - money.decimals)
    if not money.smallest_minor <= minor <= money.largest_minor:
        reader.fault("amount", _OUT_OF_RANGE)
    return minor


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
