"""Payouts: ordered, looked up, and listed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from outlay.core.asks import FindPayout, ListPayouts, Made, OrderPayout, PayoutsListed
from outlay.core.payout import Payout
from outlay.dialects.uqpay import schema
from outlay.dialects.uqpay.callers import Caller, Keyed, OpenedCredential
from outlay.dialects.uqpay.codes import PAYOUT_NOT_FOUND, STANDINGS, PayoutStatus
from outlay.dialects.uqpay.envelope import success, write_made
from outlay.dialects.uqpay.values.content import body_and_claim
from outlay.dialects.uqpay.values.fields import read_payout_id
from outlay.dialects.uqpay.values.lists import Page, as_seen_here, read_list_query, read_word
from outlay.dialects.uqpay.values.orders import payout_object, read_order
from outlay.wire.dialect import Asked, Context, Now
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault

_CREATE: Final = "uqpay.payout.create"


def read_payout_create(sent: Keyed, _caller: Caller, _now: Now) -> Asked[Made[Payout], Fault | None] | Fault:
    body, claim = body_and_claim(sent.request, sent.key, _CREATE)
    order = body if isinstance(body, Fault) else read_order(claim.reference, body)
    if isinstance(order, Fault):
        return Asked(OrderPayout(claim, None), order)
    return Asked(OrderPayout(claim, order), None)


def write_payout_created(
    answer: Made[Payout], wrong: Fault | None, _context: Context[OpenedCredential]
) -> Response | Fault:
    return write_made(answer, wrong, payout_object)


def read_payout_retrieve(request: Request, _caller: Caller, _now: Now) -> Asked[Payout, None] | Fault:
    payout_id = read_payout_id(request.parameters["payout_id"])
    return PAYOUT_NOT_FOUND if payout_id is None else Asked(FindPayout(payout_id=payout_id), None)


def write_payout(payout: Payout, _echo: None, _context: Context[OpenedCredential]) -> Response:
    return success(payout_object(payout))


def read_payout_list(request: Request, _caller: Caller, now: Now) -> Asked[PayoutsListed, Page] | Fault:
    """Newest first (decision)."""
    query = read_list_query(request.query)
    if isinstance(query, Fault):
        return query
    query = as_seen_here(query, now)
    status = read_word(query, schema.PAYOUT_STATUS, [each.value for each in PayoutStatus])
    if isinstance(status, Fault):
        return status
    ask = ListPayouts(
        standings=STANDINGS[PayoutStatus(status)] if status is not None else None,
        from_ms=query.span.from_ms,
        to_ms=query.span.to_ms,
        newest_first=True,
        skip=query.page.skip,
        limit=query.page.size,
        counted=True,
    )
    return Asked(ask, query.page)


def write_payout_list(listed: PayoutsListed, page: Page, _context: Context[OpenedCredential]) -> Response:
    return success(payout_list(listed.payouts, listed.total or 0, page))


def payout_list(payouts: Sequence[Payout], total: int, page: Page) -> schema.PayoutList:
    return schema.PayoutList(page.pages(total), total, [payout_object(payout) for payout in payouts])
