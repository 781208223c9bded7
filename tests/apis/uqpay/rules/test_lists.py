"""What UQPAY's lists are asked for: pages, spans of time, and the words that they are filtered by.

What the store does with it is shown over HTTP, and claimed there.
"""

from __future__ import annotations

import pytest

from outlay.core.asks import FindAccount, ListTransfers
from tests.apis.uqpay.desk import (
    ACCOUNT_BY_ID,
    ACCOUNTS,
    BALANCES,
    BANK_ACCOUNTS,
    LIST,
    SUB_ACCOUNT,
    TRANSFERS,
    request,
)
from tests.apis.uqpay.rules.desk import numbered, outcome, queried, wrong
from tests.apis.uqpay.rules.pages import (
    DAY_MS,
    MEANS,
    NO_CURRENCY,
    NO_DATE_TIMES,
    NO_STATUS,
    NO_TIMES,
    TIME_WORDS,
    check_account_statuses,
    check_currencies,
    check_ends,
    check_numbers,
    check_sizes,
    check_starts,
    check_statuses,
    currencies,
    ms,
    span,
    standings,
)
from tests.rules.breaks import Break, edit
from tests.rules.claims import claims

SCHEMA = "dialects/uqpay/schema.py"
FIELDS_FILE = "dialects/uqpay/values/fields.py"
LISTS_FILE = "dialects/uqpay/values/lists.py"
PAYOUTS_FILE = "dialects/uqpay/inbound/payouts.py"
BALANCES_FILE = "dialects/uqpay/inbound/balances.py"
TRANSFERS_FILE = "dialects/uqpay/inbound/transfers.py"
ACCOUNTS_FILE = "dialects/uqpay/inbound/accounts.py"
CODES = "dialects/uqpay/codes.py"

# -- pages ------------------------------------------------------------------------------------------------------------


ELSEWHERE = (LIST, BANK_ACCOUNTS, TRANSFERS, ACCOUNTS)
"""Lists that the store cuts into pages: their rules are claimed over HTTP, and looked at here to be told sooner."""
NUMBER, SIZE = f"request {BALANCES} page_number", f"request {BALANCES} page_size"
BALANCES_NUMBER = pytest.param(
    BALANCES,
    id=NUMBER,
    marks=claims(
        "uqpay",
        NUMBER,
        edit(BALANCES_FILE, "[page.skip : page.skip + page.size]", "[0 : page.size]", within="balance_list"),
        edit(SCHEMA, "999_999_999", "999_999_998", within="PAGE_NUMBER_LARGEST"),
        edit(LISTS_FILE, "[1-9][0-9]", "[0-9][0-9]", within="_PAGE"),
        edit(SCHEMA, "1  #", "2  #", within="PAGE_NUMBER_DEFAULT"),
        edit(LISTS_FILE, "must be given once", "x", within="_read_words"),
    ),
)
BALANCES_SIZE = pytest.param(
    BALANCES,
    id=SIZE,
    marks=claims(
        "uqpay",
        SIZE,
        edit(BALANCES_FILE, "page.skip + page.size", "page.skip + 10", within="balance_list"),
        edit(SCHEMA, "100", "101", within="PAGE_SIZE_LARGEST"),
        edit(SCHEMA, "100", "99", within="PAGE_SIZE_LARGEST"),
        edit(LISTS_FILE, "[1-9][0-9]", "[0-9][0-9]", within="_PAGE"),
        edit(SCHEMA, "10", "11", within="PAGE_SIZE_DEFAULT"),
    ),
)


@pytest.mark.parametrize("endpoint", [BALANCES_NUMBER, *ELSEWHERE])
def test_the_number_of_a_page_counts_from_one(endpoint: str) -> None:
    check_numbers(endpoint)


@pytest.mark.parametrize("endpoint", [BALANCES_SIZE, *ELSEWHERE])
def test_the_size_of_a_page_is_one_to_a_hundred_and_ten_where_left_out(endpoint: str) -> None:
    check_sizes(endpoint)


# -- spans of time ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("endpoint", [LIST, TRANSFERS])
def test_a_list_begins_with_what_was_made_at_its_start(endpoint: str) -> None:
    check_starts(endpoint)


@pytest.mark.parametrize("endpoint", [LIST, TRANSFERS])
def test_a_list_ends_at_most_one_month_after_its_start(endpoint: str) -> None:
    check_ends(endpoint)


DATE_BREAKS = (
    edit(FIELDS_FILE, "hours=8", "hours=7", within="_ZONE"),
    edit(FIELDS_FILE, 'or "+08:00"', 'or "+00:00"', within="read_time"),
    edit(FIELDS_FILE, "DAY_MS if clock is None else _SECOND_MS", "_SECOND_MS", within="read_time"),
)
DATE_TIME_BREAKS = (
    edit(FIELDS_FILE, "(Z|[-+ ]", "(Z|[-+]", within="_TIME"),
    edit(FIELDS_FILE, "{1,9}", "{1,8}", within="_TIME"),
    edit(FIELDS_FILE, "DAY_MS if clock is None else _SECOND_MS", "DAY_MS", within="read_time"),
    edit(FIELDS_FILE, "at_ms + int(fraction[1:4]", "at_ms + 1 + int(fraction[1:4]", within="read_time"),
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
    ("2026-01-05T12:30:01.25Z", "2026-01-05T12:30:01.250+00:00", 1),
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


def status_breaks(word: str) -> tuple[Break, ...]:
    some = next(iter(sorted(MEANS[word])))
    elsewhere = "PROCESSING" if word == "FAILED" else "FAILED"
    return (
        edit(
            PAYOUTS_FILE,
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


def test_payouts_of_every_status_are_listed_where_none_is_named() -> None:
    check_statuses()


def test_transfers_are_listed_by_their_currencies() -> None:
    check_currencies()


def test_accounts_are_listed_by_their_status_and_none_has_an_unknown_one() -> None:
    check_account_statuses()


@claims(
    "uqpay",
    f"request {TRANSFERS} transfer_status",
    edit(TRANSFERS_FILE, "_NEVER_MS if status == TransferStatus.FAILED else ", "", within="read_transfer_list"),
    edit(TRANSFERS_FILE, ' = "failed"', ' = "fail"', within="TransferStatus"),
    edit(TRANSFERS_FILE, ' = "completed"', ' = "complete"', within="TransferStatus"),
    edit(LISTS_FILE, "if word is None or word in choices:", "if True:", within="read_word"),
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


UNFILTERED = edit(TRANSFERS_FILE, "currencies=currencies", "currencies=None", within="read_transfer_list")
UNCHECKED = edit(TRANSFERS_FILE, "not currencies <= EXPONENTS.keys()", "False", within="read_transfer_list")
UNPARTED = edit(SCHEMA, '","', '";"', within="CURRENCIES_PARTED_BY")


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
    f"request {ACCOUNT_BY_ID} business_code",
    edit(ACCOUNTS_FILE, "if query.business_code in _BUSINESS_CODES", "if True", within="read_account_retrieve"),
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
