"""The list of orders of teemopay: what a body asks for, cursor and rows."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from outlay.core.asks import ListPayouts, PayoutsListed
from outlay.core.destination import DestinationKind
from outlay.core.fees import Fee
from outlay.core.ids import MAX_ID
from outlay.core.payout import Payout
from outlay.core.progress import Return, Standing, State
from outlay.dialects.teemopay import codes
from outlay.dialects.teemopay.inbound.payouts import query_data
from outlay.dialects.teemopay.inbound.transactions import STANDINGS, cursor_at, list_data, place_of, read_list, record
from outlay.dialects.teemopay.tables.countries import COUNTRIES
from outlay.kit.jsontext import parse_object
from outlay.wire.dialect import Now
from outlay.wire.problems import Fault
from tests.apis.teemopay.faults import TEXTS
from tests.support.payees import payee
from tests.support.rows import each_row

NOW_MS = 1_776_396_204_000  # 2026-04-17 03:23:24 UTC, so 00:23:24 in Brazil
DAY_MS = 86_400_000
GOOD = {"type": "PAYOUT", "beginTime": "2026-04-16 00:00:00.000", "endTime": "2026-04-16 23:59:59.999"}
BEGIN_MS = 1_776_308_400_000  # midnight of the 16th at three hours behind
PAYOUT = Payout(
    account_id=UUID(int=1),
    payout_id=2010543497457831001,
    reference="OUT-20260417-0001",
    currency="BRL",
    amount_minor=100_001,
    fee=Fee(5_500, 500, 50_000),
    beneficiary=payee(DestinationKind.PIX),
    rail="sandbox",
    created_ms=NOW_MS + 6_000,
    state=State.PAID,
    completed_ms=NOW_MS + 196_000,
)


HERE = Now(NOW_MS, NOW_MS)


def read(country: str = "BR", now: Now = HERE, without: str = "", **fields: Any) -> ListPayouts | Fault:
    body = {name: value for name, value in (GOOD | fields).items() if name != without}
    return read_list(parse_object(json.dumps(body).encode()), COUNTRIES[country], now)


def asked(country: str = "BR", **fields: Any) -> ListPayouts:
    ask = read(country, **fields)
    assert isinstance(ask, ListPayouts), ask
    return ask


def code_of(**fields: Any) -> int:
    fault = read(**fields)
    assert isinstance(fault, Fault)
    assert fault.status == 200
    return int(fault.code)


# -- what is asked ----------------------------------------------------------------------------------------------------


def test_a_span_of_local_time_asks_for_its_payouts_oldest_first() -> None:
    assert asked() == ListPayouts(
        standings=None,
        currencies=frozenset({"BRL"}),
        from_ms=BEGIN_MS,
        to_ms=BEGIN_MS + DAY_MS - 1,
        newest_first=False,
        after_id=None,
        limit=500,
    )


@pytest.mark.parametrize(("country", "hours"), [("BR", -3), ("MX", -6), ("IN", 5.5), ("KR", 9), ("BP", 0)])
def test_times_are_the_countrys_own(country: str, hours: float) -> None:
    assert asked(country).from_ms == BEGIN_MS - int((hours + 3) * 3_600_000)


def test_a_country_with_two_currencies_lists_both() -> None:
    assert asked("KH").currencies == frozenset({"KHR", "USD"})


def test_nothing_is_ever_paid_in_so_that_list_asks_for_nothing() -> None:
    assert asked(type="PAYIN").currencies == frozenset()


@pytest.mark.parametrize("status", [1, 2, 3, 4, 5])
def test_a_status_is_taken_as_a_number_and_as_a_text(status: int) -> None:
    assert asked(status=status).standings == asked(status=str(status)).standings == STANDINGS[status]


def test_every_standing_belongs_to_the_status_that_a_query_shows() -> None:
    assert sorted(itertools.chain(*STANDINGS.values())) == sorted(Standing)
    for state, returned in itertools.product(State, (0, 1, PAYOUT.amount_minor)):
        payout = replace(PAYOUT, state=state, returned_minor=returned if state is State.PAID else 0)
        assert payout.standing in STANDINGS[codes.status_of(payout)]


@pytest.mark.parametrize("size", [1, 1000, "1", "1000"])
def test_a_page_has_1_to_1000_rows(size: object) -> None:
    assert asked(pageSize=size).limit == int(str(size))


@pytest.mark.parametrize("nothing", [None, "", " "])
def test_the_first_page_is_asked_for_without_a_cursor(nothing: str | None) -> None:
    assert asked(pageIndex=nothing, pageSize=nothing, status=nothing) == asked()


# -- faults ---------------------------------------------------------------------------------------------------------


@each_row("name", ["beginTime", "endTime"])
@each_row("value", [None, "", 7, True])
def test_a_time_that_is_missing_or_of_another_type_is_ill_formed(name: str, value: object) -> None:
    assert code_of(**{name: value}) == 414
    assert code_of(without=name) == 414


@each_row("value", [None, "", " ", 7, True, "payout", "PAYOUT ", "REFUND", "x" * 300, "\u200b", "a\x00"])
def test_a_type_that_is_neither_of_the_two_or_missing_is_told_by_its_code(value: object) -> None:
    assert code_of(type=value) == 600
    assert code_of(without="type") == 600


@each_row(
    "text",
    [
        "2026-04-16 00:00:00",
        "2026-04-16T00:00:00.000",
        "2026-04-16 00:00:00.000Z",
        "2026-04-31 00:00:00.000",
        "2026-04-16 24:00:00.000",
        "0000-01-01 00:00:00.000",
        "２026-04-16 00:00:00.000",
        "yesterday",
    ],
)
@each_row("name", ["beginTime", "endTime"])
def test_a_time_must_have_the_documented_form(name: str, text: str) -> None:
    assert code_of(**{name: text}) == 414


@each_row("size", [0, -1, 1001, "1001", "0", "x", 1.5, True, "٣", "9" * 5000])
def test_a_page_of_another_size_is_ill_formed(size: object) -> None:
    assert code_of(pageSize=size) == 414


@each_row("status", [0, 6, -1, "6", "x", "", 1.0, True, "2 ", "٣"])
def test_another_status_is_told(status: object) -> None:
    if status != "":
        assert code_of(status=status) == 605


def local(at_ms: int) -> str:
    whole = record(replace(PAYOUT, created_ms=at_ms), COUNTRIES["BR"]).createTime
    return f"{whole}.{at_ms % 1000:03d}"


def test_the_ends_of_the_ranges_are_inside() -> None:
    oldest = NOW_MS - 90 * DAY_MS
    assert asked(beginTime=local(oldest), endTime=local(oldest + 31 * DAY_MS)).from_ms == oldest
    assert code_of(beginTime=local(oldest - 1), endTime=local(oldest)) == 601
    assert code_of(beginTime=local(oldest), endTime=local(oldest + 31 * DAY_MS + 1)) == 602
    assert asked(beginTime=local(NOW_MS), endTime=local(NOW_MS)).to_ms == NOW_MS
    assert code_of(beginTime=local(NOW_MS + 1), endTime=local(NOW_MS + 1)) == 603
    assert code_of(beginTime=local(NOW_MS), endTime=local(NOW_MS - 1)) == 604
    asked(endTime="2026-04-17 23:59:59.999")  # the rest of the day may be asked for


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


PAGE_SIZE_TEXT = "pageSize must be an integer from 1 to 1000"
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


@each_row(("code", "fields"), FAULTS)
def test_each_fault_has_its_code_and_its_text(code: int, fields: dict[str, Any]) -> None:
    fault = read(**fields)
    assert isinstance(fault, Fault)
    assert (fault.status, fault.code, fault.message) == (200, code, TEXTS.get(code, PAGE_SIZE_TEXT))


@each_row(("first", "second"), list(itertools.combinations(FAULTS, 2)))
def test_of_two_faults_the_lowest_code_answers(
    first: tuple[int, dict[str, Any]], second: tuple[int, dict[str, Any]]
) -> None:
    assert code_of(**(second[1] | first[1])) == first[0]


# -- the cursor -----------------------------------------------------------------------------------------------------


@given(st.integers(min_value=1, max_value=MAX_ID - 1))
def test_a_cursor_leads_back_to_its_place_and_shows_no_number(payout_id: int) -> None:
    cursor = cursor_at(payout_id)
    assert re.fullmatch(r"[A-Za-z0-9_-]{16}", cursor)
    assert place_of(cursor) == payout_id
    assert asked(pageIndex=cursor).after_id == payout_id


@given(st.text() | st.text(alphabet="ABCabc0123456789_-=", min_size=16, max_size=16))
def test_a_text_that_is_no_cursor_is_told(text: str) -> None:
    assert place_of(text) is None


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


def test_a_cursor_is_null_on_the_last_page() -> None:
    assert list_data(PayoutsListed((PAYOUT,), more=True), COUNTRIES["BR"]).pageIndex == cursor_at(PAYOUT.payout_id)
    assert list_data(PayoutsListed((PAYOUT,), more=False), COUNTRIES["BR"]).pageIndex is None
    assert list_data(PayoutsListed((), more=False), COUNTRIES["BR"]).records == []


# -- the rows -------------------------------------------------------------------------------------------------------


def row(payout: Payout, country: str = "BR") -> dict[str, Any]:
    made = record(payout, COUNTRIES[country])
    return {name: getattr(made, name) for name in made.__struct_fields__}


def test_a_row_has_the_documented_fields_in_the_order_of_the_example() -> None:
    assert list(row(PAYOUT).items()) == list(
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
    ("state", "returned", "moved", "reason"),
    [
        (State.IN_REVIEW, 0, "0.00", None),
        (State.RESERVED, 0, "0.00", None),
        (State.PROCESSING, 0, "0.00", None),
        (State.PAID, 0, "1000.01", None),
        (State.PAID, 1, "1000.01", "Return"),
        (State.PAID, 100_001, "1000.01", "Return"),
        (State.FAILED, 0, "0.00", "Others"),
        (State.CANCELLED, 0, "0.00", "Others"),
        (State.EXPIRED, 0, "0.00", "Others"),
    ],
)
def test_a_row_tells_what_was_moved_and_agrees_with_the_query(
    state: State, returned: int, moved: str, reason: str | None
) -> None:
    refund = (Return(1, "R1", returned, NOW_MS),) if returned else ()
    payout = replace(PAYOUT, state=state, returned_minor=returned, returns=refund)
    shown, queried = row(payout), query_data(payout, COUNTRIES["BR"])
    assert (shown["transactionAmount"], shown["failReason"]) == (moved, reason)
    for name in ("merchantOrderNo", "tradeNo", "amount", "serviceAmount", "status", "completeTime"):
        assert shown[name] == getattr(queried, name)
    assert shown["failReason"] == queried.errorMessage
