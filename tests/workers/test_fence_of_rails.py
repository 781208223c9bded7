"""The rails that there are obey the fence: behind a closed one nothing leaves, and what left is told."""

from __future__ import annotations

import pytest

from outlay.core.events import BeginAttempt
from outlay.core.payout import INTERNAL_RAIL, Payout
from outlay.rails.internal import InternalRail
from outlay.rails.rail import NOT_SENT, Fence, Rail
from outlay.sandbox.bank import SandboxBank
from outlay.service.engine.move_payout import Moved, move_payout
from outlay.service.merchant.perform import perform
from tests.support.asks import caller_in, to_account
from tests.support.rails import INTERNAL_TERMS, SANDBOX_TERMS, open_fence
from tests.support.world import World

KINDS = ("sandbox", INTERNAL_RAIL, "to oneself")


async def begun_over(world: World, kind: str) -> tuple[Rail, Payout]:
    master = await world.account(fund=100)
    if kind == "sandbox":
        rail: Rail = SandboxBank(world.runtime, 1_000, SANDBOX_TERMS)
        payout = await world.order(master, 30)
    else:
        rail = InternalRail(world.runtime, INTERNAL_TERMS)
        taker = master if kind == "to oneself" else await world.account(parent_id=master)
        ordered = await perform(world.runtime, await caller_in(world, master), to_account(30, "r", taker))
        assert isinstance(ordered, Payout)
        payout = ordered
    begun = await move_payout(world.runtime, master, payout.payout_id, BeginAttempt(rail.terms))
    assert isinstance(begun, Moved)
    return rail, begun.payout


@pytest.mark.parametrize("kind", KINDS)
async def test_behind_a_closed_fence_nothing_leaves(world: World, kind: str) -> None:
    rail, payout = await begun_over(world, kind)
    closed = Fence(rail.terms, lambda: 10**9, 0)
    before = await world.books(payout.account_id)
    assert await rail.send(payout, payout.attempts[0], closed) is NOT_SENT
    assert closed.left_ms is None
    assert await world.books(payout.account_id) == before
    assert await world.count("bank_orders") == await world.count("transfers") == 0


@pytest.mark.parametrize("kind", KINDS)
async def test_what_left_through_an_open_fence_is_told(world: World, kind: str) -> None:
    rail, payout = await begun_over(world, kind)
    fence = open_fence()
    await rail.send(payout, payout.attempts[0], fence)
    assert fence.left_ms is not None
    assert await world.count("bank_orders") + await world.count("transfers") == 1
    world.books_are_wrong_on_purpose = True  # it was taken, and its worker has not said so yet
