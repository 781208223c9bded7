"""What can happen to a payout after it was ordered: what people, workers, the clock and rails bring."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from outlay.core.attempt import RailTerms
from outlay.core.cases import CaseKind
from outlay.core.outcome import NotFound, Outcome, Returned
from outlay.core.rulings import Ruling


class Approve(msgspec.Struct, frozen=True):
    by: str
    text: str = ""


class Reject(msgspec.Struct, frozen=True):
    by: str
    text: str


class Cancel(msgspec.Struct, frozen=True):
    by: str
    text: str = ""


class Expire(msgspec.Struct, frozen=True):
    pass


class BeginAttempt(msgspec.Struct, frozen=True):
    """Make the next attempt with its first send. `real_ms`: the real time, read together with the steady clock that the
    fence goes by; None: the time of the event."""

    rail: RailTerms | None = None
    real_ms: int | None = None


class SendAgain(msgspec.Struct, frozen=True):
    """Record one more send of an attempt: granted only under the conditions of `schedule.may_send_again`."""

    attempt_number: int
    rail: RailTerms
    real_ms: int


class SentLate(msgspec.Struct, frozen=True):
    """The bytes of a send left after its fence, and before the real time `real_ms`."""

    attempt_number: int
    send_number: int
    rail: RailTerms
    real_ms: int


class Park(msgspec.Struct, frozen=True):
    """Asking alone will not settle it. `attempt_number`: None of a payout that could not be sent at all. `kind`: one of
    `cases.PARKING`. `is_unaskable`: nobody here can ask, so it is said even of what should be asked about first."""

    attempt_number: int | None
    why: str
    kind: CaseKind = CaseKind.PARKED
    is_unaskable: bool = False


class Rule(msgspec.Struct, frozen=True):
    """A person says what has become of the money: a proposal, or the second voice for one. `real_ms`: the real time.
    `discredited`: whose proposal no longer counts, because they were disabled since, or given another key."""

    ruling: Ruling
    by: str
    note: str
    real_ms: int
    discredited: str = ""


class Source(StrEnum):
    """By which way something was heard."""

    SEND = "send"
    """In answer to a send."""
    ASK = "ask"
    CALLBACK = "callback"
    STATEMENT = "statement"
    PERSON = "person"


class Heard(msgspec.Struct, frozen=True):
    """Whatever a rail says of an attempt, by whatever way. It always leaves a fact, or repeats one.

    `evidence`: what the message can be found again by. `amount_minor` and `currency`: what the rail says it is about,
    where it says so. `asked_ms`: of a question, the real time at which it was asked. `rail` and `rails`: what the
    attempt's rail promises, and all rails that this payout may take, in order: without them no other is chosen. Whoever
    hears it need not know the second (see service.engine.move_payout).

    Of whoever asked, each None where it is taken for granted: `calm_ms`: for how long the clock that `asked_ms` was
    read from had gone on without a step until then. `departures`: those of the attempt that it knew of (see Attempt).
    `inquiry_epoch`: of the next attempt, in which epoch it was known to be asked about, 0 in none."""

    attempt_number: int
    outcome: Outcome | NotFound | Returned
    source: Source = Source.CALLBACK
    evidence: str = ""
    amount_minor: int | None = None
    currency: str | None = None
    asked_ms: int | None = None
    rail: RailTerms | None = None
    rails: tuple[str, ...] = ()
    calm_ms: int | None = None
    departures: int | None = None
    inquiry_epoch: int | None = None

    def is_calm_for(self, span_ms: int) -> bool:
        """Whether the clock that `asked_ms` was read from had gone on without a step for so long."""
        return self.calm_ms is None or self.calm_ms >= span_ms


Event = Approve | Reject | Cancel | Expire | BeginAttempt | SendAgain | SentLate | Park | Rule | Heard
