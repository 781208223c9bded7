"""Every documented field and value of a LessPay order, sent over HTTP once, and kept for the rail that pays.

What a caller sees of it in the answer stands in test_lesspay_flow and test_lesspay_batches.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from outlay.core.beneficiary import Beneficiary
from tests.apis.lesspay.merchant import LessPayMerchant
from tests.apis.lesspay.orders import (
    EVERYTHING_ABOUT_A_BANK,
    EVERYTHING_ABOUT_A_PERSON,
    HEX_ADDRESS,
    NOTIFY_URL,
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
from tests.apis.lesspay.said import lesspay_details
from tests.apis.software import CPF, EVP
from tests.e2e.merchants import open_merchant
from tests.e2e.observer import Observer, observing
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

FUNDS = dict.fromkeys(("PHP", "BRL", "IDR", "NGN", "KES", "VND", "JPY", "THB", "PKR", "USDT", "USDC", "BTC"), "100000")
FUNDS |= {"ETH": "100"}
# Every channel with what its example pays, and how.
WAYS: Mapping[str, tuple[str, Fields]] = {
    "TAZAPAY_PAYOUT": ("PHP", to_wallet()),
    "AWEPAY_PAYOUT": ("IDR", to_bank(country="ID", bank_codes={"bank_code": "014"})),
    "EPAY_PAYOUT": ("PHP", to_bank(bank_codes={"bank_code": "SMBP"})),
    "KORAPAY_PAYOUT": ("NGN", to_bank(country="NG", bank_codes={"bank_code": "044"})),
    "OKAYSPAY_PAYOUT": ("VND", to_bank(country="VN")),
    "ONEPAY_PAYOUT": ("JPY", to_bank(country="JP", bank_codes={"bank_code": "0001", "branch_code": "001"})),
    "OVERPAY_PAYOUT": ("THB", to_bank(country="TH")),
    "PAYRETAILERS_PAYOUT": ("BRL", to_pix_key()),
    "TEEMOPAY_PAYOUT": ("PKR", to_wallet("EASYPAISA", "03001234567")),
    "TWELVEPAY_PAYOUT": ("THB", to_bank(country="TH", bank_codes={"bank_code": "004"})),
}


@pytest.fixture(scope="module")
def lesspay(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> LessPayMerchant:
    return open_merchant(outlay, tmp_path_factory.mktemp("keys"), dialects=["lesspay"], funds=FUNDS).lesspay


@pytest.fixture(scope="module")
def observer(outlay: Server) -> Any:
    with observing(outlay) as watching:
        yield watching


def kept(observer: Observer, detail: Mapping[str, Any]) -> tuple[Beneficiary, Fields]:
    """The beneficiary and the texts of a payout, as they are stored."""
    number = int(detail["payout_order_detail_id"].removeprefix("POD"))
    [row] = observer.rows(f"select beneficiary, remarks, notify_url from payouts where payout_id = {number}")
    url = {"notify_url": row["notify_url"]} if row["notify_url"] else {}
    return msgspec.json.decode(row["beneficiary"], type=Beneficiary), json.loads(row["remarks"]) | url


def test_every_field_of_a_payout_to_a_bank_is_kept_for_the_rail(lesspay: LessPayMerchant, observer: Observer) -> None:
    body = order("10.00", to_bank())
    made = lesspay.create(body)
    [detail] = made["details"]
    assert detail["bank_account_no"] == "1234****0123"
    assert detail["bank_account_name"] == "L****s"
    assert (detail["bank_account_type"], detail["bank_name"]) == ("individual", "BDO Unibank")
    assert (detail["bank_country_code"], detail["bank_swift_code"]) == ("PH", "BNORPHMM")
    [asked] = lesspay.query(request_id=body["request_id"])["details"]
    assert (asked["bank_name"], asked["bank_swift_code"]) == ("BDO Unibank", "BNORPHMM")
    beneficiary, remarks = kept(observer, detail)
    assert remarks == {
        "method": "EPAY_PAYOUT",
        "method_group": "BANK_TRANSFER",
        "product_name": "salary",
        "description": "January",
        "purpose": "PYR001",
        "notify_url": NOTIFY_URL,
    }
    person, bank = EVERYTHING_ABOUT_A_PERSON, EVERYTHING_ABOUT_A_BANK
    wanted = {name: text for name, text in person.items() if isinstance(text, str) and name != "name"}
    for part in ("phone", "address"):
        wanted |= {f"{part}.{name}": text for name, text in person[part].items()}
    wanted |= {f"bank.{name}": text for name, text in bank.items() if isinstance(text, str)}
    wanted |= {f"bank_codes.{name}": text for name, text in bank["bank_codes"].items()}
    assert lesspay_details(beneficiary) == wanted
    assert (beneficiary.name, beneficiary.account_number) == ("Liza Santos", "1234567890123")


@pytest.mark.parametrize("way_code", WAYS)
def test_every_channel_takes_what_its_example_sends(lesspay: LessPayMerchant, way_code: str) -> None:
    currency, destination = WAYS[way_code]
    body = order("100", destination, currency=currency, way_code=way_code)
    made = lesspay.create(body)
    assert (made["currency"], made["order_status"]) == (currency, "PENDING_PAY")
    assert made["decimal_places"] == (0 if currency in ("JPY", "VND") else 2)


@pytest.mark.parametrize(
    "way_type", ["BANK_TRANSFER", "CRYPTO", "CARD_PAYMENT", "WECHAT", "E_WALLET", "WALLET_TRANSFER"]
)
def test_every_way_type_is_taken_without_a_way_code(lesspay: LessPayMerchant, way_type: str) -> None:
    body = order("1.00", to_bank(), way_type=way_type)
    del body["way_code"]
    assert lesspay.create(body)["total_amount"] == "1.00"


@pytest.mark.parametrize("account_type", ["savings", "checking", "payment"])
@pytest.mark.parametrize("kind", ["bank", "bank_account"])
def test_every_kind_of_bank_account_is_taken_by_number_or_iban(
    lesspay: LessPayMerchant, kind: str, account_type: str
) -> None:
    for given in ({"account_number": None}, {"iban": None}):
        body = order("1.00", to_bank(kind, account_type=account_type, **given), holder="business")
        [detail] = lesspay.create(body)["details"]
        assert detail["bank_account_no"] == ("GB82****5432" if "account_number" in given else "1234****0123")
        assert detail["bank_account_type"] == "business"


@pytest.mark.parametrize("kind", PIX_KEYS)
def test_every_kind_of_pix_key_is_taken(lesspay: LessPayMerchant, observer: Observer, kind: str) -> None:
    key = PIX_KEYS[kind]
    body = order("1.00", to_pix_key(kind, key), currency="BRL", way_code="PAYRETAILERS_PAYOUT")
    [detail] = lesspay.create(body)["details"]
    assert detail["bank_account_no"] == f"{key[:4]}****{key[-4:]}"
    beneficiary, _ = kept(observer, detail)
    assert (beneficiary.kind, beneficiary.account_number) == ("pix", key)


@pytest.mark.parametrize(
    ("network", "address"), [("TRC20", TRON_ADDRESS), ("ERC20", HEX_ADDRESS), ("BEP20", HEX_ADDRESS.lower())]
)
@pytest.mark.parametrize("currency", ["USDT", "USDC", "BTC", "ETH"])
def test_every_network_and_crypto_currency_is_taken(
    lesspay: LessPayMerchant, network: str, address: str, currency: str
) -> None:
    made = lesspay.create(order("0.5", to_crypto(network, address), currency=currency, way_type="CRYPTO"))
    decimals = {"USDT": 6, "USDC": 6}.get(currency, 8)
    assert (made["decimal_places"], made["total_amount"]) == (decimals, "0.5" + "0" * (decimals - 1))
    [detail] = made["details"]
    assert detail["bank_account_no"] == f"{address[:4]}****{address[-4:]}"


@pytest.mark.parametrize("born", ["1991-03-07", "07-03-1991"])
def test_both_forms_of_a_date_of_birth_are_taken_for_a_person_with_a_wallet(
    lesspay: LessPayMerchant, observer: Observer, born: str
) -> None:
    body = order("1.00", to_wallet(), info={"first_name": "Liza", "last_name": "Santos", "date_of_birth": born})
    [detail] = lesspay.create(body)["details"]
    assert kept(observer, detail)[0].party.birth_date == "1991-03-07"


# -- batches --------------------------------------------------------------------------------------------------------


def test_every_field_of_a_batch_to_banks_is_kept_with_each_of_its_payouts(
    lesspay: LessPayMerchant, observer: Observer
) -> None:
    business = bank_detail("5.00", bank_account_type="business", bank_account_name="Ana & Co", bank_swift_code=None)
    named_inside = bank_detail("5.00", destination_type="bank")
    made = lesspay.create_batch(batch([bank_detail("10.00"), business, named_inside]))
    first, second, _ = made["details"]
    assert (first["bank_account_no"], first["bank_account_name"]) == ("0012****7890", "J****z")
    assert (first["bank_account_type"], first["bank_name"]) == ("individual", "BDO Unibank")
    assert (first["bank_country_code"], first["bank_swift_code"]) == ("PH", "BNORPHMM")
    assert (second["bank_account_type"], second["bank_swift_code"]) == ("business", None)
    for detail in made["details"]:
        _, remarks = kept(observer, detail)
        assert remarks == {
            "method": "TAZAPAY_PAYOUT",
            "method_group": "BANK_TRANSFER",
            "product_name": "salaries",
            "description": "January",
            "notify_url": NOTIFY_URL,
        }


@pytest.mark.parametrize("where", ["order", "detail"])
def test_a_batch_to_wallets_takes_every_kind_of_key(lesspay: LessPayMerchant, observer: Observer, where: str) -> None:
    details = [
        wallet_detail("1.00"),
        wallet_detail("1.00", account_type="business"),
        wallet_detail("1.00", key_type="upi_handle", key="ana.reyes@okbank"),
        wallet_detail("1.00", key_type="phone", key="+639170000002"),
        wallet_detail("1.00", key_type="random", key="a-key-of-the-provider"),
        wallet_detail("1.00", key_type="random", key=EVP, provider="PIX"),
        wallet_detail("1.00", key_type="pix_key", key=CPF, provider="PIX"),
        wallet_detail("1.00", key_type="phone", key="+5511987654321", provider="pix"),
    ]
    kind = {"destination_type": "ewallet"}
    body = batch([detail | kind for detail in details]) if where == "detail" else batch(details, **kind)
    made = lesspay.create_batch(body)
    stored = [kept(observer, detail)[0] for detail in made["details"]]
    assert [row.kind for row in stored] == ["wallet"] * 5 + ["pix"] * 3
    wanted = [part["e_wallet"].get("deposit_key") or part["e_wallet"]["account_number"] for part in details]
    assert [row.account_number for row in stored] == wanted
    assert [row.holder for row in stored] == ["individual", "business"] + ["individual"] * 6
    assert {detail["bank_account_name"] for detail in made["details"]} == {"A****s"}


def test_one_batch_may_pay_banks_and_wallets(lesspay: LessPayMerchant, observer: Observer) -> None:
    details = [bank_detail("1.00"), wallet_detail("2.00") | {"destination_type": "ewallet"}]
    made = lesspay.create_batch(batch(details))
    assert [kept(observer, detail)[0].kind for detail in made["details"]] == ["bank", "wallet"]


def test_a_batch_to_crypto_wallets_names_its_network_once(lesspay: LessPayMerchant, observer: Observer) -> None:
    body = batch(
        [crypto_detail("1.5", TRON_ADDRESS), crypto_detail("0.000001", TRON_ADDRESS)],
        currency="USDT",
        destination_type="crypto_wallet",
        transaction_network="TRC20",
        way_type="CRYPTO",
    )
    made = lesspay.create_batch(body)
    assert made["total_amount"] == "1.500001"
    for detail in made["details"]:
        beneficiary, remarks = kept(observer, detail)
        assert (beneficiary.kind, beneficiary.account_number) == ("crypto", TRON_ADDRESS)
        assert remarks["network"] == "TRC20"


def test_without_a_destination_type_a_batch_goes_to_banks(lesspay: LessPayMerchant) -> None:
    body = batch([bank_detail("1.00")])
    del body["destination_type"], body["way_type"], body["expired_time"], body["notify_url"]
    assert lesspay.create_batch(body)["details"][0]["bank_account_no"] == "0012****7890"
