"""What is read together for people: a payout with all that belongs to it, an order that waits, a case, an account.

Values without a word in them, that whoever reads them fills and whoever shows them takes apart.

Leaves to others: how they are read (service.operator), their words and documents (present).

The trap: what a payout waits for depends on the time at which that is asked. All that is shown together is asked about
at one time, so `Waits` holds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from outlay.core.account import Account, Terms
from outlay.core.asks import Balance
from outlay.core.cases import Case
from outlay.core.history import History
from outlay.core.payout import Batch, Payout
from outlay.core.progress import Standing
from outlay.core.unreadable import UnreadablePayout
from outlay.core.waiting import WaitingFor, waiting_for
from outlay.core.work import Backlog


class Latest(msgspec.Struct, frozen=True):
    """`due_ms`: when the workers look at a payout next, None for never; `told_ms`: when its latest fact was learnt."""

    due_ms: int | None = None
    told_ms: int | None = None


class Waits(msgspec.Struct, frozen=True):
    """What payouts wait for. `latest` is by account and payout: read once for all that are shown together."""

    now_ms: int
    real_ms: int
    latest: Mapping[tuple[UUID, int], Latest]

    def of(self, payout: Payout) -> WaitingFor:
        latest = self.latest.get((payout.account_id, payout.payout_id), Latest())
        return waiting_for(payout, self.now_ms, self.real_ms, due_ms=latest.due_ms, told_ms=latest.told_ms)


class PayoutShown(msgspec.Struct, frozen=True):
    """One payout with everything that happened to it."""

    history: History
    waiting: WaitingFor


class BatchShown(msgspec.Struct, frozen=True):
    """A batch with its payouts, in the order in which they were given; and those that cannot be read."""

    batch: Batch
    payouts: Sequence[Payout]
    unreadable: Sequence[UnreadablePayout]
    waits: Waits

    def standings(self) -> Mapping[Standing, tuple[int, int]]:
        """How many stand how, and their amounts in all; only what there is."""
        found: dict[Standing, tuple[int, int]] = {}
        for standing in Standing:
            amounts = [payout.amount_minor for payout in self.payouts if payout.standing is standing]
            if amounts:
                found[standing] = len(amounts), sum(amounts)
        return found


class WaitingOrder(msgspec.Struct, frozen=True):
    """What waits for a reviewer: a payout by itself, or those of a batch. `payouts` are those that wait; others of the
    batch may be decided already."""

    payouts: tuple[Payout, ...]
    batch: Batch | None = None

    @property
    def order_id(self) -> int:
        return self.batch.batch_id if self.batch is not None else self.payouts[0].payout_id

    @property
    def expires_ms(self) -> int | None:
        """Of the first of them that does."""
        return min((payout.expires_ms for payout in self.payouts if payout.expires_ms is not None), default=None)

    @property
    def first_to_expire(self) -> Payout:
        return min(self.payouts, key=lambda payout: (payout.expires_ms is None, payout.expires_ms))


class CaseOfPayout(msgspec.Struct, frozen=True):
    payout: Payout
    case: Case


class WorkShown(msgspec.Struct, frozen=True):
    """What the workers have before them at `now_ms`, and what they could not read."""

    now_ms: int
    backlog: Sequence[Backlog]
    unreadable: Sequence[UnreadablePayout]


class AccountShown(msgspec.Struct, frozen=True):
    """`family`: the master and all accounts under it, this one too. `terms` by currency, where any were set."""

    account: Account
    family: Sequence[Account]
    balances: Sequence[Balance]
    terms: Mapping[str, Terms]
