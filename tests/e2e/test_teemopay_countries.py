"""TeemoPay in every country, against a running server: each way to be paid, each document, each fault's code and text,
and the reason of each failure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.apis.software import new_reference, now_ms
from tests.apis.teemopay.faults import AS_SENT, FAULTS, NOT_FOUND, WHOLE, is_text_of
from tests.apis.teemopay.orders import EVERY_WAY, ID_NUMBERS, WAYS, currencies_of, first_way, order_in
from tests.apis.teemopay.reading import LOCAL_HOURS
from tests.apis.teemopay.reasons import TEXTS_IN, code_in, return_code_in
from tests.coverage.compared import has_form
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.observer import wait_for
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

# The last two digits of an amount → the neutral reason of its failure; see docs/sandbox.md.
REASONS: Mapping[str, str] = {
    "54": "wrong_account_number",
    "55": "wrong_document",
    "56": "repeated_failures",
    "57": "request_rejected",
    "58": "rail_fault",
    "59": "rail_out_of_funds",
    "61": "account_frozen",
    "62": "account_abnormal",
    "63": "limit_exceeded",
    "64": "amount_outside_limits",
    "65": "rail_unstable",
    "66": "wrong_details",
    "67": "wrong_method",
    "68": "bank_unsupported",
    "69": "sent_back",
    "71": "account_not_found",
    "72": "other",
    "76": "decided_by_hand",
}
# … → status in the end, and whether somebody decided so.
RETURNS = {"81": (4, False), "83": (5, False), "87": (4, True)}
CHOOSING = {"MX": "40", "AR": "902"}
"""Whose account type chooses a story, where it is not the first."""


class Merchants:
    """One merchant for each country, opened when it is first asked for."""

    def __init__(self, outlay: Server, folder: Path) -> None:
        self._outlay = outlay
        self._folder = folder
        self._opened: dict[str, Merchant] = {}

    def of(self, country: str, *options: str) -> Merchant:
        name = " ".join((country, *options))
        if name not in self._opened:
            self._opened[name] = open_merchant(
                self._outlay,
                self._folder,
                dialects=["teemopay", "lesspay"],
                funds=dict.fromkeys(currencies_of(country), "90000000"),
                options=["--country", country, *options],
            )
        return self._opened[name]


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
        "amount": body["amount"] if country in AS_SENT else two_decimals(body["amount"]),
        "status": 1,
    }
    assert re.fullmatch(f"TF[0-9]{{10}}{country}[0-9]{{16}}", created["tradeNo"])

    def paid() -> dict[str, Any]:
        found = teemopay.query(body["merchantOrderNo"])
        return found if found["status"] != 1 else {}

    found = wait_for(paid)
    tracked = {name: found.get(name) for name in ("claveRastreo", "cepUrl")} if country == "MX" else {}
    if tracked:
        assert has_form("[0-9]{30}", found["claveRastreo"])
        assert found["cepUrl"] == f"https://cep.sandbox.example/{found['claveRastreo']}"
    assert found == created | tracked | {
        "amount": two_decimals(body["amount"]),
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
    body = order_in(country)
    created = teemopay.create(body)
    local = datetime(1970, 1, 1) + timedelta(milliseconds=now_ms(), hours=LOCAL_HOURS[country])
    span = {"beginTime": local - timedelta(minutes=10), "endTime": local + timedelta(minutes=10)}
    times = {name: at.isoformat(" ", "milliseconds") for name, at in span.items()}
    rows = {row["merchantOrderNo"]: row for row in teemopay.listed({"type": "PAYOUT", **times})["records"]}
    row = rows[body["merchantOrderNo"]]
    assert row["merchantOrderNo"] == body["merchantOrderNo"]
    assert (row["tradeNo"], row["amount"]) == (created["tradeNo"], two_decimals(body["amount"]))
    assert abs(datetime.fromisoformat(row["createTime"]) - local) < timedelta(minutes=1)


@pytest.mark.parametrize("country", WAYS)
def test_an_unknown_number_is_not_found_in_the_form_of_the_country(merchants: Merchants, country: str) -> None:
    teemopay = merchants.of(country).teemopay
    answer = teemopay.ask(teemopay.QUERY, {"merchantOrderNo": new_reference()})
    envelope = answer.json()
    assert answer.status == 200
    assert list(envelope) == list(NOT_FOUND[country])
    for name, value in NOT_FOUND[country].items():
        assert envelope[name] == value if name != "traceId" else has_form(r"[0-9a-f]{32}\.1\.[0-9]{17}", envelope[name])


@pytest.mark.parametrize(("country", "way", "fields", "code"), [fault for fault in FAULTS if fault[3]])
def test_each_fault_earns_the_code_of_its_country_and_leaves_no_order(
    merchants: Merchants, country: str, way: str, fields: dict[str, Any], code: int
) -> None:
    teemopay = merchants.of(country).teemopay
    body = order_in(country, way, **fields)
    envelope = teemopay.ask(teemopay.CREATE, body).json()
    assert envelope["code"] == code
    assert is_text_of(code, envelope["msg"], country, fields)
    assert teemopay.code(teemopay.QUERY, {"merchantOrderNo": body["merchantOrderNo"]}) in (400, 434)


@pytest.mark.parametrize(("country", "currency"), [("BR", "USD"), ("BR", "MXN"), ("MX", "BRL"), ("KH", "BRL")])
def test_a_number_that_another_api_used_is_taken_but_shown_only_in_the_countrys_currency(
    outlay: Server, merchants: Merchants, country: str, currency: str
) -> None:
    merchant = merchants.of(country)
    outlay.cli("fund", merchant.account_id, "500", currency, "--reference", new_reference())
    own, first = currencies_of(country)[0], first_way(country)
    unknown = merchant.teemopay.ask(merchant.teemopay.QUERY, {"merchantOrderNo": new_reference()}).json()
    for paid_in in (own, currency):
        reference = merchant.lesspay.create(_lesspay_order("100", paid_in))["request_id"]
        again = order_in(country, first, reference=reference)
        assert merchant.teemopay.code(merchant.teemopay.CREATE, again) == 426
        asked = merchant.teemopay.ask(merchant.teemopay.QUERY, {"merchantOrderNo": reference}).json()
        if paid_in == own:
            assert (asked["code"], asked["data"]["amount"]) == (200, "100.00")
        else:
            assert _untraced(asked) == _untraced(unknown)


def _untraced(envelope: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in envelope.items() if name != "traceId"}


@pytest.mark.parametrize(("country", "way"), WHOLE)
def test_a_fraction_is_refused_where_amounts_are_whole(merchants: Merchants, country: str, way: str) -> None:
    teemopay = merchants.of(country).teemopay
    envelope = teemopay.ask(teemopay.CREATE, order_in(country, way, amount="100.50")).json()
    assert (envelope["code"], envelope["msg"]) == (414, "Amount must be an integer")


@pytest.mark.parametrize("country", WAYS)
def test_every_failure_and_return_has_the_reason_of_the_countrys_page(merchants: Merchants, country: str) -> None:
    teemopay = merchants.of(country).teemopay
    ordered = {
        ending: teemopay.create(_order_ending(country, ending))["merchantOrderNo"] for ending in (*REASONS, *RETURNS)
    }

    def told(ending: str, status: int) -> dict[str, Any]:
        found = teemopay.query(ordered[ending])
        return found if found["status"] == status else {}

    for ending, reason in REASONS.items():
        failed = wait_for(lambda ending=ending: told(ending, 3))
        rut = country == "CL" and reason == "wrong_document"
        code = 1019 if rut else code_in(country, reason)
        assert (failed["errorCode"], failed["errorMessage"]) == (code, TEXTS_IN[country][code]), reason
        assert failed["serviceAmount"].strip("0") == "."
    for ending, (status, by_decision) in RETURNS.items():
        returned = wait_for(lambda ending=ending, status=status: told(ending, status))
        code = 1024 if by_decision else return_code_in(country)
        assert (returned["errorCode"], returned["errorMessage"]) == (code, TEXTS_IN[country][code])
        assert [refund["refundStatus"] for refund in returned["refundDetails"]] == [2]


def _order_ending(country: str, ending: str) -> dict[str, Any]:
    way = CHOOSING.get(country, first_way(country))
    whole = (country, way) in WHOLE
    return order_in(country, way, amount=f"100{ending}" if whole else f"100.{ending}")


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
