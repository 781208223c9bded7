"""How Harbour Pay shows an account: a payout by its reference, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outlay.wire.message import Request
from tests.apis.asking import ask
from tests.apis.harbour import reading
from tests.apis.lives import Merchant
from tests.apis.seen import expect
from tests.apis.views import (
    A_STATUS_THAT_LIES,
    ONE_DECIMAL_TOO_MANY,
    Payouts,
    Planted,
    Views,
    always_two_decimals,
    one_decimal_too_many,
)

PAYOUT = "/harbour/v1/payouts/{ref}"
NOBODY = {"harbour-client": f"hb_{'0' * 20}"}


def _payouts(merchant: Merchant, country: str) -> Mapping[str, tuple[Payouts, set[int]]]:
    """Of payouts by themselves whose reference can be written in a path here."""
    asked_for = {ref: payout_id for ref, payout_id in merchant.alone.items() if "_" not in ref}
    shown = {}
    for reference, payout_id in asked_for.items():
        request = Request("GET", PAYOUT.format(ref=reference), "", NOBODY, b"", {"ref": reference})
        status, answer = ask("harbour", country, merchant, request, PAYOUT)
        expect(status == 200, answer)
        shown[payout_id] = reading.seen(answer)
    return {"query": (shown, set(asked_for.values()))}


def _back_shown_as_paid(real: Any) -> Any:
    return lambda standing: "paid" if real(standing) == "back" else real(standing)


VIEWS = Views(
    payouts=_payouts,
    planted={
        ONE_DECIMAL_TOO_MANY: Planted("values", "format_amount", one_decimal_too_many),
        "always two decimals": Planted("values", "format_amount", always_two_decimals),
        A_STATUS_THAT_LIES: Planted("codes", "status_of", _back_shown_as_paid),
    },
)
