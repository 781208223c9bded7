"""Transfers over uqpay: how one that is looked up is shown."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from outlay.dialects.uqpay.values.fields import base_36, uuid_of
from tests.apis.uqpay.desk import A_TRANSFER, TRANSFER, TRANSFER_ID, written

OBJECT = {
    "transfer_id": uuid_of("transfer", TRANSFER_ID),
    "short_reference_id": f"T{base_36(TRANSFER_ID)}",
    "reference_id": str(TRANSFER_ID),
    "source_account_name": "Kopi & Co Pte Ltd",
    "destination_account_name": "Kopi Tiong Bahru",
    "transfer_currency": "SGD",
    "transfer_amount": "75.50",
    "transfer_status": "completed",
    "create_time": "2026-01-05T16:00:00+08:00",
    "complete_time": "2026-01-05T16:00:01+08:00",
    "created_by": "ana",
    "transfer_reason": "float for January",
}


@pytest.mark.parametrize(
    ("currency", "minor", "text"),
    [
        ("USD", 1000_00, "1000"),
        ("USD", 1000_50, "1000.50"),
        ("USD", 1, "0.01"),
        ("JPY", 1000, "1000"),
        ("KWD", 5, "0.005"),
    ],
)
def test_a_whole_amount_is_shown_without_decimals(currency: str, minor: int, text: str) -> None:
    """As the pages print it."""
    told = written(TRANSFER, replace(A_TRANSFER, currency=currency, amount_minor=minor))
    assert told == (200, OBJECT | {"transfer_currency": currency, "transfer_amount": text})


def test_a_transfer_on_its_way_has_no_time_of_completion() -> None:
    under_way = replace(A_TRANSFER, credited_ms=None)
    assert written(TRANSFER, under_way) == (200, OBJECT | {"complete_time": ""})
