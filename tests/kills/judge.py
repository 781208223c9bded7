"""What an installation knows of the orders of a campaign, read from its tables: is anything lost, paid twice, made up,
unfinished, left to people who have nothing to decide, or ended otherwise than its story says?

It reads as the database's owner and shares no code with what writes. `outlay ledger verify --replay` proves the books;
this proves the orders.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tests.e2e.checker import Books
from tests.kills.merchants import TRANSFERRED, Order

LOOK_AGAIN_S = 0.1
UNDER_WAY = """
select (select count(*) from payouts p where state not in ('paid', 'failed', 'cancelled', 'expired')
            and not exists (select from cases c where c.payout_id = p.payout_id and c.kind = 'parked'))
    + (select count(*) from bank_messages)
    + (select count(*) from transfers where credited_ms is null)
"""
ORDERED = """
select account_id::text, reference, payout_id, amount_minor, state, returned_minor from payouts
union all
select t.account_id::text, coalesce(c.reference, ''), transfer_id, t.amount_minor, 'transferred', 0
from transfers t left join claims c on c.account_id = t.account_id and c.subject_id = t.transfer_id
where direction = 'out' and not is_payout
"""
CLAIMS = "select account_id::text, reference, subject_id from claims"
AT_BANK = "select payout_id, count(*), count(*) filter (where state = 'paid') from bank_orders group by 1"
OUT = "select subject_id, count(*) from postings where target like 'clearing:%' group by 1"
TAKEN = "select subject_id, count(*) from postings where source = 'transfers' and target = 'available' group by 1"
GIVEN_ON = "select count(*), coalesce(sum(amount_minor), 0)::bigint from transfers where direction = 'in'"
CASES = "select payout_id, kind from cases order by number"


class Found(msgspec.Struct, frozen=True):
    """An order, as the installation knows it."""

    subject_id: int
    amount_minor: int
    state: str
    returned_minor: int


class Rest(msgspec.Struct):
    """What else it knows, by the ids of payouts and transfers."""

    claims: dict[tuple[str, str], int]
    at_bank: dict[int, tuple[int, int]]
    out: dict[int, int]
    taken: dict[int, int]
    cases: dict[int, list[str]]


def is_settled(books: Books, patience_s: float) -> bool:
    """Whether in this time every order ends or is left to people, and the bank has said all that it has to say."""
    end = time.monotonic() + patience_s
    while books.rows(UNDER_WAY)[0][0]:
        if time.monotonic() > end:
            return False
        time.sleep(LOOK_AGAIN_S)
    return True


def faults_of(books: Books, orders: Sequence[Order]) -> list[str]:
    """In words; empty where the installation knows exactly what its merchants were told, and every order ended."""
    found: dict[tuple[str, str], list[Found]] = defaultdict(list)
    for account_id, reference, *row in books.rows(ORDERED):
        found[account_id, reference].append(Found(*row))
    rest = _rest(books)
    known = {(order.account_id, order.reference) for order in orders}
    told = [f"an order that nobody gave: {key}" for key in found if key not in known]
    for order in orders:
        told += _of_one(order, found.get((order.account_id, order.reference), []), rest)
    wanted = sum(order.amount_minor for order in orders if order.story.taken)
    times = sum(order.story.taken for order in orders)
    if (got := books.rows(GIVEN_ON)[0]) != (times, wanted):
        told.append(f"accounts here took {got[1]} in {got[0]} parts, it should be {wanted} in {times}")
    return told


def _rest(books: Books) -> Rest:
    cases = defaultdict(list)
    for payout_id, kind in books.rows(CASES):
        cases[payout_id].append(kind)
    return Rest(
        claims={(account_id, reference): subject_id for account_id, reference, subject_id in books.rows(CLAIMS)},
        at_bank={payout_id: (orders, paid) for payout_id, orders, paid in books.rows(AT_BANK)},
        out=Counter(dict(books.rows(OUT))),
        taken=Counter(dict(books.rows(TAKEN))),
        cases=cases,
    )


def _of_one(order: Order, found: Sequence[Found], rest: Rest) -> Iterable[str]:
    """Every order was answered in the end, so each is there, once, under every id that was told."""
    name = f"the order {order.reference} of {order.amount_minor}, given for {order.during},"
    if order.refusals:
        yield f"{name} was refused: {order.refusals}"
    if len(found) != 1:
        yield f"{name} is there {len(found)} times"
        return
    (it,) = found
    claimed = rest.claims.get((order.account_id, order.reference))
    if {it.subject_id, claimed} | order.told_ids != {it.subject_id}:
        yield f"{name} is {it.subject_id}, its merchant was told {order.told_ids}, and its reference names {claimed}"
    if it.amount_minor != order.amount_minor:
        yield f"{name} became one of {it.amount_minor}"
    story, subject_id = order.story, it.subject_id
    is_payout = story is not TRANSFERRED
    comparisons: list[tuple[str, Any, Any]] = [
        ("is", it.state, story.state),
        ("has been returned", it.returned_minor, int(order.amount_minor * story.share_returned)),
        ("has orders at the bank, and paid ones:", rest.at_bank.get(subject_id, (0, 0)), story.at_bank),
        ("left the books", rest.out.get(subject_id, 0), story.out),
        ("was taken by another account", rest.taken.get(subject_id, 0), story.taken),
        ("has the cases", tuple(rest.cases.get(subject_id, ())), story.cases),
    ]
    for what, is_so, should_be in comparisons if is_payout else [comparisons[0], comparisons[4]]:
        if is_so != should_be:
            yield f"{name} {what} {is_so}, it should be {should_be}"
