"""What every list of UQPAY is asked for, from both sides of its rules: pages, spans of time, and words to filter by.

Each of these is seen twice: here, where the request alone is read, and over HTTP, where the list is shown.

The trap: balances are cut into pages by the dialect itself, every other list by the store; so of balances it is the
answer that is looked at.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from outlay.core.asks import Balance, ListAccounts, ListPayouts, ListTransfers
from outlay.core.progress import Standing
from tests.apis.uqpay.desk import ACCOUNTS, BALANCES, LIST, TRANSFERS, request
from tests.apis.uqpay.rules.desk import answered, numbered, queried, wrong
from tests.apis.uqpay.rules.tables import CURRENCIES

# -- pages ------------------------------------------------------------------------------------------------------------


def page(endpoint: str, query: str) -> Any:
    """How many are skipped and how many at most are shown; or the refusal."""
    if endpoint == BALANCES:
        return page_of_balances(query)
    asked = queried(endpoint, query)
    return asked if isinstance(asked, tuple) else (asked.skip, asked.limit)


def page_of_balances(query: str) -> Any:
    asked = queried(BALANCES, query)
    if isinstance(asked, tuple):
        return asked
    every = sorted(CURRENCIES)[:160]
    answer = tuple(Balance(code, 1, 0) for code in every)
    status, document = answered(BALANCES, answer, request(BALANCES, query=query))
    if status != 200:
        return status, document
    shown = [each["currency"] for each in document["data"]]
    if not shown:
        return None, 0
    assert document["total_items"] == len(every)
    assert document["total_pages"] == -(-len(every) // len(shown))
    return every.index(shown[0]), len(shown)


def refused(endpoint: str, words: str) -> tuple[int, Any]:
    """Accounts have another envelope."""
    return numbered(400, words) if endpoint == ACCOUNTS else wrong(words)


def check_numbers(endpoint: str) -> None:
    """The number of a page counts from one, and is one where it is left out."""
    for number in (1, 2, 3, 16):
        assert page(endpoint, f"page_number={number}") == ((number - 1) * 10, 10)
    assert not isinstance(queried(endpoint, "page_number=999999999"), tuple)
    for query in ("", "page_number=", "page_size=10", "page=5"):
        assert page(endpoint, query) == (0, 10)
    for number in ("0", "-1", "01", "1.0", "1e1", "x", "%201", "1000000000", "%EF%BC%91"):
        words = "page_number must be an integer from 1 to 999999999"
        assert page(endpoint, f"page_number={number}") == refused(endpoint, words)
    twice = refused(endpoint, "page_number must be given once")
    assert page(endpoint, "page_number=1&page_number=1") == twice


def check_sizes(endpoint: str) -> None:
    """The size of a page is 1 to 100, and 10 where it is left out."""
    for size in (1, 2, 99, 100):
        assert page(endpoint, f"page_size={size}") == (0, size)
    assert page(endpoint, "page_size=7&page_number=3") == (14, 7)
    assert page(endpoint, "page_size=30&page_number=2") == (30, 30)
    for query in ("", "page_size=", "page_number=1", "size=5"):
        assert page(endpoint, query) == (0, 10)
    for size in ("0", "101", "1000", "-1", "010", "10.0", "1e1", "x"):
        words = "page_size must be an integer from 1 to 100"
        assert page(endpoint, f"page_size={size}") == refused(endpoint, words)
    assert page(endpoint, "page_size=1&page_size=1") == refused(endpoint, "page_size must be given once")


# -- spans of time ----------------------------------------------------------------------------------------------------

TIME_WORDS = "must be a date (YYYY-MM-DD) or an ISO 8601 date and time (YYYY-MM-DDThh:mm:ss+08:00)"
NO_TIMES = (
    "2026-02-30",
    "2026-13-01",
    "05-01-2026",
    "20260105",
    "2026-1-5",
    "2026-01-05T25:00:00Z",
    "now",
    "1767600000",
)
NO_DATE_TIMES = ("2026-01-05T12:00", "2026-01-05%2012:00:00", "2026-01-05T12:00:00+8", "2026-01-05t12:00:00Z")
DAY_MS = 86_400_000


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def span(endpoint: str, query: str) -> Any:
    asked = queried(endpoint, query)
    if isinstance(asked, tuple):
        return asked
    assert isinstance(asked, ListPayouts if endpoint == LIST else ListTransfers)
    return asked.from_ms, asked.to_ms


def check_starts(endpoint: str) -> None:
    """A list begins with what was made at its start."""
    start = ms("2026-01-05T00:00:00+08:00")
    assert span(endpoint, "start_time=2026-01-05") == (start, None)
    assert span(endpoint, "start_time=2026-01-05T00:00:00%2B08:00") == (start, None)
    for query in ("", "start_time=", "end_time="):
        assert span(endpoint, query) == (None, None)
    for text in (*NO_TIMES, *NO_DATE_TIMES):
        assert span(endpoint, f"start_time={text}") == wrong(f"start_time {TIME_WORDS}"), text
    twice = span(endpoint, "start_time=2026-01-05&start_time=2026-01-05")
    assert twice == wrong("start_time must be given once")


def check_ends(endpoint: str) -> None:
    """A list ends at most one month after its start."""
    end = ms("2026-01-06T00:00:00+08:00") - 1
    assert span(endpoint, "end_time=2026-01-05") == (None, end)
    start = ms("2026-01-01T00:00:00+08:00")
    month = (start, start + 32 * DAY_MS - 1)
    assert span(endpoint, "start_time=2026-01-01&end_time=2026-02-01") == month
    to_the_second = span(endpoint, "start_time=2026-01-01T00:00:00&end_time=2026-02-01T00:00:00")
    assert to_the_second == (start, start + 31 * DAY_MS + 999)
    late = wrong("end_time must be at most one month after start_time")
    assert span(endpoint, "start_time=2026-01-01&end_time=2026-02-02") == late
    assert span(endpoint, "start_time=2026-01-01T00:00:00&end_time=2026-02-01T00:00:01") == late
    early = wrong("end_time must not be before start_time")
    assert span(endpoint, "start_time=2026-01-02&end_time=2026-01-01") == early
    assert span(endpoint, "start_time=2026-01-02&end_time=2026-01-02") == (start + DAY_MS, start + 2 * DAY_MS - 1)
    for text in (*NO_TIMES, *NO_DATE_TIMES):
        assert span(endpoint, f"end_time={text}") == wrong(f"end_time {TIME_WORDS}"), text
    assert span(endpoint, "end_time=2026-01-05&end_time=2026-01-05") == wrong("end_time must be given once")


# -- words ------------------------------------------------------------------------------------------------------------

NO_STATUS = wrong("payout_status must be one of INITIATED, PROCESSING, COMPLETED, FAILED, FAILED_REFUNDED")
MEANS = {
    "INITIATED": {Standing.IN_REVIEW, Standing.RESERVED},
    "PROCESSING": {Standing.PROCESSING},
    "COMPLETED": {Standing.PAID, Standing.PARTLY_RETURNED},
    "FAILED": {Standing.FAILED, Standing.CANCELLED, Standing.EXPIRED},
    "FAILED_REFUNDED": {Standing.RETURNED},
}


def standings(word: str) -> Any:
    asked = queried(LIST, f"payout_status={word}")
    return asked.standings if isinstance(asked, ListPayouts) else asked


def check_statuses() -> None:
    """Payouts are listed by any of five words, and all of them where none is named."""
    for query in ("", "payout_status=", "page_size=10"):
        asked = queried(LIST, query)
        assert isinstance(asked, ListPayouts)
        assert asked.standings is None
        assert (asked.newest_first, asked.counted, asked.currencies) == (True, True, None)
    assert {word: standings(word) for word in MEANS} == MEANS
    for word in ("PAID", "RETURNED", "PENDING", "paid", "x"):
        assert standings(word) == NO_STATUS
    assert queried(LIST, "payout_status=FAILED&payout_status=FAILED") == wrong("payout_status must be given once")


NO_CURRENCY = wrong("currency must be an ISO 4217 code of three capital letters, or several of them parted by commas")


def currencies(text: str) -> Any:
    asked = queried(TRANSFERS, f"currency={text}")
    return asked.currencies if isinstance(asked, ListTransfers) else asked


def check_currencies() -> None:
    """Transfers are listed by the currencies of ISO and CNH."""
    assert queried(TRANSFERS).currencies is None
    assert currencies("") is None
    for code in CURRENCIES:
        assert currencies(code) == {code}
    assert currencies(",".join(CURRENCIES)) == CURRENCIES.keys()
    for text in ("XXX", "sgd", "USD,XXX", "USD,", ",", "USD;SGD"):
        assert currencies(text) == NO_CURRENCY
    assert queried(TRANSFERS, "currency=USD&currency=SGD") == wrong("currency must be given once")


def check_account_statuses() -> None:
    """Accounts are listed by two words, and none has an unknown one."""

    def listed(opened: bool, closed: bool) -> ListAccounts:
        return ListAccounts(opened=opened, closed=closed, skip=0, limit=10)

    for query in ("", "status="):
        assert queried(ACCOUNTS, query) == listed(opened=True, closed=True)
    assert queried(ACCOUNTS, "status=ACTIVE") == listed(opened=True, closed=False)
    assert queried(ACCOUNTS, "status=CLOSED") == listed(opened=False, closed=True)
    for word in ("PROCESSING", "INACTIVE", "active", "ACTIVEX", "x"):
        assert queried(ACCOUNTS, f"status={word}") == listed(opened=False, closed=False)
    assert queried(ACCOUNTS, "status=ACTIVE&status=ACTIVE") == numbered(400, "status must be given once")
