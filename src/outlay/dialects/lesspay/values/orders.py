"""A single payout's fields and a core Order, both ways; and core Payouts as LessPay's order object.

An order object is made from its details, one or many; a single payout is an order with one detail (decision). Which
code a wrong field earns stands in `codes`, lengths and forms in `schema`; the details of a batch are read in `batches`.

Two traps. A payout shown here may have been ordered through another dialect, so any part of its beneficiary can be
missing. And an account number never leaves whole: it is masked, on every path.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from outlay.core.asks import WholeOrder
from outlay.core.currencies import EXPONENTS
from outlay.core.money import format_amount
from outlay.core.payout import Order, Payout
from outlay.core.progress import State
from outlay.dialects.lesspay import codes, schema
from outlay.dialects.lesspay.schema import AuditState, DetailObject, DetailStatus, OrderObject, OrderStatus
from outlay.dialects.lesspay.values.beneficiaries import read_beneficiary, write_beneficiary
from outlay.dialects.lesspay.values.fields import (
    Fields,
    check_transaction_type,
    read_amount,
    read_currency,
    read_terms,
    write_terms,
)
from outlay.kit.jsontext import JsonObject
from outlay.wire.fields import FieldReader
from outlay.wire.problems import Fault

_MASK: Final = "****"


# -- a single payout --------------------------------------------------------------------------------------------------


def read_order(reference: str, fields: JsonObject, now_ms: int, *, strict: bool) -> Order | Fault:
    """The fields of 4.1 but for `request_id`; `strict`: whether numbers are held to what no document states."""
    reader = FieldReader(fields)
    currency = read_currency(reader)
    amount_minor = read_amount(reader, "amount", currency)
    terms = read_terms(reader, schema.MEMO_FIELDS, now_ms)
    beneficiary = read_beneficiary(reader, currency, strict)
    check_transaction_type(reader)
    if reader.faults:
        return codes.field_fault(reader.faults)
    return Order(
        reference=reference,
        currency=currency,
        amount_minor=amount_minor,
        beneficiary=beneficiary,
        remarks=terms.remarks,
        notify_url=terms.notify_url,
        channel=terms.channel,
        expires_ms=terms.expires_ms,
    )


def write_order(order: Order, now_ms: int) -> Fields | None:
    """The fields of 4.1; None where this API has no such destination."""
    beneficiary = write_beneficiary(order.beneficiary)
    if beneficiary is None:
        return None
    return {
        "request_id": order.reference,
        "amount": format_amount(order.amount_minor, EXPONENTS[order.currency]),
        **write_terms(order, now_ms),
        "beneficiary": beneficiary,
    }


# -- the order object -------------------------------------------------------------------------------------------------


def single_order(payout: Payout) -> OrderObject:
    """A payout as an order of its own: `mch_order_id` is the `request_id` (decision)."""
    return order_object(WholeOrder(payout.payout_id, payout.reference, payout.created_ms, (payout,)))


def order_object(order: WholeOrder) -> OrderObject:
    """The object of 4.3, derived from at least one payout, all of one currency and in request order. The order's id is
    the number inside `pay_order_id`."""
    currency = order.payouts[0].currency
    decimals = EXPONENTS[currency]
    details = tuple([_detail_object(payout, decimals) for payout in order.payouts])
    status = codes.order_status([(detail.status, detail.audit_state) for detail in details])
    return OrderObject(
        pay_order_id=f"{schema.PAY_ORDER_ID_PREFIX}{order.order_id:019d}",
        request_id=order.reference,
        order_status=status,
        currency=currency,
        total_amount=format_amount(sum([payout.amount_minor for payout in order.payouts]), decimals),
        decimal_places=decimals,
        fail_reason=_order_fail_reason(status, details),
        created_at=str(order.created_ms),
        details=details,
    )


def _detail_object(payout: Payout, decimals: int) -> DetailObject:
    beneficiary = payout.beneficiary
    audit = codes.audit_state(payout)
    paid = payout.state is State.PAID
    return DetailObject(
        payout_order_detail_id=f"{schema.DETAIL_ID_PREFIX}{payout.payout_id:019d}",
        mch_order_id=payout.reference,
        amount=format_amount(payout.amount_minor, decimals),
        # What stayed with the beneficiary: a return lowers it (decision).
        actual_amount=format_amount(payout.amount_minor - payout.returned_minor, decimals) if paid else None,
        status=codes.detail_status(payout),
        audit_state=audit,
        fail_reason=_detail_fail_reason(payout, audit, decimals),
        rejected_reason=payout.failure.text if payout.failure and audit is AuditState.REJECTED else None,
        channel_order_no=payout.rail_reference,
        bank_account_no=masked_account(beneficiary.account_number),
        bank_account_name=masked_name(beneficiary.name),
        bank_account_type=beneficiary.holder,
        bank_name=beneficiary.bank_name,
        bank_country_code=beneficiary.country,
        bank_swift_code=beneficiary.swift_code,
        success_time=str(payout.completed_ms) if paid and payout.completed_ms is not None else None,
    )


def _detail_fail_reason(payout: Payout, audit: AuditState, decimals: int) -> str | None:
    """Why it failed, or how much came back of a payout that stays SUCCEEDED (decision)."""
    if payout.state is State.FAILED:
        if audit is AuditState.REJECTED:
            return codes.REVIEW_REJECTED
        return (payout.failure.text if payout.failure else "") or codes.FAILED_WITHOUT_TEXT
    if 0 < payout.returned_minor < payout.amount_minor:
        return f"partially returned {format_amount(payout.returned_minor, decimals)}"
    return None


def _order_fail_reason(status: OrderStatus, details: Sequence[DetailObject]) -> str | None:
    """Null unless FAILED, CANCELED, CLOSED or PARTIAL_SUCCESS; one reason shared by all details, else how many of them
    did not succeed (decision)."""
    match status:
        case OrderStatus.PENDING_CONFIRM | OrderStatus.PENDING_PAY | OrderStatus.SUCCEED | OrderStatus.REFUND:
            return None
        case OrderStatus.CANCELED:
            return codes.CANCELED_REASON
        case OrderStatus.CLOSED:
            return codes.CLOSED_REASON
        case OrderStatus.FAILED | OrderStatus.PARTIAL_SUCCESS:
            shared = details[0].fail_reason  # None where the first was stopped, not failed
            if shared and status is OrderStatus.FAILED and all(detail.fail_reason == shared for detail in details):
                return shared
            failed = sum(detail.status is not DetailStatus.SUCCEEDED for detail in details)
            return f"{failed} of {len(details)} details failed"


def masked_account(number: str) -> str:
    """`1234****5678`; of a number of 8 characters or fewer only the last 2, of 1 or 2 nothing (decision)."""
    if not number:
        return ""  # nobody is named where a payout goes to the merchant's own account
    if len(number) >= 9:
        return f"{number[:4]}{_MASK}{number[-4:]}"
    return f"{_MASK}{number[-2:]}" if len(number) > 2 else _MASK


def masked_name(name: str) -> str:
    """`J****N`: the first and the last character (decision)."""
    return f"{name[0]}{_MASK}{name[-1]}" if name else ""
