"""UQPAY's lists over real HTTP: what is asked for is what is shown, page by page, by time and by words.

Of each field the request is looked at too (tests/apis/uqpay/rules/pages.py), from both sides of its limits.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from tests.apis.uqpay.calls import Family, bank_account, open_family, transfer
from tests.apis.uqpay.family import Desk, Told, wrong
from tests.apis.uqpay.rules.pages import (
    check_account_statuses,
    check_currencies,
    check_ends,
    check_numbers,
    check_sizes,
    check_starts,
    check_statuses,
)
from tests.e2e.server import Server
from tests.rules.breaks import Break, edit
from tests.rules.claims import claims

pytestmark = pytest.mark.slow

LIST = "GET /api/v2/payment/payout"
BANK_ACCOUNTS = "GET /api/v2/payment/bankaccount"
TRANSFERS = "GET /api/v1/transfer"
ACCOUNTS = "GET /api/v1/accounts"
IDS = {LIST: "payout_id", BANK_ACCOUNTS: "id", TRANSFERS: "transfer_id", ACCOUNTS: "account_id"}
SCHEMA = "dialects/uqpay/schema.py"
STORE = "store/read/lists.py"
SUBS = "store/accounts.py"
LISTS_FILE = "dialects/uqpay/values/lists.py"
PAYOUTS_FILE = "dialects/uqpay/inbound/payouts.py"


@pytest.fixture(scope="module")
def family(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Family:
    return open_family(outlay, tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def desk(outlay: Server, family: Family) -> Desk:
    return Desk(outlay, family)


class Shown(msgspec.Struct, frozen=True):
    """One list, and the ids of the first three that it shows."""

    desk: Desk
    path: str
    id_name: str
    first: tuple[str, ...]

    def page(self, query: str) -> tuple[int, Any]:
        """The ids that are shown, or the refusal."""
        status, document = self.desk.ask(f"{self.path}?{query}")
        return status, [each[self.id_name] for each in document["data"]] if status == 200 else document


@pytest.fixture
def shown(request: pytest.FixtureRequest, desk: Desk, family: Family) -> Shown:
    """The list that the test names, with something in it: the newest first, but accounts the oldest first."""
    endpoint: str = request.getfixturevalue("endpoint")
    uqpay, name = family.uqpay, IDS[endpoint]
    made: Callable[[], Any] = {
        LIST: lambda: uqpay.post(uqpay.CREATE, uqpay.order("1.00")),
        BANK_ACCOUNTS: lambda: uqpay.post(uqpay.BANK_ACCOUNT_CREATE, bank_account()),
        TRANSFERS: lambda: uqpay.post(uqpay.TRANSFERS, transfer(family.master_id, family.rich, "1.00")),
        ACCOUNTS: dict,
    }[endpoint]
    newest_first = [made().get(name, "") for _ in range(3)][::-1]
    first = (family.rich, family.poor) if endpoint == ACCOUNTS else tuple(newest_first)
    return Shown(desk, endpoint.removeprefix("GET "), name, first)


def of_each(name: str, breaks: dict[str, Break], *others: Break) -> list[Any]:
    """A case of each list, which claims the row of this field."""
    rows = {endpoint: f"request {endpoint} {name}" for endpoint in breaks}
    return [
        pytest.param(endpoint, id=row, marks=claims("uqpay", row, breaks[endpoint], *others))
        for endpoint, row in rows.items()
    ]


# -- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "endpoint",
    of_each(
        "page_number",
        {
            LIST: edit(STORE, "ask.limit + 1, ask.skip)", "ask.limit + 1, 0)", within="payouts_page"),
            BANK_ACCOUNTS: edit(STORE, "        skip,\n", "        0,\n", within="bank_accounts_page"),
            TRANSFERS: edit(STORE, "        ask.skip,\n", "        0,\n", within="transfers_page"),
            ACCOUNTS: edit(SUBS, "        skip,\n", "        0,\n", within="list_subs"),
        },
        edit(SCHEMA, "999_999_999", "999_999_998", within="PAGE_NUMBER_LARGEST"),
    ),
)
def test_the_pages_of_a_list_follow_each_other(endpoint: str, shown: Shown) -> None:
    check_numbers(endpoint)
    for number, each in enumerate(shown.first, start=1):
        assert shown.page(f"page_size=1&page_number={number}") == (200, [each])
    assert shown.page("page_size=1") == (200, [shown.first[0]])
    assert shown.page("page_number=999999999") == (200, [])
    for number in ("0", "1000000000", "01", "x"):
        assert refused(shown, f"page_number={number}") == "page_number must be an integer from 1 to 999999999"


@pytest.mark.parametrize(
    "endpoint",
    of_each(
        "page_size",
        {
            LIST: edit("service/merchant/perform.py", "found[: ask.limit]", "found", within="_list_payouts"),
            BANK_ACCOUNTS: edit(STORE, "        limit,\n", "        1000,\n", within="bank_accounts_page"),
            TRANSFERS: edit(STORE, "        ask.limit,\n", "        1000,\n", within="transfers_page"),
            ACCOUNTS: edit(SUBS, "        limit,\n", "        1000,\n", within="list_subs"),
        },
        edit(SCHEMA, "100", "101", within="PAGE_SIZE_LARGEST"),
        edit(SCHEMA, "100", "99", within="PAGE_SIZE_LARGEST"),
    ),
)
def test_a_page_of_a_list_has_as_many_as_asked_for(endpoint: str, shown: Shown) -> None:
    check_sizes(endpoint)
    for size in range(1, len(shown.first) + 1):
        assert shown.page(f"page_size={size}") == (200, list(shown.first[:size]))
    status, ids = shown.page("page_size=100")
    assert (status, tuple(ids[: len(shown.first)])) == (200, shown.first)
    for size in ("0", "101", "010", "x"):
        assert refused(shown, f"page_size={size}") == "page_size must be an integer from 1 to 100"


def refused(shown: Shown, query: str) -> str:
    """The text of the refusal, which is 400 in the envelope of its API."""
    status, document = shown.page(query)
    text: str = document["message"]
    numbered: Told = (400, {"code": 400, "message": text})
    typed = wrong("invalid_request_error", "invalid_parameter", text)
    assert (status, document) == (numbered if shown.path == "/api/v1/accounts" else typed)
    return text


# -- spans of time ----------------------------------------------------------------------------------------------------

TIMED = {LIST: STORE, TRANSFERS: STORE}


def at(shown: Shown, later_s: int) -> str:
    """So many seconds after the first that is shown was made, as a query has it."""
    _, document = shown.desk.ask(f"{shown.path}?page_size=1")
    moment = datetime.fromisoformat(document["data"][0]["create_time"]) + timedelta(seconds=later_s)
    return moment.isoformat().replace("+", "%2B")


@pytest.mark.parametrize(
    "endpoint",
    of_each(
        "start_time",
        {
            LIST: edit(PAYOUTS_FILE, "from_ms=query.span.from_ms", "from_ms=None", within="read_payout_list"),
            TRANSFERS: edit(STORE, "created_ms >= $3", "created_ms >= 0 * $3", within="_TRANSFERS"),
        },
        edit(LISTS_FILE, "if start and first is None:", "if False:", within="_read_span"),
    ),
)
def test_what_was_made_before_the_start_is_not_listed(endpoint: str, shown: Shown) -> None:
    check_starts(endpoint)
    newest = shown.first[0]
    assert newest in shown.page(f"page_size=100&start_time={at(shown, 0)}")[1]
    assert shown.page(f"page_size=100&start_time={at(shown, 1)}") == (200, [])
    words = "must be a date (YYYY-MM-DD) or an ISO 8601 date and time (YYYY-MM-DDThh:mm:ss+08:00)"
    assert refused(shown, "start_time=2026-02-30") == f"start_time {words}"


@pytest.mark.parametrize(
    "endpoint",
    of_each(
        "end_time",
        {
            LIST: edit(PAYOUTS_FILE, "to_ms=query.span.to_ms", "to_ms=None", within="read_payout_list"),
            TRANSFERS: edit(STORE, "created_ms <= $4", "created_ms <= created_ms + 0 * $4", within="_TRANSFERS"),
        },
        edit(LISTS_FILE, "31 *", "32 *", within="_MONTH_MS"),
        edit(LISTS_FILE, "31 *", "30 *", within="_MONTH_MS"),
    ),
)
def test_what_was_made_after_the_end_is_not_listed(endpoint: str, shown: Shown) -> None:
    check_ends(endpoint)
    newest = shown.first[0]
    assert newest in shown.page(f"page_size=100&end_time={at(shown, 0)}")[1]
    status, ids = shown.page(f"page_size=100&end_time={at(shown, -1)}")
    assert status == 200
    assert newest not in ids
    late = refused(shown, "start_time=2026-01-01&end_time=2026-02-02")
    assert late == "end_time must be at most one month after start_time"
    early = refused(shown, "start_time=2026-01-02&end_time=2026-01-01")
    assert early == "end_time must not be before start_time"


# -- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "endpoint",
    of_each(
        "payout_status",
        {LIST: edit(PAYOUTS_FILE, "if status is not None else None", "if False else None", within="read_payout_list")},
        edit(LISTS_FILE, "if word is None or word in choices:", "if True:", within="read_word"),
        edit(STORE, "if ask.standings is not None else None", "if False else None", within="_filter"),
    ),
)
def test_payouts_are_listed_by_their_status(endpoint: str, shown: Shown) -> None:
    check_statuses()
    newest = shown.first[0]
    assert newest in shown.page("page_size=100")[1]
    seen: set[str] = set()
    words = ("INITIATED", "PROCESSING", "COMPLETED", "FAILED", "FAILED_REFUNDED")
    for word in words:
        _, document = shown.desk.ask(f"{shown.path}?page_size=100&payout_status={word}")
        assert {each["payout_status"] for each in document["data"]} <= {word}
        seen |= {each["payout_id"] for each in document["data"]}
    assert newest in seen
    said = refused(shown, "payout_status=PAID")
    assert said == "payout_status must be one of INITIATED, PROCESSING, COMPLETED, FAILED, FAILED_REFUNDED"


@pytest.mark.parametrize(
    "endpoint",
    of_each(
        "currency",
        {TRANSFERS: edit(STORE, "currency = any($2)", "currency <> any($2)", within="_TRANSFERS")},
        edit(STORE, "if ask.currencies is not None else None", "if False else None", within="transfers_page"),
        edit(
            "dialects/uqpay/inbound/transfers.py",
            "not currencies <= EXPONENTS.keys()",
            "False",
            within="read_transfer_list",
        ),
    ),
)
def test_transfers_are_listed_by_their_currency(endpoint: str, shown: Shown) -> None:
    check_currencies()
    newest = shown.first[0]
    for good in ("BRL", "USD,BRL", "BRL,USD"):
        assert newest in shown.page(f"page_size=100&currency={good}")[1]
    assert shown.page("page_size=100&currency=USD,SGD") == (200, [])
    said = refused(shown, "currency=brl")
    assert said == "currency must be an ISO 4217 code of three capital letters, or several of them parted by commas"


@claims(
    "uqpay",
    f"request {ACCOUNTS} status",
    edit(SUBS, "(is_open and $2 or not is_open and $3)", "($2 or $3)", within="list_subs"),
    edit("dialects/uqpay/inbound/accounts.py", 'in ("", AccountStatus.CLOSED)', 'in ("",)', within="read_account_list"),
    edit("dialects/uqpay/inbound/accounts.py", 'CLOSED = "CLOSED"', 'CLOSED = "SHUT"', within="AccountStatus"),
)
def test_accounts_are_listed_by_their_status(outlay: Server, desk: Desk, family: Family) -> None:
    check_account_statuses()
    closed = desk.open()
    outlay.cli("account", "close", closed)

    def listed(word: str) -> list[str]:
        query = f"page_size=100&status={word}"
        found = family.uqpay.get(f"{family.uqpay.ACCOUNTS}?{query}")["data"]
        return [each["account_id"] for each in found]

    opened = listed("ACTIVE")
    assert closed not in opened
    assert {family.rich, family.poor} <= set(opened)
    assert closed in listed("CLOSED")
    assert not {family.rich, family.poor} & set(listed("CLOSED"))
    assert {closed, family.rich, family.poor} <= set(listed(""))
    for word in ("PROCESSING", "INACTIVE", "closed", "x"):
        assert listed(word) == []
