"""What an account's own rules mean for its LessPay orders: closed, limits, and recipients that are blocked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.lesspay_orders import Fields, bank_detail, batch, order, to_bank
from tests.e2e.merchants import LessPayMerchant, Merchant, open_merchant
from tests.e2e.observer import wait_for
from tests.e2e.server import Server

pytestmark = pytest.mark.slow


@pytest.fixture
def merchant(outlay: Server, tmp_path: Path) -> Merchant:
    return open_merchant(outlay, tmp_path, dialects=["lesspay"], funds={"PHP": "100.00"})


def refused(lesspay: LessPayMerchant, path: str, body: Fields) -> tuple[int, int, str]:
    answer = lesspay.ask(path, body)
    envelope = answer.json()
    assert (envelope["data"], envelope["sign"]) == (None, "")
    return answer.status, envelope["code"], envelope["msg"]


def test_a_closed_account_orders_nothing_and_still_learns_what_became_of_its_orders(
    outlay: Server, merchant: Merchant
) -> None:
    lesspay = merchant.lesspay
    body, many = order("10.00", to_bank()), batch([bank_detail("10.00"), bank_detail("20.00")])
    lesspay.create(body)
    outlay.cli("account", "close", merchant.account_id)
    forbidden = (403, 403, "account is closed")
    assert refused(lesspay, lesspay.CREATE, order("1.00", to_bank())) == forbidden
    assert refused(lesspay, lesspay.BATCH, many) == forbidden
    wait_for(lambda: lesspay.query(request_id=body["request_id"])["order_status"] == "SUCCEED")
    assert lesspay.balance("PHP")["available_balance"] == "90.00"
    outlay.cli("account", "reopen", merchant.account_id)
    assert lesspay.create_batch(many)["total_amount"] == "30.00"


def test_one_amount_outside_the_accounts_limits_refuses_the_batch(outlay: Server, merchant: Merchant) -> None:
    lesspay = merchant.lesspay
    outlay.cli("limit", "set", merchant.account_id, "PHP", "--min", "2.00", "--max", "50.00")
    for amount, word in (("1.99", "below"), ("50.01", "above")):
        body = batch([bank_detail("2.00"), bank_detail(amount)])
        status, code, said = refused(lesspay, lesspay.BATCH, body)
        assert (status, code) == (200, 9999)
        assert word in said
        assert refused(lesspay, lesspay.QUERY, {"request_id": body["request_id"]})[1] == 30020
    lesspay.create_batch(batch([bank_detail("2.00"), bank_detail("50.00")]))


def test_one_blocked_recipient_refuses_the_batch(outlay: Server, merchant: Merchant) -> None:
    lesspay = merchant.lesspay
    number = "0099887766"
    outlay.cli("block", "add", merchant.account_id, number, "--by", "ann", "--why", "fraud")
    blocked = (200, 9999, "the beneficiary is blocked")
    assert refused(lesspay, lesspay.CREATE, order("1.00", to_bank(account_number=number))) == blocked
    body = batch([bank_detail("2.00"), bank_detail("2.00", bank_account_no=number)])
    assert refused(lesspay, lesspay.BATCH, body) == blocked
    assert lesspay.balance("PHP")["frozen_balance"] == "0.00"
