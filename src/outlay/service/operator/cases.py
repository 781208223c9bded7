"""Cases for people: which there are, and what stands in each; with the epochs, which are told beside them.

Leaves to others: what is said of a payout's case, which may take two (`rule_payout`).

The trap: an epoch that nobody has closed says that the database may have lost what was sent. Closing it is a person's
word, and changes nothing of what is asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from outlay.core.cases import Case, CaseKind
from outlay.core.epoch import EpochRow
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.core.shown import CaseOfPayout
from outlay.core.unreadable import UnreadablePayout
from outlay.service.runtime import Looking, Runtime
from outlay.store import accounts, cases, epochs


async def list_cases(
    looks: Looking,
    *,
    limit: int,
    account_id: UUID | None = None,
    kind: CaseKind | None = None,
    closed_too: bool = False,
) -> Sequence[CaseOfPayout | UnreadablePayout] | Refusal:
    """The oldest first; of a payout that cannot be read only which it is. ACCOUNT_NOT_FOUND rather than an empty list,
    so that a wrong id is noticed."""
    if account_id is not None and await accounts.read_account(looks.database, account_id) is None:
        return Refusal.ACCOUNT_NOT_FOUND
    found = await cases.read_cases(
        looks.database,
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


async def list_epochs(looks: Looking, *, closed_too: bool) -> Sequence[EpochRow]:
    """Those that were noticed or announced, the oldest first."""
    return await epochs.read_epochs(looks.database, closed_too=closed_too)


async def announce_epoch(runtime: Runtime, *, why: str, by: str) -> tuple[int, int]:
    """A new one begins, because a person says that the database has lost time. Returns it, and how many payouts will be
    asked about."""
    return await epochs.begin_epoch(runtime.database, why=why, by=by, now_ms=runtime.now_ms())


async def close_epoch(runtime: Runtime, epoch: int, by: str, note: str) -> bool:
    """False where there is no such epoch, or it is closed."""
    return await epochs.mark_closed(runtime.database, epoch, by, note)
