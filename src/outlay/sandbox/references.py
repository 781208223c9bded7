"""What the sandbox bank calls an order, and where it shows that it paid it.

Mexico's payments are tracked by 30 digits, and a receipt can be seen under them; all others have the bank's plain
number and no receipt. The currency decides, never the API. Pure: derived from stored facts, so the same each time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from outlay.core.attempt import Attempt
from outlay.core.payout import Payout

_TRACKED_CURRENCY: Final = "MXN"
_MEXICO: Final = timedelta(hours=-6)  # fixed, without daylight saving, as the documents' times
_RECEIPTS: Final = "https://cep.sandbox.example/"  # a reserved name: never a link to a real bank (decision)


def bank_reference(payout: Payout, attempt: Attempt) -> str:
    """No two attempts have the same. In MXN 30 digits: the local date on which the attempt was begun, then 22 digits
    made of the payout's id and the attempt's number."""
    if payout.currency != _TRACKED_CURRENCY:
        return f"SBX{payout.payout_id}{attempt.number:02}"
    local = datetime.fromtimestamp(attempt.begun_ms / 1000, UTC) + _MEXICO
    return f"{local:%Y%m%d}{payout.payout_id:019}{attempt.number:03}"


def receipt_url(reference: str) -> str:
    """Only what is tracked by digits has one, so an order that was taken under a plain number keeps none."""
    return f"{_RECEIPTS}{reference}" if reference.isdecimal() else ""
