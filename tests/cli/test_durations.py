"""Spans of time: what people write is read exactly, and what is shown can be written again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.present.durations import duration_from, exact_text, span_text
from tests.support.rows import each_row

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("text", "span_ms"),
    [
        ("3d", 3 * DAY),
        ("36h", 36 * HOUR),
        ("90m", 90 * MINUTE),
        ("45s", 45 * SECOND),
        ("1d12h", 36 * HOUR),
        ("1d2h3m4s", DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND),
        ("0d1s", SECOND),
    ],
)
def test_a_span_is_read(text: str, span_ms: int) -> None:
    assert duration_from(text) == span_ms


@each_row(
    "text",
    ["", "0s", "0d0h", "3", "d", "-1d", "1.5h", "1 d", "1D", "1w", "12h1d", "1d1d", "３d", "3d\n", "1" * 10 + "d"],
)
def test_what_is_no_span_is_none(text: str) -> None:
    assert duration_from(text) is None


@given(st.integers(1, 10**10))
def test_what_is_shown_exactly_can_be_written_again(seconds: int) -> None:
    assert duration_from(exact_text(seconds * SECOND)) == seconds * SECOND


@pytest.mark.parametrize(
    ("span_ms", "shown"),
    [(0, "0 s"), (999, "0 s"), (61_000, "1 min 1 s"), (HOUR, "1 h"), (3 * DAY + 5, "3 d"), (DAY + 62_000, "1 d 1 min")],
)
def test_a_span_is_shown_by_its_two_largest_parts(span_ms: int, shown: str) -> None:
    assert span_text(span_ms) == shown
