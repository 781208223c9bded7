"""Money that goes from one account to another of the same master, without leaving.

Each side has its own record and its own postings, because no database transaction spans two accounts: the giver's is
written first, and from then on the transfer can only be completed. A payout to an account here (`is_payout`) has a
taker's side only; its giver's side is the payout.
"""

from __future__ import annotations

from uuid import UUID

import msgspec


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """`transfer_id` is the payout's id where it is one. Names are those at the time of the order. `credited_ms`: when
    the taker had the money, None while it is on its way."""

    transfer_id: int
    is_payout: bool
    source_id: UUID
    target_id: UUID
    source_name: str
    target_name: str
    currency: str
    amount_minor: int
    reason: str
    ordered_by: str
    created_ms: int
    credited_ms: int | None = None

    def is_same_move(self, other: Transfer) -> bool:
        """Whether both are records of one move of money. Their ids tell that as long as no fault makes one id twice."""
        return self._move == other._move

    @property
    def _move(self) -> tuple[object, ...]:
        return self.transfer_id, self.is_payout, self.source_id, self.target_id, self.currency, self.amount_minor
