"""UQPAY's list of payouts over real HTTP: its pages, its times, its status words, and whose payouts are in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

import pytest

from tests.apis.uqpay.calls import PAYOUT_FIELDS, refusal_of, wait_until_it_is
from tests.apis.uqpay.merchant import UqpayMerchant
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

HERE = timezone(timedelta(hours=8))
# What the sandbox bank makes of each amount, in the order in which they are ordered.
WORDS = {
    "100.00": "COMPLETED",
    "10.71": "FAILED",
    "10.74": "PROCESSING",
    "10.81": "FAILED_REFUNDED",
    "10.83": "COMPLETED",
}


@pytest.fixture(scope="module")
def merchant(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    folder = tmp_path_factory.mktemp("keys")
    return open_merchant(outlay, folder, dialects=["uqpay", "lesspay"], funds={"BRL": "1000.00"})


@pytest.fixture(scope="module")
def uqpay(merchant: Merchant) -> UqpayMerchant:
    return merchant.uqpay


@pytest.fixture(scope="module")
def ordered(uqpay: UqpayMerchant) -> list[dict[str, Any]]:
    """One payout of every end, the oldest first, as each is in the end."""
    created = [uqpay.post(uqpay.CREATE, uqpay.order(amount)) for amount in WORDS]
    plain = uqpay.order("1.00")
    del plain["internal_note"]
    created.append(uqpay.post(uqpay.CREATE, plain))
    words = [*WORDS.values(), "COMPLETED"]
    return [wait_until_it_is(word, uqpay, payout) for word, payout in zip(words, created, strict=True)]


def listed(uqpay: UqpayMerchant, *, account: str = "", **fields: Any) -> dict[str, Any]:
    query = "&".join(f"{name}={quote(str(value))}" for name, value in fields.items())
    return uqpay.get(f"{uqpay.LIST}?{query}" if query else uqpay.LIST, account=account)


def test_the_newest_payouts_come_first_as_each_is_by_itself(
    uqpay: UqpayMerchant, ordered: list[dict[str, Any]]
) -> None:
    found = listed(uqpay, page_number=1, page_size=100)
    assert list(found) == ["total_pages", "total_items", "data"]
    assert found == {"total_pages": 1, "total_items": len(ordered), "data": ordered[::-1]}
    assert all(list(payout) == PAYOUT_FIELDS for payout in found["data"])


def test_pages_put_together_are_the_whole_list(uqpay: UqpayMerchant, ordered: list[dict[str, Any]]) -> None:
    pages = [listed(uqpay, page_number=number, page_size=4) for number in (1, 2, 3)]
    assert [len(page["data"]) for page in pages] == [4, 2, 0]
    assert [payout for page in pages for payout in page["data"]] == ordered[::-1]
    assert {(page["total_pages"], page["total_items"]) for page in pages} == {(2, 6)}


def test_a_list_without_a_page_is_the_first_of_ten(uqpay: UqpayMerchant, ordered: list[dict[str, Any]]) -> None:
    assert listed(uqpay) == listed(uqpay, page_number=1, page_size=10)


@pytest.mark.parametrize("word", ["INITIATED", "PROCESSING", "COMPLETED", "FAILED", "FAILED_REFUNDED"])
def test_a_status_finds_exactly_those_that_are_shown_with_it(
    uqpay: UqpayMerchant, ordered: list[dict[str, Any]], word: str
) -> None:
    expected = [payout for payout in ordered[::-1] if payout["payout_status"] == word]
    found = listed(uqpay, payout_status=word, page_size=100)
    assert found["data"] == expected
    assert found["total_items"] == len(expected)


def test_a_time_that_was_shown_finds_its_payout(uqpay: UqpayMerchant, ordered: list[dict[str, Any]]) -> None:
    for payout in ordered:
        moment = payout["create_time"]
        found = listed(uqpay, start_time=moment, end_time=moment)
        assert payout in found["data"]
        assert {each["create_time"] for each in found["data"]} == {moment}


def test_days_are_those_at_utc_plus_eight(uqpay: UqpayMerchant, ordered: list[dict[str, Any]]) -> None:
    first, last = ordered[0]["create_time"][:10], ordered[-1]["create_time"][:10]
    assert listed(uqpay, start_time=first, end_time=last)["total_items"] == len(ordered)
    day_before = (datetime.fromisoformat(ordered[0]["create_time"]) - timedelta(days=1)).date()
    assert listed(uqpay, start_time=day_before, end_time=day_before)["total_items"] == 0
    assert listed(uqpay, end_time=day_before)["total_items"] == 0
    day_after = (datetime.now(HERE) + timedelta(days=1)).date()
    assert listed(uqpay, start_time=day_after)["total_items"] == 0
    assert listed(uqpay, start_time=first)["total_items"] == len(ordered)


def test_times_may_have_another_offset_and_no_encoded_plus(uqpay: UqpayMerchant, ordered: list[dict[str, Any]]) -> None:
    hour = timedelta(hours=1)
    now = datetime.now(UTC).replace(microsecond=0)
    start, end = (now - hour).strftime("%Y-%m-%dT%H:%M:%SZ"), (now + hour).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    found = uqpay.get(f"{uqpay.LIST}?start_time={start}&end_time={end}")
    assert found["total_items"] == len(ordered)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("page_number=0", "page_number must be an integer from 1 to 999999999"),
        ("page_size=101", "page_size must be an integer from 1 to 100"),
        ("page_size=x", "page_size must be an integer from 1 to 100"),
        ("start_time=yesterday", "start_time must be a date"),
        ("end_time=2026-02-30", "end_time must be a date"),
        ("start_time=2026-01-05&end_time=2026-01-04", "end_time must not be before start_time"),
        ("start_time=2026-01-05&end_time=2026-02-06", "end_time must be at most one month after start_time"),
        (
            "payout_status=PAID",
            "payout_status must be one of INITIATED, PROCESSING, COMPLETED, FAILED, FAILED_REFUNDED",
        ),
        ("payout_status=FAILED&payout_status=COMPLETED", "payout_status must be given once"),
    ],
)
def test_a_filter_that_cannot_be_is_refused_with_what_is_allowed(
    uqpay: UqpayMerchant, query: str, message: str
) -> None:
    answer = uqpay.ask(f"{uqpay.LIST}?{query}")
    assert refusal_of(answer) == (400, "invalid_request_error", "invalid_parameter")
    assert answer.json()["message"].startswith(message)


def test_a_list_shows_only_the_account_that_is_addressed(
    outlay: Server, tmp_path_factory: pytest.TempPathFactory, uqpay: UqpayMerchant, ordered: list[dict[str, Any]]
) -> None:
    opened = outlay.cli.json("account", "create", "Sub", "--country", "BR", "--parent", uqpay.account_id)
    assert listed(uqpay, account=opened["account_id"]) == {"total_pages": 0, "total_items": 0, "data": []}
    stranger = open_merchant(outlay, tmp_path_factory.mktemp("keys"), dialects=["uqpay"]).uqpay
    assert listed(stranger)["total_items"] == 0
    foreign = stranger.ask(stranger.LIST, account=uqpay.account_id)
    assert refusal_of(foreign) == (400, "account_error", "sub_account_not_found")
    assert listed(uqpay, page_size=100)["total_items"] == len(ordered)


def test_payouts_that_another_api_ordered_are_in_the_list_too(outlay: Server, tmp_path: Any) -> None:
    merchant = open_merchant(outlay, tmp_path, dialects=["uqpay", "lesspay"], funds={"BRL": "100.00"})
    merchant.lesspay.create(merchant.lesspay.order("10.00", "THE-REFERENCE-OF-LESSPAY"))
    [payout] = listed(merchant.uqpay)["data"]
    assert list(payout) == PAYOUT_FIELDS
    assert (payout["payout_amount"], payout["statement_descriptor"]) == ("10.00", "THE-REFERENCE-O")
