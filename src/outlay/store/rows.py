"""Rows as records of the core: what is selected of a table, and what is made of it.

Which columns there are is tables' to say, and how they are written write.saving's. A payout and its instruction are put
together by hand: every query comes by here, and a loop over their columns would take longer.

The trap: what is made by hand asks for its columns by name. So a test holds the names against what is selected
(tests/store/test_tables.py)."""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec

from outlay.core.account import Account, Terms
from outlay.core.attempt import Attempt
from outlay.core.bank_account import BankAccountDetails, OwnBankAccount
from outlay.core.beneficiary import Beneficiary
from outlay.core.cases import Case
from outlay.core.epoch import Epoch
from outlay.core.facts import Fact, FactKind
from outlay.core.fees import Fee, FeePlan
from outlay.core.instruction import Instruction
from outlay.core.limits import Limits
from outlay.core.origin import NO_REMARKS, Origin, Remarks
from outlay.core.outcome import Failure, FailureReason
from outlay.core.payout import Batch, Payout
from outlay.core.progress import NOTHING_PENDING, Pending, Return, Review, State
from outlay.core.transfer import Transfer
from outlay.store.tables import ATTEMPTS, BATCHES, CASES, PAYOUTS, RETURNS, names_of

Record = Any
"""A row of the driver: values by position or by name."""

ACCOUNT_COLUMNS: Final = (
    "a.account_id, a.name, a.country, a.parent_id, a.is_open, a.needs_review, a.rail, a.other_rails, a.notify_url,"
    " a.needs_bank_account, a.strict_destinations, a.epoch, a.epoch_ms,"
    " a.oldest_writer,"
    " array(select b.number from blocks b where b.account_id = a.account_id) as blocked"
)
"""Of `accounts a`."""

_COUNTED: Final = ("attempt_count",)
"""Of a payout; what it counts is read itself."""
_ATTEMPT_FIELDS: Final = ", ".join(f"t.{name}" for name in Attempt.__struct_fields__)
_CASE_FIELDS: Final = ", ".join(f"'{column.attribute}', c.{column.name}" for column in CASES.columns[2:])
_RETURN_FIELDS: Final = ", ".join(f"r.{name}" for name in Return.__struct_fields__)
PAYOUT_COLUMNS: Final = (
    f"{names_of(PAYOUTS.columns, 'p.', but=_COUNTED)},"  # noqa: S608 (names of ours)
    f" case when p.attempt_count > 0 then ("
    f"select json_agg(json_build_array({_ATTEMPT_FIELDS}))"
    f" from {ATTEMPTS.name} t where t.account_id = p.account_id and t.payout_id = p.payout_id) end as attempts,"
    f" case when p.case_count > 0 then ("
    f"select json_agg(json_build_object({_CASE_FIELDS}))"
    f" from {CASES.name} c where c.account_id = p.account_id and c.payout_id = p.payout_id) end as cases,"
    f" case when p.returned_minor > 0 then ("
    f"select json_agg(json_build_array({_RETURN_FIELDS}) order by r.ordinal)"
    f" from {RETURNS.name} r where r.account_id = p.account_id and r.payout_id = p.payout_id) end as returned"
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

R = TypeVar("R", bound=msgspec.Struct)
_N = TypeVar("_N", Attempt, Case)
_beneficiary = msgspec.json.Decoder(Beneficiary)
_remarks = msgspec.json.Decoder(Remarks)
_fact_data = msgspec.json.Decoder(dict[str, str])
_returns = msgspec.json.Decoder(list[tuple[int, str, int, int, bool]])
_attempts = msgspec.json.Decoder(tuple[Attempt, ...])
_cases = msgspec.json.Decoder(tuple[Case, ...])
_pending = msgspec.json.Decoder(Pending)
_details = msgspec.json.Decoder(BankAccountDetails)


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
    """What never changes of a payout, from a row that has its key and what is fixed of it."""
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


BATCH_COLUMNS: Final = names_of(BATCHES.columns, "b.")


def batch_from(row: Record) -> Batch:
    return record_from(Batch, row)


def bank_account_from(row: Record) -> OwnBankAccount:
    return OwnBankAccount(
        bank_account_id=row["bank_account_id"],
        currency=row["currency"],
        is_valid=row["is_valid"],
        details=_details.decode(row["body"]),
        created_ms=row["created_ms"],
        updated_ms=row["updated_ms"],
    )


def transfer_from(row: Record) -> Transfer:
    return record_from(Transfer, row)


def record_from(kind: type[R], row: Record) -> R:
    """A record each field of which is the column of its name."""
    return kind(**{name: row[name] for name in kind.__struct_fields__})
