"""Every dialect folder keeps every promise; and each promise notices when it is broken."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from outlay.dialects import all_dialects
from tests.apis.desk import Desk
from tests.apis.exercise import PROMISES, Promise
from tests.apis.found import all_names, documented_of
from tests.apis.ordering import an_order_is_the_same_there_and_back
from tests.apis.planted import FAULTS, keeps_another_order
from tests.support.world import World

BEFORE = {"good_calls", "order", "key_for"}
"""What a promise does first, to have something to be tried on."""


def test_each_promise_has_its_control() -> None:
    assert tuple(FAULTS) == PROMISES


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
@pytest.mark.parametrize("name", all_names())
async def test_a_dialect_keeps_its_promise(plain_world: World, tmp_path: Path, name: str, promise: Promise) -> None:
    documented = documented_of(name)
    async with Desk(plain_world, all_dialects()[name], documented, tmp_path, is_true=True) as desk:
        await promise(desk)


@pytest.mark.slow
@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
@pytest.mark.parametrize("name", all_names())
async def test_a_dialect_that_breaks_a_promise_is_noticed(
    plain_world: World, tmp_path: Path, name: str, promise: Promise
) -> None:
    documented = documented_of(name)
    dialect, said = FAULTS[promise](all_dialects()[name], documented)
    with pytest.raises(AssertionError) as noticed:
        async with Desk(plain_world, dialect, said, tmp_path) as desk:
            await promise(desk)
    passed = {frame.name for frame in traceback.extract_tb(noticed.tb)}
    assert not passed & BEFORE or "see_hidden" in passed, "it was noticed by chance, before the promise was tried"


@pytest.mark.slow
@pytest.mark.parametrize("name", all_names())
async def test_an_order_that_is_stored_as_another_one_is_noticed(plain_world: World, tmp_path: Path, name: str) -> None:
    dialect, said = keeps_another_order(all_dialects()[name], documented_of(name))
    with pytest.raises(AssertionError):
        async with Desk(plain_world, dialect, said, tmp_path) as desk:
            await an_order_is_the_same_there_and_back(desk)
