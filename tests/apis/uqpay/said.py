"""What an order in neutral form says, by the names that UQPAY gave it: written down here once more, apart from the
dialect's own way back, so that a field that both lose is missed.

It is also the form in which versions before 0.6 kept a payout: `details` and `memo`.
"""

from __future__ import annotations

from typing import Any

from outlay.core.destination import OwnAccount
from outlay.core.payout import Order


def uqpay_memo(order: Order) -> dict[str, str]:
    said = {
        "statement_descriptor": order.remarks.statement_descriptor,
        "internal_note": order.remarks.internal_note,
    }
    return {name: text for name, text in said.items() if text}


def own_account_codes(place: Any) -> dict[str, str]:
    assert isinstance(place, OwnAccount)
    bank = place.bank
    assert bank is not None
    return {code.kind.value: code.value for code in bank.codes} | {"branch": bank.branch_code}
