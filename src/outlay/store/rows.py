"""Rows to core objects and back: the one place that knows the order of columns."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from outlay.core.account import Account, Terms
from outlay.core.bank_account import BankAccount, BankAccountDetails
from outlay.core.beneficiary import Beneficiary
from outlay.core.facts import Fact, FactKind
from outlay.core.fees import Fee, FeePlan
from outlay.core.limits import Limits
from outlay.core.outcome import Failure, FailureReason
from outlay.core.payout import Attempt, AttemptState, Batch, Payout, Return, Review, State
from outlay.core.transfer import Transfer

Record = Any
"""A row of the driver: values by position or by name."""

ACCOUNT_COLUMNS: Final = (
    "a.account_id, a.name, a.country, a.parent_id, a.is_open, a.needs_review, a.rail, a.notify_url,"
    " a.needs_bank_account, a.strict_destinations,"
    " array(select b.number from blocks b where b.account_id = a.account_id) as blocked"
)

PAYOUT_COLUMNS: Final = (
    "p.account_id, p.payout_id, p.batch_id, p.reference, p.ordered_by, p.review, p.currency, p.amount_minor,"
    " p.fee_minor, p.fee_fixed_minor, p.fee_rate_ppm, p.beneficiary, p.memo, p.rail, p.created_ms, p.expires_ms,"
    " p.state, p.rail_reference, p.receipt_url,"
    " p.failure_reason, p.failure_text, p.completed_ms, p.returned_minor, p.fact_count,"
    " t.number as attempt_number, t.rail as attempt_rail, t.reference as attempt_reference,"
    " t.state as attempt_state, t.begun_ms as attempt_begun_ms, t.unknown_since_ms as attempt_unknown_since_ms,"
    " case when p.returned_minor > 0 then ("
    "select json_agg(json_build_array(r.ordinal, r.number, r.amount_minor, r.at_ms, r.by_decision) order by r.ordinal)"
    " from returns r where r.account_id = p.account_id and r.payout_id = p.payout_id) end as returned"
)
"""Of `payouts p left join attempts t`; see PAYOUT_JOIN."""

# `offset 0` keeps it a look-up for each payout: joined as two ranges, a page from the middle of an account's history
# would read all attempts before it.
PAYOUT_JOIN: Final = (
    "left join lateral (select * from attempts t where t.account_id = p.account_id and t.payout_id = p.payout_id"
    " and t.number = p.attempt_count offset 0) t on true"
)

FAILURE_REASONS: Final = {reason.value: reason for reason in FailureReason}
STATES: Final = {state.value: state for state in State}
REVIEWS: Final = {review.value: review for review in Review}
ATTEMPT_STATES: Final = {state.value: state for state in AttemptState}

_beneficiary = msgspec.json.Decoder(Beneficiary)
_memo = msgspec.json.Decoder(dict[str, str])
_returns = msgspec.json.Decoder(list[tuple[int, str, int, int, bool]])
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
        notify_url=row["notify_url"],
        needs_bank_account=row["needs_bank_account"],
        strict_destinations=row["strict_destinations"],
        blocked=frozenset(row["blocked"]),
    )


def terms_from(row: Record) -> Terms:
    return Terms(
        FeePlan(row["fee_fixed_minor"], row["fee_rate_ppm"]),
        Limits(row["smallest_minor"], row["largest_minor"]),
        frozenset(row["off"]),
    )


def payout_from(row: Record) -> Payout:
    """A payout from a row that has PAYOUT_COLUMNS."""
    failure_reason = row["failure_reason"]
    returned = row["returned"]
    return Payout(
        account_id=row["account_id"],
        payout_id=row["payout_id"],
        batch_id=row["batch_id"],
        reference=row["reference"],
        ordered_by=row["ordered_by"],
        currency=row["currency"],
        amount_minor=row["amount_minor"],
        fee=Fee(row["fee_minor"], row["fee_fixed_minor"], row["fee_rate_ppm"]),
        beneficiary=_beneficiary.decode(row["beneficiary"]),
        memo=_memo.decode(row["memo"]),
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
        attempt=_attempt_from(row) if row["attempt_number"] is not None else None,
        fact_count=row["fact_count"],
    )


def _attempt_from(row: Record) -> Attempt:
    return Attempt(
        number=row["attempt_number"],
        rail=row["attempt_rail"],
        reference=row["attempt_reference"],
        state=ATTEMPT_STATES[row["attempt_state"]],
        begun_ms=row["attempt_begun_ms"],
        unknown_since_ms=row["attempt_unknown_since_ms"],
    )


def fact_from(row: Record) -> Fact:
    return Fact(row["number"], FactKind(row["kind"]), row["at_ms"], _memo.decode(row["data"]))


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
