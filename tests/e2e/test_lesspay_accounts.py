"""What an account's own rules mean for its LessPay orders: closed, limits, recipients that are blocked, and strict
destinations.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.apis.lesspay.merchant import LessPayMerchant
from tests.apis.lesspay.orders import (
    EVERYTHING_ABOUT_A_PERSON,
    HEX_ADDRESS,
    TRON_ADDRESS,
    Fields,
    bank_detail,
    batch,
    crypto_detail,
    order,
    to_bank,
    to_crypto,
    to_pix_key,
    wallet_detail,
)
from tests.e2e.merchants import Merchant, open_merchant
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


STRICT: list[tuple[str, int, Fields]] = [
    ("an IBAN with a wrong digit", 30006, order("1.00", to_bank(iban="GB82WEST12345698765433"))),
    ("an IBAN with blanks", 30006, order("1.00", to_bank(iban="GB82 WEST 1234 5698 7654 32"))),
    ("a CPF with a wrong digit", 30006, order("1.00", to_pix_key("cpf", "11144477734"))),
    ("a CNPJ with a wrong digit", 30006, order("1.00", to_pix_key("cnpj", "11222333000180"))),
    ("the demo's crypto address", 30006, order("1.00", to_crypto("TRC20", "TXYZabcdefghijklmnopqrstuvwxyz123456"))),
    ("an address of another network", 30006, order("1.00", to_crypto("BEP20", TRON_ADDRESS))),
    ("a short address", 30006, order("1.00", to_crypto("ERC20", HEX_ADDRESS[:-1]))),
    (
        "a tax number with a wrong digit",
        30000,
        order("1.00", to_bank(), currency="BRL", info=EVERYTHING_ABOUT_A_PERSON | {"tax_id": "111.444.777-34"}),
    ),
]
STRICT_BATCHES: list[tuple[str, Fields]] = [
    (
        "an address of another network",
        batch([crypto_detail("1.00", HEX_ADDRESS)], destination_type="crypto_wallet", transaction_network="TRC20"),
    ),
    (
        "a key with a wrong digit",
        batch([wallet_detail("1.00", key_type="pix_key", key="11144477734")], destination_type="ewallet"),
    ),
]


def test_what_no_document_states_is_checked_where_the_account_asks_for_it(outlay: Server, tmp_path: Path) -> None:
    strict = open_merchant(
        outlay,
        tmp_path,
        dialects=["lesspay"],
        funds={"PHP": "100.00", "BRL": "100.00"},
        options=["--strict-destinations"],
    )
    lesspay = strict.lesspay
    for said, code, body in STRICT:
        assert refused(lesspay, lesspay.CREATE, body)[:2] == (200, code), said
    for said, body in STRICT_BATCHES:
        assert refused(lesspay, lesspay.BATCH, body)[:2] == (200, 30006), said
    assert lesspay.balance("PHP")["available_balance"] == "100.00"
    outlay.cli("account", "set", strict.account_id, "--no-strict-destinations")
    for _, _, body in STRICT:
        assert lesspay.create(body)["total_amount"] == "1.00"
    for _, body in STRICT_BATCHES:
        assert lesspay.create_batch(body)["total_amount"] == "1.00"
