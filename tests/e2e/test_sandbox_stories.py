"""The same amount of the same currency plays the same story of the sandbox bank through every API that can order it:
real requests to a running server, each amount as its API writes it.

The trap: three APIs that all play the wrong story agree, too. So each ending's story stands here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.apis.software import new_reference
from tests.apis.teemopay.orders import order_in
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.observer import Observer, observing, wait_for
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

# Currency → the country of TeemoPay that pays in it, its account type, and what stands before the digits that choose.
PLACES: Mapping[str, tuple[str, str, str]] = {
    "BRL": ("BR", "401", "100."),
    "MXN": ("MX", "40", "100."),
    "COP": ("CO", "201", "100"),
    "CLP": ("CL", "601", "100"),
    "PKR": ("PK", "301", "100"),
    "IDR": ("ID", "501", "100"),
    "KHR": ("KH", "2001", "100"),
    "KRW": ("KR", "801", "100"),
    "USDT": ("BP", "trc20", "100."),
}
NOT_OF_UQPAY = {"USDT"}

# Ending → the state in the end, why it failed, and of 100 and the ending: what came back, and whether by decision.
STORIES: Mapping[str, tuple[str, str | None, Sequence[tuple[str, bool]]]] = {
    "00": ("paid", None, ()),
    "54": ("failed", "wrong_account_number", ()),
    "71": ("failed", "account_not_found", ()),
    "76": ("failed", "decided_by_hand", ()),
    "83": ("paid", None, (("50.41", False),)),
    "87": ("paid", None, (("100.87", True),)),
}
ROWS = """
select p.state, p.failure_reason, p.failure_text, p.rail_reference, p.receipt_url, p.amount_minor,
    array(select (r.amount_minor, r.by_decision) from returns r
        where r.account_id = p.account_id and r.payout_id = p.payout_id order by r.ordinal) as returned
from payouts p where p.account_id = '{account_id}' and p.currency = '{currency}' order by p.payout_id
"""
UNDER_WAY = """
select (select count(*) from payouts where account_id = '{0}' and completed_ms is null)
    + (select count(*) from bank_messages where account_id = '{0}')
"""


class Played(NamedTuple):
    state: str
    reason: str | None
    text: str | None
    returned: tuple[tuple[int, bool], ...]
    is_tracked: bool
    has_receipt: bool


@pytest.fixture(scope="module")
def observer(outlay: Server) -> Iterator[Observer]:
    with observing(outlay) as opened:
        yield opened


@pytest.mark.parametrize("currency", PLACES)
def test_an_amount_plays_the_same_story_through_every_api(
    outlay: Server, observer: Observer, tmp_path: Path, currency: str
) -> None:
    country, way, before = PLACES[currency]
    merchant = open_merchant(
        outlay,
        tmp_path,
        dialects=["teemopay", "lesspay", "uqpay"],
        funds={currency: "9000000"},
        options=["--country", country],
    )
    apis = 2 if currency in NOT_OF_UQPAY else 3
    for ending in STORIES:
        order_everywhere(merchant, currency, country, way, before + ending)
    wait_for(lambda: observer.rows(UNDER_WAY.format(merchant.account_id))[0][0] == 0)

    rows = observer.rows(ROWS.format(account_id=merchant.account_id, currency=currency))
    assert len(rows) == apis * len(STORIES)
    for number, (ending, (state, reason, back)) in enumerate(STORIES.items()):
        of_one_amount = rows[number * apis : (number + 1) * apis]
        (amount_minor,) = {row["amount_minor"] for row in of_one_amount}
        (played,) = {played_by(row) for row in of_one_amount}
        # One in the digits that choose: a hundredth, or where amounts are whole a whole unit, in minor units.
        unit = Decimal(amount_minor) / Decimal(f"100{ending}")
        returned = tuple((int(Decimal(part) * 100 * unit), by_decision) for part, by_decision in back)
        assert (played.state, played.reason, played.returned) == (state, reason, returned), ending
        assert bool(played.text) is (state == "failed")
        assert played.is_tracked is (currency == "MXN" and ending not in ("54", "71"))
        assert played.has_receipt is (currency == "MXN" and state == "paid")


def order_everywhere(merchant: Merchant, currency: str, country: str, way: str, amount: str) -> None:
    assert merchant.teemopay.create(order_in(country, way, amount=amount))["status"] == 1
    merchant.lesspay.create(lesspay_order(amount, currency))
    if currency not in NOT_OF_UQPAY:
        merchant.uqpay.post(merchant.uqpay.CREATE, merchant.uqpay.order(amount, payout_currency=currency))


def lesspay_order(amount: str, currency: str) -> dict[str, Any]:
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


def played_by(row: Any) -> Played:
    reference = row["rail_reference"]
    tracked = reference is not None and re.fullmatch("[0-9]{30}", reference) is not None
    receipt = f"https://cep.sandbox.example/{reference}"
    assert row["receipt_url"] in (None, receipt)
    returned = tuple(tuple(each) for each in row["returned"])
    return Played(
        row["state"], row["failure_reason"], row["failure_text"], returned, tracked, row["receipt_url"] is not None
    )
