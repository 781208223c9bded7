"""LessPay's two questions beside the orders: which banks can be paid, and how much money is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.apis.lesspay.merchant import LessPayMerchant
from tests.apis.lesspay.orders import order, to_bank, to_wallet
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.observer import wait_for
from tests.e2e.raw_http import send
from tests.e2e.server import Server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def merchant(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    folder = tmp_path_factory.mktemp("keys")
    funds = {"PHP": "1000.00", "JPY": "5000", "USDT": "12.5"}
    return open_merchant(outlay, folder, dialects=["lesspay"], funds=funds, fees={"PHP": ("0.75", "0")})


@pytest.fixture(scope="module")
def lesspay(merchant: Merchant) -> LessPayMerchant:
    return merchant.lesspay


@pytest.mark.parametrize(
    ("way_code", "country", "currency", "bank"),
    [
        ("TAZAPAY_PAYOUT", "PH", "PHP", ("BNORPHMM", "BDO Unibank", "bank")),
        ("EPAY_PAYOUT", "PH", "PHP", ("BDO", "BDO Unibank", "bank")),
        ("EPAY_PAYOUT", "PH", "PHP", ("GCASH", "GCash", "ewallet")),
        ("AWEPAY_PAYOUT", "ID", "IDR", ("014", "Bank Central Asia", "bank")),
        ("KORAPAY_PAYOUT", "NG", "NGN", ("044", "Access Bank", "bank")),
        ("KORAPAY_PAYOUT", "KE", "KES", ("safaricom-ke", "M-PESA", "ewallet")),
        ("OKAYSPAY_PAYOUT", "VN", "VND", ("970436", "Vietcombank", "bank")),
        ("ONEPAY_PAYOUT", "JP", "JPY", ("0001", "みずほ銀行", "bank")),
        ("OVERPAY_PAYOUT", "TH", "THB", ("KBANK", "Kasikornbank", "bank")),
        ("PAYRETAILERS_PAYOUT", "BR", "BRL", ("341", "Itaú Unibanco", "bank")),
        ("TEEMOPAY_PAYOUT", "PK", "PKR", ("MEEZAN_BANK", "MEEZAN_BANK", "bank")),
        ("TEEMOPAY_PAYOUT", "PK", "PKR", ("EASYPAISA", "EASYPAISA", "ewallet")),
        ("TWELVEPAY_PAYOUT", "TH", "THB", ("014", "Siam Commercial Bank", "bank")),
    ],
)
def test_the_banks_of_a_channel_are_listed_by_code(
    lesspay: LessPayMerchant, way_code: str, country: str, currency: str, bank: tuple[str, str, str]
) -> None:
    banks = lesspay.banks(country, currency, way_code)
    names = ("bank_code", "bank_name", "destination_type")
    assert {tuple(each) for each in banks} == {names}
    assert next(each for each in banks if each["bank_code"] == bank[0]) == dict(zip(names, bank, strict=True))
    codes = [each["bank_code"] for each in banks]
    assert codes == sorted(set(codes))


@pytest.mark.parametrize(
    ("country", "currency", "way_code"),
    [("PH", "PHP", "NOBODY_PAYOUT"), ("JP", "PHP", "EPAY_PAYOUT"), ("PH", "JPY", "EPAY_PAYOUT")],
)
def test_where_nothing_is_configured_the_list_is_empty(
    lesspay: LessPayMerchant, country: str, currency: str, way_code: str
) -> None:
    assert lesspay.banks(country, currency, way_code) == []


def test_only_a_known_caller_sees_the_banks(outlay: Server, merchant: Merchant, lesspay: LessPayMerchant) -> None:
    asked = {"bank_country_code": "PH", "currency": "PHP", "way_code": "EPAY_PAYOUT"}
    unsigned = lesspay.call(lesspay.BANKS, asked, signed_as=asked | {"currency": "JPY"})
    answer = send(outlay.base_url, unsigned)
    assert (answer.status, answer.json()["code"]) == (401, 401)


def test_the_balance_shows_what_is_set_aside_for_orders_under_way(outlay: Server, lesspay: LessPayMerchant) -> None:
    assert lesspay.balance("PHP", "TAZAPAY_PAYOUT") == {
        "currency": "PHP",
        "way_code": "TAZAPAY_PAYOUT",
        "total_balance": "1000.00",
        "frozen_balance": "0.00",
        "available_balance": "1000.00",
    }
    made = lesspay.create(order("100.74", to_bank()))  # held at the bank
    assert lesspay.balance("PHP") == {
        "currency": "PHP",
        "way_code": "EPAY_PAYOUT",
        "total_balance": "1000.00",
        "frozen_balance": "101.49",
        "available_balance": "898.51",
    }

    def is_with_the_bank() -> bool:
        [detail] = lesspay.query(request_id=made["request_id"])["details"]
        return detail["channel_order_no"] is not None

    wait_for(is_with_the_bank)
    outlay.cli.json("sandbox", "release", made["pay_order_id"])
    wait_for(lambda: lesspay.query(request_id=made["request_id"])["order_status"] == "SUCCEED")
    after = lesspay.balance("PHP")
    assert (after["total_balance"], after["frozen_balance"], after["available_balance"]) == (
        "898.51",
        "0.00",
        "898.51",
    )


@pytest.mark.parametrize(
    ("currency", "total"), [("JPY", "5000"), ("USDT", "12.500000"), ("BHD", "0.000"), ("THB", "0.00")]
)
def test_a_balance_has_the_decimals_of_its_currency_also_where_nothing_is(
    lesspay: LessPayMerchant, currency: str, total: str
) -> None:
    found = lesspay.balance(currency)
    assert (found["total_balance"], found["available_balance"]) == (total, total)
    assert not found["frozen_balance"].strip("0.")


def test_one_channel_cannot_be_asked_for_its_balance(lesspay: LessPayMerchant) -> None:
    answer = lesspay.ask(lesspay.BALANCE, {"currency": "THB", "way_code": "TWELVEPAY_PAYOUT"})
    assert (answer.status, answer.json()["code"]) == (200, 9999)
    assert answer.json()["msg"] == "balance query not supported"


def test_a_channel_that_is_switched_off_pays_nothing_and_the_others_go_on(outlay: Server, tmp_path: Path) -> None:
    merchant = open_merchant(outlay, tmp_path, dialects=["lesspay"], funds={"PHP": "100.00"})
    outlay.cli("method", "off", merchant.account_id, "PHP", "EPAY_PAYOUT")
    lesspay = merchant.lesspay
    assert lesspay.ask(lesspay.CREATE, order("1.00", to_bank())).json()["code"] == 30001
    lesspay.create(order("1.00", to_bank(), way_code="TAZAPAY_PAYOUT"))
    outlay.cli("method", "off", merchant.account_id, "PHP", "wallet")
    refused = lesspay.ask(lesspay.CREATE, order("1.00", to_wallet(), way_code="TAZAPAY_PAYOUT"))
    assert refused.json()["code"] == 30001
