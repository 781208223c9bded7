"""The door of the gateway: carry out what a dialect read, whatever it was.

Where a sub-account is addressed, the caller's credential lives in another account's lane: it is checked there first,
and the request itself then runs in the sub-account's lane.
"""

from __future__ import annotations

from typing import assert_never

from outlay.core.refusal import Refusal
from outlay.service.order_payout import order_payout
from outlay.service.runtime import Caller, Runtime
from outlay.store.guard import Guard
from outlay.store.reader import BalancesQuestion, PayoutQuestion
from outlay.wire.usecases import (
    Answer,
    Ask,
    Balance,
    BalancesRead,
    FindPayout,
    Found,
    Greet,
    Greeted,
    OrderPayout,
    ReadBalances,
)


async def perform(runtime: Runtime, caller: Caller, ask: Ask) -> Answer:
    """Raises Unavailable, CredentialChanged, NonceRepeated."""
    guard: Guard | None = caller.guard
    if caller.parent_id is not None:
        await runtime.reader.guard(caller.guard)
        guard = None
    match ask:
        case OrderPayout():
            return await order_payout(runtime, caller.account_id, caller.parent_id, guard, ask)
        case FindPayout():
            question = PayoutQuestion(caller.account_id, guard, caller.parent_id, ask.reference, ask.payout_id)
            found = await runtime.reader.payout(question)
            if isinstance(found, Refusal):
                return found
            return Found(found.payout) if found.payout is not None else Refusal.PAYOUT_NOT_FOUND
        case ReadBalances():
            balances_question = BalancesQuestion(caller.account_id, guard, caller.parent_id, ask.currency)
            rows = await runtime.reader.balances(balances_question)
            if isinstance(rows, Refusal):
                return rows
            return BalancesRead(tuple(Balance(row.currency, row.available_minor, row.held_minor) for row in rows))
        case Greet():
            known = await runtime.reader.payout(PayoutQuestion(caller.account_id, guard, caller.parent_id))
            return known if isinstance(known, Refusal) else Greeted()
        case _:
            assert_never(ask)
