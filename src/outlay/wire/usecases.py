"""What any dialect can ask of Outlay, and what it gets back: the neutral middle between a wire shape and the core.

A dialect's `read` makes one of the asks; `service` carries it out; the dialect's `write` renders the answer. An ask
that is refused gives a `Refusal` instead of its answer.
"""

from __future__ import annotations

import msgspec

from outlay.core.payout import Order, Payout
from outlay.core.refusal import Refusal
from outlay.wire.problems import Fault


class OrderPayout(msgspec.Struct, frozen=True):
    """Order one payout.

    `reference` is unique per account for ever; `digest` (32 bytes) is equal for equal content, by the dialect's own
    idea of equal; `operation` tells apart two endpoints that share one key space. Where the fields are wrong, `order`
    is the Fault: it is the answer only if the reference is new, because a resend of an accepted request must never
    earn a definite refusal.
    """

    reference: str
    operation: str
    digest: bytes
    order: Order | Fault


class Ordered(msgspec.Struct, frozen=True):
    """A new payout now exists."""

    payout: Payout


class Repeated(msgspec.Struct, frozen=True):
    """The reference was used before. `same` tells whether for the same operation with the same content; `payout` is
    the earlier one in its present state, None where the reference belongs to something else."""

    same: bool
    same_operation: bool
    payout: Payout | None


class FindPayout(msgspec.Struct, frozen=True):
    """Find by the merchant's reference, by our id, or by both if they name the same payout."""

    reference: str | None = None
    payout_id: int | None = None


class Found(msgspec.Struct, frozen=True):
    payout: Payout


class ReadBalances(msgspec.Struct, frozen=True):
    """The balances of one currency, or of all that the account ever used."""

    currency: str | None = None


class Balance(msgspec.Struct, frozen=True):
    """`held_minor` is set aside for payouts under way; both in minor units."""

    currency: str
    available_minor: int
    held_minor: int


class BalancesRead(msgspec.Struct, frozen=True):
    """In ascending order of currency. Empty where the currency was never used."""

    balances: tuple[Balance, ...]


class Greet(msgspec.Struct, frozen=True):
    """Nothing but to be known: the credential and the account addressed are checked, and that is all."""


class Greeted(msgspec.Struct, frozen=True):
    pass


Ask = OrderPayout | FindPayout | ReadBalances | Greet
Answer = Ordered | Repeated | Found | BalancesRead | Greeted | Refusal | Fault
