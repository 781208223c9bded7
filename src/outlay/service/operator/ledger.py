"""Prove the books: run every check of the store's proof, look at every seal, and add up every book.

Each check is one statement, so it sees one moment: it can run beside a server that is at work. So does the look at the
seals, in one snapshot: whether each instruction is still what was ordered, and each fact what was recorded. What is
from before there was a key has no seal, and is counted. A payout that lost its seal, or whose seal is another's, is a
fault.

Leaves to others: computing everything anew (`replay_ledger`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import msgspec

from outlay.core.instruction import look_at_digest
from outlay.core.proof import MOST_FAULTS_SHOWN, CheckResult, LedgerProof
from outlay.core.seals import Seal, SealKey, look_at_fact
from outlay.service.runtime import LookingAtSeals
from outlay.store.read.proof import CHECKS, book_totals, run_check
from outlay.store.read.recorded import Snapshot, snapshot
from outlay.store.read.sealed import sealed_facts, sealed_instructions

INSTRUCTIONS: Final = "instructions"
SEALS: Final = "seals"
SEAL_CHECKS: Final = (INSTRUCTIONS, SEALS)
PROVES: Final = {
    INSTRUCTIONS: "the instruction of every payout is what was ordered",
    SEALS: "every fact is what was recorded",
}
STEPS: Final = len(CHECKS) + len(SEAL_CHECKS)
"""Results that a proof has."""
_TELL_EVERY: Final = 10_000


class SealsLookedAt(msgspec.Struct, frozen=True):
    """`older`: how many have none because they are from before there was a key, by check."""

    results: tuple[CheckResult, ...]
    whole: dict[str, int]
    older: dict[str, int]


class _Look:
    def __init__(self, name: str, on_rows: Callable[[str], None]) -> None:
        self.name = name
        self.found: Counter[Seal] = Counter()
        self._faults: list[dict[str, Any]] = []
        self._on_rows = on_rows

    def take(self, seal: Seal, **where: Any) -> None:
        self.found[seal] += 1
        is_fault = seal in (Seal.BROKEN, Seal.MISSING)
        if is_fault and len(self._faults) < MOST_FAULTS_SHOWN:
            self._faults.append(where | {"seal": seal.name.lower()})
        if sum(self.found.values()) % _TELL_EVERY == 0:
            self._on_rows(self.name)

    def result(self) -> CheckResult:
        return CheckResult(self.name, PROVES[self.name], tuple(self._faults))


async def verify_ledger(looks: LookingAtSeals, on_result: Callable[[CheckResult], None]) -> LedgerProof:
    """`on_result` is told each check's result as it comes."""
    results = []
    for check in CHECKS:
        result = await run_check(looks.database, check)
        results.append(result)
        on_result(result)
    seals = await verify_seals(looks, lambda _name: None)
    for result in seals.results:
        results.append(result)
        on_result(result)
    return LedgerProof(tuple(results), tuple(await book_totals(looks.database)), seals.older)


async def verify_seals(looks: LookingAtSeals, on_rows: Callable[[str], None]) -> SealsLookedAt:
    """`on_rows` is told the check's name after every _TELL_EVERY rows. Raises Unavailable."""
    async with snapshot(looks.database) as snap:
        return await look_at_seals(snap, looks.seal_key, on_rows)


async def look_at_seals(snap: Snapshot, key: SealKey, on_rows: Callable[[str], None]) -> SealsLookedAt:
    looks = [await _instructions(snap, key, on_rows), await _facts(snap, key, on_rows)]
    return SealsLookedAt(
        tuple(look.result() for look in looks),
        {look.name: look.found[Seal.WHOLE] for look in looks},
        {look.name: look.found[Seal.OLDER] for look in looks},
    )


async def _instructions(snap: Snapshot, key: SealKey, on_rows: Callable[[str], None]) -> _Look:
    look = _Look(INSTRUCTIONS, on_rows)
    async for one in sealed_instructions(snap):
        seal = Seal.BROKEN if one.instruction is None else look_at_digest(one.instruction, one.digest, key)
        look.take(seal, account_id=one.account_id, payout_id=one.payout_id)
    return look


async def _facts(snap: Snapshot, key: SealKey, on_rows: Callable[[str], None]) -> _Look:
    look = _Look(SEALS, on_rows)
    async for one in sealed_facts(snap):
        seal = Seal.BROKEN
        if one.fact is not None:
            seal = look_at_fact(key, one.account_id, one.payout_id, one.fact, one.seal)
        look.take(seal, account_id=one.account_id, payout_id=one.payout_id, fact=one.number)
    return look
