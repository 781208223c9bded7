"""Every documented field and value of a LessPay order, sent over HTTP once and taken.

What becomes of each of them is shown in tests/apis/lesspay/rules, what a caller sees of it in test_lesspay_flow.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.apis.lesspay.merchant import LessPayMerchant
from tests.apis.lesspay.orders import (
    HEX_ADDRESS,
    PIX_KEYS,
    TRON_ADDRESS,
    Fields,
    bank_detail,
    batch,
    crypto_detail,
    order,
    to_bank,
    to_crypto,
    to_pix_key,
    to_wallet,
    wallet_detail,
)
from tests.apis.lesspay.rules.ways import WAYS
from tests.apis.software import CPF, EVP
from tests.e2e.merchants import open_merchant
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

PAID_BY_WAYS = [(way, currency) for way, pays in WAYS.items() for _, currency, *_ in pays]
CRYPTO = ("USDT", "USDC", "BTC", "ETH")
FUNDS = dict.fromkeys(("BRL", *CRYPTO, *(currency for _, currency in PAID_BY_WAYS)), "100000")


@pytest.fixture(scope="module")
def lesspay(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> LessPayMerchant:
    return open_merchant(outlay, tmp_path_factory.mktemp("keys"), dialects=["lesspay"], funds=FUNDS).lesspay


def payouts() -> Iterator[Fields]:
    for way, currency in PAID_BY_WAYS:
        yield order("100", to_bank(), currency=currency, way_code=way)
    for way_type in ("BANK_TRANSFER", "CRYPTO", "CARD_PAYMENT", "WECHAT", "E_WALLET", "WALLET_TRANSFER"):
        yield order("1.00", to_wallet(), way_type=way_type, way_code=None)
    for account_type in ("savings", "checking", "payment"):
        yield order("1.00", to_bank(account_type=account_type, iban=None))
        yield order("1.00", to_bank("bank_account", account_type=account_type, account_number=None), holder="business")
    for kind, key in PIX_KEYS.items():
        yield order("1.00", to_pix_key(kind, key), currency="BRL")
    for network, address in (("TRC20", TRON_ADDRESS), ("ERC20", HEX_ADDRESS), ("BEP20", HEX_ADDRESS.lower())):
        for currency in CRYPTO:
            yield order("0.5", to_crypto(network, address), currency=currency)
    for born in ("1991-03-07", "07-03-1991"):
        yield order("1.00", to_wallet(), info={"name": "Liza Santos", "date_of_birth": born})


def batches() -> Iterator[Fields]:
    business = bank_detail("5.00", bank_account_type="business", bank_swift_code=None)
    yield batch([bank_detail("10.00"), business, bank_detail("5.00", destination_type="bank")])
    yield batch([bank_detail("1.00")], destination_type=None, way_type=None, expired_time=None, notify_url=None)
    wallets = [
        wallet_detail("1.00"),
        wallet_detail("1.00", account_type="business"),
        wallet_detail("1.00", key_type="upi_handle", key="ana.reyes@okbank"),
        wallet_detail("1.00", key_type="phone", key="+639170000002"),
        wallet_detail("1.00", key_type="random", key=EVP, provider="PIX"),
        wallet_detail("1.00", key_type="pix_key", key=CPF, provider="PIX"),
    ]
    yield batch(wallets, destination_type="ewallet")
    cryptos = [crypto_detail("1.5", TRON_ADDRESS), crypto_detail("0.000001", TRON_ADDRESS)]
    in_crypto = {"currency": "USDT", "transaction_network": "TRC20"}
    yield batch(cryptos, destination_type="crypto_wallet", **in_crypto)
    each_its_own = [wallets[0] | {"destination_type": "ewallet"}, cryptos[0] | {"destination_type": "crypto_wallet"}]
    yield batch([bank_detail("1.00"), *each_its_own], **in_crypto)


def test_every_value_of_a_payout_is_taken(lesspay: LessPayMerchant) -> None:
    for body in payouts():
        [detail] = lesspay.create(body)["details"]
        assert detail["mch_order_id"] == body["request_id"]
        if bank := body["beneficiary"]["destination"].get("bank"):
            assert (detail["bank_name"], detail["bank_swift_code"]) == (
                bank["bank_name"],
                bank["bank_codes"]["swift_code"],
            )


def test_every_value_of_a_batch_is_taken(lesspay: LessPayMerchant) -> None:
    for body in batches():
        made = lesspay.create_batch(body)
        details = zip(made["details"], body["payout_order_details"], strict=True)
        assert all(row["mch_order_id"] == detail["mch_order_id"] for row, detail in details)
