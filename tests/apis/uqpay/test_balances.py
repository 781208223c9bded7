"""Balances over uqpay, alone and in pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from outlay.core.asks import Balance, ReadBalances
from tests.apis.uqpay.desk import BALANCE, BALANCES, asked, code_of, refused, request, written
from tests.support.rows import each_row

THREE = (Balance("JPY", 5000, 0), Balance("SGD", 750_00, 250_00), Balance("USDT", 1_500_000, 0))


def page(query: str) -> tuple[int, Any]:
    found = asked(BALANCES, request(BALANCES, query=query))
    assert found.ask == ReadBalances()
    return written(BALANCES, THREE, found)


def test_one_balance_is_answered_as_documented() -> None:
    assert asked(BALANCE, request(BALANCE)).ask == ReadBalances(currency="SGD")
    status, answer = written(BALANCE, (Balance("SGD", 750_00, 250_00),))
    assert status == 200
    assert UUID(answer.pop("balance_id")).version == 5
    assert answer == {
        "currency": "SGD",
        "available_balance": "1000.00",
        "payable_balance": "750.00",
        "pending_balance": "250.00",
        "reserved_balance": "0.00",
        "margin_balance": "0.00",
        "frozen_balance": "0.00",
    }


@pytest.mark.parametrize("currency", ["XXX", "sgd", "", "SGD ", "ＳＧＤ"])
def test_a_currency_that_the_account_never_used_is_not_found(currency: str) -> None:
    never = (400, "not_found", "balance_not_found")
    assert code_of(refused(BALANCE, request(BALANCE, parameters={"currency": currency}))) == never
    assert code_of(written(BALANCE, ())) == never


def test_all_balances_come_in_pages() -> None:
    status, answer = page("")
    assert status == 200
    assert list(answer) == ["total_pages", "total_items", "data"]
    assert (answer["total_pages"], answer["total_items"]) == (1, 3)
    assert [each["currency"] for each in answer["data"]] == ["JPY", "SGD", "USDT"]
    assert [each["frozen_balance"] for each in answer["data"]] == ["0", "0.00", "0.000000"]


@each_row(
    ("query", "pages", "currencies"),
    [
        ("page_number=1&page_size=10", 1, ["JPY", "SGD", "USDT"]),
        ("page_number=1&page_size=2", 2, ["JPY", "SGD"]),
        ("page_number=2&page_size=2", 2, ["USDT"]),
        ("page_number=3&page_size=2", 2, []),
        ("page_size=1", 3, ["JPY"]),
        ("page_number=999999999&page_size=100", 1, []),
        ("page_number=&page_size=", 1, ["JPY", "SGD", "USDT"]),
        ("other=1&page_size=1", 3, ["JPY"]),
    ],
)
def test_a_page_is_cut_as_asked(query: str, pages: int, currencies: list[str]) -> None:
    _, answer = page(query)
    assert (answer["total_pages"], answer["total_items"]) == (pages, 3)
    assert [each["currency"] for each in answer["data"]] == currencies


def test_an_account_without_balances_has_an_empty_list() -> None:
    assert written(BALANCES, ()) == (200, {"total_pages": 0, "total_items": 0, "data": []})


def test_a_balance_keeps_its_id_and_shares_it_with_no_other() -> None:
    first = [each["balance_id"] for each in page("")[1]["data"]]
    assert first == [each["balance_id"] for each in page("")[1]["data"]]
    assert len(set(first)) == 3
