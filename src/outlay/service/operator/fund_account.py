"""Record money that came in for an account, once per reference."""

from __future__ import annotations

from enum import Enum, auto
from uuid import UUID

import msgspec

from outlay.core.ledger import AVAILABLE, fund
from outlay.core.refusal import Refusal
from outlay.service.runtime import Runtime
from outlay.store.write.desk import Booking, Changes, Command, Desk, Funding, Needs


class FundingResult(Enum):
    BOOKED = auto()
    REPEATED = auto()
    """This reference was booked before with the same amount and currency: nothing was booked again."""
    CONFLICT = auto()
    """This reference was booked before with another amount or currency: nothing was booked."""


class Funded(msgspec.Struct, frozen=True):
    result: FundingResult
    available_minor: int


async def fund_account(
    runtime: Runtime, account_id: UUID, currency: str, amount_minor: int, reference: str
) -> Funded | Refusal:
    funding = Funding(reference, runtime.next_id(), currency, amount_minor, runtime.now_ms())
    needs = Needs(funding_reference=reference, currency=currency)
    return await runtime.clerk.do(_FundCommand(funding, account_id=account_id, needs=needs))


class _FundCommand(Command[Funded], frozen=True):
    funding: Funding

    def decide(self, desk: Desk) -> tuple[Funded | Refusal, Changes | None]:
        if desk.account is None:
            return Refusal.ACCOUNT_NOT_FOUND, None
        funding = self.funding
        available_minor = desk.balances.get((funding.currency, AVAILABLE), 0)
        known = desk.funding(funding.reference)
        if known is not None:
            same = (known.currency, known.amount_minor) == (funding.currency, funding.amount_minor)
            return Funded(FundingResult.REPEATED if same else FundingResult.CONFLICT, available_minor), None
        booked = Funded(FundingResult.BOOKED, available_minor + funding.amount_minor)
        postings = fund(funding.currency, funding.amount_minor)
        return booked, Changes(funding=funding, booking=Booking(funding.funding_id, postings, funding.at_ms))
