"""Random accounts full of payouts, as the core makes them: ordered alone and in batches, reviewed, sent, paid, refused,
stopped, returned in parts and told twice; and the smallest honest service that answers what a dialect asks about them.

Nothing is set by hand: every payout went through `core.order` and `core.step`, and the books are what its postings made
of them. What a dialect makes of the answers is not this module's business.

The trap: random events alone hardly ever reach the far ends (returned in full, after two parts). So most payouts follow
a story, with random messages thrown in between; a test sees that every standing is reached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from outlay.core.account import Account, Terms
from outlay.core.asks import (
    Ask,
    Balance,
    FindOrder,
    FindPayout,
    Greet,
    ListPayouts,
    PayoutsListed,
    ReadBalances,
    WholeOrder,
)
from outlay.core.beneficiary import OWN_ACCOUNT
from outlay.core.currencies import EXPONENTS
from outlay.core.decision import Decision
from outlay.core.destination import DestinationKind
from outlay.core.events import Approve, BeginAttempt, Cancel, Event, Expire, Heard, Reject
from outlay.core.fees import FeePlan
from outlay.core.ids import EPOCH_MS
from outlay.core.ledger import AVAILABLE, HELD, BookKey, apply_postings, fund
from outlay.core.life import order, step
from outlay.core.origin import Remarks
from outlay.core.outcome import Accepted, Failure, FailureReason, Outcome, Paid, Refused, Returned, Unknown
from outlay.core.payout import Order, Payout
from outlay.core.refusal import Refusal
from tests.support.payees import payee

NOW_MS = 1_790_000_000_000
DAY_MS = 86_400_000
ACCOUNT_ID = UUID("7b0d1e44-52c8-4b39-9d7e-0c6f5a1e2d33")
RICH_MINOR = 10**18
LARGEST_MINOR = 10**12
"""Far below what an amount of 20 characters can hold in any currency; sums stay far below 63 bits."""


class Batch(msgspec.Struct, frozen=True):
    batch_id: int
    reference: str
    created_ms: int
    payout_ids: tuple[int, ...]


class Merchant(msgspec.Struct, frozen=True):
    """An account, all that it ever ordered, and its books. `alone`: payouts by themselves, by their reference."""

    account: Account
    payouts: Mapping[int, Payout]
    alone: Mapping[str, int]
    batches: Sequence[Batch]
    books: Mapping[BookKey, int]

    def answer(self, ask: Ask[Any]) -> Any:
        """What the service would say. Shares no code with it."""
        match ask:
            case FindPayout():
                return self._find(ask)
            case FindOrder():
                return self._find_order(ask)
            case ListPayouts():
                return self._list(ask)
            case ReadBalances():
                used = sorted({currency for currency, _ in self.books})
                asked = used if ask.currency is None else [code for code in used if code == ask.currency]
                return tuple(self._balance(code) for code in asked)
            case Greet():
                return None
        raise AssertionError(f"nothing here answers {type(ask).__name__}")

    def _balance(self, currency: str) -> Balance:
        return Balance(currency, self.books.get((currency, AVAILABLE), 0), self.books.get((currency, HELD), 0))

    def _find(self, ask: FindPayout) -> Payout | Refusal:
        by_reference = self.alone.get(ask.reference) if ask.reference is not None else ask.payout_id
        if by_reference is None or ask.payout_id not in (None, by_reference):
            return Refusal.PAYOUT_NOT_FOUND
        payout = self.payouts.get(by_reference)
        return payout if payout is not None else Refusal.PAYOUT_NOT_FOUND

    def _find_order(self, ask: FindOrder) -> WholeOrder | Refusal:
        orders = [(batch.batch_id, batch.reference, batch.created_ms, batch.payout_ids) for batch in self.batches]
        for reference, payout_id in self.alone.items():
            orders.append((payout_id, reference, self.payouts[payout_id].created_ms, (payout_id,)))
        for order_id, reference, created_ms, payout_ids in orders:
            if ask.reference in (None, reference) and ask.order_id in (None, order_id):
                payouts = tuple(self.payouts[payout_id] for payout_id in payout_ids)
                return WholeOrder(order_id, reference, created_ms, payouts)
        return Refusal.PAYOUT_NOT_FOUND

    def _list(self, ask: ListPayouts) -> PayoutsListed:
        fitting = [
            payout
            for _, payout in sorted(self.payouts.items(), reverse=ask.newest_first)
            if (ask.standings is None or payout.standing in ask.standings)
            and (ask.currencies is None or payout.currency in ask.currencies)
            and (ask.from_ms is None or payout.created_ms >= ask.from_ms)
            and (ask.to_ms is None or payout.created_ms <= ask.to_ms)
        ]
        after = ask.after_id
        rest = [
            payout
            for payout in fitting
            if after is None or (payout.payout_id < after if ask.newest_first else payout.payout_id > after)
        ]
        page = rest[ask.skip : ask.skip + ask.limit]
        more = len(rest) > ask.skip + ask.limit
        return PayoutsListed(tuple(page), more, len(fitting) if ask.counted else None)


# -- orders -----------------------------------------------------------------------------------------------------------

_REFERENCES = st.text("ABCXYZabcxyz0123456789-_", min_size=1, max_size=32)
_NAMES = st.sampled_from(["", "J", "Liza Santos", "Padaria São João Ltda", "山田太郎"])
_NUMBERS = st.sampled_from(["", "7", "12345678", "123456789", "11144477735", "GB29NWBK60161331926819", "0x" + "a" * 40])
_REMARKS = st.sampled_from(
    [
        Remarks(),
        Remarks(statement_descriptor="OUTLAY 0042"),
        Remarks(statement_descriptor="OUTLAY 0042", internal_note="January rent"),
        Remarks(description="rent", method="401"),
    ]
)
_BENEFICIARIES = st.just(OWN_ACCOUNT) | st.builds(
    payee,
    kind=st.sampled_from(DestinationKind),
    name=_NAMES,
    account_number=_NUMBERS,
    holder=st.sampled_from([None, "individual", "business"]),
    country=st.sampled_from([None, "BR", "PH"]),
    bank_name=st.sampled_from([None, "BDO Unibank"]),
    bank_code=st.sampled_from([None, "BDO"]),
    swift_code=st.sampled_from([None, "BNORPHMM"]),
)
AMOUNTS = st.sampled_from([1, 9, 10, 99, 100, 101, 30_011, LARGEST_MINOR]) | st.integers(1, LARGEST_MINOR)
_TERMS = st.builds(
    lambda fixed, rate: Terms(FeePlan(fixed, rate)),
    st.sampled_from([0, 1, 500]),
    st.sampled_from([0, 1, 50_000, 333_333, 1_000_000]),
)


def orders(currencies: Sequence[str]) -> st.SearchStrategy[Order]:
    return st.builds(
        Order,
        reference=_REFERENCES,
        currency=st.sampled_from(currencies),
        amount_minor=AMOUNTS,
        beneficiary=_BENEFICIARIES,
        remarks=_REMARKS,
        notify_url=st.sampled_from([None, "https://merchant.example/n"]),
        expires_ms=st.sampled_from([None, NOW_MS + DAY_MS]),
    )


# -- what becomes of them ---------------------------------------------------------------------------------------------

_FAILURES = st.builds(Failure, st.sampled_from(FailureReason), st.sampled_from(["", "account closed"]))
_OUTCOMES: st.SearchStrategy[Outcome] = (
    st.builds(Accepted, st.sampled_from(["", "CH-88123"]))
    | st.builds(Paid, st.sampled_from(["", "CH-88123"]))
    | st.builds(Refused, _FAILURES)
    | st.just(Unknown("timeout"))
)


def _events(amount: int) -> st.SearchStrategy[Event]:
    returned = st.sampled_from([1, max(amount // 3, 1), max(amount // 2, 1), amount, amount + 1])
    return (
        st.sampled_from([Approve("ana"), Reject("ana", "not ours"), Cancel("ana"), Expire(), BeginAttempt()])
        | st.builds(Heard, st.sampled_from([1, 2]), _OUTCOMES)
        | st.builds(Heard, st.just(1), st.builds(Returned, st.sampled_from(["R-1", "R-2", "R-3"]), returned))
    )


_SENT = (Approve("ana"), BeginAttempt())
_PAID = (*_SENT, Heard(1, Accepted("CH-88123")), Heard(1, Paid("CH-88123")))


def _stories(amount: int) -> st.SearchStrategy[tuple[Event, ...]]:
    """Where most payouts are led to; what an account without review refuses (an approval) changes nothing."""
    part_minor = max(amount // 3, 1)
    part = Heard(1, Returned("R-1", part_minor))
    rest = Heard(1, Returned("R-2", amount - part_minor)) if amount > part_minor else part
    refused = _FAILURES.map(lambda failure: (*_SENT, Heard(1, Refused(failure))))
    return refused | st.sampled_from(
        [
            (),
            (Reject("ana", "not ours"),),
            (Approve("ana"),),
            (Cancel("ana"),),
            (Expire(),),
            _SENT,
            (*_SENT, Heard(1, Unknown("timeout"))),
            (*_SENT, Heard(1, Accepted("CH-88123"))),
            _PAID,
            (*_PAID, part),
            (*_PAID, part, part),  # told twice
            (*_PAID, part, rest),
            (*_PAID, Heard(1, Returned("R-1", amount))),
        ]
    )


class _Diary(msgspec.Struct):
    """The account while it is being made."""

    account: Account
    payouts: dict[int, Payout]
    books: dict[BookKey, int]
    next_id_ms: int
    sequence: int = 0

    def new_id(self) -> int:
        """The next id; all of one batch share a millisecond or not."""
        self.sequence += 1
        return ((self.next_id_ms - EPOCH_MS) << 22) | (7 << 12) | self.sequence

    def apply(self, decided: Decision) -> None:
        self.books |= apply_postings(self.books, decided.postings)
        self.payouts[decided.payout.payout_id] = decided.payout

    def order(self, what: Order, terms: Terms, batch_id: int | None) -> int:
        payout_id = self.new_id()
        made = order(what, self.account, terms, payout_id, self.next_id_ms, batch_id=batch_id, ordered_by="key")
        assert isinstance(made, Decision), made
        self.apply(made)
        return payout_id

    def live(self, payout_id: int, events: Sequence[Event], steps_ms: Sequence[int]) -> None:
        now_ms = self.payouts[payout_id].created_ms
        for event, passed_ms in zip(events, steps_ms, strict=False):
            now_ms += passed_ms
            decided = step(self.payouts[payout_id], event, now_ms)
            if isinstance(decided, Decision):
                self.apply(decided)


@st.composite
def merchants(draw: st.DrawFn, local_currencies: Sequence[str], *, most_orders: int = 4) -> Merchant:
    """An account in whose country these currencies are used; it also uses one or two that are not."""
    account = Account(ACCOUNT_ID, "Kopi & Co", "BR", needs_review=draw(st.booleans()))
    foreign = draw(st.lists(st.sampled_from(sorted(EXPONENTS)), min_size=1, max_size=2))
    currencies = sorted({*local_currencies, *foreign})
    books: dict[BookKey, int] = {}
    for currency in currencies:
        books |= apply_postings(books, fund(currency, RICH_MINOR))
    diary = _Diary(account, {}, books, NOW_MS - 20 * DAY_MS)
    terms = draw(_TERMS)
    alone: dict[str, int] = {}
    batches: list[Batch] = []
    for ordinal in range(draw(st.integers(1, most_orders))):
        diary.next_id_ms += draw(st.sampled_from([0, 1, 999, 60_000, DAY_MS]))
        reference = f"{draw(_REFERENCES)[:28]}{ordinal}"
        if draw(st.integers(0, 3)):
            what = msgspec.structs.replace(draw(orders(currencies)), reference=reference)
            alone[reference] = diary.order(what, terms, None)
        else:
            batches.append(_batch(draw, diary, draw(st.sampled_from(currencies)), reference, terms))
    for payout_id, payout in list(diary.payouts.items()):
        events = list(draw(_stories(payout.amount_minor)))
        for event in draw(st.lists(_events(payout.amount_minor), max_size=2)):
            events.insert(draw(st.integers(0, len(events))), event)
        diary.live(payout_id, events, [draw(st.sampled_from([0, 1, 1_000, 3_600_000])) for _ in events])
    return Merchant(account, diary.payouts, alone, batches, diary.books)


def _batch(draw: st.DrawFn, diary: _Diary, currency: str, reference: str, terms: Terms) -> Batch:
    batch_id = diary.new_id()
    wanted = draw(st.lists(orders([currency]), min_size=1, max_size=4, unique_by=lambda each: each.reference))
    payout_ids = tuple(diary.order(each, terms, batch_id) for each in wanted)
    return Batch(batch_id, reference, diary.next_id_ms, payout_ids)
