"""A payout as JSON: the summary that lists give, and the whole history that `outlay payout show` gives; and a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from outlay.cli.case_views import case_json, proposal_json
from outlay.cli.output import money, rate_text, utc_json
from outlay.cli.work import unreadable_json
from outlay.core.attempt import Attempt
from outlay.core.beneficiary import Beneficiary
from outlay.core.payout import Batch, Payout, Standing
from outlay.core.waiting import WaitingFor
from outlay.service.operator.show_payout import Shown
from outlay.service.operator.waiting import Waits
from outlay.store.read.history import History, PostingRow
from outlay.store.unreadable import UnreadablePayout


def waiting_json(waiting: WaitingFor) -> dict[str, Any]:
    return {
        "what": waiting.what.value,
        "who": waiting.who.value,
        "since": utc_json(waiting.since_ms),
        "next": waiting.next,
        "next_at": utc_json(waiting.next_ms),
        "command": waiting.command,
        "others": list(waiting.others),
    }


def summary_json(payout: Payout, waiting: WaitingFor) -> dict[str, Any]:
    """What every list says of a payout."""
    currency = payout.currency
    return {
        "payout_id": str(payout.payout_id),
        "account_id": str(payout.account_id),
        "reference": payout.reference,
        "currency": currency,
        "amount": money(payout.amount_minor, currency),
        "fee": money(payout.fee.total_minor, currency),
        "state": payout.state.value,
        "returned": money(payout.returned_minor, currency),
        "open_cases": sum(case.is_open for case in payout.cases),
        "waiting_for": waiting_json(waiting),
        "created_at": utc_json(payout.created_ms),
        "completed_at": utc_json(payout.completed_ms),
    }


class BatchShown(msgspec.Struct, frozen=True):
    """A batch with its payouts, in the order in which they were given; and those that cannot be read."""

    batch: Batch
    payouts: Sequence[Payout]
    unreadable: Sequence[UnreadablePayout]
    waits: Waits

    def standings(self) -> Mapping[Standing, tuple[int, int]]:
        """How many stand how, and their amounts in all; only what there is."""
        found: dict[Standing, tuple[int, int]] = {}
        for standing in Standing:
            amounts = [payout.amount_minor for payout in self.payouts if payout.standing is standing]
            if amounts:
                found[standing] = len(amounts), sum(amounts)
        return found


def batch_json(shown: BatchShown) -> dict[str, Any]:
    batch = shown.batch
    return {
        "batch_id": str(batch.batch_id),
        "account_id": str(batch.account_id),
        "reference": batch.reference,
        "currency": batch.currency,
        "total": money(batch.total_minor, batch.currency),
        "count": batch.payout_count,
        "created_at": utc_json(batch.created_ms),
        "standings": {
            standing.value: {"count": count, "amount": money(minor, batch.currency)}
            for standing, (count, minor) in shown.standings().items()
        },
        "payouts": [summary_json(payout, shown.waits.of(payout)) for payout in shown.payouts],
        "unreadable": [unreadable_json(each) for each in shown.unreadable],
    }


def history_json(shown: Shown) -> dict[str, Any]:
    history = shown.history
    payout = history.payout
    currency = payout.currency
    return {
        **summary_json(payout, shown.waiting),
        "batch_id": str(payout.batch_id) if payout.batch_id is not None else None,
        "ordered_by": payout.ordered_by,
        "review": payout.review.value,
        "fee_fixed": money(payout.fee.fixed_minor, currency),
        "fee_rate": rate_text(payout.fee.rate_ppm),
        "origin": msgspec.to_builtins(payout.origin),
        "beneficiary": _beneficiary_json(payout.beneficiary),
        "remarks": msgspec.to_builtins(payout.remarks),
        "notify_url": payout.notify_url,
        "rail": payout.rail,
        "rail_reference": payout.rail_reference,
        "receipt_url": payout.receipt_url,
        "failure": {"reason": payout.failure.reason.value, "text": payout.failure.text} if payout.failure else None,
        "expires_at": utc_json(payout.expires_ms),
        "returns": [
            {
                "ordinal": back.ordinal,
                "number": back.number,
                "amount": money(back.amount_minor, currency),
                "at": utc_json(back.at_ms),
                "by_decision": back.by_decision,
            }
            for back in payout.returns
        ],
        "early_returns": [
            {
                "attempt": early.attempt_number,
                "number": early.number,
                "amount": money(early.amount_minor, currency),
                "by_decision": early.by_decision,
            }
            for early in payout.pending.early
        ],
        "facts": [
            {"number": fact.number, "kind": fact.kind.value, "at": utc_json(fact.at_ms), "data": fact.data}
            for fact in history.facts
        ],
        "attempts": [_attempt_json(attempt) for attempt in payout.attempts],
        "cases": [case_json(payout, case) for case in payout.cases],
        "proposal": proposal_json(payout, history.proposal),
        "postings": [_posting_json(posting) for posting in history.postings],
        "books": {book: money(minor, currency) for book, minor in book_effects(history).items()},
    }


def book_effects(history: History) -> dict[str, int]:
    """What the payout has done to each book in all, in minor units; they add up to zero."""
    effects: dict[str, int] = {}
    for posting in history.postings:
        effects[posting.source] = effects.get(posting.source, 0) - posting.amount_minor
        effects[posting.target] = effects.get(posting.target, 0) + posting.amount_minor
    return effects


def _beneficiary_json(beneficiary: Beneficiary) -> dict[str, Any]:
    """The number and the name of any kind of destination, and all that was said."""
    said: dict[str, Any] = msgspec.to_builtins(beneficiary)
    return {"account_number": beneficiary.account_number, "name": beneficiary.name, **said}


def _attempt_json(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "rail": attempt.rail,
        "reference": attempt.reference,
        "state": attempt.state.value,
        "begun_at": utc_json(attempt.begun_ms),
        "unknown_since": utc_json(attempt.unknown_since_ms),
        "rail_references": list(attempt.rail_references),
        "is_contested": attempt.is_contested,
        "sends": [
            {
                "number": send.number,
                "at": utc_json(send.at_ms),
                "is_late": send.is_late,
                "is_lost": send.is_lost,
                "tells_from": utc_json(send.final_ms),
            }
            for send in attempt.sends
        ],
        "questions": attempt.questions,
        "asked_at": utc_json(attempt.asked_ms),
        "not_found_at": [utc_json(at_ms) for at_ms in attempt.not_found_ms],
        "refusals": attempt.refusals.splitlines(),
    }


def _posting_json(posting: PostingRow) -> dict[str, Any]:
    return {
        "fact": posting.fact_number,
        "source": posting.source,
        "target": posting.target,
        "currency": posting.currency,
        "amount": money(posting.amount_minor, posting.currency),
        "at": utc_json(posting.at_ms),
    }
