"""How a query names its order, and what is no order of ours. What the ids may be is claimed in `rules/test_questions`
and over HTTP."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from outlay.core.asks import FindOrder
from tests.apis.lesspay.desk import QUERY
from tests.apis.lesspay.rules.desk import Body, No, asked
from tests.apis.lesspay.valid_bodies import ANY_VALUE
from tests.support.rows import each_row

ORDER_ID = "PO2010543497457831001"
PAYOUT_ID = 2010543497457831001
UNKNOWN = No(200, 30020, "order not found")


@each_row(
    ("body", "found"),
    [
        ({"request_id": "SP-1", "pay_order_id": ""}, FindOrder(reference="SP-1")),
        ({"request_id": "x" * 64, "pay_order_id": None}, FindOrder(reference="x" * 64)),
        ({"pay_order_id": ORDER_ID, "request_id": ""}, FindOrder(order_id=PAYOUT_ID)),
        ({"pay_order_id": ORDER_ID, "request_id": "SP-1"}, FindOrder(reference="SP-1", order_id=PAYOUT_ID)),
        ({"pay_order_id": "PO9223372036854775807"}, FindOrder(order_id=2**63 - 1)),
        ({"pay_order_id": "PO0000000000000000005"}, FindOrder(order_id=5)),
        ({"pay_order_id": "PO9223372036854775808"}, UNKNOWN),
        ({"pay_order_id": "PO-010543497457831001"}, UNKNOWN),
        ({"pay_order_id": "PO２０１０５４３４９７４５７８３１００１"}, UNKNOWN),
        ({"pay_order_id": "TS2010543497457831001", "request_id": "SP-1"}, UNKNOWN),
    ],
)
def test_a_query_names_an_order_of_ours_by_either_id_or_by_both(body: Body, found: FindOrder | No) -> None:
    assert asked(QUERY, body) == found


@given(st.dictionaries(st.sampled_from(["request_id", "pay_order_id", "transaction_type", "x"]), ANY_VALUE))
@example({"request_id": "0"})  # drawn values are rarely a question at all
@example({"pay_order_id": "PO0000000000000000001", "transaction_type": "payout"})
def test_any_query_is_a_question_or_a_documented_fault(body: Body) -> None:
    found = asked(QUERY, body)
    if isinstance(found, No):
        assert found.code in {30000, 30008, 30020}
    else:
        assert isinstance(found, FindOrder)
        assert found.reference or found.order_id is not None
