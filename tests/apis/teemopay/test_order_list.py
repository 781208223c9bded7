"""The list of orders of teemopay: clocks, two faults, cursor, a row. Its fields and codes: rules/test_lists.py."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from outlay.core.asks import ListPayouts
from outlay.core.ids import MAX_ID
from outlay.core.progress import Standing, State
from outlay.dialects.teemopay import codes
from outlay.dialects.teemopay.inbound.transactions import STANDINGS, cursor_at, place_of, read_list, record
from outlay.dialects.teemopay.tables.countries import COUNTRIES
from outlay.kit.jsontext import parse_object
from outlay.wire.dialect import Now
from outlay.wire.problems import Fault
from tests.apis.teemopay.rules.desk import NOW_MS, SPAN, payout
from tests.support.rows import each_row

DAY_MS = 86_400_000
PAYOUT = payout(amount_minor=100_001, created_ms=NOW_MS + 6_000, completed_ms=NOW_MS + 196_000)
HERE = Now(NOW_MS, NOW_MS)


def read(now: Now = HERE, **fields: Any) -> ListPayouts | Fault:
    return read_list(parse_object(json.dumps(SPAN | fields).encode()), COUNTRIES["BR"], now)


def test_every_standing_belongs_to_the_status_that_a_query_shows() -> None:
    assert sorted(itertools.chain(*STANDINGS.values())) == sorted(Standing)
    for state, returned in itertools.product(State, (0, 1, PAYOUT.amount_minor - 1, PAYOUT.amount_minor)):
        payout = replace(PAYOUT, state=state, returned_minor=returned if state is State.PAID else 0)
        assert payout.standing in STANDINGS[codes.status_of(payout)]


# -- two clocks, and two faults --------------------------------------------------------------------------------------


def local(at_ms: int) -> str:
    whole = record(replace(PAYOUT, created_ms=at_ms), COUNTRIES["BR"]).createTime
    return f"{whole}.{at_ms % 1000:03d}"


AHEAD_MS = 5 * DAY_MS
AHEAD = Now(here_ms=NOW_MS + AHEAD_MS, real_ms=NOW_MS)
"""After a sandbox's clock was moved."""


def between(begin_ms: int, end_ms: int, now: Now) -> ListPayouts | Fault:
    return read(now=now, beginTime=local(begin_ms), endTime=local(end_ms))


def test_a_span_is_too_old_or_too_late_only_if_both_clocks_say_so() -> None:
    oldest, latest = NOW_MS - 90 * DAY_MS, NOW_MS + AHEAD_MS
    for begin_ms in (oldest, latest):
        ask = between(begin_ms, begin_ms, AHEAD)
        assert isinstance(ask, ListPayouts)
        assert ask.from_ms == begin_ms
    assert between(oldest - 1, oldest, AHEAD) == codes.LIST_TOO_OLD
    assert between(latest + 1, latest + 1, AHEAD) == codes.LIST_IN_FUTURE


@pytest.mark.parametrize("before_ms", [0, 1, 30_000])
def test_a_span_that_reaches_the_callers_now_reaches_the_installations(before_ms: int) -> None:
    """A caller asks a moment later than it looked at its clock."""
    ask = between(NOW_MS - DAY_MS, NOW_MS - before_ms, AHEAD)
    assert isinstance(ask, ListPayouts)
    assert (ask.from_ms, ask.to_ms) == (NOW_MS - DAY_MS, NOW_MS + AHEAD_MS)


def test_a_span_that_ends_before_or_beyond_stays_as_it_is() -> None:
    for now, end_ms in [(AHEAD, NOW_MS - 30_001), (AHEAD, NOW_MS + 6 * DAY_MS), (HERE, NOW_MS - 1)]:
        ask = between(NOW_MS - DAY_MS, end_ms, now)
        assert isinstance(ask, ListPayouts)
        assert ask.to_ms == end_ms


def test_a_span_is_as_long_as_it_was_asked_for_whatever_the_clocks_say() -> None:
    ask = between(NOW_MS - 31 * DAY_MS, NOW_MS, AHEAD)
    assert isinstance(ask, ListPayouts)
    assert between(NOW_MS - 31 * DAY_MS - 1, NOW_MS, AHEAD) == codes.LIST_TOO_LONG


# Each makes one fault, in the order of their codes.
FAULTS: list[tuple[int, dict[str, Any]]] = [
    (414, {"pageSize": 0}),
    (600, {"type": "REFUND"}),
    (601, {"beginTime": "2025-04-16 00:00:00.000", "endTime": "2025-04-16 00:00:00.000"}),
    (602, {"beginTime": "2026-03-01 00:00:00.000", "endTime": "2026-04-02 00:00:00.000"}),
    (603, {"beginTime": "2026-04-18 00:00:00.000", "endTime": "2026-04-19 00:00:00.000"}),
    (604, {"beginTime": "2026-04-16 00:00:00.001", "endTime": "2026-04-16 00:00:00.000"}),
    (605, {"status": 6}),
    (606, {"pageIndex": "KgntH8WpwV0lKKYXQr8MY1EgdicDUz/V4l8nCk4QRty3"}),
]


@each_row(("first", "second"), list(itertools.combinations(FAULTS, 2)))
def test_of_two_faults_the_lowest_code_answers(
    first: tuple[int, dict[str, Any]], second: tuple[int, dict[str, Any]]
) -> None:
    fault = read(**(second[1] | first[1]))
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code) == (200, first[0])


# -- the cursor -----------------------------------------------------------------------------------------------------


@given(st.integers(min_value=1, max_value=MAX_ID - 1))
def test_a_cursor_leads_back_to_its_place_and_shows_no_number(payout_id: int) -> None:
    cursor = cursor_at(payout_id)
    assert re.fullmatch(r"[A-Za-z0-9_-]{16}", cursor)
    assert place_of(cursor) == payout_id


@given(
    st.integers(min_value=1, max_value=MAX_ID - 1), st.integers(min_value=0, max_value=15), st.sampled_from("AZaz09_-")
)
def test_a_cursor_with_one_other_letter_is_told(payout_id: int, place: int, letter: str) -> None:
    cursor = cursor_at(payout_id)
    changed = cursor[:place] + letter + cursor[place + 1 :]
    assert place_of(changed) == (payout_id if changed == cursor else None)


@pytest.mark.parametrize("payout_id", [MAX_ID, 2**64 - 1])
def test_a_forged_cursor_beyond_all_ids_is_told(payout_id: int) -> None:
    assert place_of(cursor_at(payout_id)) is None


# -- the rows -------------------------------------------------------------------------------------------------------


def test_a_row_has_the_documented_fields_in_the_order_of_the_example() -> None:
    made = record(PAYOUT, COUNTRIES["BR"])
    assert [(name, getattr(made, name)) for name in made.__struct_fields__] == list(
        {
            "type": "PAYOUT",
            "merchantOrderNo": "OUT-20260417-0001",
            "tradeNo": "TF0000000201BR0543497457831001",
            "amount": "1000.01",
            "transactionAmount": "1000.01",
            "serviceAmount": "55.00",
            "status": 2,
            "settleStatus": None,
            "failReason": None,
            "createTime": "2026-04-17 00:23:30",
            "completeTime": "2026-04-17 00:26:40",
            "settleTime": None,
            "paymentList": [],
        }.items()
    )


@each_row(
    ("state", "returned", "moved"),
    [
        *((state, 0, "0.00") for state in State if state is not State.PAID),
        *((State.PAID, returned, "1000.01") for returned in (0, 1, PAYOUT.amount_minor)),
    ],
)
def test_what_was_moved_is_all_of_a_payout_that_was_paid_whatever_came_back(
    state: State, returned: int, moved: str
) -> None:
    assert record(replace(PAYOUT, state=state, returned_minor=returned), COUNTRIES["BR"]).transactionAmount == moved
