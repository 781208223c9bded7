"""The sandbox bank's memory: the orders it took, and the messages it still has to send.

It is part of the same database only so that a restart loses nothing; nothing here belongs to the books.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from outlay.store.database import Database


class BankOrder(msgspec.Struct, frozen=True):
    """One order at the sandbox bank, known by the reference that Outlay gave it."""

    account_id: UUID
    reference: str
    payout_id: int
    attempt_number: int
    bank_reference: str
    currency: str
    amount_minor: int
    state: str
    failure_reason: str | None
    failure_text: str | None


class BankMessage(msgspec.Struct, frozen=True):
    """Something the bank has to say about an order; `body` is JSON."""

    account_id: UUID
    reference: str
    number: int
    body: str
    payout_id: int
    attempt_number: int
    bank_reference: str


async def add_order(
    database: Database, order: BankOrder, accepted_ms: int, messages: Sequence[tuple[int, str]]
) -> BankOrder:
    """Take an order with its coming messages (due_ms, body), once: a repeat gives the first one back."""
    async with database.transaction() as connection:
        added = await connection.fetchval(
            _ADD,
            order.account_id,
            order.reference,
            order.payout_id,
            order.attempt_number,
            order.bank_reference,
            order.currency,
            order.amount_minor,
            order.state,
            order.failure_reason,
            order.failure_text,
            accepted_ms,
        )
        if added is not None:
            await connection.execute(
                "insert into bank_messages (account_id, reference, number, due_ms, noted_ms, message)"
                " select $1, $2, ordinality, due_ms, $5, body::jsonb"
                " from unnest($3::bigint[], $4::text[]) with ordinality as t(due_ms, body, ordinality)",
                order.account_id,
                order.reference,
                [due_ms for due_ms, _ in messages],
                [body for _, body in messages],
                accepted_ms,
            )
            return order
    known = await find_order(database, order.account_id, order.reference)
    return known or order


async def find_order(database: Database, account_id: UUID, reference: str) -> BankOrder | None:
    row = await database.fetchrow(
        f"select {_ORDER_COLUMNS} from bank_orders where account_id = $1 and reference = $2",  # noqa: S608
        account_id,
        reference,
    )
    return BankOrder(*row) if row else None


async def find_order_of(database: Database, account_id: UUID, payout_id: int) -> BankOrder | None:
    """The latest order of a payout."""
    row = await database.fetchrow(
        f"select {_ORDER_COLUMNS} from bank_orders where account_id = $1 and payout_id = $2"  # noqa: S608
        " order by attempt_number desc limit 1",
        account_id,
        payout_id,
    )
    return BankOrder(*row) if row else None


async def has_messages(database: Database, order: BankOrder) -> bool:
    row = await database.fetchrow(
        "select 1 from bank_messages where account_id = $1 and reference = $2 limit 1",
        order.account_id,
        order.reference,
    )
    return row is not None


async def drop_messages(database: Database, order: BankOrder) -> None:
    """Forget what the bank still meant to say: a person has taken the story over."""
    await database.execute(
        "delete from bank_messages where account_id = $1 and reference = $2", order.account_id, order.reference
    )


async def set_state(
    database: Database, order: BankOrder, state: str, reason: str | None = None, text: str | None = None
) -> bool:
    """What the bank did with an order that it had accepted. False where it has done otherwise already."""
    done = await database.execute(
        "update bank_orders set state = $3, failure_reason = $4, failure_text = $5"
        " where account_id = $1 and reference = $2 and state in ('accepted', $3)",
        order.account_id,
        order.reference,
        state,
        reason,
        text,
    )
    return done == "UPDATE 1"


async def claim_messages(database: Database, *, now_ms: int, lease_ms: int, most: int) -> Sequence[BankMessage]:
    """Due messages, each order's in their sequence, leased until now + lease."""
    rows: Sequence[Any] = await database.fetch(_CLAIM, now_ms, most, now_ms + lease_ms)
    return [BankMessage(*row) for row in rows]


async def message_taken(database: Database, message: BankMessage) -> None:
    await database.execute(
        "delete from bank_messages where account_id = $1 and reference = $2 and number = $3",
        message.account_id,
        message.reference,
        message.number,
    )


async def next_message_ms(database: Database) -> int | None:
    row = await database.fetchrow("select min(due_ms) as due_ms from bank_messages")
    return row["due_ms"] if row else None


_ORDER_COLUMNS: Final = (
    "account_id, reference, payout_id, attempt_number, bank_reference, currency, amount_minor, state,"
    " failure_reason, failure_text"
)

_ADD: Final = """
insert into bank_orders (account_id, reference, payout_id, attempt_number, bank_reference, currency, amount_minor,
    state, failure_reason, failure_text, accepted_ms)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing returning 1
"""

_CLAIM: Final = """
with due as (
    select m.account_id, m.reference, m.number from bank_messages m
    where m.due_ms <= $1 and not exists (select from bank_messages earlier
        where earlier.account_id = m.account_id and earlier.reference = m.reference and earlier.number < m.number)
    order by m.due_ms limit $2 for update skip locked
), leased as (
    update bank_messages m set due_ms = $3, noted_ms = $1 from due
    where m.account_id = due.account_id and m.reference = due.reference and m.number = due.number
    returning m.account_id, m.reference, m.number, m.message
)
select l.account_id, l.reference, l.number, l.message::text, o.payout_id, o.attempt_number, o.bank_reference
from leased l join bank_orders o on o.account_id = l.account_id and o.reference = l.reference
"""
