"""TeemoPay's documented flow against a running server, signed by the openssl command line tool (or, where a machine has
none, by plain arithmetic).

Order, ask until it is final, look at every field. The sandbox bank's stories are seen in TeemoPay's numbers, and each
step in the balance.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.apis.software import BRL_FEE, new_reference, now_ms
from tests.apis.teemopay.merchant import TeemoPayMerchant, plain_signature, teemopay_signature, teemopay_text
from tests.coverage.compared import has_form
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.observer import wait_for
from tests.e2e.server import Server

REPOSITORY = Path(__file__).parents[2]
VECTORS = json.loads((REPOSITORY / "src/outlay/dialects/teemopay/vectors/signing.json").read_text("utf-8"))

NO_ACCOUNT = (1000, "The account does not exist or is restricted")
OTHERS = (9999, "Others")
RETURN = (1001, "Return")
BY_HAND = (1024, "FINAL_FAILURE_MANUAL")

# amount → status in the end, the fee that it costs, the reason, what came back
STORIES: Mapping[str, tuple[int, str, tuple[int, str] | None, list[str]]] = {
    "300.11": (2, "20.01", None, []),
    "10.71": (3, "0.00", NO_ACCOUNT, []),
    "10.72": (3, "0.00", OTHERS, []),
    "10.73": (3, "0.00", OTHERS, []),
    "10.81": (4, "5.54", RETURN, ["10.81"]),
    "10.82": (4, "5.54", RETURN, ["5.41", "5.41"]),
    "10.83": (5, "5.54", RETURN, ["5.41"]),
}


@pytest.fixture(scope="module")
def merchant(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    folder = tmp_path_factory.mktemp("keys")
    return open_merchant(outlay, folder, dialects=["teemopay"], funds={"BRL": "10000.00"}, fees=BRL_FEE)


@pytest.fixture(scope="module")
def teemopay(merchant: Merchant) -> TeemoPayMerchant:
    return merchant.teemopay


@pytest.fixture(scope="module")
def told(teemopay: TeemoPayMerchant) -> dict[str, dict[str, Any]]:
    """Every story, ordered at once; amount → answer to create."""
    return {amount: teemopay.create(teemopay.order(amount)) for amount in STORIES}


def local_now() -> datetime:
    """Brazil's, as TeemoPay has it: three hours behind, all the year round."""
    return datetime(1970, 1, 1) + timedelta(milliseconds=now_ms()) - timedelta(hours=3)


def is_just_now(text: str) -> bool:
    at = datetime.fromisoformat(text)
    assert text == at.strftime("%Y-%m-%d %H:%M:%S")
    return timedelta(seconds=-1) < local_now() - at < timedelta(minutes=10)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_signer_of_these_tests_agrees_with_the_documents_vectors(vector: dict[str, Any], tmp_path: Path) -> None:
    key_file = tmp_path / "key.pem"
    key_file.write_text(vector["private_key_pem"])
    body, nonce = vector["body_without_sign"], vector["headers"]["nonce"]
    text = teemopay_text(body if isinstance(body, str) else json.dumps(body), nonce)
    assert text == vector["string_to_sign"]
    assert teemopay_signature(text, key_file) == vector["signature"]
    assert plain_signature(text, key_file) == vector["signature"]


@pytest.mark.slow
def test_a_payout_is_accepted_processed_and_paid_with_every_documented_field(teemopay: TeemoPayMerchant) -> None:
    reference = new_reference("T")
    created = teemopay.create(teemopay.order("300.11", reference))
    assert list(created) == ["merchantOrderNo", "tradeNo", "amount", "status"]
    assert has_form("TF[0-9]{10}BR[0-9]{16}", created["tradeNo"])
    assert created == {
        "merchantOrderNo": reference,
        "tradeNo": created["tradeNo"],
        "amount": "300.11",
        "status": 1,
    }
    seen: list[dict[str, Any]] = []

    def look() -> dict[str, Any]:
        seen.append(teemopay.query(reference))
        return seen[-1] if seen[-1]["status"] != 1 else {}

    paid = wait_for(look)
    under_way = {
        "merchantOrderNo": reference,
        "tradeNo": created["tradeNo"],
        "amount": "300.11",
        "status": 1,
        "serviceRate": "0.0500",
        "serviceAmount": "20.01",
        "immService": "5.00",
        "completeTime": None,
        "errorCode": None,
        "errorMessage": None,
    }
    for before in seen[:-1]:
        assert before == under_way
    assert is_just_now(paid["completeTime"])
    assert paid == under_way | {"status": 2, "completeTime": paid["completeTime"]}
    assert list(paid) == list(under_way)


@pytest.mark.slow
@pytest.mark.parametrize("amount", STORIES)
def test_each_story_of_the_bank_is_told_in_teemopays_numbers(
    teemopay: TeemoPayMerchant, told: Mapping[str, Mapping[str, Any]], amount: str
) -> None:
    status, fee, reason, back = STORIES[amount]
    reference, number = told[amount]["merchantOrderNo"], told[amount]["tradeNo"]

    def told_to_the_end() -> dict[str, Any]:
        found = teemopay.query(reference)
        return found if found["status"] == status else {}

    payout = wait_for(told_to_the_end)
    assert payout["amount"] == amount
    assert (payout["serviceAmount"], payout["immService"], payout["serviceRate"]) == (fee, "5.00", "0.0500")
    assert (payout["errorCode"], payout["errorMessage"]) == (reason or (None, None))
    assert is_just_now(payout["completeTime"])
    if not back:
        assert not {"cepUrl", "totalRefundAmount", "refundDetails"} & set(payout)
        return
    assert payout["cepUrl"] is None
    assert Decimal(payout["totalRefundAmount"]) == sum(map(Decimal, back))
    assert len(payout["refundDetails"]) == len(back)
    for ordinal, (refund, refunded) in enumerate(zip(payout["refundDetails"], back, strict=True), 1):
        assert list(refund) == ["refundNo", "refundAmount", "refundStatus", "refundTime"]
        assert is_just_now(refund.pop("refundTime"))
        assert refund == {"refundNo": f"T{ordinal:03}-{number}", "refundAmount": refunded, "refundStatus": 2}


@pytest.mark.slow
@pytest.mark.parametrize("first", [(), ("--by-decision",)])
@pytest.mark.parametrize("second", [(), ("--by-decision",)])
def test_a_thousand_that_comes_back_in_two_halves_has_status_4_and_two_refunds(
    outlay: Server, teemopay: TeemoPayMerchant, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    """Of the two the latest says why."""
    created = teemopay.create(teemopay.order("1000.00"))
    reference, number = created["merchantOrderNo"], created["tradeNo"]
    wait_for(lambda: teemopay.query(reference)["status"] == 2)
    available = Decimal(teemopay.balance()["availAmount"])

    outlay.cli.json("sandbox", "return", number, "500.00", *first)
    half = teemopay.query(reference)
    assert (half["status"], half["totalRefundAmount"], len(half["refundDetails"])) == (5, "500.00", 1)
    assert (half["errorCode"], half["errorMessage"]) == (BY_HAND if first else RETURN)
    outlay.cli.json("sandbox", "return", number, "500.00", *second)
    whole = teemopay.query(reference)
    assert (whole["status"], whole["totalRefundAmount"]) == (4, "1000.00")
    assert [refund["refundAmount"] for refund in whole["refundDetails"]] == ["500.00", "500.00"]
    assert [refund["refundNo"] for refund in whole["refundDetails"]] == [f"T001-{number}", f"T002-{number}"]
    assert (whole["serviceAmount"], whole["amount"]) == ("55.00", "1000.00")
    assert (whole["errorCode"], whole["errorMessage"]) == (BY_HAND if second else RETURN)
    assert whole["completeTime"] == half["completeTime"]
    # The fee is kept, the amount is back.
    assert Decimal(teemopay.balance()["availAmount"]) == available + Decimal("1000.00")


@pytest.mark.slow
def test_the_balance_shows_what_is_frozen_and_what_each_end_costs(outlay: Server, tmp_path: Path) -> None:
    teemopay = open_merchant(outlay, tmp_path, dialects=["teemopay"], funds={"BRL": "1000.00"}, fees=BRL_FEE).teemopay

    def balance() -> tuple[str, str, str]:
        found = teemopay.balance()
        assert list(found) == ["totalAmount", "frozenAmount", "availAmount"]
        return found["totalAmount"], found["frozenAmount"], found["availAmount"]

    def ends(created: Mapping[str, Any], status: int) -> bool:
        found: int = teemopay.query(created["merchantOrderNo"])["status"]
        return found == status

    assert balance() == ("1000.00", "0.00", "1000.00")
    held = teemopay.create(teemopay.order("100.74"))
    assert balance() == ("1000.00", "110.78", "889.22")  # 100.74 + 5.00 + 5.037 half up
    paid = teemopay.create(teemopay.order("300.11"))
    wait_for(lambda: ends(paid, 2))
    assert balance() == ("679.88", "110.78", "569.10")
    wait_for(lambda: ends(held, 1))
    outlay.cli.json("sandbox", "release", held["merchantOrderNo"])
    wait_for(lambda: ends(held, 2))
    assert balance() == ("569.10", "0.00", "569.10")
    refused = teemopay.create(teemopay.order("10.71"))
    wait_for(lambda: ends(refused, 3))
    assert balance() == ("569.10", "0.00", "569.10")
    returned = teemopay.create(teemopay.order("10.81"))
    wait_for(lambda: ends(returned, 4))
    assert balance() == ("563.56", "0.00", "563.56")


@pytest.mark.slow
def test_a_merchant_signs_with_a_key_of_its_own(outlay: Server, merchant: Merchant, tmp_path: Path) -> None:
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    unlocked = (PrivateFormat.PKCS8, NoEncryption())
    private.write_bytes(key.private_bytes(Encoding.PEM, *unlocked))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    shown = outlay.cli.json(
        "credential", "create", merchant.account_id, "--dialect", "teemopay", "--public-key", public
    )
    assert "private_key_pem" not in shown
    own = TeemoPayMerchant(outlay, shown, private)
    created = own.create(own.order("6.00"))
    # Another key of the same account sees the same payout.
    assert merchant.teemopay.query(created["merchantOrderNo"])["tradeNo"] == created["tradeNo"]
    with_the_other_key = TeemoPayMerchant(outlay, shown, merchant.teemopay.key_file)
    refused = with_the_other_key.ask(own.QUERY, {"merchantOrderNo": created["merchantOrderNo"]}).json()
    assert (refused["code"], refused["msg"]) == (414, "sign verification failed")


@pytest.mark.slow
def test_trace_ids_have_the_documented_form_and_never_repeat(teemopay: TeemoPayMerchant) -> None:
    found = [teemopay.ask(teemopay.BALANCE, {}).json()["traceId"] for _ in range(3)]
    assert all(has_form(r"[0-9a-f]{32}\.[0-9]+\.[0-9]{17}", trace_id) for trace_id in found)
    assert len(set(found)) == 3
