"""What a sandbox shows besides what every installation does, as documents: its clock, and a payout that was played."""

from __future__ import annotations

import msgspec

from outlay.core.payout import Payout
from outlay.core.waiting import WaitingFor
from outlay.present.durations import exact_text
from outlay.present.payouts import SummaryDocument, summary_document
from outlay.present.values import utc_json


class ClockDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`ahead`: of the real time."""

    now: str
    ahead: str
    ahead_ms: int


class PlayedDocument(SummaryDocument, frozen=True, kw_only=True):
    """`changed`: false where what was played had happened before."""

    changed: bool


def clock_document(now_ms: int, ahead_ms: int) -> ClockDocument:
    return ClockDocument(now=utc_json(now_ms), ahead=exact_text(ahead_ms), ahead_ms=ahead_ms)


def played_document(payout: Payout, waiting: WaitingFor, *, changed: bool) -> PlayedDocument:
    return PlayedDocument(**msgspec.structs.asdict(summary_document(payout, waiting)), changed=changed)
