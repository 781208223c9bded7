"""Over which rails the payouts of an account go: those that its row names, in order, as they stand when something is
heard; and only after a refusal that lets them."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import pytest

from outlay.core.account import Account
from outlay.core.attempt import RailTerms
from outlay.core.events import BeginAttempt, Event, Heard, Source
from outlay.core.outcome import Failure, FailureReason, Refused, Unknown
from outlay.core.payout import INTERNAL_RAIL, Payout
from outlay.core.progress import State
from outlay.core.rail import NotTheseRails, RailFault, RailShown
from outlay.core.refusal import Refusal
from outlay.service.engine.move_payout import Moved, move_payout
from outlay.service.merchant.perform import perform
from outlay.service.operator.rails import (
    list_rails,
    set_rails,
    show_rail,
)
from outlay.store.rails import read_rails as rails_by_name
from tests.support.asks import caller_in, to_account
from tests.support.rails import CountingRail, submitter_of
from tests.support.world import World

UNSTABLE: Final = Refused(Failure(FailureReason.RAIL_UNSTABLE, "try another"))


async def account_with(world: World, *names: str) -> UUID:
    account_id = await world.account(fund=100)
    await know(world, *names)
    found = await set_rails(world.runtime, account_id, names)
    assert isinstance(found, Account)
    assert found.rails == names
    return account_id


async def know(world: World, *names: str) -> None:
    for name in names:
        await world.admin.execute("insert into rails (name, kind) values ($1, 'sandbox') on conflict do nothing", name)


async def terms_of(world: World, name: str) -> RailTerms:
    return (await rails_by_name(world.runtime.database))[name].terms


async def moved(world: World, payout: Payout, *events: Event) -> Payout:
    for event in events:
        now = await move_payout(world.runtime, payout.account_id, payout.payout_id, event)
        assert isinstance(now, Moved), (event, now)
        payout = now.payout
    return payout


async def heard_at(world: World, payout: Payout, outcome: Any, **also: Any) -> Payout:
    """In answer to the first send over the payout's rail, whose terms are those of its row."""
    terms = await terms_of(world, payout.rail)
    return await moved(
        world, payout, BeginAttempt(terms, world.clock()), Heard(1, outcome, Source.SEND, "send 1", rail=terms, **also)
    )


async def test_by_the_list_of_another_rail_than_it_was_heard_of_nothing_goes_on(world: World) -> None:
    """One bank may tell for several rails, under terms that are not all of theirs."""
    payout = await world.order(await account_with(world, "north", "sandbox"), 30)
    begun = BeginAttempt(await terms_of(world, "north"), world.clock())
    others = await terms_of(world, "sandbox")
    assert FailureReason.RAIL_UNSTABLE in others.elsewhere
    payout = await moved(world, payout, begun, Heard(1, UNSTABLE, Source.CALLBACK, "message 1", rail=others))
    assert payout.state is State.FAILED


async def test_a_rail_without_a_closed_list_is_the_last_one(world: World) -> None:
    payout = await heard_at(world, await world.order(await account_with(world, "north", "sandbox"), 30), UNSTABLE)
    assert (payout.state, payout.rail) == (State.FAILED, "north")


async def test_the_rails_are_those_of_the_moment_at_which_it_is_heard(world: World) -> None:
    account_id = await account_with(world, "sandbox", "north")
    first, second = await world.order(account_id, 30), await world.order(account_id, 30)
    await know(world, "west")
    await set_rails(world.runtime, account_id, ["west", "sandbox", "north"])
    assert (await heard_at(world, first, UNSTABLE)).rail == "west"
    await set_rails(world.runtime, account_id, ["sandbox"])
    assert (await heard_at(world, second, UNSTABLE)).state is State.FAILED
    assert (await world.order(account_id, 30)).rail == "sandbox"


async def test_what_goes_to_an_account_here_goes_over_nothing_else(world: World) -> None:
    master = await account_with(world, "sandbox", "north")
    await world.admin.execute("insert into rail_refusals values ('internal', 'rail_unstable')")
    taker = await world.account(parent_id=master)
    ordered = await perform(world.runtime, await caller_in(world, master), to_account(30, "r", taker))
    assert isinstance(ordered, Payout)
    assert ordered.rail == INTERNAL_RAIL
    payout = await heard_at(world, ordered, UNSTABLE)
    assert (payout.state, payout.rail) == (State.FAILED, INTERNAL_RAIL)


async def test_a_worker_takes_a_payout_over_all_rails_of_its_account_in_their_order(world: World) -> None:
    account_id = await account_with(world, "sandbox", "north", "west")
    elsewhere = frozenset({FailureReason.RAIL_UNSTABLE})
    rails = {name: CountingRail(elsewhere=elsewhere) for name in ("west", "north", "sandbox")}
    for name, rail in rails.items():
        rail.terms = RailTerms(name, elsewhere=elsewhere)
        rail.moves, rail.say_to_submit = lambda _payout: False, lambda _payout: UNSTABLE
    payout = await world.order(account_id, 30)
    submitter = submitter_of(world.runtime, rails)
    while await submitter.run_due():
        pass
    now = await world.payout(payout)
    assert [attempt.rail for attempt in now.attempts] == ["sandbox", "north", "west"]
    assert now.state is State.FAILED
    assert all(len(rail.submitted) == 1 for rail in rails.values())


async def test_a_payout_is_asked_about_again_when_its_rail_may_be_asked(world: World) -> None:
    account_id = await account_with(world, "sandbox")
    await world.admin.execute("update rails set ask_again_ms = 600000, send_within_ms = 40000 where name = 'sandbox'")
    payout = await heard_at(world, await world.order(account_id, 30), Unknown("timeout"))
    due_ms = "select due_ms from work where payout_id = $1"
    assert payout.attempts[0].final_ms == world.clock() + 51_000
    assert await world.admin.fetchval(due_ms, payout.payout_id) == world.clock() + 51_000
    world.clock.advance(51_000)
    terms = await terms_of(world, "sandbox")
    asked = Heard(1, Unknown("busy"), Source.ASK, "question 1", asked_ms=world.clock(), rail=terms)
    await moved(world, payout, asked)
    assert await world.admin.fetchval(due_ms, payout.payout_id) >= world.clock() + 600_000


@pytest.mark.parametrize(
    ("names", "fault", "named"),
    [
        ([], RailFault.NONE, ()),
        (["sandbox", "nowhere", "Sandbox"], RailFault.UNKNOWN, ("nowhere", "Sandbox")),
        (["sandbox", "internal"], RailFault.INTERNAL, ("internal",)),
        (["internal", "nowhere"], RailFault.INTERNAL, ("internal",)),
        (["sandbox", "north", "sandbox"], RailFault.REPEATED, ("sandbox",)),
    ],
)
async def test_rails_that_an_account_cannot_have_are_refused_and_change_nothing(
    plain_world: World, names: list[str], fault: RailFault, named: tuple[str, ...]
) -> None:
    account_id = await account_with(plain_world, "north", "sandbox")
    refused = await set_rails(plain_world.runtime, account_id, names)
    assert refused == NotTheseRails(fault, named, ("north", "sandbox"))
    row = await plain_world.admin.fetchrow("select rail, other_rails from accounts where account_id = $1", account_id)
    assert tuple(row) == ("north", ["sandbox"])


async def test_an_account_that_does_not_exist_has_no_rails(plain_world: World) -> None:
    assert await set_rails(plain_world.runtime, UUID(int=1), ["sandbox"]) is Refusal.ACCOUNT_NOT_FOUND


async def test_a_rail_is_shown_with_the_number_of_accounts_that_may_use_it(plain_world: World) -> None:
    await account_with(plain_world, "sandbox", "north")
    await account_with(plain_world, "north")
    known = await rails_by_name(plain_world.runtime.database)
    assert [each.name for each in await list_rails(plain_world.runtime)] == ["internal", "north", "sandbox"]
    assert await show_rail(plain_world.runtime, "north") == RailShown(known["north"], 2)
    assert await show_rail(plain_world.runtime, "sandbox") == RailShown(known["sandbox"], 1)
    unknown = NotTheseRails(RailFault.UNKNOWN, ("x",), ("internal", "north", "sandbox"))
    assert await show_rail(plain_world.runtime, "x") == unknown
