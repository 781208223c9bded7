"""TeemoPay's list of orders: what each field of the request may be, and what earns each of its codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from outlay.core.asks import ListPayouts, PayoutsListed
from outlay.core.progress import Standing
from tests.apis.teemopay.rules.desk import (
    CODES_FILE,
    LIST,
    NOW_MS,
    SPAN,
    No,
    answered,
    asked,
    credential_in,
    no,
    payout,
    signed,
)
from tests.rules.breaks import Break, append, edit, field
from tests.rules.claims import claims

API = "teemopay"
SCHEMA = "dialects/teemopay/schema.py"
FIELDS = "dialects/teemopay/values/fields.py"
LISTING = "dialects/teemopay/inbound/transactions.py"

BEGIN_MS = 1_776_308_400_000  # midnight of the 16th in Brazil
LISTED = ListPayouts(currencies=frozenset({"BRL"}), from_ms=BEGIN_MS, to_ms=BEGIN_MS + 86_399_999, limit=500)


def ask_list(body: Mapping[str, Any]) -> Any:
    return asked(signed("BR", LIST, body), credential_in("BR"))


def row(name: str) -> str:
    return f"request POST {LIST} {name}"


# -- fields ----------------------------------------------------------------------------------------------------------


def listed(**fields: Any) -> Any:
    """What the list asks for; a field that is given as None is null."""
    return ask_list(SPAN | fields)


BAD_CURSOR = no(606, "PageIndex parsing failed")


@claims(
    API,
    row("pageIndex"),
    field("pageIndex", longest=256),
    field("pageIndex", longest=254),
    field("pageIndex", required=True),
    edit(LISTING, "raw[_ID_BYTES:] == _checksum(place) and ", "", within="place_of"),
    edit(LISTING, "        after_id=after_id,\n", "        after_id=None,\n", within="read_list"),
)
def test_a_cursor_leads_on_from_the_page_before_and_any_other_text_is_refused() -> None:
    page = answered("BR", LIST, PayoutsListed((payout(payout_id=7),), more=True))["data"]
    cursor = page["pageIndex"]
    assert listed(pageIndex=cursor) == replace(LISTED, after_id=7)
    for nothing in (None, "", " "):
        assert listed(pageIndex=nothing) == LISTED
    for bad in ("x", "1" * 255, cursor[:-1], f"{cursor}A", f"{cursor[:-1]}A", "A" * 16, "KgntH8WpwV0l/KYX"):
        assert listed(pageIndex=bad) == BAD_CURSOR, bad
    assert listed(pageIndex="1" * 256) == no(414, "pageIndex must be at most 255 characters")
    assert listed(pageIndex=7) == no(414, "pageIndex must be a string")


@claims(
    API,
    row("pageSize"),
    edit(SCHEMA, "1000", "1001", within="LARGEST_PAGE"),
    edit(SCHEMA, "1000", "999", within="LARGEST_PAGE"),
    edit(SCHEMA, "500", "501", within="USUAL_PAGE"),
    edit(LISTING, "not 1 <= size", "not 0 <= size", within="_page_size"),
    edit(LISTING, "not 1 <= size", "not 2 <= size", within="_page_size"),
)
def test_a_page_has_500_rows_unless_1_to_1000_are_asked_for() -> None:
    for nothing in (None, "", " "):
        assert listed(pageSize=nothing) == LISTED
    assert ask_list(SPAN) == LISTED
    for size in (1, 2, 999, 1000):
        assert listed(pageSize=size) == listed(pageSize=str(size)) == replace(LISTED, limit=size)
    for bad in (0, -1, 1001, "0", "1001", "x", 1.5, 1.0, True):
        assert listed(pageSize=bad) == no(414, "pageSize must be an integer from 1 to 1000"), bad


BAD_TYPE = no(600, "type field invalid parameter value")


@claims(
    API,
    row("type"),
    edit(LISTING, "kind not in (schema.PAYIN, schema.PAYOUT)", "False", within="read_list"),
    edit(LISTING, "kind not in (schema.PAYIN, schema.PAYOUT)", "kind not in (schema.PAYIN, schema.PAYOUT, None)"),
)
def test_the_type_of_a_list_is_one_of_two_words() -> None:
    assert listed(type="PAYOUT") == LISTED
    assert listed(type="PAYIN") == replace(LISTED, currencies=frozenset())
    for bad in (None, "", " ", "payout", "PAYOUT ", "REFUND", 7, True, "x" * 300):
        assert listed(type=bad) == BAD_TYPE, bad
    assert ask_list({name: text for name, text in SPAN.items() if name != "type"}) == BAD_TYPE


@claims(
    API,
    f"value POST {LIST} type PAYIN",
    edit(LISTING, "(schema.PAYIN, schema.PAYOUT)", "(schema.PAYOUT,)", within="read_list"),
    edit(LISTING, " if kind == schema.PAYOUT else frozenset()", "", within="read_list"),
    edit(SCHEMA, '"PAYIN"', '"PAYINS"', within="PAYIN"),
)
def test_a_list_of_pay_ins_is_of_no_payout() -> None:
    assert listed(type="PAYIN") == replace(LISTED, currencies=frozenset())
    for near in ("PAYINS", "payin", "PAY_IN"):
        assert listed(type=near) == BAD_TYPE, near


@claims(
    API,
    f"value POST {LIST} type PAYOUT",
    edit(LISTING, "(schema.PAYIN, schema.PAYOUT)", "(schema.PAYIN,)", within="read_list"),
    edit(LISTING, "if kind == schema.PAYOUT else", "if kind == schema.PAYIN else", within="read_list"),
)
def test_a_list_of_payouts_is_of_the_countrys_payouts() -> None:
    assert listed(type="PAYOUT") == LISTED
    for near in ("PAYOUTS", "payout", "PAY_OUT"):
        assert listed(type=near) == BAD_TYPE, near


STANDINGS = {
    1: {Standing.IN_REVIEW, Standing.RESERVED, Standing.PROCESSING},
    2: {Standing.PAID},
    3: {Standing.FAILED, Standing.CANCELLED, Standing.EXPIRED},
    4: {Standing.RETURNED},
    5: {Standing.PARTLY_RETURNED},
}
BAD_STATUS = no(605, "status field invalid parameter value")


def see_status(form: type) -> None:
    for status, standings in STANDINGS.items():
        assert listed(status=form(status)) == replace(LISTED, standings=frozenset(standings)), status
    for status in (0, 6, 12):
        assert listed(status=form(status)) == BAD_STATUS, status


@claims(
    API,
    row("status"),
    append(LISTING, "STANDINGS[0] = STANDINGS[1]"),
    append(LISTING, "STANDINGS[6] = STANDINGS[5]"),
    *(append(LISTING, f"del STANDINGS[{status}]") for status in STANDINGS),
    edit(LISTING, "        standings=standings,\n", "", within="read_list"),
)
def test_a_status_asks_for_the_payouts_that_are_shown_with_it() -> None:
    for nothing in (None, "", " "):
        assert listed(status=nothing) == LISTED
    for form in (int, str):
        see_status(form)
    for bad in (-1, True, "x", 1.0, "2 "):
        assert listed(status=bad) == BAD_STATUS, bad


@claims(
    API,
    f"form POST {LIST} status as int",
    edit(LISTING, "value.literal if isinstance(value, Number) else value", "value", within="_small_integer"),
)
def test_a_status_may_be_a_number() -> None:
    see_status(int)
    for bad in (1.0, 2.5, -1, True):
        assert listed(status=bad) == BAD_STATUS, bad


@claims(
    API,
    f"form POST {LIST} status as str",
    edit(LISTING, "if isinstance(value, Number) else value", "if isinstance(value, Number) else None"),
)
def test_a_status_may_be_a_text() -> None:
    see_status(str)
    for bad in ("1.0", "-1", " 1", "\u0661", "one"):
        assert listed(status=bad) == BAD_STATUS, bad


TIME_BREAKS = (
    edit(FIELDS, "pattern=schema.LIST_TIME_FORM, ", "", within="read_time"),
    edit(FIELDS, "        reader.fault(name, _TIME_RULE)\n", "", within="read_time"),
)


@pytest.mark.parametrize(
    ("name", "bound"),
    [
        pytest.param(name, bound, id=row(name), marks=claims(API, row(name), field(name, required=False), *TIME_BREAKS))
        for name, bound in (("beginTime", "from_ms"), ("endTime", "to_ms"))
    ],
)
def test_a_list_begins_and_ends_at_a_local_time_with_milliseconds(name: str, bound: str) -> None:
    assert listed(**{name: "2026-04-16 00:00:00.001"}) == replace(LISTED, **{bound: BEGIN_MS + 1})
    rule = no(414, f"{name} must be a time as yyyy-MM-dd HH:mm:ss.SSS")
    for bad in (
        "2026-04-16",
        "2026-04-16 00:00:00",
        "2026-04-16T00:00:00.000",
        "2026-04-16 00:00:00.000Z",
        "2026-04-31 00:00:00.000",
        "2026-04-16 24:00:00.000",
        "yesterday",
    ):
        assert listed(**{name: bad}) == rule, bad
    assert listed(**{name: 7}) == no(414, f"{name} must be a string")
    for nothing in (None, "", " "):
        assert listed(**{name: nothing}) == no(414, f"{name} is required")


# -- codes of the list ----------------------------------------------------------------------------------------------

DAY_MS = 86_400_000


def local(at_ms: int) -> str:
    """Brazil's time, three hours behind."""
    at = datetime.fromtimestamp((at_ms - 3 * 3_600_000) // 1000, UTC)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at_ms % 1000:03d}"


def between(begin_ms: int = NOW_MS - DAY_MS, end_ms: int = NOW_MS, **fields: Any) -> Any:
    return ask_list({"type": "PAYOUT", "beginTime": local(begin_ms), "endTime": local(end_ms)} | fields)


def is_listed(*span: int, **fields: Any) -> bool:
    return not isinstance(between(*span, **fields), No)


class ListCode(msgspec.Struct, frozen=True):
    """A code of the list: what just does not earn it, and what does."""

    place: str
    text: str
    taken: Callable[[], bool]
    refused: Callable[[], list[Any]]
    breaks: tuple[Break, ...]


OLDEST_MS = NOW_MS - 90 * DAY_MS
LIST_CODES = {
    600: ListCode(
        "LIST_TYPE_WRONG",
        "type field invalid parameter value",
        lambda: is_listed(type="PAYIN") and is_listed(type="PAYOUT"),
        lambda: [between(type=word) for word in ("REFUND", "payout", None, "", 7)],
        (edit(LISTING, "kind not in (schema.PAYIN, schema.PAYOUT)", "False", within="read_list"),),
    ),
    601: ListCode(
        "LIST_TOO_OLD",
        "Data older than 90 days cannot be queried via API. Please use the portal to export historical reports.",
        lambda: is_listed(OLDEST_MS, OLDEST_MS + 31 * DAY_MS),
        lambda: [between(OLDEST_MS - 1, OLDEST_MS), between(OLDEST_MS - DAY_MS, NOW_MS)],
        (
            edit(SCHEMA, "90 * 86_400_000", "90 * 86_400_000 + 1", within="LIST_OLDEST_MS"),
            edit(SCHEMA, "90 * 86_400_000", "90 * 86_400_000 - 1", within="LIST_OLDEST_MS"),
        ),
    ),
    602: ListCode(
        "LIST_TOO_LONG",
        "Query range exceeds 31 days. Please query data month by month.",
        lambda: is_listed(NOW_MS - 31 * DAY_MS, NOW_MS),
        lambda: [between(NOW_MS - 31 * DAY_MS - 1, NOW_MS), between(NOW_MS - 60 * DAY_MS, NOW_MS)],
        (
            edit(SCHEMA, "31 * 86_400_000", "31 * 86_400_000 + 1", within="LIST_LONGEST_MS"),
            edit(SCHEMA, "31 * 86_400_000", "31 * 86_400_000 - 1", within="LIST_LONGEST_MS"),
        ),
    ),
    603: ListCode(
        "LIST_IN_FUTURE",
        "The time cannot be later than the current time.",
        lambda: is_listed(NOW_MS, NOW_MS + DAY_MS),
        lambda: [between(NOW_MS + 1, NOW_MS + 1), between(NOW_MS + DAY_MS, NOW_MS)],
        (
            edit(
                LISTING,
                "    if begin_ms > max(now.here_ms, now.real_ms):\n",
                "    if begin_ms > max(now.here_ms, now.real_ms) + 1:\n",
            ),
            edit(
                LISTING,
                "    if begin_ms > max(now.here_ms, now.real_ms):\n",
                "    if begin_ms >= max(now.here_ms, now.real_ms):\n",
            ),
        ),
    ),
    604: ListCode(
        "LIST_ENDS_FIRST",
        "The start time of the application period cannot be later than the end time.",
        lambda: is_listed(NOW_MS - 1, NOW_MS - 1),
        lambda: [between(NOW_MS - 1, NOW_MS - 2), between(NOW_MS - 1, NOW_MS - DAY_MS)],
        (
            edit(
                LISTING, "if begin_ms > end_ms else None", "if begin_ms > end_ms + 1 else None", within="_range_fault"
            ),
            edit(LISTING, "if begin_ms > end_ms else None", "if begin_ms >= end_ms else None", within="_range_fault"),
        ),
    ),
    605: ListCode(
        "LIST_STATUS_WRONG",
        "status field invalid parameter value",
        lambda: all(is_listed(status=form(status)) for status in range(1, 6) for form in (int, str)),
        lambda: [between(status=status) for status in (0, 6, "0", "6", "x", True, 1.0)],
        (
            append(LISTING, "STANDINGS[6] = STANDINGS[5]"),
            append(LISTING, "del STANDINGS[5]"),
        ),
    ),
    606: ListCode(
        "LIST_CURSOR_WRONG",
        "PageIndex parsing failed",
        lambda: is_listed(pageIndex=answered("BR", LIST, PayoutsListed((payout(),), more=True))["data"]["pageIndex"]),
        lambda: [between(pageIndex=text) for text in ("x", "A" * 16, "KgntH8WpwV0lKKYXQr8MY1EgdicDUz/V4l8nCk4QRty3")],
        (
            edit(LISTING, "        return codes.LIST_CURSOR_WRONG\n", "        pass\n", within="read_list"),
            edit(LISTING, "raw[_ID_BYTES:] == _checksum(place) and ", "", within="place_of"),
        ),
    ),
}


def code_params(code: int, each: ListCode) -> tuple[Any, Any]:
    """The row of the code, and that of its text."""
    row, text_row = f"code {code}", f"text {code} {each.text}"
    number = edit(CODES_FILE, f"{code},", "999,", within=each.place)
    text = edit(CODES_FILE, each.text, "x", within=each.place)
    return (
        pytest.param(code, id=row, marks=claims(API, row, number, *each.breaks)),
        pytest.param(code, id=text_row, marks=claims(API, text_row, text)),
    )


@pytest.mark.parametrize("code", [param for code, each in LIST_CODES.items() for param in code_params(code, each)])
def test_each_fault_of_a_list_earns_its_code_and_says_what_is_printed(code: int) -> None:
    each = LIST_CODES[code]
    assert each.taken()
    for answer in each.refused():
        assert answer == no(code, each.text)
