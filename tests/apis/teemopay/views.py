"""How TeemoPay shows an account, in one of its countries: a payout by a query, those of the last thirty days in a list,
and the balance of the country's currency."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from outlay.wire.message import Request
from tests.apis.asking import PAGE_SIZE, ask, keys
from tests.apis.lives import NOW_MS, Merchant
from tests.apis.seen import Seen, expect, fields
from tests.apis.teemopay.merchant import TeemoPayMerchant
from tests.apis.teemopay.reading import (
    LOCAL_CURRENCIES,
    LOCAL_HOURS,
    read_balance,
    read_data,
    read_query,
    read_record,
)
from tests.apis.views import (
    A_STATUS_THAT_LIES,
    ONE_DECIMAL_TOO_MANY,
    Balances,
    Payouts,
    Planted,
    Views,
    always_two_decimals,
    once_each,
    one_decimal_too_many,
)

STATUSES = range(1, 6)


def _answered(merchant: Merchant, country: str, path: str, body: Mapping[str, Any]) -> Any:
    headers = {
        "content-type": "application/json",
        "app_code": keys("teemopay", country)[2]["app_code"],
        "country": country,
        "nonce": "0" * 32,
        "timestamp": str(NOW_MS),
    }
    request = Request("POST", path, "", headers, json.dumps({**body, "sign": "?"}).encode())
    return ask("teemopay", country, merchant, request, path)[1]


def _queried(merchant: Merchant, country: str) -> tuple[Payouts, set[int]]:
    """Of payouts by themselves in the country's currencies: no other has a number to ask by, or an amount that can be
    understood here."""
    shown = {}
    for reference, payout_id in merchant.alone.items():
        currency = merchant.payouts[payout_id].currency
        if currency in LOCAL_CURRENCIES[country]:
            answer = _answered(merchant, country, TeemoPayMerchant.QUERY, {"merchantOrderNo": reference})
            shown[payout_id] = read_query(answer, country, currency)
    return shown, _local(merchant, country) & set(merchant.alone.values())


def _local(merchant: Merchant, country: str) -> set[int]:
    return {payout_id for payout_id, each in merchant.payouts.items() if each.currency in LOCAL_CURRENCIES[country]}


def _pages(merchant: Merchant, country: str, status: int | None) -> Iterator[Any]:
    """The pages of the list of the last thirty days, by its cursor."""
    now = datetime.fromtimestamp(NOW_MS / 1000, UTC) + timedelta(hours=LOCAL_HOURS[country])
    body: dict[str, Any] = {
        "type": "PAYOUT",
        "pageSize": PAGE_SIZE,
        "beginTime": f"{now - timedelta(days=30):%Y-%m-%d %H:%M:%S}.000",
        "endTime": f"{now:%Y-%m-%d %H:%M:%S}.999",
    }
    if status is not None:
        body["status"] = status
    for _ in range(100):
        page = _answered(merchant, country, TeemoPayMerchant.LIST, body)
        yield page
        cursor = page["data"]["pageIndex"] if page.get("data") else None
        if cursor is None:
            return
        body["pageIndex"] = cursor
    raise AssertionError("the list has no end")


def _listed(merchant: Merchant, country: str, status: int | None = None) -> Payouts:
    """The whole list, oldest first, page by page."""
    rows: list[Seen] = []
    for page in _pages(merchant, country, status):
        data = fields(read_data(page), "pageIndex", "records")
        expect(len(data["records"]) <= PAGE_SIZE, "no page is longer than asked for")
        for record in data["records"]:
            trade_number = record["tradeNo"]
            payout = merchant.payouts.get(int(trade_number[2:12] + trade_number[14:]))
            expect(payout is not None, "no such payout")
            rows.append(read_record(record, country, payout.currency if payout else ""))
    expect(all(one.created_s <= two.created_s for one, two in pairwise(rows)), "oldest first")  # type: ignore[operator]
    return once_each(rows)


def _payouts(merchant: Merchant, country: str) -> Mapping[str, tuple[Payouts, set[int]]]:
    return {
        "query": _queried(merchant, country),
        "list": (_listed(merchant, country), _local(merchant, country)),
    }


def _balances(merchant: Merchant, country: str) -> Mapping[str, tuple[Balances, set[str]]]:
    """Of the country's first currency alone: the answer names none."""
    currency = LOCAL_CURRENCIES[country][0]
    balance = read_balance(_answered(merchant, country, TeemoPayMerchant.BALANCE, {}), currency)
    return {"balance": ({currency: balance}, {currency})}


def _by_status(merchant: Merchant, country: str) -> Mapping[str, tuple[Payouts, list[Payouts]]]:
    return {"list": (_listed(merchant, country), [_listed(merchant, country, status) for status in STATUSES])}


def _returned_shown_as_paid(real: Any) -> Any:
    return lambda payout: 2 if real(payout) == 4 else real(payout)


def _a_part_shown_as_all(real: Any) -> Any:
    return lambda payout: 4 if real(payout) == 5 else real(payout)


def _local_time_in_utc(real: Any) -> Any:
    return lambda at_ms, country: real(at_ms - country.utc_offset_s * 1000, country)


VIEWS = Views(
    countries=LOCAL_CURRENCIES,
    payouts=_payouts,
    balances=_balances,
    by_status=_by_status,
    planted={
        ONE_DECIMAL_TOO_MANY: Planted("values.fields", "format_amount", one_decimal_too_many),
        "always two decimals": Planted("values.fields", "format_amount", always_two_decimals),
        A_STATUS_THAT_LIES: Planted("codes", "status_of", _returned_shown_as_paid),
        "a part returned shown as all": Planted("codes", "status_of", _a_part_shown_as_all),
        "local time in UTC": Planted("values.fields", "local_time", _local_time_in_utc),
    },
)
