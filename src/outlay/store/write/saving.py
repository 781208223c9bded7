"""Saving a batch: every row that its commands decided, written by one statement; payouts that ended are then taken off
the workers' list, account by account.

Each kind of row is one part of the statement (`insert … select from unnest(…)`), made of the columns of its table (see
tables), and only the parts that have rows are in it: so a batch of creates always sends the same text, which the driver
prepares once.

The trap: one payout may change several times in a batch. Its row is written once, as it stands at the end; its facts
and postings are written one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec

from outlay.core.attempt import Attempt
from outlay.core.bank_account import OwnBankAccount
from outlay.core.cases import Case
from outlay.core.decision import Decision
from outlay.core.ledger import BookKey, Posting
from outlay.core.payout import Batch, Payout
from outlay.core.seals import SealKey, seal_of
from outlay.core.transfer import Transfer
from outlay.core.work import Due, work_on
from outlay.store.arrays import parameters, slots
from outlay.store.database import Connection
from outlay.store.references import RailReference, reference_hash
from outlay.store.routing import rows_of_one
from outlay.store.tables import (
    ATTEMPTS,
    BALANCES,
    BANK_ACCOUNTS,
    BATCHES,
    CASES,
    CLAIMS,
    FACTS,
    FAMILY_KEYS,
    FUNDINGS,
    PAYOUTS,
    POSTINGS,
    RAIL_REFERENCES,
    RETURNS,
    TRANSFERS,
    WORK,
    Column,
    RowTable,
    attributes_of,
    names_of,
)
from outlay.store.write.desk import Claimed, FamilyKey, Funding


class _Part(msgspec.Struct, frozen=True):
    """One kind of row. `sql` has `{rows}` where `unnest(…)` of the columns goes, and `{account}` where a row's account
    is compared with. Of its columns, those that are given beside the record first: `kinds`, and `made`, what is written
    of a value, for those that are not written as they are; `attributes`: the values of the others."""

    sql: str
    kinds: tuple[str, ...]
    made: tuple[tuple[int, Callable[[Any], Any]], ...]
    attributes: Callable[[Any], tuple[Any, ...]]

    def arrays(self, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        """The parameters. What is written of a value is made a column at a time: row by row it would cost more."""
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for place, make in self.made:
            columns[place] = list(map(make, columns[place]))
        return parameters(self.kinds, columns)


def _part(sql: str, columns: Sequence[Column]) -> _Part:
    made = tuple((place, column.written) for place, column in enumerate(columns) if column.written is not None)
    return _Part(sql, tuple(column.sent_as for column in columns), made, attributes_of(columns))


def _given_first(columns: Sequence[Column]) -> Sequence[Column]:
    return sorted(columns, key=lambda column: not column.is_given)


def _as_kept(column: Column, prefix: str = "") -> str:
    """A column of what was sent, as its table keeps it."""
    cast = f"::{column.kind}" if column.kind != column.sent_as else ""
    return f"{prefix}{column.name}{cast}"


def _insert(table: RowTable, columns: Sequence[Column] | None = None, then: str = "") -> _Part:
    """Of a row with all columns, or with these: what it lacks is the database's default."""
    columns = _given_first(columns or table.columns)
    names = names_of(columns)
    chosen = "select * from {rows}"
    if any(column.kind != column.sent_as for column in columns):
        chosen = f"select {', '.join(map(_as_kept, columns))} from {{rows}} as t({names})"  # noqa: S608 (names of ours)
    return _part(f"insert into {table.name} ({names}) {chosen}{then}", columns)


def _upsert(table: RowTable, also: str = "") -> _Part:
    """A row that is there takes over whatever moves."""
    return _insert(table, then=f" on conflict ({names_of(table.key)}) do update set {_moves(table)}{also}")


def _moves(table: RowTable) -> str:
    return ", ".join(f"{column.name} = excluded.{column.name}" for column in (*table.moving, *table.later))


def _update(table: RowTable) -> _Part:
    """An insert that always meets its row: unlike an update with a join, it can only go to the row that its key names,
    whatever the planner thinks of the table's size. What never changes is taken from that row: to send it again, most
    of all the texts of JSON, would be for nothing: no conflict writes it."""
    moving = (*table.moving, *table.later)
    sent, account, number = (*table.key, *moving), *table.key
    chosen = [names_of(table.key, "t."), names_of(table.fixed, "p."), *(_as_kept(column, "t.") for column in moving)]
    sql = (
        f"insert into {table.name} ({names_of(table.columns)}) select {', '.join(chosen)}"  # noqa: S608 (names of ours)
        f" from {{rows}} as t({names_of(sent)})"
        f" cross join lateral (select {names_of(table.fixed)} from {table.name} p"
        f" where p.{account.name} = {{account}} and p.{number.name} = t.{number.name} offset 0) p"
        f" on conflict ({names_of(table.key)}) do update set {_moves(table)}"
    )
    return _part(sql, sent)


_PARTS: Final[dict[str, _Part]] = {
    "claims": _insert(CLAIMS),
    "family_keys": _upsert(FAMILY_KEYS),
    "batches": _insert(BATCHES),
    "new_payouts": _insert(PAYOUTS, (*PAYOUTS.key, *PAYOUTS.fixed, *PAYOUTS.moving)),
    "new_payouts_moved": _insert(PAYOUTS),
    "payouts": _update(PAYOUTS),
    "attempts": _upsert(ATTEMPTS),
    "lost_references": _insert(RAIL_REFERENCES, then=" on conflict do nothing"),
    "returns": _insert(RETURNS),
    "cases": _upsert(CASES),
    "facts": _insert(FACTS),
    "postings": _insert(POSTINGS),
    "fundings": _insert(FUNDINGS),
    "balances": _upsert(BALANCES),
    "bank_accounts": _upsert(BANK_ACCOUNTS),
    "transfers": _upsert(TRANSFERS),
    "due": _upsert(WORK, also=", leased_by = null"),
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
        rows = rows_of_one(lists) if len(kinds) < len(_PARTS[name].kinds) else f"unnest({lists})"
        account = "$1" if of_one else "t.account_id"
        parts.append(f"{name} as ({_PARTS[name].sql.format(rows=rows, account=account)})")
        first += len(kinds)
    return f"with {', '.join(parts)} select 1"


def _kinds(name: str, *, of_one: bool) -> tuple[str, ...]:
    """Of the lists of a part."""
    kinds = _PARTS[name].kinds
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
        self._bank_accounts: dict[tuple[UUID, int], OwnBankAccount] = {}
        self._transfers: dict[tuple[UUID, int], Transfer] = {}
        self._family_keys: dict[tuple[UUID, str], FamilyKey] = {}
        self._let_go: list[tuple[UUID, str]] = []
        self._touched: set[tuple[UUID, str, str]] = set()

    def touch_balance(self, account_id: UUID, currency: str, book: str) -> None:
        self._touched.add((account_id, currency, book))

    def add_claim(self, account_id: UUID, claim: Claimed) -> None:
        self._add("claims", claim, account_id)

    def add_family_key(self, account_id: UUID, key: FamilyKey) -> None:
        """One without any use is nobody's, and leaves no row."""
        self._family_keys[account_id, key.reference] = key

    def add_funding(self, account_id: UUID, funding: Funding) -> None:
        self._add("fundings", funding, account_id)

    def add_batch(self, batch: Batch) -> None:
        self._add("batches", batch)

    def add_bank_account(self, account_id: UUID, bank_account: OwnBankAccount) -> None:
        self._bank_accounts[account_id, bank_account.bank_account_id] = bank_account

    def add_transfer(self, account_id: UUID, transfer: Transfer) -> None:
        self._transfers[account_id, transfer.transfer_id] = transfer

    def add_postings(
        self, account_id: UUID, subject_id: int, fact_number: int, postings: Sequence[Posting], at_ms: int
    ) -> None:
        for line, move in enumerate(postings, 1):
            self._add("postings", move, account_id, subject_id, fact_number, line, at_ms)

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
            self._add("returns", new, *key)
        for entry in decision.entries:
            fact = entry.fact
            seal = seal_of(self._seal_key, *key, fact) if self._seal_key is not None else None
            self._add("facts", fact, *key, seal)
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
        names = tuple(filter(self._rows.__contains__, _PARTS))
        of_one = self._only is not None
        arguments = [self._only] if of_one else []
        for name in names:
            lists = _PARTS[name].arrays(self._rows[name])
            arguments += lists if not of_one or name in _NOT_BY_ACCOUNT else lists[1:]
        await connection.execute(_statement(names, of_one=of_one), *arguments)

    def _collect_rows(self, balances: Mapping[UUID, Mapping[BookKey, int]]) -> None:
        for payout, is_new in self._payouts.values():
            self._add(_part_of(payout, is_new), payout)
        for (account_id, payout_id, _), attempt in self._attempts.items():
            self._add_attempt(account_id, payout_id, attempt)
        for (account_id, payout_id, _), case in self._cases.items():
            self._add("cases", case, account_id, payout_id)
        for (account_id, reference), family_key in self._family_keys.items():
            if family_key.uses:
                self._add("family_keys", family_key, account_id)
            else:
                self._let_go.append((account_id, reference))
        for (account_id, _), held in self._bank_accounts.items():
            self._add("bank_accounts", held, account_id)
        for (account_id, _), transfer in self._transfers.items():
            # A payout to an account is recorded at the taker alone, who may be the payer itself.
            direction = "in" if transfer.is_payout or account_id != transfer.source_id else "out"
            self._add("transfers", transfer, account_id, direction)
        for key, due in self._due.items():
            if due is not None:
                self._add("due", due, *key, *work_on(self._payouts[key][0]))
            elif not self._payouts[key][1]:
                self._done.setdefault(key[0], []).append(key[1])
        for account_id, currency, book in sorted(self._touched):
            self._add("balances", None, account_id, currency, book, balances[account_id][currency, book])

    def _add_attempt(self, account_id: UUID, payout_id: int, attempt: Attempt) -> None:
        self._add("attempts", attempt, account_id, payout_id)
        if attempt.has_lost_sends:  # what was noted of its reference may be lost as well
            noted = RailReference(attempt.rail, attempt.reference, account_id, payout_id, attempt.number)
            self._add("lost_references", noted, reference_hash(attempt.rail, attempt.reference))

    def _add(self, part: str, record: object, *given: object) -> None:
        """`given`: the columns that are no attribute of the record, in the order of its table."""
        self._rows[part].append(given + _PARTS[part].attributes(record))


def _part_of(payout: Payout, is_new: bool) -> str:
    if not is_new:
        return "payouts"
    return "new_payouts" if payout.fact_count == 1 else "new_payouts_moved"
