"""A payout is ordered, and asked about: what each call asks, and how its answer reads in a country.

The traps: of a create whose other fields are wrong the ask is empty, because a resend of an accepted order must earn
426, whatever else is wrong with it. And a payout that was ordered through another API of the same account is answered
here too, so nothing may be expected of its beneficiary, remarks or currency.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from outlay.core.asks import Claim, FindPayout, Made, OrderPayout, Repeated, Unclaimed
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.dialects.teemopay import codes, schema
from outlay.dialects.teemopay.callers import App
from outlay.dialects.teemopay.envelope import success
from outlay.dialects.teemopay.signing import SignedBody
from outlay.dialects.teemopay.tables.rules import Country
from outlay.dialects.teemopay.values import fields
from outlay.dialects.teemopay.values.orders import read_order
from outlay.dialects.teemopay.values.payouts import complete_time, reason_of, service_amount
from outlay.kit.jsontext import Json
from outlay.wire.dialect import Asked, Context, Credential, Now
from outlay.wire.message import Response
from outlay.wire.problems import Fault, found_wrong

_CREATE: Final = "teemopay.payout.create"


# -- create -----------------------------------------------------------------------------------------------------------


class _Created(msgspec.Struct, frozen=True):
    """What the answer to a create repeats: the amount as it was sent; or what is wrong with the fields."""

    amount: Json
    wrong: Fault | None


def read_create(sent: SignedBody, credential: Credential[App], _now: Now) -> Asked[Made[Payout], _Created] | Fault:
    reference = fields.read_reference(sent.fields)
    if isinstance(reference, Fault):
        return reference
    account = credential.account
    order = read_order(
        reference,
        sent.fields,
        credential.opened.country,
        account.notify_url,
        strict=account.checks_destinations,
    )
    claim = Claim(reference, _CREATE, fields.content_digest(sent.text))
    if isinstance(order, Fault):
        return Asked(OrderPayout(claim, None), _Created(None, order))
    return Asked(OrderPayout(claim, order), _Created(sent.fields.get("amount"), None))


def write_created(answer: Made[Payout], sent: _Created, context: Context[App]) -> Response | Fault:
    match answer:
        case Repeated():
            return codes.ORDER_DUPLICATE  # never a replay, also where the content is the same (docs)
        case Unclaimed():
            return found_wrong(sent.wrong)
        case Payout():
            return success(create_data(answer, context.credential.opened.country, sent.amount), context)


def create_data(payout: Payout, country: Country, sent_amount: Json) -> schema.CreateData:
    """The answer to create: status 1 for a new payout (docs)."""
    as_sent = country.amount_as_sent and isinstance(sent_amount, str)
    return schema.CreateData(
        merchantOrderNo=payout.reference,
        tradeNo=fields.trade_no(payout.payout_id, country),
        amount=str(sent_amount) if as_sent else fields.amount_text(payout.amount_minor, payout.currency),
        status=codes.status_of(payout),
    )


# -- query ------------------------------------------------------------------------------------------------------------


def read_query(sent: SignedBody, _credential: Credential[App], _now: Now) -> Asked[Payout, None] | Fault:
    """By the merchant's number only: no query by tradeNo is documented (seed)."""
    reference = fields.read_reference(sent.fields)
    return reference if isinstance(reference, Fault) else Asked(FindPayout(reference=reference), None)


def write_query(payout: Payout, _echo: None, context: Context[App]) -> Response | Fault:
    country = context.credential.opened.country
    if payout.currency not in country.currencies:
        return country.order_not_found  # an amount is never read in the wrong currency (decision)
    return success(query_data(payout, country), context)


def query_data(payout: Payout, country: Country) -> schema.QueryData:
    """A payout in any state, from any API."""
    status = codes.status_of(payout)
    reason = reason_of(payout, status, country)
    currency = payout.currency
    number = fields.trade_no(payout.payout_id, country)
    refunded = status in (codes.REFUNDED, codes.PARTLY_REFUNDED)
    return schema.QueryData(
        merchantOrderNo=payout.reference,
        tradeNo=number,
        amount=fields.amount_text(payout.amount_minor, currency),
        status=status,
        serviceRate=fields.rate_text(payout.fee.rate_ppm),
        serviceAmount=service_amount(payout, status),
        immService=fields.amount_text(payout.fee.fixed_minor, currency),
        completeTime=complete_time(payout, status, country),
        errorCode=reason[0] if reason else None,
        errorMessage=reason[1] if reason else None,
        claveRastreo=_if_paid(payout, payout.rail_reference) if country.tracks else UNSET,
        cepUrl=_receipt(payout, country, refunded=refunded),
        totalRefundAmount=fields.amount_text(payout.returned_minor, currency) if refunded else UNSET,
        refundDetails=_refund_details(payout, number, country) if refunded else UNSET,
    )


def _receipt(payout: Payout, country: Country, *, refunded: bool) -> str | UnsetType | None:
    """Mexico's (docs); Brazil's is null, and there only with a refund (seed). No other country has any (decision)."""
    if country.tracks:
        return _if_paid(payout, payout.receipt_url)
    return None if country.null_receipt and refunded else UNSET


def _if_paid(payout: Payout, text: str | None) -> str | None:
    return (text or None) if payout.state is State.PAID else None


def _refund_details(payout: Payout, number: str, country: Country) -> list[schema.RefundDetail]:
    return [
        schema.RefundDetail(
            refundNo=f"T{each.ordinal:03d}-{number}",
            refundAmount=fields.amount_text(each.amount_minor, payout.currency),
            refundStatus=codes.REFUND_DONE,
            refundTime=fields.local_time(each.at_ms, country),
        )
        for each in payout.returns
    ]
