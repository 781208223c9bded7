"""`./run bench --counts` counts what is entered, each call once."""

from __future__ import annotations

import asyncio

from outlay.core.money import format_amount
from outlay.kit.javatext import java_sorted
from outlay.running.parts import Part
from tests.bench.counts import counting


def test_each_call_of_ours_counts_and_what_others_enter_does_not() -> None:
    with counting() as count:
        for minor in (1, 2, 3):
            format_amount(minor, 2)
        sorted([3, 1, 2], key=lambda number: -number)
    assert dict(count.entered) == {("/core/money.py", "format_amount"): 3}
    assert (count.calls, count.files) == (3, 1)


def test_files_are_counted_once_and_comprehensions_never() -> None:
    with counting() as count:
        java_sorted(["b", "a"])
        format_amount(1, 2)
    assert count.files == 2
    assert not [name for _, name in count.entered if "<" in name.rsplit(".", 1)[-1]]


async def test_a_coroutine_counts_once_however_often_it_goes_on() -> None:
    async def wait_often() -> None:
        for _ in range(100):
            await asyncio.sleep(0)

    part = Part("a part", wait_often)
    with counting() as count:
        part.start()
        for _ in range(10):
            await asyncio.sleep(0)
    assert count.entered["/running/parts.py", "Part._end_of_run"] == 1
    await part.stop()
