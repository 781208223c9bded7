"""The rail between accounts here: a payout to another account of the same master is paid by giving it the money.

The taker's record has the payout's id as its key, so the money is given once, however often an attempt is sent.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from outlay.core.outcome import Failure, FailureReason, NotFound, Outcome, Paid, Refused
from outlay.core.payout import Attempt, Payout
from outlay.core.transfer import Transfer
from outlay.service.runtime import Runtime
from outlay.service.transfers import credit
from outlay.store import accounts, lists


class InternalRail:
    refuses_duplicates: Final = True
    finality_ms: Final = 0

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def submit(self, payout: Payout, attempt: Attempt) -> Outcome:
        database = self._runtime.database
        source = await accounts.find_account(database, payout.account_id)
        target = await accounts.find_account(database, UUID(payout.beneficiary.account_number))
        if source is None or target is None:
            return Refused(Failure(FailureReason.ACCOUNT_NOT_FOUND, "There is no such account"))
        given = Transfer(
            transfer_id=payout.payout_id,
            is_payout=True,
            source_id=source.account_id,
            target_id=target.account_id,
            source_name=source.name,
            target_name=target.name,
            currency=payout.currency,
            amount_minor=payout.amount_minor,
            reason=payout.reference,
            ordered_by=payout.ordered_by,
            created_ms=payout.created_ms,
        )
        await credit(self._runtime, given)
        return Paid(attempt.reference)

    async def find(self, payout: Payout, attempt: Attempt) -> Outcome | NotFound:
        target_id = UUID(payout.beneficiary.account_number)
        taken = await lists.find_transfer(self._runtime.database, target_id, payout.payout_id, of_payouts=True)
        return Paid(attempt.reference) if taken is not None else NotFound()
