"""Saving a batch: every row that its commands decided, written by one statement; payouts that ended are then taken off
the workers' list, account by account.

Each kind of row is one part of the statement (`insert … select from unnest(…)`), and only the parts that have rows are
in it: so a batch of creates always sends the same text, which the driver prepares once.

The trap: one payout may change several times in a batch. Its row is written once, as it stands at the end; its facts
and postings are written one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec

from outlay.core.attempt import Attempt
from outlay.core.bank_account import BankAccount
from outlay.core.cases import Case
from outlay.core.decision import Decision
from outlay.core.ledger import BookKey, Posting
from outlay.core.origin import NO_REMARKS
from outlay.core.payout import NOTHING_PENDING, Batch, Payout, Return
from outlay.core.seals import SealKey, seal_of
from outlay.core.transfer import Transfer
from outlay.core.work import Due, work_on
from outlay.store.columns import JSON, array_text, columns, slots
from outlay.store.database import Connection
from outlay.store.references import reference_hash
from outlay.store.routing import rows_of_one
from outlay.store.rows import to_json
from outlay.store.write.desk import FamilyKey


class _Part(msgspec.Struct, frozen=True):
    """One kind of row. `sql` has `{rows}` where `unnest(…)` of the columns goes, and `{account}` where a row's account
    is compared with."""

    sql: str
    types: tuple[str, ...]


_PAYOUT_KEY: Final = {"account_id": "uuid", "payout_id": "bigint"}
_PAYOUT_FIXED: Final = {
    "batch_id": "bigint",
    "reference": "text",
    "ordered_by": "text",
    "dialect": "text",
    "key_id": "text",
    "currency": "text",
    "amount_minor": "bigint",
    "fee_minor": "bigint",
    "fee_fixed_minor": "bigint",
    "fee_rate_ppm": "bigint",
    "beneficiary": JSON,
    "remarks": JSON,
    "notify_url": "text",
    "created_ms": "bigint",
    "expires_ms": "bigint",
}
_PAYOUT_MOVING: Final = {"rail": "text", "state": "text", "review": "text", "fact_count": "int", "epoch": "int"}
_PAYOUT_LATER: Final = {
    "rail_reference": "text",
    "receipt_url": "text",
    "failure_reason": "text",
    "failure_text": "text",
    "completed_ms": "bigint",
    "returned_minor": "bigint",
    "attempt_count": "int",
    "case_count": "int",
    "pending": JSON,
}
"""What a payout that was only ordered has none of: there the columns' defaults say so."""


def _payout_insert(later: Mapping[str, str] = _PAYOUT_LATER) -> _Part:
    columns: dict[str, str] = {**_PAYOUT_KEY, **_PAYOUT_FIXED, **_PAYOUT_MOVING, **later}
    chosen = ", ".join(f"{name}::jsonb" if kind == JSON else name for name, kind in columns.items())
    sql = f"insert into payouts ({', '.join(columns)}) select {chosen} from {{rows}} as t({', '.join(columns)})"  # noqa: S608
    return _Part(sql, tuple(columns.values()))


def _payout_update() -> _Part:
    """An insert that always meets its row: unlike an update with a join, it can only go to the row that its key names,
    whatever the planner thinks of the table's size. What never changes is taken from that row: to send it again, most
    of all the texts of JSON, would be for nothing: no conflict writes it."""
    moving = _PAYOUT_MOVING | _PAYOUT_LATER
    given = _PAYOUT_KEY | moving
    chosen = [*(f"t.{name}" for name in _PAYOUT_KEY), *(f"p.{name}" for name in _PAYOUT_FIXED)]
    chosen += [f"t.{name}::jsonb" if kind == JSON else f"t.{name}" for name, kind in moving.items()]
    moves = ", ".join(f"{name} = excluded.{name}" for name in moving)
    sql = (
        f"insert into payouts ({', '.join(_PAYOUT_KEY | _PAYOUT_FIXED | moving)}) select {', '.join(chosen)}"  # noqa: S608 (names of ours)
        f" from {{rows}} as t({', '.join(given)}) cross join lateral (select {', '.join(_PAYOUT_FIXED)} from payouts p"
        " where p.account_id = {account} and p.payout_id = t.payout_id offset 0) p"
        f" on conflict (account_id, payout_id) do update set {moves}"
    )
    return _Part(sql, tuple(given.values()))


_ATTEMPT_FIXED: Final = {"number": "int", "rail": "text", "reference": "text", "begun_ms": "bigint"}
_ATTEMPT_MOVING: Final = {
    "state": "text",
    "unknown_since_ms": "bigint",
    "sends": JSON,
    "rail_references": "text",
    "not_found_ms": "text",
    "asked_ms": "bigint",
    "questions": "int",
    "refusals": "text",
    "is_contested": "boolean",
}
_ATTEMPT_CASTS: Final = {"sends": "jsonb", "rail_references": "text[]", "not_found_ms": "bigint[]"}
"""Lists within lists of one column are no arrays of PostgreSQL's: they go as text."""


def _attempt_sql() -> str:
    columns = _PAYOUT_KEY | _ATTEMPT_FIXED | _ATTEMPT_MOVING
    chosen = ", ".join(f"{name}::{_ATTEMPT_CASTS[name]}" if name in _ATTEMPT_CASTS else name for name in columns)
    moves = ", ".join(f"{name} = excluded.{name}" for name in _ATTEMPT_MOVING)
    names = ", ".join(columns)
    return (
        f"insert into attempts ({names}) select {chosen} from {{rows}} as t({names})"  # noqa: S608 (names of ours)
        f" on conflict (account_id, payout_id, number) do update set {moves}"
    )


_PARTS: Final[dict[str, _Part]] = {
    "claims": _Part(
        "insert into claims (account_id, reference, operation, digest, subject_id, created_ms) select * from {rows}",
        ("uuid", "text", "text", "bytea", "bigint", "bigint"),
    ),
    "family_keys": _Part(
        "insert into family_keys (account_id, reference, holder_id, uses, at_ms) select * from {rows}"
        " on conflict (account_id, reference) do update"
        " set holder_id = excluded.holder_id, uses = excluded.uses, at_ms = excluded.at_ms",
        ("uuid", "text", "uuid", "bigint", "bigint"),
    ),
    "batches": _Part(
        "insert into batches (account_id, batch_id, reference, currency, total_minor, payout_count, created_ms)"
        " select * from {rows}",
        ("uuid", "bigint", "text", "text", "bigint", "int", "bigint"),
    ),
    "new_payouts": _payout_insert(later={}),
    "new_payouts_moved": _payout_insert(),
    "payouts": _payout_update(),
    "attempts": _Part(
        _attempt_sql(),
        ("uuid", "bigint", *_ATTEMPT_FIXED.values(), *_ATTEMPT_MOVING.values()),
    ),
    "lost_references": _Part(
        "insert into rail_references (reference_hash, rail, reference, account_id, payout_id, attempt_number)"
        " select * from {rows} on conflict do nothing",
        ("bigint", "text", "text", "uuid", "bigint", "int"),
    ),
    "returns": _Part(
        "insert into returns (account_id, payout_id, ordinal, number, amount_minor, at_ms, by_decision)"
        " select * from {rows}",
        ("uuid", "bigint", "int", "text", "bigint", "bigint", "boolean"),
    ),
    "cases": _Part(
        "insert into cases (account_id, payout_id, number, kind, attempt_number, what, since_ms, fact_number,"
        " closed_ms, closed_by, note, remedy) select account_id, payout_id, number, kind, attempt_number, what,"
        " since_ms, fact_number, closed_ms, closed_by::text[], note, remedy from {rows} as t(account_id, payout_id,"
        " number, kind, attempt_number, what, since_ms, fact_number, closed_ms, closed_by, note, remedy)"
        " on conflict (account_id, payout_id, number) do update set closed_ms = excluded.closed_ms,"
        " closed_by = excluded.closed_by, note = excluded.note, remedy = excluded.remedy",
        (
            *("uuid", "bigint", "int", "text", "int", "text"),
            *("bigint", "int", "bigint", "text", "text", "text"),
        ),
    ),
    "facts": _Part(
        "insert into facts (account_id, payout_id, number, kind, at_ms, data, seal)"
        " select account_id, payout_id, number, kind, at_ms, data::jsonb, seal"
        " from {rows} as t(account_id, payout_id, number, kind, at_ms, data, seal)",
        ("uuid", "bigint", "int", "text", "bigint", JSON, "bytea"),
    ),
    "postings": _Part(
        "insert into postings (account_id, subject_id, fact_number, line, source, target, currency, amount_minor,"
        " at_ms) select * from {rows}",
        ("uuid", "bigint", "int", "int", "text", "text", "text", "bigint", "bigint"),
    ),
    "fundings": _Part(
        "insert into fundings (account_id, reference, funding_id, currency, amount_minor, at_ms) select * from {rows}",
        ("uuid", "text", "bigint", "text", "bigint", "bigint"),
    ),
    "balances": _Part(
        "insert into balances (account_id, currency, book, minor) select * from {rows}"
        " on conflict (account_id, currency, book) do update set minor = excluded.minor",
        ("uuid", "text", "text", "bigint"),
    ),
    "bank_accounts": _Part(
        "insert into bank_accounts (account_id, bank_account_id, currency, is_valid, body, created_ms, updated_ms)"
        " select account_id, bank_account_id, currency, is_valid, body::jsonb, created_ms, updated_ms from {rows}"
        " as t(account_id, bank_account_id, currency, is_valid, body, created_ms, updated_ms)"
        " on conflict (account_id, bank_account_id) do update"
        " set is_valid = excluded.is_valid, body = excluded.body, updated_ms = excluded.updated_ms",
        ("uuid", "bigint", "text", "boolean", JSON, "bigint", "bigint"),
    ),
    "transfers": _Part(
        "insert into transfers (account_id, direction, transfer_id, is_payout, source_id, target_id, source_name,"
        " target_name, currency, amount_minor, reason, ordered_by, created_ms, credited_ms) select * from {rows}"
        " on conflict (account_id, transfer_id) do update set credited_ms = excluded.credited_ms",
        (
            *("uuid", "text", "bigint", "boolean", "uuid", "uuid", "text", "text"),
            *("text", "bigint", "text", "text", "bigint", "bigint"),
        ),
    ),
    "due": _Part(
        "insert into work (account_id, payout_id, due_ms, noted_ms, rail, kind) select * from {rows}"
        " on conflict (account_id, payout_id) do update set due_ms = excluded.due_ms, noted_ms = excluded.noted_ms,"
        " leased_by = null, rail = excluded.rail, kind = excluded.kind",
        ("uuid", "bigint", "bigint", "bigint", "text", "text"),
    ),
}

_NOT_BY_ACCOUNT: Final = frozenset({"lost_references"})
"""Led by a reference's hash (see references)."""

# A statement per account, sent together: a delete that joins would look into every partition while the table is small.
_LET_GO: Final = "delete from family_keys where account_id = $1 and reference = $2"
_DONE: Final = "delete from work where account_id = $1 and payout_id = any($2::bigint[])"


@lru_cache(maxsize=256)
def _statement(names: tuple[str, ...], *, of_one: bool = False) -> str:
    """`of_one`: of one account, which is the first parameter and is in no list."""
    parts: list[str] = []
    first = 2 if of_one else 1
    for name in names:
        kinds = _kinds(name, of_one=of_one)
        lists = slots(kinds, first)
        rows = rows_of_one(lists) if len(kinds) < len(_PARTS[name].types) else f"unnest({lists})"
        account = "$1" if of_one else "t.account_id"
        parts.append(f"{name} as ({_PARTS[name].sql.format(rows=rows, account=account)})")
        first += len(kinds)
    return f"with {', '.join(parts)} select 1"


def _kinds(name: str, *, of_one: bool) -> tuple[str, ...]:
    """Of the lists of a part."""
    kinds = _PARTS[name].types
    return kinds[1:] if of_one and name not in _NOT_BY_ACCOUNT else kinds


class Sheet:
    """Collects rows; `save` writes them."""

    def __init__(self, seal_key: SealKey | None = None, only: UUID | None = None) -> None:
        """Facts are sealed with `seal_key`. `only`: the account of all rows, where the statement is to name it once
        (see routing)."""
        self._seal_key = seal_key
        self._only = only
        self._rows: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self._payouts: dict[tuple[UUID, int], tuple[Payout, bool]] = {}
        self._attempts: dict[tuple[UUID, int, int], Attempt] = {}
        self._cases: dict[tuple[UUID, int, int], Case] = {}
        self._due: dict[tuple[UUID, int], Due | None] = {}
        self._done: dict[UUID, list[int]] = {}
        self._bank_accounts: dict[tuple[UUID, int], BankAccount] = {}
        self._transfers: dict[tuple[UUID, int], Transfer] = {}
        self._family_keys: dict[tuple[UUID, str], FamilyKey] = {}
        self._let_go: list[tuple[UUID, str]] = []
        self._touched: set[tuple[UUID, str, str]] = set()

    def touch_balance(self, account_id: UUID, currency: str, book: str) -> None:
        self._touched.add((account_id, currency, book))

    def add_claim(self, account_id: UUID, *values: Any) -> None:
        self._add("claims", (account_id, *values))

    def add_family_key(self, account_id: UUID, key: FamilyKey) -> None:
        """One without any use is nobody's, and leaves no row."""
        self._family_keys[account_id, key.reference] = key

    def add_funding(self, account_id: UUID, *values: Any) -> None:
        self._add("fundings", (account_id, *values))

    def add_batch(self, batch: Batch) -> None:
        self._add("batches", msgspec.structs.astuple(batch))

    def add_bank_account(self, account_id: UUID, bank_account: BankAccount) -> None:
        self._bank_accounts[account_id, bank_account.bank_account_id] = bank_account

    def add_transfer(self, account_id: UUID, transfer: Transfer) -> None:
        self._transfers[account_id, transfer.transfer_id] = transfer

    def add_postings(
        self, account_id: UUID, subject_id: int, fact_number: int, postings: Sequence[Posting], at_ms: int
    ) -> None:
        for line, move in enumerate(postings, 1):
            row = (move.source, move.target, move.currency, move.amount_minor, at_ms)
            self._add("postings", (account_id, subject_id, fact_number, line, *row))

    def add_decision(self, before: Payout | None, decision: Decision, due: Due | None) -> None:
        """`due` None takes the payout off the workers' list."""
        payout = decision.payout
        key = (payout.account_id, payout.payout_id)
        is_new = before is None or (key in self._payouts and self._payouts[key][1])
        self._payouts[key] = (payout, is_new)
        self._due[key] = due
        if before is None or payout.attempts != before.attempts:
            known = before.attempts if before else ()
            for attempt in payout.attempts:
                if attempt not in known:
                    self._attempts[*key, attempt.number] = attempt
        for case in decision.cases:
            self._cases[*key, case.number] = case
        for new in payout.returns[len(before.returns) if before else 0 :]:
            self._add("returns", (*key, *_return_values(new)))
        for entry in decision.entries:
            fact = entry.fact
            seal = seal_of(self._seal_key, *key, fact) if self._seal_key is not None else None
            self._add("facts", (*key, fact.number, fact.kind, fact.at_ms, to_json(fact.data), seal))
            self.add_postings(payout.account_id, payout.payout_id, fact.number, entry.postings, fact.at_ms)

    async def save(self, connection: Connection, balances: Mapping[UUID, Mapping[BookKey, int]]) -> None:
        """One statement for all rows of the batch, one more that takes ended payouts off the workers' list, or lets go
        of keys that nobody uses; none where nothing changed. `balances`: as they stand after the batch."""
        self._collect_rows(balances)
        if self._rows:
            await self._write(connection)
        if self._done:
            await connection.executemany(_DONE, self._done.items())
        if self._let_go:
            await connection.executemany(_LET_GO, self._let_go)

    async def _write(self, connection: Connection) -> None:
        names = tuple(name for name in _PARTS if name in self._rows)
        of_one = self._only is not None
        arguments = [self._only] if of_one else []
        for name in names:
            lists = columns(_PARTS[name].types, self._rows[name])
            arguments += lists[-len(_kinds(name, of_one=of_one)) :]  # without that of the accounts, the first
        await connection.execute(_statement(names, of_one=of_one), *arguments)

    def _collect_rows(self, balances: Mapping[UUID, Mapping[BookKey, int]]) -> None:
        for payout, is_new in self._payouts.values():
            self._add(*_payout_row(payout, is_new))
        for (account_id, payout_id, _), attempt in self._attempts.items():
            self._add_attempt(account_id, payout_id, attempt)
        for (account_id, payout_id, _), case in self._cases.items():
            self._add("cases", (account_id, payout_id, *_case_values(case)))
        for (account_id, reference), family_key in self._family_keys.items():
            if family_key.uses:
                self._add("family_keys", (account_id, *msgspec.structs.astuple(family_key)))
            else:
                self._let_go.append((account_id, reference))
        for (account_id, bank_account_id), held in self._bank_accounts.items():
            row = (bank_account_id, held.currency, held.is_valid, to_json(held.details))
            self._add("bank_accounts", (account_id, *row, held.created_ms, held.updated_ms))
        for (account_id, _), transfer in self._transfers.items():
            # A payout to an account is recorded at the taker alone, who may be the payer itself.
            direction = "in" if transfer.is_payout or account_id != transfer.source_id else "out"
            self._add("transfers", (account_id, direction, *msgspec.structs.astuple(transfer)))
        for key, due in self._due.items():
            if due is not None:
                self._add("due", (*key, due.at_ms, due.noted_ms, *work_on(self._payouts[key][0])))
            elif not self._payouts[key][1]:
                self._done.setdefault(key[0], []).append(key[1])
        for account_id, currency, book in sorted(self._touched):
            self._add("balances", (account_id, currency, book, balances[account_id][currency, book]))

    def _add_attempt(self, account_id: UUID, payout_id: int, attempt: Attempt) -> None:
        self._add("attempts", (account_id, payout_id, *_attempt_values(attempt)))
        if attempt.has_lost_sends:  # what was noted of its reference may be lost as well
            named = (reference_hash(attempt.rail, attempt.reference), attempt.rail, attempt.reference)
            self._add("lost_references", (*named, account_id, payout_id, attempt.number))

    def _add(self, part: str, row: tuple[Any, ...]) -> None:
        self._rows[part].append(row)


def _payout_row(payout: Payout, is_new: bool) -> tuple[str, tuple[Any, ...]]:
    """And the part that it belongs to."""
    key = (payout.account_id, payout.payout_id)
    if not is_new:
        return "payouts", key + _moving_values(payout)
    if payout.fact_count == 1:
        return "new_payouts", key + _fixed_values(payout) + _moving_values(payout)[: len(_PAYOUT_MOVING)]
    return "new_payouts_moved", key + _fixed_values(payout) + _moving_values(payout)


def _fixed_values(payout: Payout) -> tuple[Any, ...]:
    origin = payout.origin
    return (
        payout.batch_id,
        payout.reference,
        payout.ordered_by,
        origin.dialect if origin is not None else None,
        origin.key_id if origin is not None else None,
        payout.currency,
        payout.amount_minor,
        payout.fee.total_minor,
        payout.fee.fixed_minor,
        payout.fee.rate_ppm,
        to_json(payout.beneficiary),
        None if payout.remarks is NO_REMARKS else to_json(payout.remarks),
        payout.notify_url,
        payout.created_ms,
        payout.expires_ms,
    )


def _moving_values(payout: Payout) -> tuple[Any, ...]:
    failure = payout.failure
    return (
        payout.rail,
        payout.state,
        payout.review,
        payout.fact_count,
        payout.epoch,
        payout.rail_reference,
        payout.receipt_url,
        failure.reason.value if failure else None,
        failure.text if failure else None,
        payout.completed_ms,
        payout.returned_minor,
        len(payout.attempts),
        payout.case_count,
        None if payout.pending == NOTHING_PENDING else to_json(payout.pending),
    )


def _attempt_values(attempt: Attempt) -> tuple[Any, ...]:
    return (
        attempt.number,
        attempt.rail,
        attempt.reference,
        attempt.begun_ms,
        attempt.state.value,
        attempt.unknown_since_ms,
        to_json(attempt.sends),
        array_text(attempt.rail_references),
        array_text(attempt.not_found_ms),
        attempt.asked_ms,
        attempt.questions,
        attempt.refusals,
        attempt.is_contested,
    )


def _case_values(case: Case) -> tuple[Any, ...]:
    return (
        case.number,
        case.kind.value,
        case.attempt_number,
        case.what,
        case.since_ms,
        case.fact_number,
        case.closed_ms,
        array_text(case.by),
        case.note,
        case.remedy.value if case.remedy else None,
    )


def _return_values(new: Return) -> tuple[Any, ...]:
    return (new.ordinal, new.number, new.amount_minor, new.at_ms, new.by_decision)
