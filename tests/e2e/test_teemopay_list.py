"""TeemoPay's list of orders against a running server: pages, filters, every row's fields, every code."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.apis.software import BRL_FEE
from tests.apis.teemopay.merchant import TeemoPayMerchant
from tests.apis.teemopay.orders import order_in
from tests.apis.teemopay.periods import local, period
from tests.coverage.compared import has_form
from tests.e2e.merchants import open_merchant
from tests.e2e.observer import wait_for
from tests.e2e.server import Server, quiet_folder

pytestmark = pytest.mark.slow

# amount → status in the end, what was moved, what it cost, why
STORIES = {
    "300.11": (2, "300.11", "20.01", None),
    "10.74": (1, "0.00", "5.54", None),
    "10.71": (3, "0.00", "0.00", "The account does not exist or is restricted"),
    "10.81": (4, "10.81", "5.54", "Return"),
    "10.83": (5, "10.83", "5.54", "Return"),
    "11.00": (2, "11.00", "5.55", None),
    "12.00": (2, "12.00", "5.60", None),
}


@pytest.fixture(scope="module")
def teemopay(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> TeemoPayMerchant:
    folder = tmp_path_factory.mktemp("keys")
    return open_merchant(outlay, folder, dialects=["teemopay"], funds={"BRL": "9000.00"}, fees=BRL_FEE).teemopay


@pytest.fixture(scope="module")
def told(teemopay: TeemoPayMerchant) -> dict[str, dict[str, Any]]:
    """Every story, ordered one after the other and seen to its end; amount → answer to the query."""
    references = {amount: teemopay.create(order_in("BR", amount=amount))["merchantOrderNo"] for amount in STORIES}

    def at_its_end(amount: str) -> dict[str, Any]:
        found = teemopay.query(references[amount])
        return found if found["status"] == STORIES[amount][0] else {}

    return {amount: wait_for(lambda amount=amount: at_its_end(amount)) for amount in STORIES}


def test_every_payout_is_listed_in_order_with_every_documented_field(
    teemopay: TeemoPayMerchant, told: dict[str, dict[str, Any]]
) -> None:
    listed = teemopay.listed(period())
    assert list(listed) == ["pageIndex", "records"]
    assert listed["pageIndex"] is None
    assert [row["merchantOrderNo"] for row in listed["records"]] == [each["merchantOrderNo"] for each in told.values()]
    for row, (amount, (status, moved, fee, why)) in zip(listed["records"], STORIES.items(), strict=True):
        queried = told[amount]
        assert has_form("TF[0-9]{10}BR[0-9]{16}", row["tradeNo"])
        assert has_form(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", row["createTime"])
        assert timedelta() <= datetime.fromisoformat(local()) - datetime.fromisoformat(row["createTime"])
        expected = {
            "type": "PAYOUT",
            "merchantOrderNo": queried["merchantOrderNo"],
            "tradeNo": queried["tradeNo"],
            "amount": amount,
            "transactionAmount": moved,
            "serviceAmount": fee,
            "status": status,
            "settleStatus": None,
            "failReason": why,
            "createTime": row["createTime"],
            "completeTime": queried["completeTime"],
            "settleTime": None,
            "paymentList": [],
        }
        assert row == expected
        assert list(row) == list(expected)


@pytest.mark.parametrize("size", [1, 2, 3, "3", 1000])
def test_the_cursor_leads_through_all_pages_and_ends(
    teemopay: TeemoPayMerchant, told: dict[str, dict[str, Any]], size: int | str
) -> None:
    seen: list[str] = []
    cursor: str | None = ""
    pages = 0
    while cursor is not None:
        page = teemopay.listed(period(pageIndex=cursor, pageSize=size))
        assert page["pageIndex"] != cursor
        if page["pageIndex"] is not None:
            assert has_form("[0-9A-Za-z_-]{16}", page["pageIndex"])
            assert len(page["records"]) == int(size)
        seen += [row["merchantOrderNo"] for row in page["records"]]
        cursor, pages = page["pageIndex"], pages + 1
    assert seen == [each["merchantOrderNo"] for each in told.values()]
    assert pages == -(-len(told) // int(size))


@pytest.mark.parametrize("form", [int, str])
@pytest.mark.parametrize("status", [1, 2, 3, 4, 5])
def test_a_status_asks_for_its_payouts_only(
    teemopay: TeemoPayMerchant, told: dict[str, dict[str, Any]], status: int, form: type
) -> None:
    listed = teemopay.listed(period(status=form(status)))
    wanted = [each["merchantOrderNo"] for amount, each in told.items() if STORIES[amount][0] == status]
    assert [row["merchantOrderNo"] for row in listed["records"]] == wanted
    assert {row["status"] for row in listed["records"]} == {status}


def test_a_page_of_one_status_follows_its_own_cursor(
    teemopay: TeemoPayMerchant, told: dict[str, dict[str, Any]]
) -> None:
    first = teemopay.listed(period(status=2, pageSize=2))
    second = teemopay.listed(period(status=2, pageSize=2, pageIndex=first["pageIndex"]))
    assert [row["amount"] for row in first["records"] + second["records"]] == ["300.11", "11.00", "12.00"]
    assert second["pageIndex"] is None


def test_times_before_the_first_and_after_the_last_payout_hold_none(
    teemopay: TeemoPayMerchant, told: dict[str, dict[str, Any]]
) -> None:
    before = period(beginTime=local(-30), endTime=local(-29))
    assert teemopay.listed(before) == {"pageIndex": None, "records": []}
    made = [datetime.fromisoformat(row["createTime"]) for row in teemopay.listed(period())["records"]]
    after = (max(made) + timedelta(seconds=1)).isoformat(" ", "milliseconds")
    wait_for(lambda: local() > after)
    assert teemopay.listed(period(beginTime=after))["records"] == []
    since = min(made).isoformat(" ", "milliseconds")
    assert len(teemopay.listed(period(beginTime=since))["records"]) == len(told)


def test_nothing_was_ever_paid_in(teemopay: TeemoPayMerchant, told: dict[str, dict[str, Any]]) -> None:
    assert teemopay.listed(period(type="PAYIN")) == {"pageIndex": None, "records": []}


def test_a_cursor_of_somebody_else_leads_through_ones_own_list_only(
    outlay: Server, teemopay: TeemoPayMerchant, told: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    stranger = open_merchant(outlay, tmp_path, dialects=["teemopay"], funds={"BRL": "100.00"}).teemopay
    mine = stranger.create(order_in("BR"))["merchantOrderNo"]
    theirs = teemopay.listed(period(pageSize=1))["pageIndex"]
    assert [row["merchantOrderNo"] for row in stranger.listed(period(pageIndex=theirs))["records"]] == [mine]
    assert [row["merchantOrderNo"] for row in stranger.listed(period())["records"]] == [mine]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"type": None}, 600),
        ({"pageSize": 0}, 414),
        ({"beginTime": -91, "endTime": -90}, 601),
        ({"beginTime": -60, "endTime": -28}, 602),
        ({"beginTime": 1, "endTime": 2}, 603),
        ({"beginTime": -1, "endTime": -2}, 604),
        ({"status": "6"}, 605),
        ({"pageIndex": "KgntH8WpwV0lKKYXQr8MY1EgdicDUz/V4l8nCk4QRty3"}, 606),
    ],
)
def test_each_fault_of_a_list_has_its_documented_code(
    teemopay: TeemoPayMerchant, fields: dict[str, Any], code: int
) -> None:
    """Times are given in days from now."""
    days = ("beginTime", "endTime")
    sent = {name: local(value) if name in days and isinstance(value, int) else value for name, value in fields.items()}
    assert teemopay.code(teemopay.LIST, period(**sent)) == code


def test_an_account_in_two_currencies_lists_both_and_no_third(outlay: Server, tmp_path: Path) -> None:
    funds = {"KHR": "9000000", "USD": "900.00", "BRL": "900.00"}
    merchant = open_merchant(outlay, tmp_path, dialects=["teemopay", "uqpay"], funds=funds, options=["--country", "KH"])
    riel = merchant.teemopay.create(order_in("KH", "2001"))["merchantOrderNo"]
    dollars = merchant.teemopay.create(order_in("KH", "2002"))["merchantOrderNo"]
    foreign = merchant.uqpay.ask(merchant.uqpay.CREATE, merchant.uqpay.order("1.00"))
    assert foreign.status == 200
    listed = merchant.teemopay.listed(period())["records"]
    assert [(row["merchantOrderNo"], row["amount"]) for row in listed] == [(riel, "40000.00"), (dollars, "10.01")]


def test_after_the_clock_was_moved_a_list_until_now_has_what_was_just_ordered(tmp_path: Path) -> None:
    with quiet_folder() as folder, Server(folder / "data") as outlay:
        teemopay = open_merchant(outlay, tmp_path, dialects=["teemopay"], funds={"BRL": "100.00"}).teemopay
        before = teemopay.create(order_in("BR", amount="1.00"))["merchantOrderNo"]
        outlay.cli("sandbox", "advance", "40d")
        after = teemopay.create(order_in("BR", amount="2.00"))["merchantOrderNo"]

        def listed(**fields: Any) -> list[str]:
            return [row["merchantOrderNo"] for row in teemopay.listed(period(**fields))["records"]]

        assert listed(endTime=local()) == [before, after], "as a caller's own clock has it"
        assert listed(beginTime=local(39), endTime=local(41)) == [after], "as the answers have it"
        assert listed(endTime=local(-0.01)) == []
        assert listed(beginTime=local(-90 + 0.01), endTime=local(-60)) == [], "not too old by the caller's clock"
        assert teemopay.code(teemopay.LIST, period(beginTime=local(41), endTime=local(42))) == 603
        assert teemopay.code(teemopay.LIST, period(beginTime=local(-91), endTime=local(-61))) == 601
