"""TeemoPay in every country, against a running server: each way to be paid, each document, each fault's code, and the
reason of each failure.

The trap: amounts that must be whole cannot choose a story of the bank where the currency has decimals. There the same
account orders through another API, and TeemoPay tells what became of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.merchants import Merchant, new_reference, now_ms, open_merchant
from tests.e2e.observer import wait_for
from tests.e2e.server import Server
from tests.e2e.teemopay_faults import FAULTS, OFFSETS_H, WHOLE
from tests.e2e.teemopay_orders import EVERY_WAY, ID_NUMBERS, WAYS, currencies_of, first_way, order_in

pytestmark = pytest.mark.slow

SEED_NOT_FOUND = ("BR", "CO", "CL")
TRACED_NOT_FOUND = ("PE", "PK")

# Minor units at the end of an amount → errorCode by country, "" stands for the others; see docs/sandbox.md.
REASONS: Mapping[str, Mapping[str, int]] = {
    "71": {"PK": 1014, "": 1000},
    "61": {"PE": 1006, "CO": 1006, "KH": 1006, "PK": 1006, "": 1000},
    "62": {"BR": 1000, "CL": 1000, "ID": 1000, "BP": 1000, "": 1007},
    "66": {"PK": 1013, "CL": 1021, "AR": 1011, "IN": 1011, "KR": 1011, "MX": 1011, "": 9999},
    "67": {"CL": 1022, "AR": 1012, "IN": 1012, "KR": 1012, "MX": 1012, "PK": 1012, "": 9999},
    "68": {"CL": 1020, "": 9999},
    "63": {"AR": 1004, "IN": 1004, "KR": 1004, "MX": 1004, "PK": 1004, "": 9999},
    "64": {"AR": 1005, "IN": 1005, "KR": 1005, "MX": 1005, "PK": 1005, "": 9999},
    "65": {"BR": 1002, "CL": 1002, "ID": 1002, "BP": 1002, "": 1010},
    "69": {"AR": 1016, "IN": 1016, "KR": 1016, "MX": 1016, "PK": 9999, "": 1001},
    "72": {"": 9999},
}
RETURNS = {"81": 4, "83": 5}
CHOOSING = {"BR": "401", "MX": "40", "PE": "101", "CL": "601", "AR": "902", "IN": "1001", "KH": "2002", "KR": "801"}
"""Where an amount of TeemoPay's own can choose a story."""


class Merchants:
    """One merchant for each country, opened when it is first asked for."""

    def __init__(self, outlay: Server, folder: Path) -> None:
        self._outlay = outlay
        self._folder = folder
        self._opened: dict[str, Merchant] = {}

    def of(self, country: str) -> Merchant:
        if country not in self._opened:
            self._opened[country] = open_merchant(
                self._outlay,
                self._folder,
                dialects=["teemopay", "lesspay"],
                funds=dict.fromkeys(currencies_of(country), "90000000"),
                options=["--country", country],
            )
        return self._opened[country]


@pytest.fixture(scope="module")
def merchants(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchants:
    return Merchants(outlay, tmp_path_factory.mktemp("keys"))


def two_decimals(amount: str) -> str:
    return amount if "." in amount else f"{amount}.00"


@pytest.mark.parametrize(("country", "way"), EVERY_WAY)
def test_every_way_to_be_paid_is_ordered_and_paid(merchants: Merchants, country: str, way: str) -> None:
    teemopay = merchants.of(country).teemopay
    body = order_in(country, way)
    created = teemopay.create(body)
    assert created == {
        "merchantOrderNo": body["merchantOrderNo"],
        "tradeNo": created["tradeNo"],
        "amount": two_decimals(body["amount"]),
        "status": 1,
    }
    assert re.fullmatch(f"TF[0-9]{{10}}{country}[0-9]{{16}}", created["tradeNo"])

    def paid() -> dict[str, Any]:
        found = teemopay.query(body["merchantOrderNo"])
        return found if found["status"] != 1 else {}

    found = wait_for(paid)
    assert found == created | {
        "status": 2,
        "serviceRate": "0.0000",
        "serviceAmount": "0.00",
        "immService": "0.00",
        "completeTime": found["completeTime"],
        "errorCode": None,
        "errorMessage": None,
    }


@pytest.mark.parametrize(
    ("country", "id_type", "number"),
    [(country, id_type, number) for country, numbers in ID_NUMBERS.items() for id_type, number in numbers.items()],
)
def test_every_kind_of_document_is_taken(merchants: Merchants, country: str, id_type: str, number: str) -> None:
    fields = {"idType": id_type} | ({"idCardNumber": number} if number else {})
    assert merchants.of(country).teemopay.create(order_in(country, **fields))["status"] == 1


@pytest.mark.parametrize("country", WAYS)
def test_the_balance_is_of_the_countrys_first_currency(merchants: Merchants, country: str) -> None:
    balance = merchants.of(country).teemopay.balance()
    assert list(balance) == ["totalAmount", "frozenAmount", "availAmount"]
    assert 80_000_000 < float(balance["totalAmount"]) <= 90_000_000


@pytest.mark.parametrize("country", WAYS)
def test_a_payout_is_listed_in_the_time_of_the_country(merchants: Merchants, country: str) -> None:
    teemopay = merchants.of(country).teemopay
    created = teemopay.create(order_in(country))
    local = datetime(1970, 1, 1) + timedelta(milliseconds=now_ms(), hours=OFFSETS_H[country])
    span = {"beginTime": local - timedelta(minutes=10), "endTime": local + timedelta(minutes=10)}
    times = {name: at.isoformat(" ", "milliseconds") for name, at in span.items()}
    rows = {row["merchantOrderNo"]: row for row in teemopay.listed({"type": "PAYOUT", **times})["records"]}
    row = rows[created["merchantOrderNo"]]
    assert (row["tradeNo"], row["amount"]) == (created["tradeNo"], created["amount"])
    assert abs(datetime.fromisoformat(row["createTime"]) - local) < timedelta(minutes=1)


@pytest.mark.parametrize("country", WAYS)
def test_an_unknown_number_is_not_found_in_the_form_of_the_country(merchants: Merchants, country: str) -> None:
    teemopay = merchants.of(country).teemopay
    answer = teemopay.ask(teemopay.QUERY, {"merchantOrderNo": new_reference()})
    envelope = answer.json()
    assert answer.status == 200
    trace_id = envelope.get("traceId")
    if country in SEED_NOT_FOUND:
        assert envelope == {"code": 400, "msg": "Order not found", "success": False}
    elif country in TRACED_NOT_FOUND:
        assert envelope == {"code": 400, "msg": "Order not found", "traceId": trace_id}
    else:
        assert envelope == {"code": 434, "data": None, "msg": "Merchant order not exist", "traceId": trace_id}
    assert trace_id is None or re.fullmatch(r"[0-9a-f]{32}\.1\.[0-9]{17}", trace_id)


@pytest.mark.parametrize(("country", "way", "fields", "code"), [fault for fault in FAULTS if fault[3]])
def test_each_fault_earns_the_code_of_its_country_and_leaves_no_order(
    merchants: Merchants, country: str, way: str, fields: dict[str, Any], code: int
) -> None:
    teemopay = merchants.of(country).teemopay
    body = order_in(country, way, **fields)
    assert teemopay.code(teemopay.CREATE, body) == code
    assert teemopay.code(teemopay.QUERY, {"merchantOrderNo": body["merchantOrderNo"]}) in (400, 434)


@pytest.mark.parametrize(("country", "way"), WHOLE)
def test_a_fraction_is_refused_where_amounts_are_whole(merchants: Merchants, country: str, way: str) -> None:
    teemopay = merchants.of(country).teemopay
    envelope = teemopay.ask(teemopay.CREATE, order_in(country, way, amount="100.50")).json()
    assert (envelope["code"], envelope["msg"]) == (414, "Amount must be an integer")


@pytest.mark.parametrize("country", WAYS)
def test_every_failure_and_return_has_the_reason_of_the_countrys_page(merchants: Merchants, country: str) -> None:
    merchant = merchants.of(country)
    ordered = {ending: _order_ending(merchant, country, ending) for ending in (*REASONS, *RETURNS)}

    def told(ending: str) -> dict[str, Any]:
        found = merchant.teemopay.query(ordered[ending])
        return found if found["status"] == RETURNS.get(ending, 3) else {}

    for ending, codes in REASONS.items():
        failed = wait_for(lambda ending=ending: told(ending))
        assert failed["errorCode"] == codes.get(country, codes[""]), ending
        assert failed["errorMessage"]
        assert failed["serviceAmount"].strip("0") == "."
    for ending in RETURNS:
        returned = wait_for(lambda ending=ending: told(ending))
        assert returned["errorCode"] == (9999 if country == "PK" else 1001)
        assert [refund["refundStatus"] for refund in returned["refundDetails"]] == [2]


def _order_ending(merchant: Merchant, country: str, ending: str) -> str:
    """Order an amount whose minor units end like this, through an API that takes it; gives the reference."""
    way = CHOOSING.get(country)
    if way is not None:
        whole = "." not in WAYS[country][way].amount
        amount = f"100{ending}" if whole else f"100.{ending}"
        created: str = merchant.teemopay.create(order_in(country, way, amount=amount))["merchantOrderNo"]
        return created
    currency = WAYS[country][first_way(country)].currency
    amount = f"1.0000{ending}" if currency == "USDT" else f"100.{ending}"
    reference: str = merchant.lesspay.create(_lesspay_order(amount, currency))["request_id"]
    return reference


def _lesspay_order(amount: str, currency: str) -> dict[str, Any]:
    return {
        "request_id": new_reference("L"),
        "amount": amount,
        "currency": currency,
        "way_type": "BANK_TRANSFER",
        "notify_url": "https://merchant.example/lesspay/notify",
        "beneficiary": {
            "beneficiary_type": "business",
            "beneficiary_info": {"name": "Warung Kopi"},
            "destination": {"type": "bank", "bank": {"account_number": "1234567890"}},
        },
    }
