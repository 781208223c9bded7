"""Payouts about which a person must say something, made as they come to be: by events, through the use case."""

from __future__ import annotations

from typing import Final

from outlay.core.attempt import RailTerms
from outlay.core.events import BeginAttempt, Event, Heard, Park, Source
from outlay.core.outcome import Failure, FailureReason, NotFound, Outcome, Refused, Returned, Unknown
from outlay.core.payout import Payout
from outlay.core.refusal import No
from outlay.core.rulings import Ruling, Verdict
from outlay.service.engine.move_payout import move_payout
from outlay.service.operator.rule_payout import Ruled, rule_payout
from tests.support.world import World

AMOUNT: Final = 300
FEE: Final = 5
LONG_MS: Final = 60_000
"""After so long nothing of a send is on its way any more."""
NO: Final = Refused(Failure(FailureReason.OTHER, "no"))
FIRST: Final = RailTerms("sandbox", elsewhere=frozenset({FailureReason.RAIL_UNSTABLE}))


async def moved(world: World, payout: Payout, *events: Event) -> Payout:
    for event in events:
        told = await move_payout(world.runtime, payout.account_id, payout.payout_id, event)
        assert not isinstance(told, No), told.name
    return await world.payout(payout)


async def heard(
    world: World, payout: Payout, outcome: Outcome | NotFound | Returned, number: int = 1, **also: object
) -> Payout:
    return await moved(world, payout, Heard(number, outcome, **also))  # type: ignore[arg-type]


async def sent(world: World, payout: Payout) -> Payout:
    """Handed over, and nobody knows what became of it."""
    return await moved(world, payout, BeginAttempt(FIRST), Heard(1, Unknown("no answer"), Source.SEND))


async def asked(world: World, payout: Payout, number: int = 1) -> Payout:
    """The rail was asked when nothing could be on its way any more, and does not know it; a person must act."""
    world.clock.advance(LONG_MS)
    question = Heard(number, NotFound(), Source.ASK, "question 1", asked_ms=world.clock())
    return await moved(world, payout, question, Park(number, "the rail does not know it"))


async def says(world: World, payout: Payout, by: str, verdict: Verdict, **also: object) -> Ruled | No:
    return await rule_payout(world.runtime, payout, Ruling(verdict, **also), by, f"{by} has looked")  # type: ignore[arg-type]


async def both_say(world: World, payout: Payout, verdict: Verdict, **also: object) -> Payout:
    """Ana proposes, Bob says the same."""
    first = await says(world, payout, "Ana", verdict, **also)
    assert isinstance(first, Ruled), first
    assert not first.is_decided
    second = await says(world, payout, "Bob", verdict, **also)
    assert isinstance(second, Ruled), second
    assert second.is_decided
    return await world.payout(payout)
