"""What UQPAY has no words for. That an order is the same there and back, every dialect promises: see
`tests/apis/ordering.py`.
"""

from __future__ import annotations

from outlay.core.beneficiary import Beneficiary
from outlay.core.destination import Card
from outlay.core.payout import Order
from outlay.dialects.uqpay.values.orders import write_order


def test_what_there_is_no_destination_for_is_not_written() -> None:
    to_a_card = Beneficiary(destination=Card(number="4111111111111111"))
    assert write_order(Order(reference="R", currency="SGD", amount_minor=1, beneficiary=to_a_card)) is None
