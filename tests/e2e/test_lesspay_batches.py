"""Batches of LessPay against a running server: ordered all or nothing, and then each payout goes its own way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.apis.lesspay.merchant import LessPayMerchant, lesspay_signature
from tests.apis.lesspay.orders import Fields, bank_detail, batch, order, to_bank
from tests.apis.software import as_bytes, new_reference, now_ms
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.observer import observing, wait_for
from tests.e2e.raw_http import Answer
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

UNDER_WAY = {"PENDING_CONFIRM", "PENDING_PAY"}
# amount of a detail → its word, actual_amount and fail_reason in the end
STORIES: Mapping[str, tuple[str, str | None, str | None]] = {
    "10.00": ("SUCCEEDED", "10.00", None),
    "10.71": ("FAILED", None, "The account does not exist or is restricted"),
    "10.73": ("FAILED", None, "The payment failed after it was accepted"),
    "10.81": ("REFUNDED", "0.00", None),
    "10.83": ("SUCCEEDED", "5.42", "partially returned 5.41"),
}


@pytest.fixture(scope="module")
def merchant(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    folder = tmp_path_factory.mktemp("keys")
    return open_merchant(outlay, folder, dialects=["lesspay"], funds={"PHP": "1000000.00"})


@pytest.fixture(scope="module")
def lesspay(merchant: Merchant) -> LessPayMerchant:
    return merchant.lesspay


def code_of(answer: Answer) -> int:
    assert answer.status == 200, answer
    code: int = answer.json()["code"]
    return code


def final(lesspay: LessPayMerchant, reference: str) -> Fields:
    """The order, when nothing of it is under way any more."""

    def look() -> Fields:
        found = lesspay.query(request_id=reference)
        return found if found["order_status"] not in UNDER_WAY else {}

    order_made: Fields = wait_for(look)
    return order_made


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


def test_a_batch_with_mixed_outcomes_is_a_partial_success_and_tells_of_each(lesspay: LessPayMerchant) -> None:
    details = [bank_detail(amount) for amount in STORIES]
    body = batch(details)
    made = lesspay.create_batch(body)
    seen = set()

    def told_to_the_end() -> Fields:
        found = lesspay.query(pay_order_id=made["pay_order_id"])
        seen.add(found["order_status"])
        told = {row["amount"]: (row["status"], row["actual_amount"], row["fail_reason"]) for row in found["details"]}
        return found if told == STORIES else {}

    found = wait_for(told_to_the_end)
    assert seen <= {"PENDING_PAY", "PARTIAL_SUCCESS"}
    assert (found["order_status"], found["fail_reason"]) == ("PARTIAL_SUCCESS", "3 of 5 details failed")
    assert found["total_amount"] == body["total_amount"] == "53.08"
    unchanged = ("pay_order_id", "request_id", "currency", "total_amount", "decimal_places", "created_at")
    assert {name: found[name] for name in unchanged} == {name: made[name] for name in unchanged}
    for row, detail, first in zip(found["details"], details, made["details"], strict=True):
        assert row["mch_order_id"] == detail["mch_order_id"]
        assert row["payout_order_detail_id"] == first["payout_order_detail_id"]
        assert (row["success_time"] is not None) == (row["actual_amount"] is not None)
        assert (row["audit_state"], row["rejected_reason"]) == ("APPROVED", None)
        refused_at_once = row["amount"] == "10.71"  # the bank never gave it a number
        assert (row["channel_order_no"] is None) == refused_at_once


@pytest.mark.parametrize(
    ("amounts", "word", "reason"),
    [
        (("1.00", "2.00"), "SUCCEED", None),
        (("1.71", "2.71"), "FAILED", "The account does not exist or is restricted"),
        (("1.71", "2.73"), "FAILED", "2 of 2 details failed"),
        (("1.81", "2.82"), "REFUND", None),
        (("1.71", "2.81"), "REFUND", None),
    ],
)
def test_a_batch_whose_details_end_alike_has_their_word(
    lesspay: LessPayMerchant, amounts: tuple[str, ...], word: str, reason: str | None
) -> None:
    reference = lesspay.create_batch(batch([bank_detail(amount) for amount in amounts]))["request_id"]
    wait_for(lambda: lesspay.query(request_id=reference)["order_status"] == word)
    assert lesspay.query(request_id=reference)["fail_reason"] == reason


def test_one_detail_that_is_still_under_way_keeps_the_order_pending(outlay: Server, lesspay: LessPayMerchant) -> None:
    held = bank_detail("1.74")
    made = lesspay.create_batch(batch([bank_detail("1.71"), held, bank_detail("1.00")]))
    wanted = ["FAILED", "PROCESSING", "SUCCEEDED"]

    def words() -> list[str]:
        return [row["status"] for row in lesspay.query(request_id=made["request_id"])["details"]]

    wait_for(lambda: words() == wanted)
    assert lesspay.query(request_id=made["request_id"])["order_status"] == "PENDING_PAY"
    outlay.cli.json("sandbox", "release", made["details"][1]["payout_order_detail_id"])
    assert final(lesspay, made["request_id"])["fail_reason"] == "1 of 3 details failed"


def test_a_batch_sets_aside_all_of_its_money_at_once_or_nothing(outlay: Server, tmp_path: Path) -> None:
    poor = open_merchant(
        outlay, tmp_path, dialects=["lesspay"], funds={"PHP": "100.00"}, fees={"PHP": ("1.00", "0")}
    ).lesspay
    before = poor.balance("PHP")
    too_much = batch([bank_detail("1.74") for _ in range(50)])  # with the fees 137.00
    assert code_of(answer := poor.ask(poor.BATCH, too_much)) == 9999
    assert answer.json()["msg"] == "insufficient balance"
    assert poor.balance("PHP") == before
    assert code_of(poor.ask(poor.QUERY, {"request_id": too_much["request_id"]})) == 30020
    # The reference of a refused batch is free.
    poor.create_batch(batch([bank_detail("1.74") for _ in range(36)], request_id=too_much["request_id"]))
    assert (poor.balance("PHP")["frozen_balance"], poor.balance("PHP")["available_balance"]) == ("98.64", "1.36")


def test_a_batch_of_one_is_a_batch_and_its_payout_no_order_by_itself(lesspay: LessPayMerchant) -> None:
    made = lesspay.create_batch(batch([bank_detail("3.00")]))
    [detail] = made["details"]
    number = detail["payout_order_detail_id"].removeprefix("POD")
    assert code_of(lesspay.ask(lesspay.QUERY, {"pay_order_id": f"PO{number}"})) == 30020
    assert code_of(lesspay.ask(lesspay.QUERY, {"request_id": detail["mch_order_id"]})) == 30020
    assert lesspay.query(pay_order_id=made["pay_order_id"])["request_id"] == made["request_id"]


def test_references_of_details_are_unique_in_their_batch_only(lesspay: LessPayMerchant) -> None:
    for _ in range(2):
        lesspay.create_batch(batch([bank_detail("1.00", "same-1"), bank_detail("1.00", "same-2")]))


def test_single_payouts_and_batches_share_one_space_of_request_ids(lesspay: LessPayMerchant) -> None:
    single, many = order("1.00", to_bank()), batch([bank_detail("1.00")])
    lesspay.create(single)
    made = lesspay.create_batch(many)
    assert code_of(lesspay.ask(lesspay.BATCH, many)) == 30011
    assert code_of(lesspay.ask(lesspay.BATCH, many | {"total_amount": "1.0"})) == 30010
    assert code_of(lesspay.ask(lesspay.BATCH, many | {"total_amount": "9.99"})) == 30010
    assert code_of(lesspay.ask(lesspay.BATCH, many | {"request_id": single["request_id"]})) == 30010
    assert code_of(lesspay.ask(lesspay.CREATE, single | {"request_id": many["request_id"]})) == 30010
    assert lesspay.query(request_id=many["request_id"])["pay_order_id"] == made["pay_order_id"]


def turned(value: Any) -> Any:
    """The same with the members of every object in the opposite order."""
    match value:
        case dict():
            return {name: turned(value[name]) for name in reversed(value)}
        case list():
            return [turned(item) for item in value]
        case _:
            return value


def test_a_batch_again_is_the_same_in_whatever_order_its_keys_are(lesspay: LessPayMerchant) -> None:
    body = batch([bank_detail("1.00"), bank_detail("2.00", bank_swift_code=None)])
    lesspay.create_batch(body)
    again = turned(body)
    first, second = (lesspay.call(lesspay.BATCH, each).headers["x-auth-signature"] for each in (body, again))
    assert first != second
    assert code_of(lesspay.ask(lesspay.BATCH, again)) == 30011
    details = body["payout_order_details"]
    empty = [details[0], details[1] | {"bank_swift_code": ""}]
    assert code_of(lesspay.ask(lesspay.BATCH, body | {"payout_order_details": empty, "purpose": None})) == 30011
    for changes in ({"payout_order_details": details[::-1]}, {"total_amount": "3.0"}, {"extra": 1}):
        assert code_of(lesspay.ask(lesspay.BATCH, body | changes)) == 30010


def test_an_order_that_an_earlier_version_stored_is_known_by_the_rule_of_its_time(
    outlay: Server, lesspay: LessPayMerchant
) -> None:
    """Those versions kept the hash of the text to sign, without the secret."""
    single, many = order("1.00", to_bank()), batch([bank_detail("1.00"), bank_detail("2.00")])
    lesspay.create(single)
    lesspay.create_batch(many)
    with observing(outlay) as observer:
        for body in (single, many):
            older = lesspay_signature(as_bytes(body).decode(), "").lower()
            stored = f"digest = decode('{older}', 'hex') where reference = '{body['request_id']}'"
            assert len(observer.rows(f"update claims set {stored} returning 1")) == 1
        before = observer.count("payouts")
        assert code_of(lesspay.ask(lesspay.CREATE, single)) == 30011
        assert code_of(lesspay.ask(lesspay.CREATE, turned(single))) == 30011
        assert code_of(lesspay.ask(lesspay.BATCH, many)) == 30011
        # That rule knew the order of keys inside an array. It is told as another request, and pays nobody again.
        assert code_of(lesspay.ask(lesspay.BATCH, turned(many))) == 30010
        assert code_of(lesspay.ask(lesspay.CREATE, single | {"amount": "1.0"})) == 30010
        assert observer.count("payouts") == before


def test_the_longest_documented_batch_is_taken_as_the_most_wasteful_client_writes_it(lesspay: LessPayMerchant) -> None:
    """Names and numbers as long as they may be, in characters of which JSON in ASCII makes twelve bytes each."""
    wide, short = "\U0001f9fe" * 255, "\U0001f9fe" * 64
    wallet = {"account_name": wide, "account_type": "individual", "provider": wide, "deposit_key_type": "random"}
    wallet |= {"account_number": short, "deposit_key": short}
    texts = {"bank_account_no": short, "bank_account_name": wide, "bank_name": wide, "bank_swift_code": "BNORPHMMXXX"}
    details = [bank_detail("1.00", chr(0x1F300 + n) * 64, **texts, e_wallet=wallet) for n in range(1000)]
    whole = dict.fromkeys(("product_name", "description", "transaction_network"), wide)
    body = json.dumps(batch(details, request_id="\U0001f9fe" * 64, **whole), indent=4).encode()
    assert len(body) > 15_900_000
    made = lesspay.create_batch(body)
    assert (made["total_amount"], len(made["details"])) == ("1000.00", 1000)
    assert made["details"][999]["mch_order_id"] == chr(0x1F300 + 999) * 64
    assert code_of(lesspay.ask(lesspay.BATCH, body)) == 30011
    wait_for(lambda: all_paid(lesspay, made["request_id"]), patience_s=120)


def test_a_batch_is_found_by_either_id_by_both_if_they_agree_and_by_nobody_else(
    outlay: Server, lesspay: LessPayMerchant, tmp_path: Path
) -> None:
    made, other = (lesspay.create_batch(batch([bank_detail("1.00"), bank_detail("2.00")])) for _ in range(2))
    ids = {"request_id": made["request_id"], "pay_order_id": made["pay_order_id"]}
    for asked in ({"request_id": ids["request_id"]}, {"pay_order_id": ids["pay_order_id"]}, ids):
        assert lesspay.query(**asked)["pay_order_id"] == made["pay_order_id"]
    for wrong in ({"pay_order_id": other["pay_order_id"]}, {"request_id": new_reference()}):
        assert code_of(lesspay.ask(lesspay.QUERY, ids | wrong)) == 30020
    stranger = open_merchant(outlay, tmp_path, dialects=["lesspay"]).lesspay
    for name, value in ids.items():
        assert code_of(stranger.ask(stranger.QUERY, {name: value})) == 30020


def test_a_thousand_full_details_fit_into_one_request_and_one_transaction(
    outlay: Server, merchant: Merchant, lesspay: LessPayMerchant
) -> None:
    """With names as long as people and banks have them, in letters of two bytes."""
    names = {"bank_account_name": "Ñ" * 60, "bank_name": "Banco de la Nación " + "é" * 60}
    body = batch([bank_detail("1.00", f"SAL-2026-01-{number:052}", **names) for number in range(1000)])
    made = lesspay.create_batch(body)
    assert [row["mch_order_id"] for row in made["details"]] == [
        detail["mch_order_id"] for detail in body["payout_order_details"]
    ]
    assert made["total_amount"] == "1000.00"
    number = made["pay_order_id"].removeprefix("PO")
    with observing(outlay) as observer:
        [(transactions,)] = observer.rows(
            "select count(distinct f.xmin::text) from facts f join payouts p using (account_id, payout_id)"
            f" where p.batch_id = {number} and f.number = 1"
        )
    assert transactions == 1
    paid = wait_for(lambda: all_paid(lesspay, made["request_id"]), patience_s=120)
    assert (paid["order_status"], len(paid["details"])) == ("SUCCEED", 1000)
    assert [row["mch_order_id"] for row in paid["details"]] == [row["mch_order_id"] for row in made["details"]]


def all_paid(lesspay: LessPayMerchant, reference: str) -> dict[str, Any]:
    found = lesspay.query(request_id=reference)
    return found if found["order_status"] == "SUCCEED" else {}
