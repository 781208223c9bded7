"""A payout that the core made, held against what the replay makes of its facts, by the comparison that is used of the
tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import asdict

from outlay.core.facts import Fact
from outlay.core.ledger import Posting
from outlay.core.payout import Payout
from outlay.core.replay import replay
from outlay.core.replayed import Fate, Outline
from outlay.store.read.differences import Comparison, Difference
from outlay.store.write import saving


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
    columns: dict[str, str] = {**saving._PAYOUT_KEY, **saving._PAYOUT_FIXED, **saving._PAYOUT_MOVING}
    values = (payout.account_id, payout.payout_id, *saving._fixed_values(payout), *saving._moving_values(payout))
    return dict(zip([*columns, *saving._PAYOUT_LATER], values, strict=True))


def _attempt_row(attempt: Any) -> dict[str, Any]:
    columns = (*saving._ATTEMPT_FIXED, *saving._ATTEMPT_MOVING)
    row = dict(zip(columns, saving._attempt_values(attempt), strict=True))
    return row | {"rail_references": list(attempt.rail_references), "not_found_ms": list(attempt.not_found_ms)}


def _case_row(case: Any) -> dict[str, Any]:
    remedy = None if case.remedy is None else case.remedy.value
    return asdict(case) | {"kind": case.kind.value, "closed_by": list(case.by), "remedy": remedy}
