"""Every documented field of LessPay's answers against a running server, with a signer that shares no code with Outlay.

What becomes of an order in each of its stories, and what is refused, every dialect is asked in tests/apis.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.apis.lesspay.merchant import LessPayMerchant, lesspay_signature, lesspay_text
from tests.apis.lesspay.orders import bank_detail, batch
from tests.apis.software import BRL_FEE, now_ms
from tests.coverage.compared import has_form
from tests.e2e.merchants import open_merchant
from tests.e2e.observer import wait_for
from tests.e2e.server import Server
from tests.support.rows import each_row

REPOSITORY = Path(__file__).parents[2]
VECTORS = json.loads((REPOSITORY / "src/outlay/dialects/lesspay/vectors/signing.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def lesspay(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> LessPayMerchant:
    funds = {"BRL": "10000.00", "PHP": "10000.00", "USDT": "12.5"}
    folder = tmp_path_factory.mktemp("keys")
    return open_merchant(outlay, folder, dialects=["lesspay"], funds=funds, fees=BRL_FEE).lesspay


@each_row("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_signer_of_these_tests_agrees_with_the_providers_vectors(vector: dict[str, str]) -> None:
    assert lesspay_text(vector["body"], vector["secret"]) == vector["string_to_sign"]
    assert lesspay_signature(vector["body"], vector["secret"]) == vector["signature"]


@pytest.mark.slow
def test_an_order_is_accepted_processed_and_paid_with_every_documented_field(lesspay: LessPayMerchant) -> None:
    before = now_ms()
    body = lesspay.order("300.11")
    created = lesspay.create(body)
    after = now_ms()

    assert has_form("PO[0-9]{19}", created["pay_order_id"])
    assert before <= int(created["created_at"]) <= after
    number = created["pay_order_id"][2:]
    detail = {
        "payout_order_detail_id": f"POD{number}",
        "mch_order_id": body["request_id"],
        "amount": "300.11",
        "actual_amount": None,
        "status": "CREATED",
        "audit_state": "APPROVED",
        "fail_reason": None,
        "rejected_reason": None,
        "channel_order_no": None,
        "bank_account_no": "1114****7735",
        "bank_account_name": "J****a",
        "bank_account_type": "individual",
        "bank_name": None,
        "bank_country_code": "BR",
        "bank_swift_code": None,
        "success_time": None,
    }
    order = {
        "pay_order_id": created["pay_order_id"],
        "request_id": body["request_id"],
        "order_status": "PENDING_PAY",
        "currency": "BRL",
        "total_amount": "300.11",
        "decimal_places": 2,
        "fail_reason": None,
        "created_at": created["created_at"],
        "details": [detail],
    }
    assert created == order
    assert list(created["details"][0]) == list(detail)

    seen = set()

    def look() -> dict[str, Any]:
        found = lesspay.query(request_id=body["request_id"])
        seen.add((found["order_status"], found["details"][0]["status"]))
        return found if found["order_status"] == "SUCCEED" else {}

    paid = wait_for(look)
    assert seen <= {("PENDING_PAY", "CREATED"), ("PENDING_PAY", "PROCESSING"), ("SUCCEED", "SUCCEEDED")}
    done = paid["details"][0]
    assert before <= int(created["created_at"]) <= int(done["success_time"]) <= now_ms()
    assert has_form("SBX[0-9]{18,24}", done["channel_order_no"])
    known_later = {"channel_order_no": done["channel_order_no"], "success_time": done["success_time"]}
    detail |= {"status": "SUCCEEDED", "actual_amount": "300.11"} | known_later
    assert paid == order | {"order_status": "SUCCEED", "details": [detail]}


@pytest.mark.slow
def test_a_new_batch_shows_every_documented_field_in_the_order_of_the_request(lesspay: LessPayMerchant) -> None:
    body = batch([bank_detail("1000.00"), bank_detail("500.75", bank_account_name="Ana Reyes", bank_name="BPI")])
    before = now_ms()
    made = lesspay.create_batch(body)
    assert before <= int(made["created_at"]) <= now_ms()
    first, second = made["details"]
    expected = {
        "payout_order_detail_id": first["payout_order_detail_id"],
        "mch_order_id": body["payout_order_details"][0]["mch_order_id"],
        "amount": "1000.00",
        "actual_amount": None,
        "status": "CREATED",
        "audit_state": "APPROVED",
        "fail_reason": None,
        "rejected_reason": None,
        "channel_order_no": None,
        "bank_account_no": "0012****7890",
        "bank_account_name": "J****z",
        "bank_account_type": "individual",
        "bank_name": "BDO Unibank",
        "bank_country_code": "PH",
        "bank_swift_code": "BNORPHMM",
        "success_time": None,
    }
    assert (list(first), first) == (list(expected), expected)
    assert second == expected | {
        "payout_order_detail_id": second["payout_order_detail_id"],
        "mch_order_id": body["payout_order_details"][1]["mch_order_id"],
        "amount": "500.75",
        "bank_account_name": "A****s",
        "bank_name": "BPI",
    }
    assert {name: value for name, value in made.items() if name != "details"} == {
        "pay_order_id": made["pay_order_id"],
        "request_id": body["request_id"],
        "order_status": "PENDING_PAY",
        "currency": "PHP",
        "total_amount": "1500.75",
        "decimal_places": 2,
        "fail_reason": None,
        "created_at": made["created_at"],
    }
    assert made["fail_reason"] is None
    numbers = [made["pay_order_id"][2:], *(detail["payout_order_detail_id"][3:] for detail in made["details"])]
    assert made["pay_order_id"] == f"PO{int(numbers[0]):019d}"
    assert [detail["payout_order_detail_id"] for detail in made["details"]] == [
        f"POD{int(number):019d}" for number in numbers[1:]
    ]
    assert len(set(numbers)) == 3


@pytest.mark.slow
def test_the_banks_of_a_channel_are_listed_by_code_and_none_where_it_pays_nobody(lesspay: LessPayMerchant) -> None:
    banks = lesspay.banks("PH", "PHP", "EPAY_PAYOUT")
    assert {"bank_code": "BDO", "bank_name": "BDO Unibank", "destination_type": "bank"} in banks
    assert {"bank_code": "GCASH", "bank_name": "GCash", "destination_type": "ewallet"} in banks
    assert {tuple(each) for each in banks} == {("bank_code", "bank_name", "destination_type")}
    assert lesspay.banks("JP", "PHP", "EPAY_PAYOUT") == []


@pytest.mark.slow
def test_the_balance_of_a_currency_has_its_decimals_whichever_channel_is_named(lesspay: LessPayMerchant) -> None:
    for currency, total, nothing in (("USDT", "12.500000", "0.000000"), ("JPY", "0", "0")):
        assert lesspay.balance(currency, "TAZAPAY_PAYOUT") == {
            "currency": currency,
            "way_code": "TAZAPAY_PAYOUT",
            "total_balance": total,
            "frozen_balance": nothing,
            "available_balance": total,
        }
