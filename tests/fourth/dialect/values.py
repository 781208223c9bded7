"""The fields of an order ⇄ the core's order; and a payout as it is shown."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

from outlay.core.beneficiary import Beneficiary
from outlay.core.currencies import EXPONENTS
from outlay.core.destination import BankAccount
from outlay.core.money import AmountFault, format_amount, parse_amount
from outlay.core.origin import Remarks
from outlay.core.party import Party
from outlay.core.payout import Order, Payout
from outlay.dialects.harbour import codes, schema
from outlay.wire.fields import Content, FieldFault, FieldReader

_ID: Final = "hp-"


class _Iban:
    """Its form, and its two check digits (ISO 13616)."""

    def fullmatch(self, text: str, /) -> object:
        if schema.IBAN_FORM.fullmatch(text) is None:
            return None
        digits = "".join(str(int(character, 36)) for character in text[4:] + text[:4])
        return text if int(digits) % 97 == 1 else None


_IBAN: Final = _Iban()


def read_ref(fields: FieldReader) -> str:
    return fields.text(
        "ref",
        longest=schema.REF_LONGEST,
        pattern=schema.REF_FORM,
        rule="must be letters, digits and hyphens",
        content=Content.NUMBER,
    )


def read_order(fields: FieldReader, ref: str) -> Order | FieldFault:
    """The order, or its first fault in the order of the document."""
    currency = fields.text(
        "currency", longest=3, choices=schema.CURRENCIES, rule="must be of ISO 4217", content=Content.NUMBER
    )
    minor = _read_amount(fields, currency)
    place = fields.raw("to")
    to = FieldReader(place if isinstance(place, dict) else {}, "to.", fields.faults)  # "to" itself is no field (docs)
    iban = to.text("iban", longest=schema.IBAN_LONGEST, pattern=_IBAN, rule="must be an IBAN", content=Content.NUMBER)
    name = to.text("name", longest=schema.NAME_LONGEST)
    note = fields.text("note", required=False, longest=schema.NOTE_LONGEST, content=Content.REMARK)
    if fields.faults:
        return fields.faults[0]
    return Order(
        reference=ref,
        currency=currency,
        amount_minor=minor,
        beneficiary=Beneficiary(destination=BankAccount(iban=iban), party=Party(name=name)),
        remarks=Remarks(description=note),
    )


def _read_amount(fields: FieldReader, currency: str) -> int:
    """In minor units; 0 where it is wrong, or where nobody knows how many decimals it may have."""
    text = fields.text("amount", content=Content.NUMBER)
    if not text or not currency:
        return 0
    minor = parse_amount(text, EXPONENTS[currency])
    if isinstance(minor, AmountFault):
        fields.fault("amount", f"is {minor}")
        return 0
    return minor


def digest_of(order: Order) -> bytes:
    place = order.beneficiary
    said = (order.currency, order.amount_minor, place.account_number, place.name, order.remarks.description)
    return sha256(msgspec.json.encode(said)).digest()


def shown(payout: Payout) -> schema.PayoutShown:
    exponent = EXPONENTS[payout.currency]
    return schema.PayoutShown(
        ref=payout.reference,
        id=f"{_ID}{payout.payout_id}",
        currency=payout.currency,
        amount=format_amount(payout.amount_minor, exponent),
        returned=format_amount(payout.returned_minor, exponent),
        status=codes.status_of(payout.standing),
        reason=codes.reason_of(payout),
        created=payout.created_ms // 1000,
    )
