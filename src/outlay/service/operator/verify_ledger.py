"""Prove the books: run every check of the store's proof, and add up every book.

Each check is one statement, so it sees one moment: it can run beside a server that is at work. So does the look at the
seals, in one snapshot.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from outlay.service.operator.verify_seals import verify_seals
from outlay.service.runtime import Runtime
from outlay.store.read.proof import CHECKS, BookTotal, CheckResult, book_totals, run_check


class LedgerProof(msgspec.Struct, frozen=True):
    """`older`: how many payouts and facts have no seal because they are from before there was a key, by check."""

    results: tuple[CheckResult, ...]
    totals: tuple[BookTotal, ...]
    older: dict[str, int] = {}

    @property
    def is_clean(self) -> bool:
        return not any(result.faults for result in self.results)


async def verify_ledger(runtime: Runtime, on_result: Callable[[CheckResult], None]) -> LedgerProof:
    """`on_result` is told each check's result as it comes."""
    results = []
    for check in CHECKS:
        result = await run_check(runtime.database, check)
        results.append(result)
        on_result(result)
    seals = await verify_seals(runtime, lambda _name: None)
    for result in seals.results:
        results.append(result)
        on_result(result)
    return LedgerProof(tuple(results), tuple(await book_totals(runtime.database)), seals.older)
