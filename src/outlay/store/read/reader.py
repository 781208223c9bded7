"""The reader: questions that arrive while one statement is on its way share the next one.

Nothing is cached, so no answer is ever stale. The same statement checks the guard of each question (see guard.py): the
credential's present version, and the nonce, which it spends.

A row that cannot be read is told to its own asker. To ask anew for the others would meet their own nonces, which the
statement has spent.

The trap: a question must come back with exactly one row whatever exists, or answers would go to the wrong asker; so
everything is joined to the list of questions, by number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec

from outlay.core.asks import Balance
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.store.arrays import arrays, slots
from outlay.store.database import Database
from outlay.store.gather import Gatherer, LaneRule, Lanes, all_or_one_by_one
from outlay.store.guard import Guard, NonceBook, check
from outlay.store.routing import Routed
from outlay.store.rows import LANE_PAYOUT_COLUMNS, payout_from

MOST_QUESTIONS: Final = 256
"""Questions in one statement."""
WIDTH: Final = 2
"""Statements on their way at once: while one's rows are turned into objects here, the database works on the other."""


class PayoutQuestion(msgspec.Struct, frozen=True):
    """Which payout of `account_id` has this reference, or this id, or both? Neither: only the guard is checked.
    `parent_id`: the account must be a sub-account of this one."""

    account_id: UUID
    guard: Guard | None = None
    parent_id: UUID | None = None
    reference: str | None = None
    payout_id: int | None = None


class PayoutFound(msgspec.Struct, frozen=True):
    """`operation`, `digest` and `subject_id` are those of the reference's claim, None where the reference is free."""

    payout: Payout | None
    operation: str | None
    digest: bytes | None
    subject_id: int | None


class BalancesQuestion(msgspec.Struct, frozen=True):
    """What stands in `available` and `held`, in one currency or in all."""

    account_id: UUID
    guard: Guard | None = None
    parent_id: UUID | None = None
    currency: str | None = None


class Reader:
    """Answers point questions. Raises Unavailable, CredentialChanged, NonceRepeated; gives ACCOUNT_NOT_FOUND for an
    account that is not there or not under `parent_id`."""

    def __init__(self, database: Database, lanes: LaneRule = "one") -> None:
        self._database = database
        self._rule = lanes
        patience_s = database.patience_s
        self._payouts: Lanes[PayoutQuestion, PayoutFound | Refusal] = Lanes(
            lanes, lambda: Gatherer(self._run_payouts, most=MOST_QUESTIONS, width=WIDTH, patience_s=patience_s)
        )
        self._balances: Lanes[BalancesQuestion, Sequence[Balance] | Refusal] = Lanes(
            lanes, lambda: Gatherer(self._run_balances, most=MOST_QUESTIONS, width=WIDTH, patience_s=patience_s)
        )

    async def payout(self, question: PayoutQuestion) -> PayoutFound | Refusal:
        return await self._payouts.ask(question.account_id, question)

    async def balances(self, question: BalancesQuestion) -> Sequence[Balance] | Refusal:
        return await self._balances.ask(question.account_id, question)

    async def guard(self, guard: Guard) -> None:
        """Check a guard alone, in the lane of its own account."""
        await self.payout(PayoutQuestion(guard.account_id, guard))

    async def _run_payouts(
        self, questions: Sequence[PayoutQuestion]
    ) -> Sequence[PayoutFound | Refusal | BaseException]:
        async def ask(some: Sequence[PayoutQuestion]) -> Sequence[PayoutFound | Refusal | BaseException]:
            named = [(q.reference, q.payout_id) for q in some]
            rows = await self._fetch(_PAYOUTS, some, _PAYOUT_KINDS, named)
            return _answers(some, rows, _payout_found)

        return await all_or_one_by_one(questions, ask)

    async def _run_balances(
        self, questions: Sequence[BalancesQuestion]
    ) -> Sequence[Sequence[Balance] | Refusal | BaseException]:
        async def ask(some: Sequence[BalancesQuestion]) -> Sequence[Sequence[Balance] | Refusal | BaseException]:
            rows = await self._fetch(_BALANCES, some, _BALANCE_KINDS, [(q.currency,) for q in some])
            return _answers(some, rows, _balance_rows)

        return await all_or_one_by_one(questions, ask)

    async def _fetch(
        self, sql: str, questions: Sequence[_Question], kinds: Sequence[str], named: Sequence[tuple[Any, ...]]
    ) -> Sequence[Any]:
        rows = [
            (question.account_id, question.parent_id, *_of_guard(question.guard), *names)
            for question, names in zip(questions, named, strict=True)
        ]
        routed = Routed(self._database, self._rule, questions[0].account_id)
        return await routed.fetch(sql, *arrays((*_ASKED_KINDS, *kinds), rows))


class _Question(Protocol):
    @property
    def account_id(self) -> UUID: ...
    @property
    def parent_id(self) -> UUID | None: ...
    @property
    def guard(self) -> Guard | None: ...


_ASKED_KINDS: Final = ("uuid", "uuid", "text", "int", "text", "bigint")
_PAYOUT_KINDS: Final = ("text", "bigint")
_BALANCE_KINDS: Final = ("text",)


def _of_guard(guard: Guard | None) -> tuple[Any, ...]:
    if guard is None:
        return (None, None, None, None)
    return (guard.key_id, guard.version, guard.nonce, guard.nonce_until_ms)


def _asked(names: str, kinds: Sequence[str]) -> str:
    """The head that every statement shares: the questions, their nonces spent, their credentials' versions."""
    return f"""
with asked as materialized (
    select t.*,
        (select version from credentials k where k.account_id = [t.account_id] and k.key_id = t.key_id
            and k.revoked_ms is null) as version
    from [unnest({slots((*_ASKED_KINDS, *kinds))})
        with ordinality] as t(account_id, parent_id, key_id, seen, nonce, nonce_until_ms, {names}, ord)
), fresh as (
    insert into nonces (account_id, key_id, nonce, until_ms)
    select [account_id], key_id, nonce, nonce_until_ms from asked where nonce is not null and seen = version
    order by account_id, key_id, nonce
    on conflict do nothing returning account_id, key_id, nonce
), guarded as (
    select asked.*,
        asked.nonce is not null and exists (select from fresh f where f.account_id = [asked.account_id]
            and f.key_id = asked.key_id and f.nonce = asked.nonce) as fresh,
        exists (select from accounts a where a.account_id = [asked.account_id]
            and (asked.parent_id is null or a.parent_id = asked.parent_id)) as known
    from asked
)"""  # noqa: S608 (columns are constants)


# `offset 0` keeps each look-up a look-up: an index probe per question, never a scan of the table.
_PAYOUTS: Final = f"""{_asked("reference, payout_id", _PAYOUT_KINDS)}
select g.ord, g.version, g.fresh, g.known, c.operation, c.digest, c.subject_id, found.*
from guarded g
left join lateral (
    select c.operation, c.digest, c.subject_id from claims c
    where c.account_id = [g.account_id] and c.reference = g.reference offset 0
) c on g.known
left join lateral (
    select {LANE_PAYOUT_COLUMNS} from payouts p
    where p.account_id = [g.account_id] and p.payout_id = coalesce(g.payout_id, c.subject_id)
        and (g.reference is null or p.payout_id = c.subject_id) offset 0
) found on g.known
"""  # noqa: S608 (columns are constants)

_BALANCES: Final = f"""{_asked("currency", _BALANCE_KINDS)}
select g.ord, g.version, g.fresh, g.known, b.currency, b.available_minor, b.held_minor
from guarded g
left join lateral (
    select b.currency, coalesce(sum(minor) filter (where book = 'available'), 0)::bigint as available_minor,
        coalesce(sum(minor) filter (where book = 'held'), 0)::bigint as held_minor
    from balances b where b.account_id = [g.account_id] and (g.currency is null or b.currency = g.currency)
    group by b.currency order by b.currency offset 0
) b on g.known
"""  # noqa: S608 (columns are constants)


def _answers(questions: Sequence[_Question], rows: Sequence[Any], build: Any) -> list[Any]:
    by_question: list[list[Any]] = [[] for _ in questions]
    for row in rows:
        by_question[row["ord"] - 1].append(row)
    nonces = NonceBook(
        (guard.account_id, guard.key_id, guard.nonce)
        for question, own in zip(questions, by_question, strict=True)
        if own[0]["fresh"] and (guard := question.guard) and guard.nonce is not None
    )
    return [_answer(question, own, nonces, build) for question, own in zip(questions, by_question, strict=True)]


def _answer(question: _Question, rows: Sequence[Any], nonces: NonceBook, build: Any) -> Any:
    first = rows[0]
    if question.guard is not None and (problem := check(question.guard, first["version"], nonces)):
        return problem
    if not first["known"]:
        return Refusal.ACCOUNT_NOT_FOUND
    try:
        return build(rows)
    except Exception as error:  # what this asker asked about, not its neighbours
        return error


def _payout_found(rows: Sequence[Any]) -> PayoutFound:
    row = rows[0]
    payout = payout_from(row) if row["state"] is not None else None
    return PayoutFound(payout, row["operation"], row["digest"], row["subject_id"])


def _balance_rows(rows: Sequence[Any]) -> Sequence[Balance]:
    return [
        Balance(row["currency"], row["available_minor"], row["held_minor"])
        for row in rows
        if row["currency"] is not None
    ]
