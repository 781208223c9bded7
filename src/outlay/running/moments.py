"""Named moments of the work: points between the commits, the calls and the answers that an observer may see.

Tests wait for them instead of sleeping, stand still at them, and kill a server at them. In a server nobody observes,
and a moment costs a look at an empty list. Each module that reaches moments declares which, as MOMENTS.

The trap: an observer is called in the middle of the work, between two of its lines. It must not await, and what it
raises is raised there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final


class Moment(StrEnum):
    """In the order of a payout's life. The subject of most is its id."""

    # The clerk: one batch of commands, whoever gave them
    LOCKED = "locked"
    """The accounts are ours; nothing is decided."""
    LOADED = "loaded"
    SAVED = "saved"
    """All is written, and not committed."""
    COMMITTED = "committed"
    """And nobody has been told."""

    # Whoever orders
    KEY_HELD = "key_held"
    """A key of a family is held for one of its accounts; nothing is made under it."""
    ORDERED = "ordered"
    """The order is committed; who gave it knows nothing of it."""

    # The workers
    TAKEN = "taken"
    """Leased; nothing is done yet."""
    NOTED = "noted"
    """The references of the attempts to come are known to be theirs."""
    BEGINNING = "beginning"
    """Before the commit of the first send."""
    BEGUN = "begun"
    """It is committed; nothing has left."""
    SENDING_AGAIN = "sending_again"
    SENT_AGAIN = "sent_again"
    """The commit of a further send; nothing of it has left."""
    ANSWERED = "answered"
    """The rail has said something of a send, or its time is over; nobody else knows."""
    HEARD = "heard"
    """What was said of a send is committed."""
    ASKING = "asking"
    TOLD = "told"
    """The rail has answered a question; nobody else knows."""
    LEARNT = "learnt"
    """The answer to a question is committed."""
    PARKING = "parking"
    PARKED = "parked"
    EXPIRED = "expired"
    RENEWED = "renewed"
    """Leases, while work goes on."""

    # The rail between accounts
    GIVING = "giving"
    GIVEN = "given"
    """The taker has the money; the payout is not paid."""

    # The sandbox bank
    BANK_TAKING = "bank_taking"
    """Orders are about to be written."""
    BANK_TOOK = "bank_took"
    """The bank has them; the sender knows nothing of it."""
    BANK_SPEAKING = "bank_speaking"
    """Messages are taken to be told."""
    BANK_DID = "bank_did"
    """It has paid, or refused; nobody was told."""
    BANK_TOLD = "bank_told"
    """Outlay has taken it, and the bank does not know that."""
    BANK_FORGOT = "bank_forgot"

    # Transfers
    TRANSFER_FOUND = "transfer_found"
    """By a worker, half-way: whoever ordered it is gone."""
    TRANSFER_GIVEN = "transfer_given"
    """It has left the giver, and the taker has not got it."""
    TRANSFER_TAKEN = "transfer_taken"
    TRANSFER_FINISHED = "transfer_finished"


Observer = Callable[[Moment, object], None]
_observers: Final[list[Observer]] = []


def reached(moment: Moment, subject: object = None) -> None:
    for observer in _observers:
        observer(moment, subject)


@contextmanager
def observed(observer: Observer) -> Iterator[None]:
    """While this lasts, `observer` is told of every moment of this process."""
    _observers.append(observer)
    try:
        yield
    finally:
        _observers.remove(observer)
