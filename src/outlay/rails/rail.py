"""What a rail must offer, so that the workers need not know which one it is.

A rail never raises for what happened at the other side: everything that is not a definitive answer is `Unknown`.

The trap: a rail's `send` may be reached long after it was called, in a process that was paused. So it asks the fence
right before anything leaves, and tells it right after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from outlay.core.attempt import Attempt, RailTerms
from outlay.core.outcome import NotFound, Outcome, Unknown
from outlay.core.payout import Payout

NOT_SENT = Unknown("it was not sent: its time to leave was over")


class Fence:
    """Whether one numbered send may still leave. `terms`: those that it was committed with. `began_ms` is a reading of
    `steady_ms`, a clock that never steps, from before the send was committed."""

    def __init__(self, terms: RailTerms, steady_ms: Callable[[], int], began_ms: int) -> None:
        self._terms = terms
        self._steady_ms = steady_ms
        self._until_ms = began_ms + terms.send_within_ms
        self._was_open = False
        self.left_ms: int | None = None
        """When the bytes had left at the latest, by the steady clock; None where nothing left."""

    def is_open(self) -> bool:
        """Asked right before anything leaves."""
        is_open = self._steady_ms() < self._until_ms
        self._was_open |= is_open
        return is_open

    def has_left(self) -> None:
        """Told right after everything has left."""
        self.left_ms = self._steady_ms()

    def has_ended(self) -> None:
        """Told when the call is over. A call that was cut or raised may not have told that everything has left: then it
        had left by now, which is late only where nobody reckoned with it any more (`attempt.new_send`)."""
        ended_ms = self._steady_ms()
        if self._was_open and self.left_ms is None and ended_ms > self._until_ms + self._terms.timeout_ms:
            self.left_ms = ended_ms

    @property
    def was_crossed(self) -> bool:
        return self.left_ms is not None and self.left_ms > self._until_ms


class Rail(Protocol):
    @property
    def terms(self) -> RailTerms: ...

    async def send(self, payout: Payout, attempt: Attempt, fence: Fence) -> Outcome:
        """Hand the attempt over, if the fence is still open, else NOT_SENT. It is committed already."""

    async def ask(self, payout: Payout, attempt: Attempt) -> Outcome | NotFound:
        """Ask by our own reference what became of it."""


Rails = Mapping[str, Rail]
"""By the name that an account's `rail` says."""
