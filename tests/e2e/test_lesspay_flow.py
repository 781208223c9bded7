"""LessPay's documented flow against a running server, with a signer that shares no code with Outlay.

Order, ask until it is final, look at every field. The sandbox bank's stories are seen in LessPay's words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.apis.lesspay.merchant import LessPayMerchant, lesspay_signature, lesspay_text
from tests.apis.software import BRL_FEE, CPF, new_reference, now_ms
from tests.coverage.compared import has_form
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.observer import wait_for
from tests.e2e.raw_http import send
from tests.e2e.server import Server
from tests.support.rows import each_row

REPOSITORY = Path(__file__).parents[2]
VECTORS = json.loads((REPOSITORY / "src/outlay/dialects/lesspay/vectors/signing.json").read_text("utf-8"))

FINAL = {"SUCCEED", "FAILED", "CANCELED", "REFUND", "CLOSED"}

# amount → what the order says in the end, and its one detail: word, actual_amount, fail_reason
STORIES: Mapping[str, tuple[str, str, str | None, str | None]] = {
    "300.11": ("SUCCEED", "SUCCEEDED", "300.11", None),
    "10.71": ("FAILED", "FAILED", None, "The account does not exist or is restricted"),
    "10.72": ("FAILED", "FAILED", None, "The bank refused the payment"),
    "10.73": ("FAILED", "FAILED", None, "The payment failed after it was accepted"),
    "10.81": ("REFUND", "REFUNDED", "0.00", None),
    "10.82": ("REFUND", "REFUNDED", "0.00", None),
    "10.83": ("SUCCEED", "SUCCEEDED", "5.42", "partially returned 5.41"),
}
COMES_BACK = {"10.81", "10.82", "10.83"}


@pytest.fixture(scope="module")
def merchant(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    folder = tmp_path_factory.mktemp("keys")
    funds = {"BRL": "10000.00", "JPY": "5000"}
    return open_merchant(outlay, folder, dialects=["lesspay"], funds=funds, fees=BRL_FEE)


@pytest.fixture(scope="module")
def lesspay(merchant: Merchant) -> LessPayMerchant:
    return merchant.lesspay


@pytest.fixture(scope="module")
def told(lesspay: LessPayMerchant) -> dict[str, str]:
    """Every story, ordered at once; amount → request_id."""
    return {amount: lesspay.create(lesspay.order(amount))["request_id"] for amount in STORIES}


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
        return found if found["order_status"] in FINAL else {}

    paid = wait_for(look)
    assert seen <= {("PENDING_PAY", "CREATED"), ("PENDING_PAY", "PROCESSING"), ("SUCCEED", "SUCCEEDED")}
    done = paid["details"][0]
    assert before <= int(created["created_at"]) <= int(done["success_time"]) <= now_ms()
    assert has_form("SBX[0-9]{18,24}", done["channel_order_no"])
    known_later = {"channel_order_no": done["channel_order_no"], "success_time": done["success_time"]}
    detail |= {"status": "SUCCEEDED", "actual_amount": "300.11"} | known_later
    assert paid == order | {"order_status": "SUCCEED", "details": [detail]}


@pytest.mark.slow
@pytest.mark.parametrize("amount", STORIES)
def test_each_story_of_the_bank_is_told_in_lesspays_words(
    lesspay: LessPayMerchant, told: Mapping[str, str], amount: str
) -> None:
    word, detail_word, actual, reason = STORIES[amount]

    def told_to_the_end() -> dict[str, Any]:
        found = lesspay.query(request_id=told[amount])
        is_over = found["order_status"] in FINAL
        if amount in COMES_BACK:
            is_over = is_over and found["details"][0]["actual_amount"] == actual
        return found if is_over else {}

    order = wait_for(told_to_the_end)
    [detail] = order["details"]
    assert (order["order_status"], detail["status"], detail["actual_amount"]) == (word, detail_word, actual)
    assert detail["fail_reason"] == reason
    assert order["fail_reason"] == (reason if word == "FAILED" else None)
    assert (order["total_amount"], detail["amount"]) == (amount, amount)
    assert (detail["success_time"] is not None) == (actual is not None)
    assert (detail["audit_state"], detail["rejected_reason"]) == ("APPROVED", None)


@pytest.mark.slow
def test_a_held_order_stays_in_processing_until_it_is_released(outlay: Server, lesspay: LessPayMerchant) -> None:
    reference = lesspay.create(lesspay.order("10.74"))["request_id"]

    def detail_is(word: str) -> bool:
        found: str = lesspay.query(request_id=reference)["details"][0]["status"]
        return found == word

    wait_for(lambda: detail_is("PROCESSING"))
    later = lesspay.create(lesspay.order("11.00"))["request_id"]  # the bank goes on with others
    wait_for(lambda: lesspay.query(request_id=later)["order_status"] == "SUCCEED")
    assert lesspay.query(request_id=reference)["order_status"] == "PENDING_PAY"
    outlay.cli.json("sandbox", "release", reference)
    wait_for(lambda: detail_is("SUCCEEDED"))


@pytest.mark.slow
def test_money_that_comes_back_in_halves_is_first_a_partial_return_and_then_a_refund(
    outlay: Server, lesspay: LessPayMerchant
) -> None:
    order = lesspay.create(lesspay.order("1000.00"))
    name = {"pay_order_id": order["pay_order_id"]}
    wait_for(lambda: lesspay.query(**name)["order_status"] == "SUCCEED")
    outlay.cli.json("sandbox", "return", order["pay_order_id"], "500.00")
    half = lesspay.query(**name)
    assert half["order_status"] == "SUCCEED"
    assert half["details"][0]["actual_amount"] == "500.00"
    assert half["details"][0]["fail_reason"] == "partially returned 500.00"
    outlay.cli.json("sandbox", "return", order["pay_order_id"], "500.00")
    whole = lesspay.query(**name)
    assert whole["order_status"] == "REFUND"
    assert whole["details"][0]["status"] == "REFUNDED"
    assert whole["details"][0]["actual_amount"] == "0.00"
    assert whole["details"][0]["fail_reason"] is None


@pytest.mark.slow
def test_an_order_is_found_by_either_id_and_by_both_only_if_they_agree(
    outlay: Server, lesspay: LessPayMerchant, tmp_path: Path
) -> None:
    one, other = (lesspay.create(lesspay.order("1.00")) for _ in range(2))
    ids = {"request_id": one["request_id"], "pay_order_id": one["pay_order_id"]}

    def found(asked: Mapping[str, Any]) -> str:
        envelope = lesspay.ask(lesspay.QUERY, asked).json()
        return envelope["data"]["pay_order_id"] if envelope["code"] == 0 else str(envelope["code"])

    assert found({"request_id": ids["request_id"]}) == one["pay_order_id"]
    assert found({"pay_order_id": ids["pay_order_id"]}) == one["pay_order_id"]
    assert found({"request_id": ids["request_id"], "pay_order_id": ""}) == one["pay_order_id"]
    assert found({"request_id": None, "pay_order_id": ids["pay_order_id"]}) == one["pay_order_id"]
    assert found(ids) == one["pay_order_id"]
    assert found(ids | {"pay_order_id": other["pay_order_id"]}) == "30020"
    assert found(ids | {"request_id": other["request_id"]}) == "30020"
    assert found(ids | {"request_id": new_reference()}) == "30020"
    assert found({"request_id": new_reference()}) == "30020"
    assert found({"pay_order_id": "PO0000000000000000001"}) == "30020"
    assert found({"pay_order_id": one["details"][0]["payout_order_detail_id"]}) == "30020"
    assert found({}) == "30000"
    assert found({"request_id": "", "pay_order_id": ""}) == "30000"

    stranger = open_merchant(outlay, tmp_path, dialects=["lesspay"]).lesspay
    for name, value in ids.items():
        assert stranger.ask(stranger.QUERY, {name: value}).json()["code"] == 30020


@pytest.mark.slow
def test_a_repeat_is_an_error_that_tells_whether_it_was_the_same(lesspay: LessPayMerchant) -> None:
    body = lesspay.order("12.00")
    first = lesspay.create(body)
    again = lesspay.ask(lesspay.CREATE, body)
    assert (again.status, again.json()["code"]) == (200, 30011)
    # Sorted keys and spaces are not content, an empty field is not signed.
    respelt = json.dumps({**body, "product_name": ""}, sort_keys=True, indent=2).encode()
    assert lesspay.ask(lesspay.CREATE, respelt).json()["code"] == 30011
    assert lesspay.ask(lesspay.CREATE, body | {"amount": "12.01"}).json()["code"] == 30010
    assert lesspay.ask(lesspay.CREATE, body | {"amount": "-1"}).json()["code"] == 30010
    assert lesspay.query(request_id=body["request_id"])["pay_order_id"] == first["pay_order_id"]


@pytest.mark.slow
def test_a_currency_without_decimals_is_written_without_decimals(lesspay: LessPayMerchant) -> None:
    bank = {
        "beneficiary_type": "business",
        "beneficiary_info": {"name": "山田商店"},
        "destination": {
            "type": "bank_account",
            "bank": {
                "account_number": "1234567",
                "country": "JP",
                "bank_name": "みずほ",
                "bank_codes": {"bank_code": "0001"},
            },
        },
    }
    order = lesspay.create(lesspay.order("1000", currency="JPY", beneficiary=bank))
    assert (order["total_amount"], order["decimal_places"], order["currency"]) == ("1000", 0, "JPY")
    detail = order["details"][0]
    assert (detail["bank_account_no"], detail["bank_account_name"]) == ("****67", "山****店")
    assert (detail["bank_name"], detail["bank_country_code"]) == ("みずほ", "JP")
    wait_for(lambda: lesspay.query(request_id=order["request_id"])["order_status"] == "SUCCEED")


@pytest.mark.slow
def test_an_account_with_a_reviewer_keeps_its_orders_waiting(
    outlay: Server, lesspay: LessPayMerchant, tmp_path: Path
) -> None:
    merchant = open_merchant(
        outlay, tmp_path, dialects=["lesspay"], funds={"BRL": "100.00"}, options=["--review"]
    ).lesspay
    created = merchant.create(merchant.order("40.00"))
    # Long enough for the bank to have paid it, had it been sent.
    passer = lesspay.create(lesspay.order("1.00"))["request_id"]
    wait_for(lambda: lesspay.query(request_id=passer)["order_status"] == "SUCCEED")
    order = merchant.query(request_id=created["request_id"])
    assert order == created
    assert order["order_status"] == "PENDING_CONFIRM"
    assert (order["details"][0]["status"], order["details"][0]["audit_state"]) == ("CREATED", "PENDING")


@pytest.mark.slow
def test_neither_the_account_number_nor_the_name_leaves_whole(lesspay: LessPayMerchant) -> None:
    body = lesspay.order("13.00")
    for answer in (lesspay.ask(lesspay.CREATE, body), lesspay.ask(lesspay.QUERY, {"request_id": body["request_id"]})):
        text = answer.body.decode()
        assert CPF not in text
        assert "Silva" not in text


@pytest.mark.slow
def test_header_names_count_in_any_case(outlay: Server, lesspay: LessPayMerchant) -> None:
    body = lesspay.order("14.00")
    call = lesspay.call(lesspay.CREATE, body)
    shouted = call.but(headers={name.upper(): value for name, value in call.headers.items()})
    assert lesspay.opened(send(outlay.base_url, shouted))["request_id"] == body["request_id"]
