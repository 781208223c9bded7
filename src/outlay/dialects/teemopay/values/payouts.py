"""What a payout's query and its row in the list both tell, in the words of a country.

The trap: a payout that was ordered through another API of the same account is told here too, so nothing may be expected
of its beneficiary, remarks or currency.
"""

from __future__ import annotations

from outlay.core.payout import Payout
from outlay.dialects.teemopay import codes
from outlay.dialects.teemopay.tables import reasons
from outlay.dialects.teemopay.tables.rules import Country
from outlay.dialects.teemopay.values import fields


def reason_of(payout: Payout, status: int, country: Country) -> reasons.Reason | None:
    """None for what is on its way or paid (docs)."""
    match status:
        case codes.FAILED:
            return reasons.why_failed(payout, country.reasons)
        case codes.REFUNDED | codes.PARTLY_REFUNDED:
            return reasons.why_returned(payout, country.reasons)
        case _:
            return None


def service_amount(payout: Payout, status: int) -> str:
    """A failed payout costs nothing; a refunded one keeps its fee (seed; the first: decision)."""
    return fields.amount_text(0 if status == codes.FAILED else payout.fee.total_minor, payout.currency)


def complete_time(payout: Payout, status: int, country: Country) -> str | None:
    """Null while it is on its way (seed)."""
    ended_ms = None if status == codes.PROCESSING else payout.completed_ms
    return None if ended_ms is None else fields.local_time(ended_ms, country)
