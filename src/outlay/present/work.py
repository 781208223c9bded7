"""What the workers have before them, and payouts that nobody here can read, as documents."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec

from outlay.core.shown import WorkShown
from outlay.core.unreadable import UnreadablePayout
from outlay.core.work import Backlog
from outlay.present.values import utc_json


class UnreadableDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`since`, `last_seen`: when a worker met it, where one did."""

    account_id: UUID
    payout_id: str
    why: str
    since: str | None
    last_seen: str | None


class BacklogDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`rail` and `kind` are null of what older code has noted."""

    rail: str | None
    kind: str | None
    waiting: int
    due: int
    in_hand: int
    oldest_due: str | None
    oldest_age_s: int | None


class WorkDocument(msgspec.Struct, frozen=True, kw_only=True):
    work: tuple[BacklogDocument, ...]
    unreadable: tuple[UnreadableDocument, ...]


def unreadable_documents(payouts: Iterable[UnreadablePayout]) -> tuple[UnreadableDocument, ...]:
    return tuple(
        UnreadableDocument(
            account_id=each.account_id,
            payout_id=str(each.payout_id),
            why=each.why,
            since=utc_json(each.since_ms),
            last_seen=utc_json(each.seen_ms),
        )
        for each in payouts
    )


def work_document(shown: WorkShown) -> WorkDocument:
    lines = tuple(_backlog_document(line, shown.now_ms) for line in shown.backlog)
    return WorkDocument(work=lines, unreadable=unreadable_documents(shown.unreadable))


def _backlog_document(line: Backlog, now_ms: int) -> BacklogDocument:
    return BacklogDocument(
        rail=line.rail or None,
        kind=line.kind or None,
        waiting=line.waiting,
        due=line.due,
        in_hand=line.in_hand,
        oldest_due=utc_json(line.oldest_ms),
        oldest_age_s=None if line.oldest_ms is None else (now_ms - line.oldest_ms) // 1000,
    )
