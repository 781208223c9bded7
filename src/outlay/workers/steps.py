"""What the steps with a payout have in common, whatever their kind: the turn to call a rail, the clocks, the call that
ends in time, and the commit of what came of it. What follows from a step is returned (`Next`), so that no step begins
another one.

Leaves to others: what is sent (send), what is asked (ask), and which step is the next (payouts).

The trap: between any two lines of a step hours may pass, and another process may have worked on the payout meanwhile.
So nothing is decided here by the payout as it was taken: each event is judged by the core, under the account's lock,
and the clocks that an event goes with are read before its commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Final, Protocol, TypeAlias
from uuid import UUID

import msgspec

from outlay.core.attempt import CLOCK_LOOKED_AT_MS, Attempt, RailTerms
from outlay.core.events import Event, Expire, Heard, Park, Source
from outlay.core.outcome import NotFound, Outcome, Unknown
from outlay.core.payout import Payout
from outlay.core.refusal import No, Objection
from outlay.core.work import Due, Work, due
from outlay.rails.rail import Rail, Rails
from outlay.running.log import get_log
from outlay.running.moments import Moment, reached
from outlay.service.engine.move_payout import Moved, move_payout
from outlay.service.runtime import Runtime
from outlay.store.database import Unavailable
from outlay.store.references import RailReference
from outlay.workers.places import Rate

MOMENTS: Final = frozenset({Moment.PARKING, Moment.PARKED, Moment.EXPIRED})

_log = get_log("outlay.steps")


class Notebook(Protocol):
    """What is written of payouts that were taken (store.work)."""

    async def note_references(self, rows: Sequence[RailReference]) -> Sequence[RailReference]: ...
    async def put_off(self, account_id: UUID, payout_id: int, due: Due) -> None: ...


class AskFirst(msgspec.Struct, frozen=True):
    """The core refused a step, because the database has lost time: before anything else the rail is asked."""

    payout: Payout


class SendOnceMore(msgspec.Struct, frozen=True):
    """The same reference may be sent to the same rail once more, by all that is known: the core has the last word."""

    rail: Rail
    payout: Payout
    attempt: Attempt


Next: TypeAlias = AskFirst | SendOnceMore | None
"""What is to be done with a payout at once, after a step; None: nothing, its next due time is committed."""


class Steps:
    """`rates`: of the rails whose calls are counted, by name."""

    def __init__(self, runtime: Runtime, rails: Rails, work: Notebook, rates: Mapping[str, Rate]) -> None:
        self.runtime = runtime
        self.rails = rails
        self._work = work
        self._rates = rates

    async def turn(self, rail: Rail, work: Work) -> None:
        """To call it once; before anything is committed that counts on the call."""
        rate = self._rates.get(rail.terms.name)
        if rate is not None:
            await rate.turn(work)

    async def clocks(self) -> tuple[int, int] | None:
        """The steady time, and the real one at the latest, by a clock that was looked at shortly before: after a pause
        it may have stepped. None where it cannot be looked at: then the payout is put off."""
        following = self.runtime.following
        for _ in range(2):
            steady_ms, real_ms = self.runtime.steady_ms(), self.runtime.real_ms() + following.behind_ms()
            if following.looked_ago_ms() <= CLOCK_LOOKED_AT_MS:
                return steady_ms, real_ms
            await following.confirmed_calm_ms(steady_ms)
        return None

    async def move(self, payout: Payout, event: Event) -> Moved | AskFirst | None:
        """None where the core refuses: somebody was faster."""
        if isinstance(event, Park):
            reached(Moment.PARKING, payout.payout_id)
        moved = await move_payout(self.runtime, payout.account_id, payout.payout_id, event)
        if isinstance(event, Park | Expire):
            reached(Moment.PARKED if isinstance(event, Park) else Moment.EXPIRED, payout.payout_id)
        if isinstance(moved, No):
            name = type(event).__name__
            _log.info("too late", payout_id=payout.payout_id, move=name, refusal=moved.name)
            return AskFirst(payout) if moved is Objection.NOT_ASKED_ABOUT else None
        return moved

    async def end_with(self, payout: Payout, event: Event) -> AskFirst | None:
        """A move after which nothing is left to be done, where the core allows it."""
        moved = await self.move(payout, event)
        return moved if isinstance(moved, AskFirst) else None

    async def hear(
        self,
        rail: Rail,
        payout: Payout,
        attempt: Attempt,
        outcome: Outcome | NotFound,
        source: Source,
        evidence: str,
        asked_ms: int | None = None,
        calm_ms: int | None = None,
    ) -> Moved | None:
        """What a rail has said, with all that the core needs to judge it: what this process knew of the attempt, and
        how far its clock is to be trusted. It hears this also of what it wants to be asked about first."""
        inquiry = payout.pending.inquiry
        heard = Heard(
            attempt.number,
            outcome,
            source,
            evidence,
            asked_ms=asked_ms,
            rail=rail.terms,
            calm_ms=calm_ms,
            departures=attempt.departures,
            inquiry_epoch=inquiry.epoch if inquiry is not None else 0,
        )
        moved = await self.move(payout, heard)
        return moved if isinstance(moved, Moved) else None

    async def set_aside(self, payout: Payout, attempt_number: int | None, why: str) -> None:
        """Until a person, or a later look, finds it otherwise."""
        parked = await self.move(payout, Park(attempt_number, why, is_unaskable=True))
        await self.put_off(parked.payout if isinstance(parked, Moved) else payout)

    async def put_off(self, payout: Payout) -> None:
        later = due(payout, self.runtime.now_ms(), self.runtime.real_ms())
        if later is not None:
            await self._work.put_off(payout.account_id, payout.payout_id, later)


def no_rail(name: str) -> str:
    """Why a payout waits for a person; the same words each time."""
    return f"no rail here is called {name}"


async def within(terms: RailTerms, call: Awaitable[Outcome | NotFound]) -> Outcome | NotFound:
    """A call ends within the rail's timeout, whatever comes of it. What is no answer of the rail's is Unknown, never a
    refusal: the request may have arrived all the same."""
    try:
        async with asyncio.timeout(terms.timeout_ms / 1_000):
            return await call
    except TimeoutError:
        return Unknown(f"no answer within {terms.timeout_ms / 1_000:g} s")
    except Unavailable:
        raise
    except Exception as error:  # a fault of the rail's own code tells nothing of the other side
        _log.error("a rail's fault", rail=terms.name, error=repr(error))
        return Unknown("a fault of the rail's own code")
