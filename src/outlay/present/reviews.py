"""What waits for a reviewer, and what one has decided, as documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
from msgspec.structs import replace

from outlay.core.events import Approve, Reject
from outlay.core.help_lines import approve_line, reject_line
from outlay.core.payout import Batch, Payout
from outlay.core.shown import WaitingOrder, Waits
from outlay.core.unreadable import UnreadablePayout
from outlay.core.waiting import WaitingFor, What
from outlay.present.payouts import WaitingDocument, waiting_document
from outlay.present.values import money, utc_json
from outlay.present.work import UnreadableDocument, unreadable_documents


class WaitingOrderDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`count` and `total` are of the payouts that wait; `count_in_all` of all that were ordered with them."""

    order_id: str
    is_batch: bool
    account_id: UUID
    reference: str
    currency: str
    total: str
    count: int
    count_in_all: int
    ordered_by: str
    created_at: str
    waits_s: int
    expires_at: str | None
    expires_in_s: int | None
    payout_ids: tuple[str, ...]
    waiting_for: WaitingDocument


class ReviewListDocument(msgspec.Struct, frozen=True, kw_only=True):
    orders: tuple[WaitingOrderDocument, ...]
    unreadable: tuple[UnreadableDocument, ...]


class ReviewedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`payout_ids`: those that this decided."""

    order_id: str
    account_id: UUID
    result: str
    by: str
    why: str | None
    currency: str
    total: str
    payout_ids: tuple[str, ...]


def review_list_document(
    orders: Iterable[WaitingOrder], unreadable: Iterable[UnreadablePayout], waits: Waits
) -> ReviewListDocument:
    listed = tuple(waiting_order_document(order, waits) for order in orders)
    return ReviewListDocument(orders=listed, unreadable=unreadable_documents(unreadable))


def waiting_order_document(order: WaitingOrder, waits: Waits) -> WaitingOrderDocument:
    first, batch, now_ms = order.payouts[0], order.batch, waits.now_ms
    expires_ms = order.expires_ms
    return WaitingOrderDocument(
        order_id=str(order.order_id),
        is_batch=batch is not None,
        account_id=first.account_id,
        reference=batch.reference if batch else first.reference,
        currency=first.currency,
        total=total_of(order.payouts, first.currency),
        count=len(order.payouts),
        count_in_all=batch.payout_count if batch else 1,
        ordered_by=first.ordered_by,
        created_at=utc_json(first.created_ms),
        waits_s=(now_ms - first.created_ms) // 1000,
        expires_at=utc_json(expires_ms),
        expires_in_s=max(expires_ms - now_ms, 0) // 1000 if expires_ms is not None else None,
        payout_ids=_ids(order.payouts),
        waiting_for=waiting_document(_waiting(order, waits)),
    )


def reviewed_document(
    order: Payout | Batch, said: Approve | Reject, decided: Sequence[Payout], verdict: str
) -> ReviewedDocument:
    return ReviewedDocument(
        order_id=str(order.batch_id if isinstance(order, Batch) else order.payout_id),
        account_id=order.account_id,
        result=verdict,
        by=said.by,
        why=said.text or None,
        currency=order.currency,
        total=total_of(decided, order.currency),
        payout_ids=_ids(decided),
    )


def total_of(payouts: Iterable[Payout], currency: str) -> str:
    """Of one order: all are in this currency."""
    return money(sum(payout.amount_minor for payout in payouts), currency)


def _ids(payouts: Iterable[Payout]) -> tuple[str, ...]:
    return tuple(str(payout.payout_id) for payout in payouts)


def _waiting(order: WaitingOrder, waits: Waits) -> WaitingFor:
    """Of a batch: with the commands that decide it as a whole."""
    waiting = waits.of(order.first_to_expire)
    lines = (approve_line(order.order_id), reject_line(order.order_id))
    return replace(waiting, lines=lines) if waiting.what is What.REVIEW else waiting
