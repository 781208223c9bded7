"""UQPAY's words for a payout to the core's and back.

The trap: an account may own credentials in other dialects, so a payout shown here need not have been ordered here.
Its remarks may lack ours, its beneficiary may be anybody, its currency may be none that this API would take.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from outlay.core.beneficiary import OWN_ACCOUNT, Beneficiary
from outlay.core.currencies import EXPONENTS
from outlay.core.destination import AccountHere, OwnAccount
from outlay.core.money import AmountFault, format_amount
from outlay.core.origin import Remarks
from outlay.core.payout import Order, Payout
from outlay.dialects.uqpay import schema
from outlay.dialects.uqpay.codes import PayoutStatus, bad_amount, bad_currency, bad_field, status_of
from outlay.dialects.uqpay.values.fields import CURRENCIES, CURRENCY_FORM, read_amount, write_time
from outlay.kit.jsontext import JsonObject
from outlay.wire.fields import Content, FieldReader
from outlay.wire.problems import Fault

INTERNAL: Final = "internal"
BANK: Final = "bank"
"""The two ways of a payout (docs: transfer types), as `outlay method off` takes them (decision)."""
_DESCRIPTOR_FORM: Final = "must be printable ASCII or letters"

# -- an order, both ways -----------------------------------------------------------------------------------------------


def read_order(reference: str, body: JsonObject) -> Order | Fault:
    """The order in a create body, or the answer for its first wrong field in the documented order (decision)."""
    reader = FieldReader(body)
    currency = reader.text(schema.PAYOUT_CURRENCY)
    if reader.faults:
        return bad_field(reader.faults[0])
    exponent = CURRENCIES.get(currency)
    if exponent is None:
        return bad_currency(f"{schema.PAYOUT_CURRENCY} {CURRENCY_FORM}")
    amount = read_amount(reader, schema.PAYOUT_AMOUNT, exponent)
    if amount is None:
        return bad_field(reader.faults[0])
    if isinstance(amount, AmountFault):
        return bad_amount(f"{schema.PAYOUT_AMOUNT} is {amount}")
    descriptor = _read_descriptor(reader)
    note = reader.text(
        schema.INTERNAL_NOTE, required=False, longest=schema.INTERNAL_NOTE_LONGEST, content=Content.REMARK
    )
    target = reader.text(schema.PAYOUT_ACCOUNT_ID, required=False, longest=schema.ACCOUNT_ID_LONGEST)
    if reader.faults:
        return bad_field(reader.faults[0])
    return Order(
        reference=reference,
        currency=currency,
        amount_minor=amount,
        beneficiary=_to_account(target) if target else OWN_ACCOUNT,
        remarks=Remarks(statement_descriptor=descriptor, internal_note=note),
        channel=INTERNAL if target else BANK,
    )


def write_order(order: Order) -> JsonObject | None:
    """The way back: the fields of create but its key, which travels in a header; None where this API has no such
    destination. Nothing here orders through UQPAY yet: it is kept beside the reading so that neither can lose what the
    other knows."""
    place = order.beneficiary.destination
    if not isinstance(place, OwnAccount | AccountHere):
        return None
    fields: JsonObject = {
        schema.PAYOUT_CURRENCY: order.currency,
        schema.PAYOUT_AMOUNT: format_amount(order.amount_minor, CURRENCIES[order.currency]),
        schema.STATEMENT_DESCRIPTOR: order.remarks.statement_descriptor,
    }
    if order.remarks.internal_note:
        fields[schema.INTERNAL_NOTE] = order.remarks.internal_note
    if isinstance(place, AccountHere):
        fields[schema.PAYOUT_ACCOUNT_ID] = place.account_id
    return fields


def _to_account(named: str) -> Beneficiary:
    """By its long or short id; whose it is, is not looked up here."""
    return Beneficiary(destination=AccountHere(account_id=named))


def _read_descriptor(reader: FieldReader) -> str:
    """Printable ASCII plus letters of any script (decision), marks included: Thai and Hindi have no words without."""
    text = reader.text(schema.STATEMENT_DESCRIPTOR, longest=schema.STATEMENT_DESCRIPTOR_LONGEST)
    # The reader has refused control characters already, so ASCII here is printable.
    if not text.isascii() and not all(char.isascii() or unicodedata.category(char)[0] in "LM" for char in text):
        reader.fault(schema.STATEMENT_DESCRIPTOR, _DESCRIPTOR_FORM)
    return text


# -- a payout, as it is shown ------------------------------------------------------------------------------------------


def payout_object(payout: Payout) -> schema.PayoutObject:
    """The payout as it is now."""
    status = status_of(payout)
    # A payout of another dialect has no descriptor, but the field is required: show what its owner knows it by.
    descriptor = payout.remarks.statement_descriptor or payout.reference[: schema.STATEMENT_DESCRIPTOR_LONGEST]
    return schema.PayoutObject(
        payout_id=f"{schema.PAYOUT_ID_PREFIX}{payout.payout_id}",
        payout_currency=payout.currency,
        payout_amount=format_amount(payout.amount_minor, EXPONENTS[payout.currency]),
        statement_descriptor=descriptor,
        payout_status=status.value,
        create_time=write_time(payout.created_ms),
        internal_note=payout.remarks.internal_note,
        completed_time=_completed_time(payout, status),
    )


def _completed_time(payout: Payout, status: PayoutStatus) -> str:
    """ "" until final; then the time of the status that is shown (decision), which for a return is the last one's."""
    if status is PayoutStatus.INITIATED or status is PayoutStatus.PROCESSING:
        return ""
    at_ms = payout.completed_ms
    if status is PayoutStatus.FAILED_REFUNDED and payout.returns:
        at_ms = payout.returns[-1].at_ms
    return "" if at_ms is None else write_time(at_ms)
