"""The proof of the books as a document, with a replay where one was made.

The trap: amounts in a fault are minor units, as the tables hold them, for nobody can tell of every column in which
currency it is; what books hold in all is shown as amounts are everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec

from outlay.core.proof import MOST_FAULTS_SHOWN, BookTotal, CheckResult, Difference, LedgerProof, ReplayResult
from outlay.present.values import json_value, money


class CheckDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`maybe_more`: only the first faults are told, and there are as many."""

    name: str
    proves: str
    ok: bool
    faults: tuple[dict[str, Any], ...]
    maybe_more: bool


class TotalDocument(msgspec.Struct, frozen=True, kw_only=True):
    currency: str
    book: str
    amount: str


class ProofDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`without_seal`: how many are from before there were seals, by check."""

    ok: bool
    checks: tuple[CheckDocument, ...]
    totals: tuple[TotalDocument, ...]
    without_seal: dict[str, int]


class DifferenceDocument(msgspec.Struct, frozen=True, kw_only=True):
    table: str
    account_id: UUID
    id: str | None
    where: str
    column: str
    stored: Any
    recomputed: Any


class ReplayDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`differences`: how many there are; `shown`: the first of them."""

    ok: bool
    rows: dict[str, int]
    payouts: dict[str, int]
    totals: tuple[TotalDocument, ...]
    differences: int
    shown: tuple[DifferenceDocument, ...]
    not_told: dict[str, int]
    seconds: float
    database_seconds: float


class ReplayedProofDocument(ProofDocument, frozen=True, kw_only=True):
    replay: ReplayDocument


def proof_document(proof: LedgerProof) -> ProofDocument:
    return ProofDocument(
        ok=proof.is_clean,
        checks=tuple(map(_check_document, proof.results)),
        totals=_total_documents(proof.totals),
        without_seal=proof.older,
    )


def replayed_proof_document(proof: LedgerProof, replayed: ReplayResult) -> ReplayedProofDocument:
    """It holds only if both do."""
    both = msgspec.structs.asdict(proof_document(proof)) | {"ok": proof.is_clean and replayed.is_clean}
    return ReplayedProofDocument(**both, replay=_replay_document(replayed))


def fault_particulars(fault: dict[str, Any]) -> dict[str, Any]:
    """By column."""
    return {name: json_value(name, value) for name, value in fault.items()}


def _check_document(result: CheckResult) -> CheckDocument:
    return CheckDocument(
        name=result.name,
        proves=result.proves,
        ok=not result.faults,
        faults=tuple(map(fault_particulars, result.faults)),
        maybe_more=len(result.faults) == MOST_FAULTS_SHOWN,
    )


def _total_documents(totals: Iterable[BookTotal]) -> tuple[TotalDocument, ...]:
    return tuple(
        TotalDocument(currency=total.currency, book=total.book, amount=money(total.minor, total.currency))
        for total in totals
    )


def _replay_document(result: ReplayResult) -> ReplayDocument:
    return ReplayDocument(
        ok=result.is_clean,
        rows=result.rows,
        payouts=result.states,
        totals=_total_documents(result.totals),
        differences=result.difference_count,
        shown=tuple(map(_difference_document, result.differences)),
        not_told=result.untold,
        seconds=round(result.seconds, 3),
        database_seconds=round(result.read_s, 3),
    )


def _difference_document(each: Difference) -> DifferenceDocument:
    return DifferenceDocument(
        table=each.table,
        account_id=each.account_id,
        id=None if each.subject_id is None else str(each.subject_id),
        where=each.where,
        column=each.column,
        stored=json_value(each.column, each.stored),
        recomputed=json_value(each.column, getattr(each.recomputed, "value", each.recomputed)),
    )
