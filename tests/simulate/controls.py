"""The rules of sending, each taken out of the real code at a named place: then the simulation must see harm.

A control wraps a function of the real module for the length of a run, and leaves everything else as it is. One that is
not noticed would say that the simulation looks away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from msgspec.structs import replace

from outlay.core import hearing, life, schedule
from outlay.core.attempt import ASK_AGAIN_MS, Attempt, RailTerms
from outlay.core.events import BeginAttempt, Heard, Source
from outlay.core.outcome import Failure, FailureReason, Refused, Unknown
from outlay.core.refusal import No
from outlay.rails import rail as rails
from outlay.service.engine.move_payout import Moved
from outlay.workers import ask, send, steps
from tests.simulate import weather

Original = Callable[..., Any]


@dataclass(frozen=True)
class Control:
    """`places`: the object, the name in it, and what takes the place of the original that it is given."""

    name: str
    rule: str
    places: Sequence[tuple[Any, str, Callable[[Original], Any]]]


def _send_before_commit(_original: Original) -> Any:
    async def begin(self: Any, taken: Any) -> Any:
        payout = taken.payout
        rail, runtime = self._steps.rails[payout.rail], self._runtime
        began_ms = runtime.steady_ms()
        event = BeginAttempt(rail.terms, runtime.real_ms())
        decided = life.step(payout, event, runtime.now_ms())
        if isinstance(decided, No):
            return None
        attempt = decided.payout.attempts[-1]
        fence = rails.Fence(rail.terms, runtime.steady_ms, began_ms)
        outcome = await steps.within(rail.terms, rail.send(decided.payout, attempt, fence))
        begun = await self._steps.move(payout, event)
        if not isinstance(begun, Moved):
            return begun
        last = begun.payout.attempts[-1]
        await self._steps.hear(rail, begun.payout, last, outcome, Source.SEND, "send 1")
        return None

    return begin


def _new_reference(original: Original) -> Any:
    async def hand_over(self: Any, rail: Any, payout: Any, fence: Any) -> None:
        attempt = payout.attempts[-1]
        other = replace(attempt, reference=f"{attempt.reference}S{attempt.sends[-1].number}")
        await original(self, rail, hearing.with_attempt(payout, other), fence)

    return hand_over


def _always_open(_original: Original) -> Any:
    return lambda _self: True


def _never_crossed(_original: Original) -> Any:
    return property(lambda _self: False)


def _timeout_is_refused(original: Original) -> Any:
    async def within(terms: RailTerms, call: Any) -> Any:
        outcome = await original(terms, call)
        if isinstance(outcome, Unknown) and outcome.why.startswith("no answer"):
            return Refused(Failure(FailureReason.OTHER, outcome.why))
        return outcome

    return within


def _not_found_once(original: Original) -> Any:
    def not_found(payout: Any, attempt: Attempt, event: Heard, now_ms: int) -> Any:
        asked_ms = max(attempt.final_ms, event.asked_ms or 0)
        once = original(payout, attempt, replace(event, asked_ms=asked_ms), now_ms)
        counted = next(each for each in once.payout.attempts if each.number == attempt.number)
        if len(counted.not_found_ms) != 1 or not once.entries:
            return once
        twice = replace(counted, not_found_ms=(asked_ms, asked_ms + ASK_AGAIN_MS))
        return replace(once, payout=hearing.with_attempt(once.payout, twice))

    return not_found


def _send_again_anywhere(original: Original) -> Any:
    def why_not(payout: Any, attempt: Attempt, rail: RailTerms, now_ms: int, real_ms: int) -> str | None:
        everywhere = replace(rail, refuses_duplicates=True, dedupe_ms=None)
        said: str | None = original(payout, attempt, everywhere, now_ms, real_ms)
        return said

    return why_not


def _believe_any_refusal(_original: Original) -> Any:
    return lambda attempt, _event: not attempt.is_contested


def _failover_after_unknown(original: Original) -> Any:
    def unknown(payout: Any, attempt: Attempt, outcome: Unknown, event: Heard, now_ms: int) -> Any:
        if event.rail is None or not attempt.is_live or not event.rail.elsewhere:
            return original(payout, attempt, outcome, event, now_ms)
        reason = min(event.rail.elsewhere)
        return hearing._believe_refused(payout, attempt, Failure(reason, outcome.why), event, now_ms)

    return unknown


def _however_often_sent(original: Original) -> Any:
    def next_rail(payout: Any, attempt: Attempt, failure: Failure, event: Heard) -> Any:
        first = replace(attempt.sends[0], is_late=False)
        return original(payout, replace(attempt, sends=(first,)), failure, event)

    return next_rail


def _none(_original: Original) -> Any:
    return 0.0


def _never_stale(_original: Original) -> Any:
    return lambda _payout, _epoch: False


def _any_clock(original: Original) -> Any:
    async def hear(self: Any, *heard: Any) -> Any:
        return await original(self, *heard[:7], None)

    return hear


ANY_CLOCK: Any = (steps.Steps, "hear", _any_clock)
BY_ANY_CLOCK: Any = (ANY_CLOCK, (weather, "LATE_DUPLICATES", _none))
"""What a clock that steps may say counts at once: where rails see duplicates at once, the rules after it still prevent
nearly all harm, and so it is seen what they are good for."""

CONTROLS: Sequence[Control] = (
    Control(
        "send-before-commit",
        "1: an attempt is committed before the rail is called",
        ((send.Sending, "begin", _send_before_commit),),
    ),
    Control(
        "new-reference",
        "1: its reference is derived from the payout and the attempt",
        ((send.Sending, "_hand_over", _new_reference),),
    ),
    Control(
        "no-fence",
        "2: a send leaves within its time, or it is known that it left late",
        ((rails.Fence, "is_open", _always_open), (rails.Fence, "was_crossed", _never_crossed)),
    ),
    Control(
        "timeout-is-refused",
        "3: what is no definitive answer is unknown",
        ((send, "within", _timeout_is_refused), (ask, "within", _timeout_is_refused)),
    ),
    Control(
        "not-found-once",
        '4: "not found" is evidence only after the last moment of every send, twice, apart',
        ((hearing, "_not_found", _not_found_once),),
    ),
    Control(
        "any-clock",
        "4: and only where the clock that says so has not stepped since",
        (ANY_CLOCK,),
    ),
    Control(
        "send-again-anywhere",
        "5: sent again only where the rail refuses duplicates, and its window is open",
        ((life, "why_not_send_again", _send_again_anywhere), (schedule, "why_not_send_again", _send_again_anywhere)),
    ),
    Control(
        "believe-any-refusal",
        "5: after a second send a refusal in answer to a send only means: ask",
        ((hearing, "_is_definitive", _believe_any_refusal), *BY_ANY_CLOCK),
    ),
    Control(
        "failover-after-unknown",
        "6: another rail only after a definitive refusal",
        ((hearing, "_unknown", _failover_after_unknown),),
    ),
    Control(
        "failover-after-two-sends",
        "6: and only of an attempt with exactly one fenced send",
        ((hearing, "_next_rail", _however_often_sent), *BY_ANY_CLOCK),
    ),
    Control(
        "never-asked-first",
        "7: what is older than a loss of time is asked about before anything is sent",
        ((life, "is_stale", _never_stale),),
    ),
)
BY_NAME = {control.name: control for control in CONTROLS}


@contextmanager
def without(name: str | None) -> Iterator[None]:
    """Without the rule of this control; None: with all rules."""
    with ExitStack() as stack:
        for place, attribute, make in BY_NAME[name].places if name is not None else ():
            original = place.__dict__[attribute]
            stack.enter_context(patch.object(place, attribute, make(original)))
        yield
