"""What a replay makes of a payout: its fate, as facts alone tell it.

Older facts do not tell everything (from which clock a send was counted, who was the second of two people). Such a value
is Untold: it is compared with nothing, or with the few values that are possible, and it is counted.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from outlay.core.attempt import AttemptState
from outlay.core.ledger import Posting
from outlay.core.outcome import FailureReason
from outlay.core.progress import EarlyReturn, Return, Review, State
from outlay.core.rulings import Proposal


class Untold(msgspec.Struct, frozen=True):
    """What no fact tells. `may_be`: the values that are possible; none: any."""

    may_be: tuple[Any, ...] = ()


UNTOLD: Final = Untold()
FIRST_UNNUMBERED: Final = 0
"""Under this number stands the first send of an attempt whose fact tells no more of it."""


class Outline(msgspec.Struct, frozen=True):
    """Of an order what a replay needs. `is_within`: the payout went to its own account, which took it in the same
    commit."""

    account_id: UUID
    payout_id: int
    currency: str
    amount_minor: int
    fee_minor: int
    is_within: bool = False


class Handed(msgspec.Struct):
    """One send."""

    at_ms: int
    real_ms: int | Untold
    final_ms: int | Untold
    is_late: bool = False
    is_lost: bool = False
    """It stands for whatever left in a time that was lost."""


class Inquired(msgspec.Struct):
    """What was asked of the next attempt's reference, in this epoch, and told as evidence."""

    epoch: int
    not_found_ms: list[int]


class Tried(msgspec.Struct):
    """One attempt. `questions` and `asked_ms` are told by answers that were news: there were at least so many, and the
    last since the last send was asked no sooner."""

    number: int
    rail: str
    reference: str
    begun_ms: int
    sends: dict[int, Handed]
    state: AttemptState = AttemptState.BEGUN
    unknown_since_ms: int | None = None
    rail_references: list[str] = []
    not_found_ms: list[int | Untold] = []
    refusals: list[str] = []
    is_contested: bool | Untold = False
    questions: int = 0
    asked_ms: int = 0
    question: tuple[str, str] = ("", "")
    """By what the last one is known again."""
    are_names_told: bool = True

    @property
    def is_live(self) -> bool:
        return self.state in (AttemptState.BEGUN, AttemptState.ACCEPTED, AttemptState.UNKNOWN)


class Opened(msgspec.Struct):
    """One case."""

    number: int
    kind: str | Untold
    attempt_number: int | Untold | None
    what: str | Untold
    since_ms: int | Untold
    fact_number: int | Untold
    closed_ms: int | None = None
    closed_by: list[str] | Untold = []
    note: str = ""
    remedy: str | None = None


class BookMoved(msgspec.Struct, frozen=True):
    """A posting, and the fact that it belongs to."""

    fact_number: int
    line: int
    posting: Posting
    at_ms: int


class Fate(msgspec.Struct):
    """What became of a payout. `impossible`: facts that cannot follow those before them."""

    outline: Outline
    reference: str = ""
    ordered_by: str = ""
    created_ms: int = 0
    state: State | Untold = UNTOLD
    review: Review | Untold = UNTOLD
    rail: str | Untold = UNTOLD
    rail_reference: str | None = None
    receipt_url: str | None = None
    failure_reason: FailureReason | None = None
    failure_text: str | None = None
    completed_ms: int | None = None
    returned_minor: int = 0
    fact_count: int = 0
    epoch: int = 1
    inquired: Inquired | None = None
    attempts: dict[int, Tried] = {}
    returns: list[Return] = []
    cases: dict[int, Opened] = {}
    early: list[EarlyReturn] = []
    proposal: Proposal | None = None
    moved: list[BookMoved] = []
    impossible: list[str] = []

    @property
    def live(self) -> Tried | None:
        return next((tried for tried in self.attempts.values() if tried.is_live), None)

    @property
    def payer(self) -> Tried | None:
        return next((tried for tried in self.attempts.values() if tried.state is AttemptState.PAID), None)

    @property
    def asked_about(self) -> Tried | None:
        """The attempt of which people still want to hear."""
        if (live := self.live) is not None or self.state is not State.PROCESSING:
            return live
        return next((tried for tried in self.attempts.values() if tried.is_contested is True), None)
