"""How LessPay shows an account: every order by a query, and the balance of a currency. It has no list of orders."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from outlay.core.payout import Payout
from outlay.wire.message import Request
from tests.apis.asking import ask, keys
from tests.apis.lesspay.merchant import LessPayMerchant
from tests.apis.lesspay.reading import read_balance, read_order
from tests.apis.lives import NOW_MS, Merchant
from tests.apis.seen import Seen, expect
from tests.apis.views import (
    A_STATUS_THAT_LIES,
    ONE_DECIMAL_TOO_MANY,
    Balances,
    Payouts,
    Planted,
    Views,
    always_two_decimals,
    one_decimal_too_many,
)

COUNTRY = "BR"
"""Any: a key is of none."""


def answered(merchant: Merchant, path: str, body: Mapping[str, Any]) -> Any:
    headers = {
        "content-type": "application/json",
        "x-auth-appid": keys("lesspay", COUNTRY)[2]["app_id"],
        "x-auth-timestamp": str(NOW_MS),
        "x-auth-signature": "0" * 64,
    }
    request = Request("POST", path, "", headers, json.dumps(body).encode())
    return ask("lesspay", COUNTRY, merchant, request, path)[1]


def _orders(merchant: Merchant) -> Iterator[Any]:
    """Every order, asked for by its reference and by its id, which must give the same."""
    orders = [*merchant.alone.items(), *((batch.reference, batch.batch_id) for batch in merchant.batches)]
    for reference, order_id in orders:
        by_reference = answered(merchant, LessPayMerchant.QUERY, {"request_id": reference})
        by_id = answered(merchant, LessPayMerchant.QUERY, {"pay_order_id": f"PO{order_id:019d}"})
        assert by_reference == by_id
        yield by_reference


def _payouts(merchant: Merchant, _country: str) -> Mapping[str, tuple[Payouts, set[int]]]:
    shown: dict[int, Seen] = {}
    for answer in _orders(merchant):
        for detail in read_order(answer).payouts:
            expect(detail.payout_id not in shown, "a payout stands in one order")
            shown[detail.payout_id] = detail
    return {"query": (shown, set(merchant.payouts))}


def _balances(merchant: Merchant, _country: str) -> Mapping[str, tuple[Balances, set[str]]]:
    """CNH is a code that LessPay's documents do not know."""
    wanted = {currency for currency, _ in merchant.books} - {"CNH"}
    shown = {}
    for currency in wanted:
        body = {"currency": currency, "way_code": "EPAY_PAYOUT"}
        shown[currency] = read_balance(answered(merchant, LessPayMerchant.BALANCE, body), currency)
    return {"balance": (shown, wanted)}


def _returned_shown_as_paid(real: Any) -> Any:
    def forgetful(payout: Payout) -> Any:
        word = real(payout)
        return type(word)("SUCCEEDED") if word == "REFUNDED" else word

    return forgetful


def _review_forgotten(real: Any) -> Any:
    return lambda payout: type(real(payout))("APPROVED")


VIEWS = Views(
    payouts=_payouts,
    balances=_balances,
    by_status=lambda _merchant, _country: {},
    planted={
        ONE_DECIMAL_TOO_MANY: Planted("values.orders", "format_amount", one_decimal_too_many),
        "always two decimals": Planted("values.orders", "format_amount", always_two_decimals),
        A_STATUS_THAT_LIES: Planted("codes", "detail_status", _returned_shown_as_paid),
        "review forgotten": Planted("codes", "audit_state", _review_forgotten),
    },
)
