"""How a query names its order, which code each wrong one earns, and what is no order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outlay.core.asks import FindOrder
from outlay.wire.dialect import Asked
from outlay.wire.problems import Fault
from tests.apis.lesspay.bodies import ANY_VALUE, CONTROL, Body
from tests.apis.lesspay.desk import QUERY, asked
from tests.apis.lesspay.views import answered
from tests.apis.lives import Merchant, merchants
from tests.support.rows import each_row

ORDER_ID = "PO2010543497457831001"
PAYOUT_ID = 2010543497457831001


@each_row(
    ("body", "ask"),
    [
        ({"request_id": "SP-1"}, FindOrder(reference="SP-1")),
        ({"request_id": "SP-1", "pay_order_id": ""}, FindOrder(reference="SP-1")),
        ({"request_id": "x" * 64, "pay_order_id": None}, FindOrder(reference="x" * 64)),
        ({"pay_order_id": ORDER_ID}, FindOrder(order_id=PAYOUT_ID)),
        ({"pay_order_id": ORDER_ID, "request_id": ""}, FindOrder(order_id=PAYOUT_ID)),
        ({"pay_order_id": ORDER_ID, "request_id": "SP-1"}, FindOrder(reference="SP-1", order_id=PAYOUT_ID)),
        ({"pay_order_id": "PO9223372036854775807"}, FindOrder(order_id=2**63 - 1)),
        ({"pay_order_id": "PO0000000000000000005"}, FindOrder(order_id=5)),
    ],
)
def test_a_query_names_an_order_by_either_id_or_by_both(body: Body, ask: FindOrder) -> None:
    assert asked(QUERY, body) == Asked(ask, None)


@pytest.mark.parametrize(
    "body", [{}, {"request_id": ""}, {"request_id": " ", "pay_order_id": None}, {"pay_order_id": ""}, {"other": "x"}]
)
def test_a_query_without_any_id_is_30000(body: Body) -> None:
    assert asked(QUERY, body) == Fault(200, 30000, "request_id or pay_order_id is required")


@each_row("name", ["request_id", "pay_order_id"])
@each_row("value", [7, True, {}, [], ["SP-1"], "x" * 65, CONTROL, "\ud800"], ids=repr)
def test_a_query_with_an_id_of_a_wrong_form_is_30000(name: str, value: Any) -> None:
    other = {"request_id": "pay_order_id", "pay_order_id": "request_id"}[name]
    for body in ({name: value}, {name: value, other: ORDER_ID}):
        fault = asked(QUERY, body)
        assert isinstance(fault, Fault)
        assert (fault.status, fault.code) == (200, 30000)


@each_row(
    "order_id",
    [
        "2010543497457831001",
        "po2010543497457831001",
        "PO201054349745783100",
        "PO20105434974578310011",
        "POD2010543497457831001",
        "PO9223372036854775808",
        "PO9999999999999999999",
        "PO-010543497457831001",
        "PO２０１０５４３４９７４５７８３１００１",
        "TS2010543497457831001",
    ],
)
def test_an_order_id_that_is_none_of_ours_is_not_found(order_id: str) -> None:
    for body in ({"pay_order_id": order_id}, {"pay_order_id": order_id, "request_id": "SP-1"}):
        assert asked(QUERY, body) == Fault(200, 30020, "order not found")


def test_a_query_of_another_transaction_type_is_30008() -> None:
    fault = asked(QUERY, {"request_id": "a", "transaction_type": "payin"})
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code) == (200, 30008)


# -- anything at all ----------------------------------------------------------------------------------------------


@given(st.dictionaries(st.sampled_from(["request_id", "pay_order_id", "transaction_type", "x"]), ANY_VALUE))
@example({"request_id": "0"})  # drawn values are rarely a question at all
@example({"pay_order_id": "PO0000000000000000001", "transaction_type": "payout"})
def test_any_query_is_a_question_or_a_documented_fault(body: Body) -> None:
    question = asked(QUERY, body)
    if isinstance(question, Fault):
        assert question.code in {30000, 30008, 30020}
    else:
        assert isinstance(question.ask, FindOrder)
        assert question.ask.reference or question.ask.order_id is not None


@given(merchants(("BRL",)))
def test_a_payout_of_a_batch_is_no_order_by_itself(merchant: Merchant) -> None:
    for batch in merchant.batches:
        for payout_id in batch.payout_ids:
            assert answered(merchant, QUERY, {"pay_order_id": f"PO{payout_id:019d}"})["code"] == 30020
