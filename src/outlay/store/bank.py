"""The sandbox bank's memory: the orders it took, and the messages it still has to send.

It is part of the same database only so that a restart loses nothing; nothing here belongs to the books. What comes
while one statement is on its way shares the next one (see gather), in the lanes of the accounts: orders that are handed
over, questions about orders, what was done with them, and messages that Outlay has taken. What a message says and when
it is told is the bank's own affair (`sandbox`).

The traps: an order may wait here for its turn. So whether it may still leave is asked again when its transaction has
begun, and who gave it up meanwhile has taken it back. And of an update or a delete that joins, the planner may look
into every partition: so what is done in a lane goes by whole keys, or names the one account.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import compress
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

import msgspec
from msgspec.structs import astuple, replace

from outlay.store.arrays import JSON, arrays, slots
from outlay.store.database import Database, Row
from outlay.store.gather import Gatherer, LaneRule, Lanes, NotYet, all_or_one_by_one
from outlay.store.patience import patience
from outlay.store.routing import Routed

MOST_AT_ONCE: Final = 256
"""Orders, questions or messages in one statement."""

Q = TypeVar("Q")
A = TypeVar("A")
_Key = tuple[UUID, str]


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
    accepted_ms: int

    @property
    def key(self) -> _Key:
        return self.account_id, self.reference


class BankMessage(msgspec.Struct, frozen=True):
    """Something the bank has to say about an order; `body` is JSON."""

    order: BankOrder
    number: int
    body: str


class Gate(Protocol):
    """Whether what is handed over may still leave: rails.rail.Fence."""

    def is_open(self) -> bool: ...
    def has_left(self) -> None: ...


class HandedOver(msgspec.Struct, frozen=True):
    """An order, and the messages that will come of it (due_ms, body)."""

    order: BankOrder
    messages: Sequence[tuple[int, str]]
    gate: Gate


class _Done(msgspec.Struct, frozen=True):
    """What the bank did with an order that it had accepted."""

    order: BankOrder
    state: str
    reason: str | None
    text: str | None


class BankMemory:
    """`call_s`: how long it may take at most, from when the gate was asked, until an order is written or is not."""

    def __init__(self, database: Database, lanes: LaneRule, call_s: float) -> None:
        self._database = database
        self._rule = lanes
        self._call_s = call_s
        self._placing: Lanes[HandedOver, BankOrder | None] = _lanes(lanes, self._place)
        self._finding: Lanes[_Key, BankOrder | None] = _lanes(lanes, self._find)
        self._doing: Lanes[_Done, bool] = _lanes(lanes, self._set_states)
        self._forgetting: Lanes[BankMessage, bool] = _lanes(lanes, self._forget)

    async def place(self, handed: HandedOver) -> BankOrder | None:
        """Take an order, once: a repeat gives the first one back. None where its gate was closed before its turn came:
        nothing of it was written. Raises Unavailable."""
        return await self._placing.ask(handed.order.account_id, handed)

    async def find(self, account_id: UUID, reference: str) -> BankOrder | None:
        return await self._finding.ask(account_id, (account_id, reference))

    async def set_state(self, order: BankOrder, state: str, reason: str | None = None, text: str | None = None) -> bool:
        """What the bank did with an order that it had accepted. False where it has done otherwise already."""
        return await self._doing.ask(order.account_id, _Done(order, state, reason, text))

    async def forget(self, message: BankMessage) -> None:
        """Outlay has taken it."""
        await self._forgetting.ask(message.order.account_id, message)

    async def _place(self, handed: Sequence[HandedOver]) -> Sequence[BankOrder | None]:
        with patience(self._call_s):
            async with self._database.transaction() as connection:
                routed = Routed(connection, self._rule, handed[0].order.account_id)
                may_leave = [each.gate.is_open() for each in handed]
                first: dict[_Key, HandedOver] = {}
                for each in compress(handed, may_leave):
                    first.setdefault(each.order.key, each)
                # In one order everywhere, so that two processes cannot wait for each other.
                rows = [(*astuple(first[key].order), _told(first[key])) for key in sorted(first)]
                added = await routed.fetch(_ADD, *arrays(_ADD_KINDS, rows)) if rows else ()
                taken = {key: first[key].order for key in map(_key, added)}
                # A statement of its own: that one does not see what others committed while it waited for them.
                if known := [key for key in first if key not in taken]:
                    taken |= _by_key(await routed.fetch(_FIND, *arrays(_KEY_KINDS, known)))
        for each in compress(handed, may_leave):
            each.gate.has_left()
        return [taken[each.order.key] if left else None for each, left in zip(handed, may_leave, strict=True)]

    async def _find(self, keys: Sequence[_Key]) -> Sequence[BankOrder | None]:
        routed = Routed(self._database, self._rule, keys[0][0])
        found = _by_key(await routed.fetch(_FIND, *arrays(_KEY_KINDS, dict.fromkeys(keys))))
        return [found.get(key) for key in keys]

    async def _set_states(self, deeds: Sequence[_Done]) -> Sequence[bool | NotYet]:
        first: dict[_Key, _Done] = {}
        for deed in deeds:
            first.setdefault(deed.order.key, deed)
        rows = [
            astuple(replace(deed.order, state=deed.state, failure_reason=deed.reason, failure_text=deed.text))
            for _, deed in sorted(first.items(), key=lambda item: item[0])
        ]
        async with self._database.transaction() as connection:
            routed = Routed(connection, self._rule, deeds[0].order.account_id)
            done = set(map(_key, await routed.fetch(_SET_STATES, *arrays(_ORDER_KINDS, rows))))
        # Of two deeds with one order the second finds what the first one did.
        return [deed.order.key in done if first[deed.order.key] is deed else NotYet() for deed in deeds]

    async def _forget(self, messages: Sequence[BankMessage]) -> Sequence[bool]:
        by_account: dict[UUID, list[tuple[str, int]]] = {}
        for message in messages:
            by_account.setdefault(message.order.account_id, []).append((message.order.reference, message.number))
        async with self._database.transaction() as connection:
            await connection.executemany(
                _FORGET, [(account_id, *zip(*some, strict=True)) for account_id, some in sorted(by_account.items())]
            )
        return [True] * len(messages)


def _lanes(rule: LaneRule, run: Callable[[Sequence[Q]], Awaitable[Sequence[A | BaseException]]]) -> Lanes[Q, A]:
    async def run_all(questions: Sequence[Q]) -> Sequence[A | BaseException]:
        return await all_or_one_by_one(questions, run)

    return Lanes(rule, lambda: Gatherer(run_all, most=MOST_AT_ONCE))


def _told(handed: HandedOver) -> str:
    return f"[{','.join(f'[{due_ms},{body}]' for due_ms, body in handed.messages)}]"


def _key(row: Row) -> _Key:
    return row["account_id"], row["reference"]


def _by_key(rows: Iterable[Row]) -> Mapping[_Key, BankOrder]:
    return {order.key: order for order in (BankOrder(*row) for row in rows)}


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


async def take_messages(database: Database, *, now_ms: int, lease_ms: int, most: int) -> Sequence[BankMessage]:
    """Due messages, each order's in their sequence, leased until now + lease."""
    rows: Sequence[Any] = await database.fetch(_TAKE, now_ms, most, now_ms + lease_ms)
    return [BankMessage(BankOrder(*order), number, body) for number, body, *order in rows]


async def next_message_ms(database: Database) -> int | None:
    row = await database.fetchrow("select min(due_ms) as due_ms from bank_messages")
    return row["due_ms"] if row else None


_ORDER_KINDS_BY_NAME: Final = {
    "account_id": "uuid",
    "reference": "text",
    "payout_id": "bigint",
    "attempt_number": "int",
    "bank_reference": "text",
    "currency": "text",
    "amount_minor": "bigint",
    "state": "text",
    "failure_reason": "text",
    "failure_text": "text",
    "accepted_ms": "bigint",
}
_ORDER_COLUMNS: Final = ", ".join(_ORDER_KINDS_BY_NAME)
_OTHER_COLUMNS: Final = _ORDER_COLUMNS.removeprefix("account_id, ")
_ORDER_KINDS: Final = tuple(_ORDER_KINDS_BY_NAME.values())
_ADD_KINDS: Final = (*_ORDER_KINDS, JSON)
_KEY_KINDS: Final = ("uuid", "text")

_ADD: Final = f"""
with placed as materialized (select * from [unnest({slots(_ADD_KINDS)})] as t({_ORDER_COLUMNS}, messages)
), added as (
    insert into bank_orders ({_ORDER_COLUMNS}) select [account_id], {_OTHER_COLUMNS} from placed
    on conflict do nothing returning account_id, reference
), told as (
    insert into bank_messages (account_id, reference, number, due_ms, noted_ms, message)
    select [account_id], reference, m.number, (m.told ->> 0)::bigint, accepted_ms, m.told -> 1
    from placed join added using (account_id, reference)
    cross join lateral jsonb_array_elements(messages::jsonb) with ordinality as m(told, number)
)
select account_id, reference from added
"""  # noqa: S608 (columns are constants)

# `offset 0` keeps each look-up a look-up: an index probe per order, never a scan of the table.
_FIND: Final = f"""
select found.* from [unnest({slots(_KEY_KINDS)})] as asked(account_id, reference)
cross join lateral (select {_ORDER_COLUMNS} from bank_orders o
                    where o.account_id = [asked.account_id] and o.reference = asked.reference offset 0) found
"""  # noqa: S608 (columns are constants)

# An insert that always meets its row: unlike an update with a join, it can only go to the row that its key names.
_SET_STATES: Final = f"""
insert into bank_orders ({_ORDER_COLUMNS}) select * from [unnest({slots(_ORDER_KINDS)})]
on conflict (account_id, reference) do update
    set state = excluded.state, failure_reason = excluded.failure_reason, failure_text = excluded.failure_text
    where bank_orders.state in ('accepted', excluded.state)
returning account_id, reference
"""  # noqa: S608 (columns are constants)

# A statement per account, sent together.
_FORGET: Final = """
delete from bank_messages m using unnest($2::text[], $3::int[]) as t(reference, number)
where m.account_id = $1 and m.reference = t.reference and m.number = t.number
"""

_TAKE: Final = f"""
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
select l.number, l.message::text, {", ".join(f"o.{name}" for name in _ORDER_KINDS_BY_NAME)}
from leased l join bank_orders o on o.account_id = l.account_id and o.reference = l.reference
"""  # noqa: S608 (columns are constants)
