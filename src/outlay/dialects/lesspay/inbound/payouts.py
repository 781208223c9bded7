"""A single payout: ordered, and asked about. What is asked about may be a batch as well."""

from __future__ import annotations

from typing import Final

from outlay.core.asks import FindOrder, Made, OrderPayout, WholeOrder
from outlay.core.ids import MAX_ID
from outlay.core.payout import Payout
from outlay.dialects.lesspay import codes, schema
from outlay.dialects.lesspay.envelope import success, write_made
from outlay.dialects.lesspay.signing import SignedBody
from outlay.dialects.lesspay.values.content import claim_of
from outlay.dialects.lesspay.values.fields import check_transaction_type, read_reference
from outlay.dialects.lesspay.values.orders import order_object, read_order, single_order
from outlay.kit.secret import Secret
from outlay.wire.dialect import Asked, Context, Credential, Now
from outlay.wire.fields import FieldReader
from outlay.wire.message import Response
from outlay.wire.problems import Fault

OPERATION: Final = "payout"
"""The key space of `request_id` knows two operations: a single payout, and a batch."""


def read_create(
    sent: SignedBody, credential: Credential[Secret], now: Now
) -> Asked[Made[Payout], Fault | None] | Fault:
    """The fields of 4.1. A Fault only where `request_id` itself is wrong: every other fault must wait until it is known
    that the reference is new, and so is the echo of an empty ask."""
    reference = read_reference(sent.fields)
    if isinstance(reference, Fault):
        return reference
    order = read_order(reference, sent.fields, now.here_ms, strict=credential.account.checks_destinations)
    claim = claim_of(reference, OPERATION, sent)
    if isinstance(order, Fault):
        return Asked(OrderPayout(claim, None), order)
    return Asked(OrderPayout(claim, order), None)


def write_created(answer: Made[Payout], wrong: Fault | None, context: Context[Secret]) -> Response | Fault:
    return write_made(answer, wrong, context, single_order)


def read_query(sent: SignedBody, _credential: Credential[Secret], _now: Now) -> Asked[WholeOrder, None] | Fault:
    """The fields of 4.3: either id, or both. An id that is not of our form names no order."""
    reader = FieldReader(sent.fields)
    reference = reader.text("request_id", required=False, longest=schema.REQUEST_ID_LONGEST)
    pay_order_id = reader.text("pay_order_id", required=False, longest=schema.PAY_ORDER_ID_LONGEST)
    check_transaction_type(reader)
    if reader.faults:
        return codes.field_fault(reader.faults)
    if not pay_order_id:
        return Asked(FindOrder(reference=reference), None) if reference else codes.IDS_MISSING
    form = schema.PAY_ORDER_ID_FORM.fullmatch(pay_order_id)
    order_id = int(form.group(1)) if form else MAX_ID + 1
    if order_id > MAX_ID:  # no id of ours, and more than a database's 63 bits could compare
        return codes.ORDER_NOT_FOUND
    return Asked(FindOrder(reference=reference or None, order_id=order_id), None)


def write_found(order: WholeOrder, _echo: None, context: Context[Secret]) -> Response:
    return success(order_object(order), context)
