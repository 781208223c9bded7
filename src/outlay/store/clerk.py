"""The clerk: group commit for everything that moves money or changes a payout.

Commands that arrive while one commit is on its way are collected. Then, in one transaction: lock the accounts (in
order, so two servers cannot deadlock), load what the commands need, let each command decide in turn on what its
predecessors left, and save all of it with one statement (see saving.py). A single create is a batch
of one.

    command = what to load + a pure `decide(desk) -> (answer, changes | None)`

A refused command has no changes, so it never sinks its neighbours. If a batch cannot be saved all the same (the
database rejects it, or a value cannot be written down), each command is tried alone.

The trap: if the connection dies while the commit is on its way, nobody knows whether it happened. Every command of the
batch then fails with `Unavailable`, and is *not* tried again here: a second try would meet its own first one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec

from outlay.core.account import DEFAULT_TERMS, Account, Terms
from outlay.core.ledger import AVAILABLE, BookKey, Overdraft, Posting, apply_postings
from outlay.core.payout import Decision, Payout
from outlay.core.refusal import Refusal
from outlay.store import saving
from outlay.store.database import RETRYABLE, Connection, Database, Unavailable
from outlay.store.gather import Gatherer, LaneRule, Lanes
from outlay.store.guard import Guard, NonceBook, check
from outlay.store.rows import ACCOUNT_COLUMNS, PAYOUT_COLUMNS, PAYOUT_JOIN, account_from, payout_from, terms_from

MOST_COMMANDS: Final = 256
"""Commands in one commit: large enough for throughput, small enough that nobody waits long behind a batch."""


class Claim(msgspec.Struct, frozen=True):
    """A reference that has been used on an account, for what, and for which payout."""

    reference: str
    operation: str
    digest: bytes
    payout_id: int | None
    created_ms: int


class Funding(msgspec.Struct, frozen=True):
    """Money that came in from outside, under the funder's own reference."""

    reference: str
    funding_id: int
    currency: str
    amount_minor: int
    at_ms: int


class Changes(msgspec.Struct, frozen=True):
    """What one command writes. `before` is the payout as it was loaded, None for a new one. `due_ms`: when a worker
    should look at the payout next, None for never."""

    before: Payout | None = None
    decision: Decision | None = None
    claim: Claim | None = None
    funding: Funding | None = None
    postings: tuple[Posting, ...] = ()
    due_ms: int | None = None


class Needs(msgspec.Struct, frozen=True):
    """What to load before deciding. `currency` only where no payout tells it."""

    reference: str | None = None
    funding_reference: str | None = None
    payout_id: int | None = None
    currency: str | None = None


class Command(Protocol):
    """One write. `decide` must be pure but for what it takes from the desk."""

    @property
    def account_id(self) -> UUID: ...
    @property
    def guard(self) -> Guard | None: ...
    @property
    def needs(self) -> Needs: ...

    def decide(self, desk: Desk) -> tuple[Any, Changes | None]: ...


class Desk:
    """One account's rows as they stand after the commands decided so far."""

    def __init__(self, account: Account | None, next_id: Callable[[], int]) -> None:
        self.account = account
        self.next_id = next_id
        self.balances: dict[BookKey, int] = {}
        self.terms: dict[str, Terms] = {}
        self._payouts: dict[int, Payout] = {}
        self._claims: dict[str, Claim] = {}
        self._fundings: dict[str, Funding] = {}

    def payout(self, payout_id: int) -> Payout | None:
        return self._payouts.get(payout_id)

    def claim(self, reference: str) -> Claim | None:
        return self._claims.get(reference)

    def funding(self, reference: str) -> Funding | None:
        return self._fundings.get(reference)

    def terms_in(self, currency: str) -> Terms:
        return self.terms.get(currency, DEFAULT_TERMS)

    def put_payout(self, payout: Payout) -> None:
        self._payouts[payout.payout_id] = payout

    def put_claim(self, claim: Claim) -> None:
        self._claims[claim.reference] = claim

    def put_funding(self, funding: Funding) -> None:
        self._fundings[funding.reference] = funding


class Clerk:
    """Takes commands; each gets its own answer."""

    def __init__(self, database: Database, next_id: Callable[[], int], lanes: LaneRule = "one") -> None:
        self._database = database
        self._next_id = next_id
        self._lanes: Lanes[Command, Any] = Lanes(lanes, lambda: Gatherer(self._run, most=MOST_COMMANDS))

    async def do(self, command: Command) -> Any:
        """Carry out one command. Raises Unavailable, CredentialChanged, NonceRepeated, or what `decide` raised."""
        return await self._lanes.ask(command.account_id, command)

    async def _run(self, commands: Sequence[Command]) -> Sequence[Any]:
        try:
            return await self._commit(commands)
        except Unavailable as error:
            return [error] * len(commands)
        except Exception as error:
            # Nothing of the transaction remains. Alone, each command finds out whether it was the cause.
            if len(commands) == 1 and not isinstance(error, RETRYABLE):
                return [error]
            return await self._one_by_one(commands)

    async def _one_by_one(self, commands: Sequence[Command]) -> Sequence[Any]:
        answers: list[Any] = []
        for command in commands:
            try:
                answers += await self._commit([command])
            except Unavailable as error:
                # No patience for each of the others in turn.
                return answers + [error] * (len(commands) - len(answers))
            except Exception as error:
                answers.append(error)
        return answers

    async def _commit(self, commands: Sequence[Command]) -> Sequence[Any]:
        async with self._database.transaction() as connection:
            desks = await self._lock(connection, commands)
            refused = await self._load(connection, commands, desks)
            answers: list[Any] = []
            batch = saving.Batch()
            for command, problem in zip(commands, refused, strict=True):
                answers.append(problem or _decide(command, desks[command.account_id], batch))
            await batch.save(connection, {account_id: desk.balances for account_id, desk in desks.items()})
        return answers

    async def _lock(self, connection: Connection, commands: Sequence[Command]) -> dict[UUID, Desk]:
        """Take the accounts' row locks: from here to the commit nobody else writes to them."""
        account_ids = sorted({command.account_id for command in commands})
        rows = await connection.fetch(_LOCK, account_ids)
        accounts = {row["account_id"]: account_from(row) for row in rows}
        return {account_id: Desk(accounts.get(account_id), self._next_id) for account_id in account_ids}

    async def _load(
        self, connection: Connection, commands: Sequence[Command], desks: dict[UUID, Desk]
    ) -> Sequence[Exception | None]:
        needs = [command.needs for command in commands]
        problems = await _load_claims(connection, commands, needs, desks)
        await _load_payouts(connection, commands, needs, desks)
        await _load_fundings(connection, commands, needs, desks)
        await _load_books(connection, commands, needs, desks)
        return problems


# In all of these, `lateral (… offset 0)` keeps each look-up a look-up: an index probe per row asked for, in the
# partition of its account, whatever the planner thinks of the table's size. The locks are taken in the order asked.
_LOCK: Final = f"""
select a.* from unnest($1::uuid[]) as asked(account_id)
cross join lateral (select {ACCOUNT_COLUMNS} from accounts a where a.account_id = asked.account_id
                    for no key update) a
"""  # noqa: S608 (columns are constants)

_CLAIMS: Final = """
with asked as materialized (
    select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::bigint[])
        with ordinality as t(account_id, reference, guard_account_id, key_id, nonce, nonce_until_ms, ord)
), fresh as (
    insert into nonces (account_id, key_id, nonce, until_ms)
    select guard_account_id, key_id, nonce, nonce_until_ms from asked where nonce is not null
    order by guard_account_id, key_id, nonce
    on conflict do nothing returning account_id, key_id, nonce
)
select asked.ord, c.reference, c.operation, c.digest, c.payout_id, c.created_ms, k.version,
       exists (select from fresh f where f.account_id = asked.guard_account_id and f.key_id = asked.key_id
               and f.nonce = asked.nonce) as fresh
from asked
left join lateral (select * from claims c where c.account_id = asked.account_id and c.reference = asked.reference
                   offset 0) c on true
left join lateral (select version from credentials k where k.account_id = asked.guard_account_id
                   and k.key_id = asked.key_id and k.revoked_ms is null offset 0) k on true
"""

_PAYOUTS: Final = f"""
select found.* from unnest($1::uuid[], $2::bigint[]) as asked(account_id, payout_id)
cross join lateral (
    select {PAYOUT_COLUMNS} from payouts p {PAYOUT_JOIN}
    where p.account_id = asked.account_id and p.payout_id = asked.payout_id offset 0) found
"""  # noqa: S608 (columns are constants)

_FUNDINGS: Final = """
select f.* from unnest($1::uuid[], $2::text[]) as asked(account_id, reference)
cross join lateral (select * from fundings f where f.account_id = asked.account_id
                    and f.reference = asked.reference offset 0) f
"""

_BOOKS: Final = """
select asked.account_id, asked.currency, t.fee_fixed_minor, t.fee_rate_ppm, t.smallest_minor, t.largest_minor,
       b.books, b.minors
from unnest($1::uuid[], $2::text[]) as asked(account_id, currency)
left join lateral (select * from terms t where t.account_id = asked.account_id and t.currency = asked.currency
                   offset 0) t on true
cross join lateral (
    select array_agg(b.book) as books, array_agg(b.minor) as minors from balances b
    where b.account_id = asked.account_id and b.currency = asked.currency) b
"""


async def _load_claims(
    connection: Connection, commands: Sequence[Command], needs: Sequence[Needs], desks: dict[UUID, Desk]
) -> list[Exception | None]:
    """Put the claims on the desks, and check every guard. Returns a problem per command."""
    problems: list[Exception | None] = [None] * len(commands)
    asked = [
        (number, command, need)
        for number, (command, need) in enumerate(zip(commands, needs, strict=True))
        if need.reference is not None or command.guard is not None
    ]
    if not asked:
        return problems
    guards = [command.guard for _, command, _ in asked]
    rows = await connection.fetch(
        _CLAIMS,
        [command.account_id for _, command, _ in asked],
        [need.reference for _, _, need in asked],
        [guard and guard.account_id for guard in guards],
        [guard and guard.key_id for guard in guards],
        [guard and guard.nonce for guard in guards],
        [guard and guard.nonce_until_ms for guard in guards],
    )
    nonces = NonceBook(
        (guard.account_id, guard.key_id, guard.nonce)
        for row in rows
        if row["fresh"] and (guard := guards[row["ord"] - 1]) and guard.nonce is not None
    )
    for row in sorted(rows, key=lambda row: row["ord"]):
        number, command, _ = asked[row["ord"] - 1]
        if row["reference"] is not None:
            desks[command.account_id].put_claim(
                Claim(row["reference"], row["operation"], row["digest"], row["payout_id"], row["created_ms"])
            )
        if command.guard is not None:
            problems[number] = check(command.guard, row["version"], nonces)
    return problems


async def _load_payouts(
    connection: Connection, commands: Sequence[Command], needs: Sequence[Needs], desks: dict[UUID, Desk]
) -> None:
    wanted = {
        (command.account_id, payout_id)
        for command, need in zip(commands, needs, strict=True)
        for payout_id in _payouts_wanted(need, desks[command.account_id])
    }
    if wanted:
        for row in await connection.fetch(_PAYOUTS, *_columns(wanted, 2)):
            desks[row["account_id"]].put_payout(payout_from(row))


def _payouts_wanted(need: Needs, desk: Desk) -> Iterable[int]:
    if need.payout_id is not None:
        yield need.payout_id
    claim = desk.claim(need.reference) if need.reference is not None else None
    if claim is not None and claim.payout_id is not None:
        yield claim.payout_id


async def _load_fundings(
    connection: Connection, commands: Sequence[Command], needs: Sequence[Needs], desks: dict[UUID, Desk]
) -> None:
    wanted = {
        (command.account_id, need.funding_reference)
        for command, need in zip(commands, needs, strict=True)
        if need.funding_reference is not None
    }
    if wanted:
        for row in await connection.fetch(_FUNDINGS, *_columns(wanted, 2)):
            desks[row["account_id"]].put_funding(
                Funding(row["reference"], row["funding_id"], row["currency"], row["amount_minor"], row["at_ms"])
            )


async def _load_books(
    connection: Connection, commands: Sequence[Command], needs: Sequence[Needs], desks: dict[UUID, Desk]
) -> None:
    wanted = set()
    for command, need in zip(commands, needs, strict=True):
        payout = desks[command.account_id].payout(need.payout_id) if need.payout_id is not None else None
        currency = need.currency or (payout.currency if payout else None)
        if currency is not None:
            wanted.add((command.account_id, currency))
    if not wanted:
        return
    for row in await connection.fetch(_BOOKS, *_columns(wanted, 2)):
        desk, currency = desks[row["account_id"]], row["currency"]
        if row["fee_fixed_minor"] is not None:
            desk.terms[currency] = terms_from(row)
        for book, minor in zip(row["books"] or (), row["minors"] or (), strict=True):
            desk.balances[currency, book] = minor


def _decide(command: Command, desk: Desk, batch: saving.Batch) -> Any:
    """Let one command decide, and put what it changes on the desk and into the batch."""
    try:
        answer, changes = command.decide(desk)
        if changes is not None:
            changed_books = apply_postings(desk.balances, _all_postings(changes))
    except Overdraft as overdraft:
        # Only the merchant's own money can run short; anything else is a fault in the core.
        return Refusal.INSUFFICIENT_BALANCE if overdraft.book == AVAILABLE else overdraft
    except Exception as error:  # this command's own fault, not its neighbours'
        return error
    if changes is not None:
        desk.balances.update(changed_books)
        if changes.claim is not None:
            desk.put_claim(changes.claim)
        if changes.funding is not None:
            desk.put_funding(changes.funding)
        if changes.decision is not None:
            desk.put_payout(changes.decision.payout)
        _collect(command.account_id, changes, changed_books, batch)
    return answer


def _all_postings(changes: Changes) -> tuple[Posting, ...]:
    return changes.postings + (changes.decision.postings if changes.decision else ())


def _collect(account_id: UUID, changes: Changes, changed_books: Iterable[BookKey], batch: saving.Batch) -> None:
    for currency, book in changed_books:
        batch.touch_balance(account_id, currency, book)
    if changes.claim is not None:
        batch.add_claim(account_id, *_values(changes.claim))
    if changes.funding is not None:
        batch.add_funding(account_id, *_values(changes.funding))
        batch.add_postings(account_id, changes.funding.funding_id, 1, changes.postings, changes.funding.at_ms)
    if changes.decision is not None:
        batch.add_decision(changes.before, changes.decision, changes.due_ms)


def _values(record: msgspec.Struct) -> tuple[Any, ...]:
    return msgspec.structs.astuple(record)


def _columns(rows: Iterable[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows turned into one list per column, in a fixed order."""
    ordered = sorted(rows)
    return [[row[column] for row in ordered] for column in range(width)]
