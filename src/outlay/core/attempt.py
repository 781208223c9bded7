"""An attempt at one rail, with its numbered sends and all that the rail said of it; and what must be known of a rail.

A *send* hands an attempt over once. It is fenced: its bytes leave within the rail's `send_within_ms` of the commit that
recorded it or not at all, and the call ends within the rail's timeout. So there is a moment, `final_ms`, from which on
a rail that says "not found" has said something: nothing of the send can still leave, and the rail has had its time to
know of it.

That moment is reckoned by a clock that may step. So it counts only for a process that has seen the clock go on without
a step for as long as the moment lies after its send (`calm_needed_ms`): then at least that time has really passed.

The trap: every `…_ms` that a judgement depends on is *real* time (the database's), never the installation's, which a
sandbox moves ahead by days in an instant. Only what is shown to people is the installation's.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from outlay.core.outcome import FailureReason

SEND_WITHIN_MS: Final = 5_000
ASK_AGAIN_MS: Final = 5_000
"""Of a rail that says nothing else of itself (see RailTerms)."""
CLOCKS_DIFFER_MS: Final = 1_000
"""Two processes that follow the database's clock agree at least so well."""
CLOCK_LOOKED_AT_MS: Final = 2_000
"""A process that has not looked at the database's clock for longer commits no send: its time may be another one."""
UNNUMBERED_MS: Final = 60_000
"""Of an attempt from before sends were numbered: its last send left no later after its beginning (30 s of lease, and a
call)."""


class AttemptState(StrEnum):
    BEGUN = "begun"
    """Committed before the rail was called: from here on the only next move is to ask."""
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    PAID = "paid"
    PAID_UNBOOKED = "paid_unbooked"
    """Paid, the rail says, and the books say otherwise: there is a case."""
    REFUSED = "refused"
    """Definitively dead: the rail said so."""
    NEVER_SUBMITTED = "never_submitted"
    """Definitively dead: two people said so, after the rail was asked."""


DEAD: Final = frozenset({AttemptState.REFUSED, AttemptState.NEVER_SUBMITTED})


class RailTerms(msgspec.Struct, frozen=True):
    """What a rail promises; all spans in milliseconds."""

    name: str
    refuses_duplicates: bool = False
    """Whether sending the same reference twice pays once, from the first one's arrival on, not only from when it can be
    asked about: only then may an attempt be sent again."""
    finality_ms: int = 0
    """How long after a request of ours can no longer be under way the rail may still say "not found" of it."""
    timeout_ms: int = 10_000
    """A call ends by then, whatever came of it."""
    send_within_ms: int = SEND_WITHIN_MS
    """So long after its commit a send may leave: by a clock that never steps, read again right before and after."""
    ask_again_ms: int = ASK_AGAIN_MS
    """Between two questions about one attempt, the shortest; two "not found" that count lie at least so far apart."""
    dedupe_ms: int | None = None
    """How long after the first send the rail refuses duplicates; None: for ever."""
    elsewhere: frozenset[FailureReason] = frozenset()
    """The closed list of definitive refusals that say that the money may go over another rail. A rail that has any must
    know what it refused when it is asked: after time was lost, "not found" means that nothing has gone on from it."""


class Send(msgspec.Struct, frozen=True, array_like=True):
    """`at_ms`: when it was committed, by the installation's clock; `real_ms`: by the real one. `final_ms`: from this
    real time on "not found" is evidence. `is_late`: its bytes left after the fence. `is_lost`: it stands for whatever
    left in a time that the database has lost, once or more often."""

    number: int
    at_ms: int
    real_ms: int
    final_ms: int
    is_late: bool = False
    is_lost: bool = False


def new_send(number: int, at_ms: int, real_ms: int, rail: RailTerms) -> Send:
    """`real_ms` was read before the commit, together with the steady clock that the fence goes by."""
    return Send(number, at_ms, real_ms, real_ms + rail.send_within_ms + final_after_ms(rail))


def times_of(send: Send) -> dict[str, str]:
    """What the fact of a send tells of it besides its number: only with these can it be told again."""
    return {"real_ms": str(send.real_ms), "final_ms": str(send.final_ms)}


def ask_again_ms(rail: RailTerms | None, name: str) -> int:
    """Of the rail of this name. `rail`: the terms that are at hand, which may be none, or another rail's."""
    return rail.ask_again_ms if rail is not None and rail.name == name else ASK_AGAIN_MS


def final_after_ms(rail: RailTerms) -> int:
    """How long after its bytes left a call can still be under way, or be unknown to the rail that will know it."""
    return rail.timeout_ms + CLOCKS_DIFFER_MS + rail.finality_ms


class Attempt(msgspec.Struct, frozen=True, array_like=True):
    """One try at one rail. `reference` is what the rail knows it by, derived from payout id and number."""

    number: int
    rail: str
    reference: str
    state: AttemptState
    begun_ms: int
    unknown_since_ms: int | None = None
    """When we first did not know; kept until an answer comes."""
    sends: tuple[Send, ...] = ()
    """None of an attempt from before sends were numbered; whatever left of it then counts as number 1."""
    rail_references: tuple[str, ...] = ()
    """What the rail has called it, the first name first. More than one is a contradiction."""
    not_found_ms: tuple[int, ...] = ()
    """The real times of the questions to which "not found" was evidence, since the last send."""
    asked_ms: int | None = None
    """The real time at which the last question since the last send was asked, answered or not, by a clock that could be
    trusted."""
    questions: int = 0
    refusals: str = ""
    """What was heard of refusals: reason and text, one a line, the first of each reason. Of a live attempt they may
    have been said of one send only."""
    is_contested: bool = False
    """Something was heard that contradicts what we know: only a person goes on from here."""

    @property
    def is_live(self) -> bool:
        """Whether we still wait to learn what became of it."""
        return self.state in (AttemptState.BEGUN, AttemptState.ACCEPTED, AttemptState.UNKNOWN)

    @property
    def is_silent(self) -> bool:
        """Whether the rail has never said anything of it but "not found"."""
        return self.state in (AttemptState.BEGUN, AttemptState.UNKNOWN) and not self.rail_references

    @property
    def is_numbered(self) -> bool:
        """Whether all its sends are known: else some left before sends were numbered."""
        return bool(self.sends) and self.sends[0].number == 1

    @property
    def is_sent_once(self) -> bool:
        return self.is_numbered and len(self.sends) == 1

    @property
    def is_fenced(self) -> bool:
        return self.is_numbered and not any(send.is_late for send in self.sends)

    @property
    def has_lost_sends(self) -> bool:
        return any(send.is_lost for send in self.sends)

    @property
    def first_sent_ms(self) -> int:
        """The real time from which its first send is counted: no part of it left before, and where it left late, none
        long before."""
        return self.sends[0].real_ms if self.is_numbered else self.begun_ms

    @property
    def final_ms(self) -> int:
        """The real time from which on what a rail says when asked is said of all sends."""
        latest_ms = max((send.final_ms for send in self.sends), default=0)
        return latest_ms or self.begun_ms + UNNUMBERED_MS

    @property
    def departures(self) -> int:
        """Grows with each send, and with each that is found to have left late: an answer to a question that was asked
        before says nothing of it."""
        return len(self.sends) + sum(send.is_late for send in self.sends)

    @property
    def calm_needed_ms(self) -> int:
        """For how long a clock must have gone on without a step for a question timed by it to be asked after
        `final_ms` in truth."""
        return calm_needed_ms(max((send.final_ms - send.real_ms for send in self.sends), default=UNNUMBERED_MS))


def calm_needed_ms(span_ms: int) -> int:
    """For a moment that lies so long after a send, whose own time may be by a clock that was last looked at shortly
    before it stepped."""
    return span_ms + CLOCK_LOOKED_AT_MS


def attempt_reference(payout_id: int, attempt_number: int) -> str:
    """What we call an attempt towards its rail: derived, so that a restored backup makes the same one."""
    return f"OUT{payout_id}A{attempt_number}"
