"""Cases for people: which there are, and what stands in each."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from outlay.core.cases import Case, CaseKind
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.service.runtime import Runtime
from outlay.store import accounts, cases
from outlay.store.unreadable import UnreadablePayout


class CaseOfPayout(msgspec.Struct, frozen=True):
    payout: Payout
    case: Case


async def list_cases(
    runtime: Runtime,
    *,
    limit: int,
    account_id: UUID | None = None,
    kind: CaseKind | None = None,
    closed_too: bool = False,
) -> Sequence[CaseOfPayout | UnreadablePayout] | Refusal:
    """The oldest first; of a payout that cannot be read only which it is. ACCOUNT_NOT_FOUND rather than an empty list,
    so that a wrong id is noticed."""
    if account_id is not None and await accounts.find_account(runtime.database, account_id) is None:
        return Refusal.ACCOUNT_NOT_FOUND
    found = await cases.list_cases(
        runtime.database,
        account_id=account_id,
        kind=kind.value if kind else None,
        closed_too=closed_too,
        limit=limit,
    )
    listed: list[CaseOfPayout | UnreadablePayout] = []
    for payout, number in found:
        if isinstance(payout, UnreadablePayout):
            listed.append(payout)
        elif (case := case_of(payout, number)) is not None:
            listed.append(CaseOfPayout(payout, case))
    return listed


def case_of(payout: Payout, number: int) -> Case | None:
    return next((case for case in payout.cases if case.number == number), None)
