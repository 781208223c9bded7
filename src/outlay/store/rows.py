"""Rows to core objects and back: the one place that knows the order of columns."""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec

from outlay.core.account import Account, Terms
from outlay.core.attempt import Attempt
from outlay.core.bank_account import BankAccount, BankAccountDetails
from outlay.core.beneficiary import Beneficiary
from outlay.core.cases import Case
from outlay.core.epoch import Epoch
from outlay.core.facts import Fact, FactKind
from outlay.core.fees import Fee, FeePlan
from outlay.core.instruction import Instruction
from outlay.core.limits import Limits
from outlay.core.origin import NO_REMARKS, Origin, Remarks
from outlay.core.outcome import Failure, FailureReason
from outlay.core.payout import NOTHING_PENDING, Batch, Payout, Pending, Return, Review, State
from outlay.core.transfer import Transfer

Record = Any
"""A row of the driver: values by position or by name."""

ACCOUNT_COLUMNS: Final = (
    "a.account_id, a.name, a.country, a.parent_id, a.is_open, a.needs_review, a.rail, a.other_rails, a.notify_url,"
    " a.needs_bank_account, a.strict_destinations, a.epoch, a.epoch_ms,"
    " a.oldest_writer,"
    " array(select b.number from blocks b where b.account_id = a.account_id) as blocked"
)
"""Of `accounts a`."""

PAYOUT_COLUMNS: Final = (
    "p.account_id, p.payout_id, p.batch_id, p.reference, p.ordered_by, p.dialect, p.key_id, p.review, p.currency,"
    " p.amount_minor, p.fee_minor, p.fee_fixed_minor, p.fee_rate_ppm, p.beneficiary, p.remarks, p.notify_url, p.rail,"
    " p.created_ms, p.expires_ms, p.state, p.rail_reference, p.receipt_url,"
    " p.failure_reason, p.failure_text, p.completed_ms, p.returned_minor, p.fact_count, p.case_count, p.pending,"
    " p.epoch,"
    " case when p.attempt_count > 0 then ("
    "select json_agg(json_build_array(t.number, t.rail, t.reference, t.state, t.begun_ms, t.unknown_since_ms,"
    " t.sends, t.rail_references, t.not_found_ms, t.asked_ms, t.questions, t.refusals, t.is_contested))"
    " from attempts t where t.account_id = p.account_id and t.payout_id = p.payout_id) end as attempts,"
    " case when p.case_count > 0 then ("
    "select json_agg(json_build_object('number', c.number, 'kind', c.kind, 'attempt_number', c.attempt_number,"
    " 'what', c.what, 'since_ms', c.since_ms, 'fact_number', c.fact_number, 'closed_ms', c.closed_ms,"
    " 'by', c.closed_by, 'note', c.note, 'remedy', c.remedy))"
    " from cases c where c.account_id = p.account_id and c.payout_id = p.payout_id) end as cases,"
    " case when p.returned_minor > 0 then ("
    "select json_agg(json_build_array(r.ordinal, r.number, r.amount_minor, r.at_ms, r.by_decision) order by r.ordinal)"
    " from returns r where r.account_id = p.account_id and r.payout_id = p.payout_id) end as returned"
)
"""Of `payouts p`. What a payout has several of is looked up for each by itself, and only where there is any: joined as
ranges, a page from the middle of an account's history would read all attempts before it."""

LANE_ACCOUNT_COLUMNS: Final = ACCOUNT_COLUMNS.replace("= a.account_id", "= [a.account_id]")
LANE_PAYOUT_COLUMNS: Final = PAYOUT_COLUMNS.replace("= p.account_id", "= [p.account_id]")
"""In the lanes' statements (see routing)."""
OWN_ACCOUNT_COLUMNS: Final = ACCOUNT_COLUMNS.replace("= a.account_id", "= $1")
OWN_PAYOUT_COLUMNS: Final = PAYOUT_COLUMNS.replace("= p.account_id", "= $1")
"""In statements whose first parameter is the one account that they are about."""

FAILURE_REASONS: Final = {reason.value: reason for reason in FailureReason}
STATES: Final = {state.value: state for state in State}
REVIEWS: Final = {review.value: review for review in Review}

_N = TypeVar("_N", Attempt, Case)
_beneficiary = msgspec.json.Decoder(Beneficiary)
_remarks = msgspec.json.Decoder(Remarks)
_fact_data = msgspec.json.Decoder(dict[str, str])
_returns = msgspec.json.Decoder(list[tuple[int, str, int, int, bool]])
_attempts = msgspec.json.Decoder(tuple[Attempt, ...])
_cases = msgspec.json.Decoder(tuple[Case, ...])
_pending = msgspec.json.Decoder(Pending)
_encoder = msgspec.json.Encoder()


def to_json(value: object) -> str:
    return _encoder.encode(value).decode()


def account_from(row: Record) -> Account:
    return Account(
        account_id=row["account_id"],
        name=row["name"],
        country=row["country"],
        parent_id=row["parent_id"],
        is_open=row["is_open"],
        needs_review=row["needs_review"],
        rail=row["rail"],
        other_rails=tuple(row["other_rails"]),
        notify_url=row["notify_url"],
        needs_bank_account=row["needs_bank_account"],
        strict_destinations=row["strict_destinations"],
        blocked=frozenset(row["blocked"]),
        epoch=Epoch(row["epoch"], row["epoch_ms"]),
    )


def terms_from(row: Record) -> Terms:
    return Terms(
        FeePlan(row["fee_fixed_minor"], row["fee_rate_ppm"]),
        Limits(row["smallest_minor"], row["largest_minor"]),
        frozenset(row["off"]),
    )


def payout_from(row: Record) -> Payout:
    """A payout from a row that has PAYOUT_COLUMNS."""
    failure_reason, dialect, remarks = row["failure_reason"], row["dialect"], row["remarks"]
    returned, attempts, cases, pending = row["returned"], row["attempts"], row["cases"], row["pending"]
    return Payout(
        account_id=row["account_id"],
        payout_id=row["payout_id"],
        batch_id=row["batch_id"],
        reference=row["reference"],
        ordered_by=row["ordered_by"],
        origin=Origin(dialect, row["key_id"]) if dialect else None,
        currency=row["currency"],
        amount_minor=row["amount_minor"],
        fee=Fee(row["fee_minor"], row["fee_fixed_minor"], row["fee_rate_ppm"]),
        beneficiary=_beneficiary.decode(row["beneficiary"]),
        remarks=_remarks.decode(remarks) if remarks else NO_REMARKS,
        notify_url=row["notify_url"],
        rail=row["rail"],
        created_ms=row["created_ms"],
        expires_ms=row["expires_ms"],
        state=STATES[row["state"]],
        review=REVIEWS[row["review"]],
        rail_reference=row["rail_reference"],
        receipt_url=row["receipt_url"],
        failure=Failure(FAILURE_REASONS[failure_reason], row["failure_text"]) if failure_reason else None,
        completed_ms=row["completed_ms"],
        returned_minor=row["returned_minor"],
        returns=tuple(Return(*item) for item in _returns.decode(returned)) if returned else (),
        attempts=_in_order(_attempts.decode(attempts)) if attempts else (),
        fact_count=row["fact_count"],
        case_count=row["case_count"],
        cases=_in_order(_cases.decode(cases)) if cases else (),
        pending=_pending.decode(pending) if pending else NOTHING_PENDING,
        epoch=row["epoch"],
    )


def instruction_from(row: Record) -> Instruction:
    """What never changes of a payout, from a row with its columns."""
    dialect, remarks = row["dialect"], row["remarks"]
    return Instruction(
        account_id=row["account_id"],
        payout_id=row["payout_id"],
        batch_id=row["batch_id"],
        reference=row["reference"],
        ordered_by=row["ordered_by"],
        currency=row["currency"],
        amount_minor=row["amount_minor"],
        fee_minor=row["fee_minor"],
        fee_fixed_minor=row["fee_fixed_minor"],
        fee_rate_ppm=row["fee_rate_ppm"],
        beneficiary=_beneficiary.decode(row["beneficiary"]),
        remarks=_remarks.decode(remarks) if remarks else NO_REMARKS,
        notify_url=row["notify_url"],
        origin=Origin(dialect, row["key_id"]) if dialect else None,
        created_ms=row["created_ms"],
        expires_ms=row["expires_ms"],
    )


def _in_order(numbered: tuple[_N, ...]) -> tuple[_N, ...]:
    """Few of them: the database, where it is partitioned, would sort them by a step of its own for each payout."""
    return tuple(sorted(numbered, key=lambda each: each.number)) if len(numbered) > 1 else numbered


def fact_from(row: Record) -> Fact:
    return Fact(row["number"], FactKind(row["kind"]), row["at_ms"], _fact_data.decode(row["data"]))


BATCH_COLUMNS: Final = "b.account_id, b.batch_id, b.reference, b.currency, b.total_minor, b.payout_count, b.created_ms"


def batch_from(row: Record) -> Batch:
    return Batch(**{name: row[name] for name in Batch.__struct_fields__})


_details = msgspec.json.Decoder(BankAccountDetails)


def bank_account_from(row: Record) -> BankAccount:
    return BankAccount(
        bank_account_id=row["bank_account_id"],
        currency=row["currency"],
        is_valid=row["is_valid"],
        details=_details.decode(row["body"]),
        created_ms=row["created_ms"],
        updated_ms=row["updated_ms"],
    )


def transfer_from(row: Record) -> Transfer:
    return Transfer(**{name: row[name] for name in Transfer.__struct_fields__})
