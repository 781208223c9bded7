"""How UQPAY shows an account: each payout by its id and all of them in a list, and its balances likewise."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from outlay.core.payout import Payout
from outlay.wire.dialect import Context
from outlay.wire.message import Request, Response
from tests.apis.asking import ENTROPY, PAGE_SIZE, ask, keys
from tests.apis.lives import ACCOUNT_ID, NOW_MS, Merchant
from tests.apis.seen import Seen, expect, fields
from tests.apis.uqpay.merchant import UqpayMerchant
from tests.apis.uqpay.reading import read_balance, read_payout
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
from tests.support.routes import find_route

COUNTRY = "BR"
"""Any: a key is of none."""
RETRIEVE = UqpayMerchant.PAYOUT + "{payout_id}"
BALANCE = UqpayMerchant.BALANCES + "/{currency}"
WORDS = ("INITIATED", "PROCESSING", "COMPLETED", "FAILED", "FAILED_REFUNDED")


def _answered(merchant: Merchant, path: str, query: str = "", **parameters: str) -> Any:
    headers = {"x-auth-token": f"Bearer {_token()}"}
    request = Request("GET", path.format(**parameters), query, headers, b"", parameters)
    status, answer = ask("uqpay", COUNTRY, merchant, request, path)
    expect(status == 200, answer)
    return answer


@cache
def _token() -> str:
    dialect, credential, _ = keys("uqpay", COUNTRY)
    route = find_route(dialect, "POST", UqpayMerchant.TOKEN)
    response = route.write(None, None, Context(credential, ACCOUNT_ID, NOW_MS, ENTROPY[:16]))
    assert isinstance(response, Response)
    token: str = json.loads(response.body)["auth_token"]
    return token


def _pages(merchant: Merchant, path: str, query: str = "") -> Iterator[Any]:
    """The pages of a list, until it says that there are no more."""
    number = 0
    while True:
        number += 1
        page = _answered(merchant, path, f"page_number={number}&page_size={PAGE_SIZE}{query}")
        yield page
        if number >= page["total_pages"]:
            return


def _listed(merchant: Merchant, word: str | None = None) -> Payouts:
    """The whole list, newest first, page by page."""
    rows: list[Seen] = []
    totals = set()
    for page in _pages(merchant, UqpayMerchant.LIST, f"&payout_status={word}" if word else ""):
        fields(page, "total_pages", "total_items", "data")
        expect(len(page["data"]) <= PAGE_SIZE, "no page is longer than asked for")
        totals.add((page["total_pages"], page["total_items"]))
        rows += [read_payout(each) for each in page["data"]]
    expect(totals == {(-(-len(rows) // PAGE_SIZE), len(rows))}, f"{len(rows)} payouts, {totals}")
    expect(all(one.payout_id > two.payout_id for one, two in pairwise(rows)), "newest first")
    return once_each(rows)


def _payouts(merchant: Merchant, _country: str) -> Mapping[str, tuple[Payouts, set[int]]]:
    wanted = set(merchant.payouts)
    shown = {each: read_payout(_answered(merchant, RETRIEVE, payout_id=f"PO{each}")) for each in wanted}
    return {"retrieve": (shown, wanted), "list": (_listed(merchant), wanted)}


def _balances(merchant: Merchant, _country: str) -> Mapping[str, tuple[Balances, set[str]]]:
    wanted = {currency for currency, _ in merchant.books}
    pages = _pages(merchant, UqpayMerchant.BALANCES)
    listed = dict(read_balance(each) for page in pages for each in page["data"])
    single = dict(read_balance(_answered(merchant, BALANCE, currency=currency)) for currency in wanted)
    return {"list": (listed, wanted), "retrieve": (single, wanted)}


def _by_status(merchant: Merchant, _country: str) -> Mapping[str, tuple[Payouts, list[Payouts]]]:
    return {"list": (_listed(merchant), [_listed(merchant, word) for word in WORDS])}


def _failed_shown_as_completed(real: Any) -> Any:
    def lying(payout: Payout) -> Any:
        word = real(payout)
        return type(word)("COMPLETED") if word == "FAILED" else word

    return lying


VIEWS = Views(
    payouts=_payouts,
    balances=_balances,
    by_status=_by_status,
    planted={
        ONE_DECIMAL_TOO_MANY: Planted("values.orders", "format_amount", one_decimal_too_many),
        "always two decimals": Planted("values.orders", "format_amount", always_two_decimals),
        A_STATUS_THAT_LIES: Planted("values.orders", "status_of", _failed_shown_as_completed),
    },
)
