"""Every status of TeemoPay, each waited for until it is there, and what no other test exercises of its rows.

docs/coverage-teemopay.md lists them all. Other tests may see a status that passes by, and in the next run not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.apis.teemopay.merchant import TeemoPayMerchant
from tests.apis.teemopay.orders import order_in
from tests.apis.teemopay.periods import period
from tests.e2e.merchants import open_merchant
from tests.e2e.observer import wait_for
from tests.e2e.server import Server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def teemopay(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> TeemoPayMerchant:
    folder = tmp_path_factory.mktemp("keys")
    return open_merchant(outlay, folder, dialects=["teemopay"], funds={"BRL": "1000.00"}).teemopay


@pytest.mark.parametrize(
    ("amount", "status", "reason"),
    [
        ("10.74", 1, None),
        ("10.00", 2, None),
        ("10.71", 3, 1000),
        ("10.81", 4, 1001),
        ("10.83", 5, 1001),
        ("10.87", 4, 1024),
    ],
)
def test_every_status_is_reached_and_listed(
    teemopay: TeemoPayMerchant, amount: str, status: int, reason: int | None
) -> None:
    reference = teemopay.create(teemopay.order(amount))["merchantOrderNo"]

    def look() -> dict[str, Any]:
        found = teemopay.query(reference)
        return found if found["status"] == status else {}

    told = wait_for(look)
    assert told["errorCode"] == reason
    assert ("refundDetails" in told) == (status in (4, 5))
    listed = teemopay.listed(period(status=status))["records"]
    assert [row["status"] for row in listed if row["merchantOrderNo"] == reference] == [status]


def test_an_account_type_that_is_switched_off_is_421_in_mexico(outlay: Server, tmp_path: Path) -> None:
    funds, country = {"MXN": "100.00"}, ["--country", "MX"]
    merchant = open_merchant(outlay, tmp_path, dialects=["teemopay"], funds=funds, options=country)
    outlay.cli("method", "off", merchant.account_id, "MXN", "3")
    ways = {way: merchant.teemopay.ask(merchant.teemopay.CREATE, order_in("MX", way)).json() for way in ("3", "40")}
    assert {way: answer["code"] for way, answer in ways.items()} == {"3": 421, "40": 200}


def test_an_account_type_that_is_switched_off_elsewhere_is_a_parameter_that_is_wrong(
    outlay: Server, tmp_path: Path
) -> None:
    funds, country = {"PKR": "100000"}, ["--country", "PK"]
    merchant = open_merchant(outlay, tmp_path, dialects=["teemopay"], funds=funds, options=country)
    outlay.cli("method", "off", merchant.account_id, "PKR", "301")
    envelope = merchant.teemopay.ask(merchant.teemopay.CREATE, order_in("PK", "301")).json()
    assert (envelope["code"], envelope["msg"]) == (414, "accountType is switched off")
