"""Payouts and batches as documents: the summary that lists give, and the whole history of one; with its cases and what
is proposed about it.

Leaves to others: lists of cases (present.cases), tables.

The trap: programs read these documents, member by member. What a payout learns to say is added; nothing that stands
here changes its name or its form.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from outlay.core.attempt import Attempt, AttemptState, Send
from outlay.core.beneficiary import Beneficiary
from outlay.core.cases import Case, CaseKind
from outlay.core.destination import Destination
from outlay.core.facts import Fact, FactKind
from outlay.core.help_lines import case_name, remedy_word, same_again
from outlay.core.history import PostingRow
from outlay.core.origin import Origin, Remarks
from outlay.core.outcome import Failure, FailureReason
from outlay.core.party import NOBODY, Party
from outlay.core.payout import Batch, Payout
from outlay.core.progress import EarlyReturn, Return, Review, State
from outlay.core.ruling import PROPOSAL_LASTS_MS, possible_remedies
from outlay.core.rulings import Proposal, Verdict
from outlay.core.shown import BatchShown, PayoutShown, Waits
from outlay.core.unreadable import UnreadablePayout
from outlay.core.waiting import WaitingFor, What, Who
from outlay.present.values import money, rate_text, utc_json
from outlay.present.words import CASES, helps
from outlay.present.work import UnreadableDocument, unreadable_documents


class WaitingDocument(msgspec.Struct, frozen=True, kw_only=True):
    what: What
    who: Who
    since: str
    next: str
    next_at: str | None
    command: str | None
    others: tuple[str, ...]


class SummaryDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What every list says of a payout."""

    payout_id: str
    account_id: UUID
    reference: str
    currency: str
    amount: str
    fee: str
    state: State
    returned: str
    open_cases: int
    waiting_for: WaitingDocument
    created_at: str
    completed_at: str | None


class BeneficiaryDocument(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The number and the name of any kind of destination, and all that was said."""

    account_number: str
    name: str
    destination: Destination
    party: Party = NOBODY
    others: dict[str, str] = {}


class FailureDocument(msgspec.Struct, frozen=True, kw_only=True):
    reason: FailureReason
    text: str


class ReturnDocument(msgspec.Struct, frozen=True, kw_only=True):
    ordinal: int
    number: str
    amount: str
    at: str
    by_decision: bool


class EarlyReturnDocument(msgspec.Struct, frozen=True, kw_only=True):
    attempt: int
    number: str
    amount: str
    by_decision: bool


class FactDocument(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    kind: FactKind
    at: str
    data: dict[str, str]


class SendDocument(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    at: str
    is_late: bool
    is_lost: bool
    tells_from: str


class AttemptDocument(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    rail: str
    reference: str
    state: AttemptState
    begun_at: str
    unknown_since: str | None
    rail_references: tuple[str, ...]
    is_contested: bool
    sends: tuple[SendDocument, ...]
    questions: int
    asked_at: str | None
    not_found_at: tuple[str, ...]
    refusals: tuple[str, ...]


class CaseDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`helps`: the command that says what must be said next, null where there is none."""

    case: str
    kind: CaseKind
    means: str
    attempt: int | None
    what: str
    fact: int
    since: str
    is_open: bool
    closed_at: str | None
    closed_by: tuple[str, ...]
    note: str | None
    remedy: str | None
    remedies: tuple[str, ...]
    helps: str | None


class ProposalDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`command`: by which another person says the same."""

    verdict: Verdict
    by: str
    note: str
    at: str
    until: str
    rail_reference: str | None
    case: str | None
    remedy: str | None
    amount: str | None
    command: str


class PostingDocument(msgspec.Struct, frozen=True, kw_only=True):
    fact: int
    source: str
    target: str
    currency: str
    amount: str
    at: str


class HistoryDocument(SummaryDocument, frozen=True, kw_only=True):
    batch_id: str | None
    ordered_by: str
    review: Review
    fee_fixed: str
    fee_rate: str
    origin: Origin | None
    beneficiary: BeneficiaryDocument
    remarks: Remarks
    notify_url: str | None
    rail: str
    rail_reference: str | None
    receipt_url: str | None
    failure: FailureDocument | None
    expires_at: str | None
    returns: tuple[ReturnDocument, ...]
    early_returns: tuple[EarlyReturnDocument, ...]
    facts: tuple[FactDocument, ...]
    attempts: tuple[AttemptDocument, ...]
    cases: tuple[CaseDocument, ...]
    proposal: ProposalDocument | None
    postings: tuple[PostingDocument, ...]
    books: dict[str, str]


class StandingDocument(msgspec.Struct, frozen=True, kw_only=True):
    count: int
    amount: str


class BatchDocument(msgspec.Struct, frozen=True, kw_only=True):
    batch_id: str
    account_id: UUID
    reference: str
    currency: str
    total: str
    count: int
    created_at: str
    standings: dict[str, StandingDocument]
    payouts: tuple[SummaryDocument, ...]
    unreadable: tuple[UnreadableDocument, ...]


class PayoutListDocument(msgspec.Struct, frozen=True, kw_only=True):
    payouts: tuple[SummaryDocument, ...]
    unreadable: tuple[UnreadableDocument, ...]
    more: bool


class CancelledDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`changed`: whether this cancelled any of them."""

    order_id: str
    account_id: UUID
    changed: bool
    payouts: tuple[SummaryDocument, ...]


def fee_charged(payout: Payout) -> str:
    """What the payout costs, e.g. `20.01`: nothing once it has ended unpaid, for then what was set aside came back."""
    came_back = payout.completed_ms is not None and payout.state is not State.PAID
    return money(0 if came_back else payout.fee.total_minor, payout.currency)


def proposal_until_ms(proposal: Proposal) -> int:
    return proposal.at_ms + PROPOSAL_LASTS_MS


def waiting_document(waiting: WaitingFor) -> WaitingDocument:
    return WaitingDocument(
        what=waiting.what,
        who=waiting.who,
        since=utc_json(waiting.since_ms),
        next=waiting.next,
        next_at=utc_json(waiting.next_ms),
        command=waiting.command,
        others=waiting.others,
    )


def summary_document(payout: Payout, waiting: WaitingFor) -> SummaryDocument:
    currency = payout.currency
    return SummaryDocument(
        payout_id=str(payout.payout_id),
        account_id=payout.account_id,
        reference=payout.reference,
        currency=currency,
        amount=money(payout.amount_minor, currency),
        fee=money(payout.fee.total_minor, currency),
        state=payout.state,
        returned=money(payout.returned_minor, currency),
        open_cases=sum(case.is_open for case in payout.cases),
        waiting_for=waiting_document(waiting),
        created_at=utc_json(payout.created_ms),
        completed_at=utc_json(payout.completed_ms),
    )


def summary_documents(payouts: Iterable[Payout], waits: Waits) -> tuple[SummaryDocument, ...]:
    return tuple(summary_document(payout, waits.of(payout)) for payout in payouts)


def list_document(
    payouts: Sequence[Payout], unreadable: Sequence[UnreadablePayout], waits: Waits, *, more: bool
) -> PayoutListDocument:
    return PayoutListDocument(
        payouts=summary_documents(payouts, waits), unreadable=unreadable_documents(unreadable), more=more
    )


def cancelled_document(
    order: Payout | Batch, payouts: Sequence[Payout], waits: Waits, *, changed: bool
) -> CancelledDocument:
    return CancelledDocument(
        order_id=str(order.batch_id if isinstance(order, Batch) else order.payout_id),
        account_id=order.account_id,
        changed=changed,
        payouts=summary_documents(payouts, waits),
    )


def batch_document(shown: BatchShown) -> BatchDocument:
    batch = shown.batch
    return BatchDocument(
        batch_id=str(batch.batch_id),
        account_id=batch.account_id,
        reference=batch.reference,
        currency=batch.currency,
        total=money(batch.total_minor, batch.currency),
        count=batch.payout_count,
        created_at=utc_json(batch.created_ms),
        standings={
            standing.value: StandingDocument(count=count, amount=money(minor, batch.currency))
            for standing, (count, minor) in shown.standings().items()
        },
        payouts=summary_documents(shown.payouts, shown.waits),
        unreadable=unreadable_documents(shown.unreadable),
    )


def order_document(shown: PayoutShown | BatchShown) -> HistoryDocument | BatchDocument:
    return batch_document(shown) if isinstance(shown, BatchShown) else history_document(shown)


def history_document(shown: PayoutShown) -> HistoryDocument:
    history = shown.history
    payout = history.payout
    currency = payout.currency
    return HistoryDocument(
        **msgspec.structs.asdict(summary_document(payout, shown.waiting)),
        batch_id=str(payout.batch_id) if payout.batch_id is not None else None,
        ordered_by=payout.ordered_by,
        review=payout.review,
        fee_fixed=money(payout.fee.fixed_minor, currency),
        fee_rate=rate_text(payout.fee.rate_ppm),
        origin=payout.origin,
        beneficiary=_beneficiary_document(payout.beneficiary),
        remarks=payout.remarks,
        notify_url=payout.notify_url,
        rail=payout.rail,
        rail_reference=payout.rail_reference,
        receipt_url=payout.receipt_url,
        failure=_failure_document(payout.failure) if payout.failure is not None else None,
        expires_at=utc_json(payout.expires_ms),
        returns=tuple(_return_document(back, currency) for back in payout.returns),
        early_returns=tuple(_early_document(early, currency) for early in payout.pending.early),
        facts=tuple(_fact_document(fact) for fact in history.facts),
        attempts=tuple(_attempt_document(attempt) for attempt in payout.attempts),
        cases=tuple(case_document(payout, case) for case in payout.cases),
        proposal=proposal_document(payout, history.proposal),
        postings=tuple(_posting_document(posting) for posting in history.postings),
        books={book: money(minor, currency) for book, minor in history.book_effects().items()},
    )


def case_document(payout: Payout, case: Case) -> CaseDocument:
    return CaseDocument(
        case=case_name(payout, case),
        kind=case.kind,
        means=CASES[case.kind],
        attempt=case.attempt_number,
        what=case.what,
        fact=case.fact_number,
        since=utc_json(case.since_ms),
        is_open=case.is_open,
        closed_at=utc_json(case.closed_ms),
        closed_by=case.by,
        note=case.note or None,
        remedy=remedy_word(case.remedy) if case.remedy else None,
        remedies=tuple(map(remedy_word, possible_remedies(payout, case))) if case.is_open else (),
        helps=helps(payout, case) or None,
    )


def proposal_document(payout: Payout, proposal: Proposal | None) -> ProposalDocument | None:
    if proposal is None:
        return None
    ruling = proposal.ruling
    return ProposalDocument(
        verdict=ruling.verdict,
        by=proposal.by,
        note=proposal.note,
        at=utc_json(proposal.at_ms),
        until=utc_json(proposal_until_ms(proposal)),
        rail_reference=ruling.rail_reference or None,
        case=f"{payout.payout_id}:{ruling.case_number}" if ruling.case_number is not None else None,
        remedy=remedy_word(ruling.remedy) if ruling.case_number is not None else None,
        amount=money(ruling.amount_minor, payout.currency) if ruling.amount_minor else None,
        command=same_again(payout, ruling),
    )


def _beneficiary_document(beneficiary: Beneficiary) -> BeneficiaryDocument:
    return BeneficiaryDocument(
        account_number=beneficiary.account_number,
        name=beneficiary.name,
        destination=beneficiary.destination,
        party=beneficiary.party,
        others=beneficiary.others,
    )


def _failure_document(failure: Failure) -> FailureDocument:
    return FailureDocument(reason=failure.reason, text=failure.text)


def _return_document(back: Return, currency: str) -> ReturnDocument:
    return ReturnDocument(
        ordinal=back.ordinal,
        number=back.number,
        amount=money(back.amount_minor, currency),
        at=utc_json(back.at_ms),
        by_decision=back.by_decision,
    )


def _early_document(early: EarlyReturn, currency: str) -> EarlyReturnDocument:
    return EarlyReturnDocument(
        attempt=early.attempt_number,
        number=early.number,
        amount=money(early.amount_minor, currency),
        by_decision=early.by_decision,
    )


def _fact_document(fact: Fact) -> FactDocument:
    return FactDocument(number=fact.number, kind=fact.kind, at=utc_json(fact.at_ms), data=fact.data)


def _attempt_document(attempt: Attempt) -> AttemptDocument:
    return AttemptDocument(
        number=attempt.number,
        rail=attempt.rail,
        reference=attempt.reference,
        state=attempt.state,
        begun_at=utc_json(attempt.begun_ms),
        unknown_since=utc_json(attempt.unknown_since_ms),
        rail_references=attempt.rail_references,
        is_contested=attempt.is_contested,
        sends=tuple(map(_send_document, attempt.sends)),
        questions=attempt.questions,
        asked_at=utc_json(attempt.asked_ms),
        not_found_at=tuple(map(utc_json, attempt.not_found_ms)),
        refusals=tuple(attempt.refusals.splitlines()),
    )


def _send_document(send: Send) -> SendDocument:
    return SendDocument(
        number=send.number,
        at=utc_json(send.at_ms),
        is_late=send.is_late,
        is_lost=send.is_lost,
        tells_from=utc_json(send.final_ms),
    )


def _posting_document(posting: PostingRow) -> PostingDocument:
    return PostingDocument(
        fact=posting.fact_number,
        source=posting.source,
        target=posting.target,
        currency=posting.currency,
        amount=money(posting.amount_minor, posting.currency),
        at=utc_json(posting.at_ms),
    )
