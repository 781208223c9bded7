"""One deadline for all that waits within it."""

from __future__ import annotations

import asyncio

import pytest

from outlay.store.patience import left_s, patience

pytestmark = pytest.mark.virtual_time

LONG_S = 100.0


async def test_without_a_deadline_whoever_waits_has_what_they_ask_for() -> None:
    assert left_s(LONG_S) == LONG_S


async def test_what_waits_within_has_what_is_left_and_no_more_than_it_asks_for() -> None:
    with patience(LONG_S):
        await asyncio.sleep(20.0)
        assert left_s(1.0) == 1.0
        assert left_s(2 * LONG_S) == LONG_S - 20.0
    assert left_s(2 * LONG_S) == 2 * LONG_S


async def test_a_deadline_within_another_never_makes_it_later() -> None:
    with patience(1.0), patience(LONG_S):
        assert left_s(LONG_S) == 1.0


async def test_when_it_is_over_nothing_is_left() -> None:
    with patience(1.0):
        await asyncio.sleep(1.0)
        assert left_s(LONG_S) == 0.0
