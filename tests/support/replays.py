"""A payout that the core made, held against what the replay makes of its facts, by the comparison that is used of the
tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import asdict

from outlay.core.facts import Fact
from outlay.core.ledger import Posting
from outlay.core.payout import Payout
from outlay.core.proof import Difference
from outlay.core.replay import replay
from outlay.core.replayed import Fate, Outline
from outlay.store.read.differences import Comparison
from outlay.store.tables import ATTEMPTS, PAYOUTS, RowTable, attributes_of


def fate_of(payout: Payout, facts: Sequence[Fact]) -> Fate:
    outline = Outline(payout.account_id, payout.payout_id, payout.currency, payout.amount_minor, payout.fee.total_minor)
    return replay(outline, facts)


def differences(payout: Payout, facts: Sequence[Fact], postings: Sequence[Posting] | None = None) -> list[Difference]:
    fate, compared = fate_of(payout, facts), Comparison()
    key: Any = (payout.account_id, payout.payout_id)
    compared.payout(key, fate, _payout_row(payout))
    compared.attempts(key, fate, [_attempt_row(attempt) for attempt in payout.attempts])
    compared.cases(key, fate, [_case_row(case) for case in payout.cases])
    compared.returns(key, fate, [asdict(back) for back in payout.returns])
    if postings is not None:
        assert [moved.posting for moved in fate.moved] == list(postings)
    assert compared.found or compared.untold == {}
    return compared.found


def _payout_row(payout: Payout) -> dict[str, Any]:
    return _row_of(PAYOUTS, payout)


def _attempt_row(attempt: Any) -> dict[str, Any]:
    row = _row_of(ATTEMPTS, attempt)
    return row | {"rail_references": list(attempt.rail_references), "not_found_ms": list(attempt.not_found_ms)}


def _row_of(table: RowTable, record: Any) -> dict[str, Any]:
    """As it would be written."""
    taken = [column for column in table.columns if not column.is_given]
    values = zip(taken, attributes_of(taken)(record), strict=True)
    return {column.name: column.written(value) if column.written else value for column, value in values}


def _case_row(case: Any) -> dict[str, Any]:
    remedy = None if case.remedy is None else case.remedy.value
    return asdict(case) | {"kind": case.kind.value, "closed_by": list(case.by), "remedy": remedy}
