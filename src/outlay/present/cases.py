"""Cases as documents: lists of them, one with its payout, what became of a ruling; and epochs, which are told as cases
of the whole installation.

Such a case is named `EPOCH:NUMBER`. It is about no payout: what became of each is asked of its rail, and what only
people can say is a case of that payout.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec

from outlay.core.cases import Case
from outlay.core.epoch import EpochRow
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.rulings import Ruling, Verdict
from outlay.core.shown import CaseOfPayout, PayoutShown, Waits
from outlay.core.unreadable import UnreadablePayout
from outlay.core.waiting import WaitingFor
from outlay.present.payouts import (
    CaseDocument,
    HistoryDocument,
    ProposalDocument,
    SummaryDocument,
    WaitingDocument,
    case_document,
    history_document,
    proposal_document,
    summary_document,
    waiting_document,
)
from outlay.present.values import money, utc_json
from outlay.present.words import settle_helps
from outlay.present.work import UnreadableDocument, unreadable_documents

EPOCH_PREFIX: Final = "EPOCH:"


class ListedCaseDocument(CaseDocument, frozen=True, kw_only=True):
    age_s: int
    payout: SummaryDocument


class EpochDocument(msgspec.Struct, frozen=True, kw_only=True):
    case: str
    why: str
    noticed: bool
    since: str
    is_open: bool
    closed_at: str | None
    closed_by: str | None
    note: str | None


class CaseListDocument(msgspec.Struct, frozen=True, kw_only=True):
    cases: tuple[ListedCaseDocument, ...]
    more: bool
    epochs: tuple[EpochDocument, ...]
    unreadable: tuple[UnreadableDocument, ...]


class CaseShownDocument(CaseDocument, frozen=True, kw_only=True):
    payout: HistoryDocument


class CaseRuledDocument(CaseDocument, frozen=True, kw_only=True):
    """`result`: closed, or proposed: then it waits for another person's word."""

    payout_id: str
    account_id: UUID
    result: str
    amount: str | None
    proposal: ProposalDocument | None
    waiting_for: WaitingDocument


class SettledDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`result`: decided, or proposed: then it waits for another person's word."""

    payout_id: str
    account_id: UUID
    verdict: Verdict
    result: str
    state: State
    proposal: ProposalDocument | None
    helps: str | None
    waiting_for: WaitingDocument


class EpochClosedDocument(msgspec.Struct, frozen=True, kw_only=True):
    case: str
    result: str
    closed_by: str
    note: str


def epoch_name(number: int) -> str:
    return f"{EPOCH_PREFIX}{number}"


def age_ms(case: Case, now_ms: int) -> int:
    return max(now_ms - case.since_ms, 0)


def epoch_document(row: EpochRow) -> EpochDocument:
    return EpochDocument(
        case=epoch_name(row.epoch),
        why=row.why,
        noticed=row.is_noticed,
        since=utc_json(row.began_ms),
        is_open=row.is_open,
        closed_at=utc_json(row.closed_ms),
        closed_by=row.closed_by or None,
        note=row.note or None,
    )


def case_list_document(
    cases: Sequence[CaseOfPayout],
    waits: Waits,
    epochs: Iterable[EpochRow],
    unreadable: Iterable[UnreadablePayout],
    *,
    more: bool,
) -> CaseListDocument:
    return CaseListDocument(
        cases=tuple(_listed_document(each, waits) for each in cases),
        more=more,
        epochs=tuple(map(epoch_document, epochs)),
        unreadable=unreadable_documents(unreadable),
    )


def _listed_document(each: CaseOfPayout, waits: Waits) -> ListedCaseDocument:
    return ListedCaseDocument(
        **msgspec.structs.asdict(case_document(each.payout, each.case)),
        age_s=age_ms(each.case, waits.now_ms) // 1000,
        payout=summary_document(each.payout, waits.of(each.payout)),
    )


def case_shown_document(shown: PayoutShown, case: Case) -> CaseShownDocument:
    document = case_document(shown.history.payout, case)
    return CaseShownDocument(**msgspec.structs.asdict(document), payout=history_document(shown))


def case_ruled_document(
    payout: Payout, case: Case, ruling: Ruling, waiting: WaitingFor, *, is_decided: bool
) -> CaseRuledDocument:
    """The payout as it is now."""
    return CaseRuledDocument(
        **msgspec.structs.asdict(case_document(payout, case)),
        payout_id=str(payout.payout_id),
        account_id=payout.account_id,
        result="closed" if is_decided else "proposed",
        amount=money(ruling.amount_minor, payout.currency) if ruling.amount_minor else None,
        proposal=None if is_decided else proposal_document(payout, payout.pending.proposal),
        waiting_for=waiting_document(waiting),
    )


def settled_document(payout: Payout, ruling: Ruling, waiting: WaitingFor, *, is_decided: bool) -> SettledDocument:
    """The payout as it is now."""
    return SettledDocument(
        payout_id=str(payout.payout_id),
        account_id=payout.account_id,
        verdict=ruling.verdict,
        result="decided" if is_decided else "proposed",
        state=payout.state,
        proposal=None if is_decided else proposal_document(payout, payout.pending.proposal),
        helps=settle_helps(payout) or None,
        waiting_for=waiting_document(waiting),
    )


def epoch_closed_document(epoch: int, by: str, note: str) -> EpochClosedDocument:
    return EpochClosedDocument(case=epoch_name(epoch), result="closed", closed_by=by, note=note)
