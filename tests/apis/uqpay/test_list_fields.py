"""What all of uqpay's lists share: their pages, and the time that two of them are asked for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.core.asks import ListPayouts, ListTransfers
from outlay.dialects.uqpay.values.fields import write_time
from outlay.dialects.uqpay.values.lists import ListQuery, Page, Span, read_list_query
from outlay.wire.dialect import Asked, Now
from tests.apis.uqpay.desk import CREDENTIAL, LIST, TRANSFERS, code_of, refused, request, route
from tests.support.routes import asked_unproved

TIMED = (LIST, TRANSFERS)
DAY_MS = 86_400_000
MIDNIGHT_MS = 1_767_542_400_000  # 2026-01-05T00:00:00+08:00


def span(query: str) -> Span:
    found = read_list_query(query)
    assert isinstance(found, ListQuery), found
    return found.span


def why_not(endpoint: str, query: str) -> str:
    answer = refused(endpoint, request(endpoint, query=query))
    assert code_of(answer) == (400, "invalid_request_error", "invalid_parameter")
    message: str = answer[1]["message"]
    return message


# -- pages ------------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10**6), st.integers(1, 100))
def test_there_are_as_many_pages_as_it_takes(items: int, size: int) -> None:
    pages = Page(1, size).pages(items)
    assert pages * size >= items > (pages - 1) * size or items == pages == 0
    assert Page(pages + 1, size).skip >= items


# -- times ------------------------------------------------------------------------------------------------------------


def test_the_midnight_of_these_tests_is_one() -> None:
    assert write_time(MIDNIGHT_MS) == "2026-01-05T00:00:00+08:00"


@given(st.integers(0, 4_000_000_000_000))
def test_what_is_shown_as_created_is_found_by_that_time(created_ms: int) -> None:
    text = write_time(created_ms).replace("+", "%2B")
    found = span(f"start_time={text}&end_time={text}")
    assert found.from_ms is not None
    assert found.to_ms is not None
    assert found.from_ms <= created_ms <= found.to_ms


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_any_year_can_be_asked_for(year: str) -> None:
    found = span(f"start_time={year}-12-31T23:59:59-12:00")
    assert found.from_ms is not None


def test_of_several_wrong_fields_the_first_in_the_documented_order_is_told() -> None:
    wrong: dict[str, Any] = {
        "payout_status": "x",
        "end_time": "x",
        "start_time": "x",
        "page_size": "x",
        "page_number": "x",
    }
    good = {"page_number": "1", "page_size": "10", "start_time": "2026-01-05", "end_time": "2026-01-05"}
    for field in (*good, "payout_status"):
        assert why_not(LIST, "&".join(f"{name}={value}" for name, value in wrong.items())).startswith(field)
        wrong[field] = good.get(field)


# -- two clocks -------------------------------------------------------------------------------------------------------

REAL_MS = MIDNIGHT_MS + DAY_MS // 2
AHEAD_MS = 3 * DAY_MS


def end_here(end: str, *, ahead_ms: int = AHEAD_MS, endpoint: str = LIST) -> int | None:
    """Where the window ends of a caller whose clock says noon, at an installation that is ahead by so much."""
    now = Now(REAL_MS + ahead_ms, REAL_MS)
    found = asked_unproved("uqpay", route(endpoint), request(endpoint, query=f"end_time={end}"), CREDENTIAL, now)
    assert isinstance(found, Asked), found
    assert isinstance(found.ask, ListPayouts | ListTransfers), found
    return found.ask.to_ms


@pytest.mark.parametrize("endpoint", TIMED)
def test_a_window_that_reaches_the_callers_now_reaches_ours(endpoint: str) -> None:
    for end in ("2026-01-05", "2026-01-05T12:00:00", "2026-01-05T11:59:30", "2026-01-06T00:00:00Z"):
        assert end_here(end, endpoint=endpoint) == REAL_MS + AHEAD_MS
    assert end_here("2026-01-31", endpoint=endpoint) == MIDNIGHT_MS + 27 * DAY_MS - 1


@pytest.mark.parametrize("endpoint", TIMED)
def test_a_window_that_ends_before_the_callers_now_stays_as_it_is(endpoint: str) -> None:
    assert end_here("2026-01-04", endpoint=endpoint) == MIDNIGHT_MS - 1
    assert end_here("2026-01-05T11:58:00", endpoint=endpoint) == REAL_MS - 120_000 + 999
    assert end_here("", endpoint=endpoint) is None


def test_where_there_is_one_clock_no_window_is_moved() -> None:
    for end, to_ms in (("2026-01-05", MIDNIGHT_MS + DAY_MS - 1), ("2026-01-05T12:00:00", REAL_MS + 999)):
        assert end_here(end, ahead_ms=0) == to_ms
