"""What a rail can tell of an attempt, in whatever order it comes."""

from __future__ import annotations

from outlay.core.events import Heard, Source
from outlay.core.outcome import Accepted, NotFound, Paid, Returned, Unknown
from tests.core.payout_stories import AMOUNT, RAIL, RAILS, at

RECEIPT = "https://rail.example/CH-1"

TOLD: dict[str, Accepted | Paid | Unknown | NotFound | Returned] = {
    "accepted": Accepted("CH-1"),
    "accepted, nameless": Accepted(""),
    "paid": Paid("CH-1"),
    "paid, nameless, with a receipt": Paid("", RECEIPT),
    "return A": Returned("A", 60),
    "return B": Returned("B", 40),
    "unknown": Unknown("reset"),
    "not found": NotFound(),
}


def heard(outcome: object, source: Source, ms: int) -> Heard:
    asked_ms = at(ms) if source in (Source.ASK, Source.STATEMENT) else None
    return Heard(1, outcome, source, "e", AMOUNT, "BRL", asked_ms, RAIL, RAILS)  # type: ignore[arg-type]
