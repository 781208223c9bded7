"""Every batch that LessPay's documents allow goes to its neutral form and back, and nothing is lost on either way; and
what LessPay has no words for. Of payouts by themselves every dialect promises it: see `tests/apis/ordering.py`.

What is not written as it was read stands in `normal_batch`: the documented exceptions, and no others.
"""

from __future__ import annotations

import copy

from hypothesis import given

from outlay.core.beneficiary import OWN_ACCOUNT, Beneficiary
from outlay.core.destination import AccountHere, Card
from outlay.core.payout import Order
from outlay.dialects.lesspay.values.batches import write_batch
from outlay.dialects.lesspay.values.orders import write_order
from tests.apis.lesspay.desk import BATCH, NOW_MS
from tests.apis.lesspay.rules.desk import orders_of, taken
from tests.apis.lesspay.valid_bodies import lesspay_batches
from tests.apis.ordering import flat, is_the_same_when_it_is_read_back
from tests.apis.strategies import Body


def normal_batch(body: Body) -> Body:
    """A PIX key stands in deposit_key, its provider in capitals."""
    normal = copy.deepcopy(body)
    for detail in normal["payout_order_details"]:
        wallet = detail.get("e_wallet", {})
        is_pix = wallet.get("provider", "").upper() == "PIX"
        if is_pix:
            wallet["provider"] = "PIX"
        if is_pix or wallet.get("deposit_key_type") == "pix_key":
            wallet["deposit_key"] = wallet.pop("account_number", None) or wallet["deposit_key"]
    return normal


@given(body=lesspay_batches)
def test_a_batch_is_the_same_there_and_back(body: Body) -> None:
    orders = orders_of(taken(BATCH, body))
    written = write_batch(body["request_id"], orders, NOW_MS)
    assert written is not None
    assert dict(flat(written)) == dict(flat(normal_batch(body)))
    assert orders_of(taken(BATCH, written)) == orders
    assert all(map(is_the_same_when_it_is_read_back, orders))


def test_what_there_is_no_destination_for_is_not_written() -> None:
    for place in (Card(number="4111111111111111"), AccountHere(account_id="a"), OWN_ACCOUNT.destination):
        order = Order(reference="R", currency="BRL", amount_minor=1, beneficiary=Beneficiary(destination=place))
        assert write_order(order, NOW_MS) is None
        assert write_batch("R", [order], NOW_MS) is None
