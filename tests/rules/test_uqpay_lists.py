"""What UQPAY's lists are asked for: pages, spans of time, and the words that they are filtered by.

The trap: balances are cut into pages by the dialect itself, every other list by the store; so of balances it is the
answer that is looked at.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from outlay.core.payout import Standing
from outlay.wire.usecases import Balance, BalancesRead, FindAccount, ListAccounts, ListPayouts, ListTransfers
from tests.dialects.uqpay_desk import (
    ACCOUNT_BY_ID,
    ACCOUNTS,
    BALANCES,
    BANK_ACCOUNTS,
    LIST,
    SUB_ACCOUNT,
    TRANSFERS,
    request,
)
from tests.rules.breaks import Break, append, edit
from tests.rules.claims import claims
from tests.rules.uqpay_desk import answered, numbered, outcome, queried, wrong
from tests.rules.uqpay_lists import CURRENCIES

SCHEMA = "dialects/uqpay/schema.py"
VALUES = "dialects/uqpay/values.py"
TRANSLATE = "dialects/uqpay/translate.py"
TRANSFERS_FILE = "dialects/uqpay/transfers.py"
ACCOUNTS_FILE = "dialects/uqpay/accounts.py"
ASKS = "dialects/uqpay/asks.py"
CODES = "dialects/uqpay/codes.py"

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
    answer = BalancesRead(tuple(Balance(code, 1, 0) for code in every))
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


def unskipped(endpoint: str) -> Break:
    """The number of the page changes nothing."""
    match endpoint:
        case "GET /api/v2/payment/payout":
            return edit(TRANSLATE, "skip=query.page.skip", "skip=0", within="read_payout_list")
        case "GET /api/v2/payment/balances":
            return edit(TRANSLATE, "[page.skip : page.skip + page.size]", "[0 : page.size]", within="balance_list")
        case "GET /api/v2/payment/bankaccount":
            return edit(ASKS, "skip=query.page.skip", "skip=0", within="read_bank_account_list")
        case "GET /api/v1/transfer":
            return edit(TRANSFERS_FILE, "skip=query.page.skip", "skip=0", within="read_transfer_list")
        case _:
            return edit(ACCOUNTS_FILE, "skip=query.page.skip", "skip=0", within="read_account_list")


def unlimited(endpoint: str) -> Break:
    """The size of the page changes nothing."""
    match endpoint:
        case "GET /api/v2/payment/payout":
            return edit(TRANSLATE, "limit=query.page.size", "limit=10", within="read_payout_list")
        case "GET /api/v2/payment/balances":
            return edit(TRANSLATE, "page.skip + page.size", "page.skip + 10", within="balance_list")
        case "GET /api/v2/payment/bankaccount":
            return edit(ASKS, "limit=query.page.size", "limit=10", within="read_bank_account_list")
        case "GET /api/v1/transfer":
            return edit(TRANSFERS_FILE, "limit=query.page.size", "limit=10", within="read_transfer_list")
        case _:
            return edit(ACCOUNTS_FILE, "limit=query.page.size", "limit=10", within="read_account_list")


def of_lists(name: str, *breaks: Break, own: Any) -> list[Any]:
    """A case of each list, which claims the row of this field."""
    rows = {endpoint: f"request {endpoint} {name}" for endpoint in (LIST, BALANCES, BANK_ACCOUNTS, TRANSFERS, ACCOUNTS)}
    return [
        pytest.param(endpoint, id=row, marks=claims("uqpay", row, own(endpoint), *breaks))
        for endpoint, row in rows.items()
    ]


@pytest.mark.parametrize(
    "endpoint",
    of_lists(
        "page_number",
        edit(SCHEMA, "999_999_999", "999_999_998", within="PAGE_NUMBER_LARGEST"),
        edit(VALUES, "[1-9][0-9]", "[0-9][0-9]", within="_PAGE"),
        edit(SCHEMA, "1  #", "2  #", within="PAGE_NUMBER_DEFAULT"),
        edit(VALUES, "must be given once", "x", within="_read_words"),
        own=unskipped,
    ),
)
def test_the_number_of_a_page_counts_from_one(endpoint: str) -> None:
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


@pytest.mark.parametrize(
    "endpoint",
    of_lists(
        "page_size",
        edit(SCHEMA, "100", "101", within="PAGE_SIZE_LARGEST"),
        edit(SCHEMA, "100", "99", within="PAGE_SIZE_LARGEST"),
        edit(VALUES, "[1-9][0-9]", "[0-9][0-9]", within="_PAGE"),
        edit(SCHEMA, "10", "11", within="PAGE_SIZE_DEFAULT"),
        own=unlimited,
    ),
)
def test_the_size_of_a_page_is_one_to_a_hundred_and_ten_where_left_out(endpoint: str) -> None:
    for size in (1, 2, 99, 100):
        assert page(endpoint, f"page_size={size}") == (0, size)
    assert page(endpoint, "page_size=7&page_number=3") == (14, 7)
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


def unbounded(endpoint: str, end: str) -> Break:
    """This end of the span is passed over."""
    file, function = (TRANSLATE, "read_payout_list") if endpoint == LIST else (TRANSFERS_FILE, "read_transfer_list")
    if end == "from_ms":
        return edit(file, "from_ms=query.span.from_ms", "from_ms=None", within=function)
    return edit(file, "query.span.to_ms", "None", within=function)


def timed(kind: str, endpoint: str, end: str, *breaks: Break, form: str = "") -> Any:
    """A case that claims the row of this end, or of one form of it."""
    row = f"{kind} {endpoint} {end}{form}"
    return pytest.param(endpoint, id=row, marks=claims("uqpay", row, *breaks))


@pytest.mark.parametrize(
    "endpoint",
    [
        timed(
            "request",
            endpoint,
            "start_time",
            unbounded(endpoint, "from_ms"),
            edit(VALUES, "if start and first is None:", "if False:", within="_read_span"),
            edit(VALUES, "(YYYY-MM-DD) or", "or", within="_TIME_FORM"),
        )
        for endpoint in (LIST, TRANSFERS)
    ],
)
def test_a_list_begins_with_what_was_made_at_its_start(endpoint: str) -> None:
    start = ms("2026-01-05T00:00:00+08:00")
    assert span(endpoint, "start_time=2026-01-05") == (start, None)
    assert span(endpoint, "start_time=2026-01-05T00:00:00%2B08:00") == (start, None)
    for query in ("", "start_time=", "end_time="):
        assert span(endpoint, query) == (None, None)
    for text in (*NO_TIMES, *NO_DATE_TIMES):
        assert span(endpoint, f"start_time={text}") == wrong(f"start_time {TIME_WORDS}"), text
    twice = span(endpoint, "start_time=2026-01-05&start_time=2026-01-05")
    assert twice == wrong("start_time must be given once")


@pytest.mark.parametrize(
    "endpoint",
    [
        timed(
            "request",
            endpoint,
            "end_time",
            unbounded(endpoint, "to_ms"),
            edit(VALUES, "if end and last is None:", "if False:", within="_read_span"),
            edit(VALUES, "31 *", "32 *", within="_MONTH_MS"),
            edit(VALUES, "31 *", "30 *", within="_MONTH_MS"),
            edit(VALUES, "must be at most one month after", "x", within="_read_span"),
            edit(VALUES, "if to_ms < first[0]:", "if False:", within="_read_span"),
        )
        for endpoint in (LIST, TRANSFERS)
    ],
)
def test_a_list_ends_at_most_one_month_after_its_start(endpoint: str) -> None:
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


DATE_BREAKS = (
    edit(VALUES, "hours=8", "hours=7", within="_ZONE"),
    edit(VALUES, 'or "+08:00"', 'or "+00:00"', within="_read_time"),
    edit(VALUES, "_DAY_MS if clock is None else _SECOND_MS", "_SECOND_MS", within="_read_time"),
)
DATE_TIME_BREAKS = (
    edit(VALUES, "(Z|[-+ ]", "(Z|[-+]", within="_TIME"),
    edit(VALUES, "{1,9}", "{1,8}", within="_TIME"),
    edit(VALUES, "_DAY_MS if clock is None else _SECOND_MS", "_DAY_MS", within="_read_time"),
    edit(VALUES, "at_ms + int(fraction[1:4]", "at_ms + 1 + int(fraction[1:4]", within="_read_time"),
)
# What is written, the first millisecond that it means, and how many it means.
DATES = (
    ("2026-01-05", "2026-01-05T00:00:00+08:00", DAY_MS),
    ("2024-02-29", "2024-02-28T16:00:00+00:00", DAY_MS),
)
DATE_TIMES = (
    ("2026-01-05T12:30:01%2B08:00", "2026-01-05T12:30:01+08:00", 1000),
    ("2026-01-05T12:30:01+08:00", "2026-01-05T12:30:01+08:00", 1000),
    ("2026-01-05T12:30:01-03:00", "2026-01-05T12:30:01-03:00", 1000),
    ("2026-01-05T12:30:01Z", "2026-01-05T12:30:01+00:00", 1000),
    ("2026-01-05T12:30:01", "2026-01-05T12:30:01+08:00", 1000),
    ("2026-01-05T12:30:01.250Z", "2026-01-05T12:30:01.250+00:00", 1),
    ("2026-01-05T12:30:01.123456789Z", "2026-01-05T12:30:01.123+00:00", 1),
)


@pytest.mark.parametrize(
    ("end", "forms", "wrong_forms"),
    [
        pytest.param(
            end,
            forms,
            wrong_forms,
            id=f"form {LIST} {end} as {name}",
            marks=claims("uqpay", f"form {LIST} {end} as {name}", *breaks),
        )
        for end in ("start_time", "end_time")
        for name, forms, wrong_forms, breaks in (
            ("date", DATES, NO_TIMES, DATE_BREAKS[1:] if end == "end_time" else DATE_BREAKS[1:2]),
            (
                "date-time",
                DATE_TIMES,
                NO_DATE_TIMES,
                DATE_TIME_BREAKS if end == "end_time" else (*DATE_TIME_BREAKS[:2], DATE_TIME_BREAKS[3]),
            ),
        )
    ],
)
def test_a_time_is_a_date_of_the_zone_or_a_date_and_time(
    end: str, forms: tuple[tuple[str, str, int], ...], wrong_forms: tuple[str, ...]
) -> None:
    for text, first, lasts_ms in forms:
        expected = (ms(first), None) if end == "start_time" else (None, ms(first) + lasts_ms - 1)
        assert span(LIST, f"{end}={text}") == expected, text
    for text in wrong_forms:
        assert span(LIST, f"{end}={text}") == wrong(f"{end} {TIME_WORDS}"), text


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


def status_breaks(word: str) -> tuple[Break, ...]:
    some = next(iter(sorted(MEANS[word])))
    elsewhere = "PROCESSING" if word == "FAILED" else "FAILED"
    return (
        edit(
            TRANSLATE,
            "each.value for each in PayoutStatus",
            f'each.value for each in PayoutStatus if each.value != "{word}"',
            within="read_payout_list",
        ),
        edit(CODES, f' = "{word}"', f' = "{word}X"', within="PayoutStatus"),
        edit(
            CODES,
            f"Standing.{some.name}: PayoutStatus.{word},",
            f"Standing.{some.name}: PayoutStatus.{elsewhere},",
            within="_STATUS",
        ),
    )


@pytest.mark.parametrize(
    "word",
    [
        pytest.param(word, id=row, marks=claims("uqpay", row, *status_breaks(word)))
        for word in MEANS
        for row in (f"value {LIST} payout_status {word}",)
    ],
)
def test_payouts_are_listed_by_a_status_and_by_no_word_like_it(word: str) -> None:
    assert standings(word) == MEANS[word]
    for other in (word.lower(), word.title(), f"{word}X", f"%20{word}", word[:-1], f"{word},{word}"):
        assert standings(other) == NO_STATUS


@claims(
    "uqpay",
    f"request {LIST} payout_status",
    edit(TRANSLATE, "if status is not None else None", "if False else None", within="read_payout_list"),
    edit(VALUES, "if word is None or word in choices:", "if True:", within="read_word"),
    edit(VALUES, "must be one of", "x", within="read_word"),
)
def test_payouts_of_every_status_are_listed_where_none_is_named() -> None:
    for query in ("", "payout_status=", "page_size=10"):
        asked = queried(LIST, query)
        assert isinstance(asked, ListPayouts)
        assert asked.standings is None
        assert (asked.newest_first, asked.counted, asked.currencies) == (True, True, None)
    assert {word: standings(word) for word in MEANS} == MEANS
    for word in ("PAID", "RETURNED", "PENDING", "paid", "x"):
        assert standings(word) == NO_STATUS
    assert queried(LIST, "payout_status=FAILED&payout_status=FAILED") == wrong("payout_status must be given once")


@claims(
    "uqpay",
    f"request {TRANSFERS} transfer_status",
    edit(TRANSFERS_FILE, "_NEVER_MS if status == TransferStatus.FAILED else ", "", within="read_transfer_list"),
    edit(TRANSFERS_FILE, ' = "failed"', ' = "fail"', within="TransferStatus"),
    edit(TRANSFERS_FILE, ' = "completed"', ' = "complete"', within="TransferStatus"),
    edit(VALUES, "if word is None or word in choices:", "if True:", within="read_word"),
)
def test_transfers_are_listed_by_their_status_and_none_ever_failed() -> None:
    every = ListTransfers(skip=0, limit=10)
    for query in ("", "transfer_status=", "transfer_status=completed"):
        assert queried(TRANSFERS, query) == every
    assert queried(TRANSFERS, "transfer_status=failed") == ListTransfers(skip=0, limit=10, to_ms=-1)
    for word in ("COMPLETED", "Failed", "pending", "complete", "x"):
        assert queried(TRANSFERS, f"transfer_status={word}") == wrong(
            "transfer_status must be one of completed, failed"
        )
    twice = queried(TRANSFERS, "transfer_status=failed&transfer_status=failed")
    assert twice == wrong("transfer_status must be given once")


NO_CURRENCY = wrong("currency must be an ISO 4217 code of three capital letters, or several of them parted by commas")
UNFILTERED = edit(TRANSFERS_FILE, "currencies=currencies", "currencies=None", within="read_transfer_list")
UNCHECKED = edit(TRANSFERS_FILE, "not currencies <= EXPONENTS.keys()", "False", within="read_transfer_list")
UNPARTED = edit(SCHEMA, '","', '";"', within="CURRENCIES_PARTED_BY")


def currencies(text: str) -> Any:
    asked = queried(TRANSFERS, f"currency={text}")
    return asked.currencies if isinstance(asked, ListTransfers) else asked


@claims(
    "uqpay",
    f"request {TRANSFERS} currency",
    UNFILTERED,
    UNCHECKED,
    edit(TRANSFERS_FILE, ", or several of them parted by commas", "", within="_CURRENCIES_FORM"),
    append("core/currencies.py", 'del EXPONENTS["ZWG"]'),
)
def test_transfers_are_listed_by_their_currencies() -> None:
    assert queried(TRANSFERS).currencies is None
    assert currencies("") is None
    for code in CURRENCIES:
        assert currencies(code) == {code}
    assert currencies(",".join(CURRENCIES)) == CURRENCIES.keys()
    for text in ("XXX", "sgd", "USD,XXX", "USD,", ",", "USD;SGD"):
        assert currencies(text) == NO_CURRENCY
    assert queried(TRANSFERS, "currency=USD&currency=SGD") == wrong("currency must be given once")


@claims("uqpay", f"form {TRANSFERS} currency one", UNFILTERED, UNCHECKED)
def test_one_currency_is_one_code_of_three_capital_letters() -> None:
    assert currencies("USD") == {"USD"}
    for text in ("usd", "US", "USDX", "%20USD", "Usd"):
        assert currencies(text) == NO_CURRENCY


@claims("uqpay", f"form {TRANSFERS} currency several", UNFILTERED, UNCHECKED, UNPARTED)
def test_several_currencies_are_parted_by_commas_alone() -> None:
    for text in ("USD,SGD", "SGD,USD", "USD%2CSGD", "USD,SGD,USD"):
        assert currencies(text) == {"USD", "SGD"}
    for text in ("USD,%20SGD", "USD%20SGD", "USD;SGD", "USD,sgd", "USD,,SGD", "USD,SGD,"):
        assert currencies(text) == NO_CURRENCY


# -- connected accounts -----------------------------------------------------------------------------------------------


@claims(
    "uqpay",
    f"request {ACCOUNTS} status",
    edit(ACCOUNTS_FILE, 'in ("", AccountStatus.ACTIVE)', 'in ("",)', within="read_account_list"),
    edit(ACCOUNTS_FILE, 'in ("", AccountStatus.CLOSED)', 'in ("",)', within="read_account_list"),
    edit(ACCOUNTS_FILE, "opened=query.status in", "opened=True or query.status in", within="read_account_list"),
    edit(VALUES, 'words.get(schema.STATUS, "")', '""', within="read_accounts_query"),
)
def test_accounts_are_listed_by_their_status_and_none_has_an_unknown_one() -> None:
    def listed(opened: bool, closed: bool) -> ListAccounts:
        return ListAccounts(opened=opened, closed=closed, skip=0, limit=10)

    for query in ("", "status="):
        assert queried(ACCOUNTS, query) == listed(opened=True, closed=True)
    assert queried(ACCOUNTS, "status=ACTIVE") == listed(opened=True, closed=False)
    assert queried(ACCOUNTS, "status=CLOSED") == listed(opened=False, closed=True)
    for word in ("PROCESSING", "INACTIVE", "active", "ACTIVEX", "x"):
        assert queried(ACCOUNTS, f"status={word}") == listed(opened=False, closed=False)
    assert queried(ACCOUNTS, "status=ACTIVE&status=ACTIVE") == numbered(400, "status must be given once")


@claims(
    "uqpay",
    f"request {ACCOUNT_BY_ID} business_code",
    edit(ACCOUNTS_FILE, "if query.business_code in _BUSINESS_CODES", "if True", within="read_account"),
    edit(ACCOUNTS_FILE, '("", schema.BUSINESS)', "(schema.BUSINESS,)", within="_BUSINESS_CODES"),
    edit(ACCOUNTS_FILE, '("", schema.BUSINESS)', '("",)', within="_BUSINESS_CODES"),
    edit(SCHEMA, '"ACQUIRING"', '"BANKING"', within="BUSINESS"),
)
def test_an_account_is_found_under_its_business_and_under_no_other() -> None:
    for query in ("", "business_code=", "business_code=ACQUIRING"):
        assert queried(ACCOUNT_BY_ID, query) == FindAccount(SUB_ACCOUNT)
    for word in ("BANKING", "ISSUING", "acquiring", "ACQUIRINGX", "x"):
        told = outcome(ACCOUNT_BY_ID, request(ACCOUNT_BY_ID, query=f"business_code={word}"))
        assert told == numbered(400, "account not found")
    twice = queried(ACCOUNT_BY_ID, "business_code=ACQUIRING&business_code=ACQUIRING")
    assert twice == numbered(400, "business_code must be given once")
