"""The clerk: group commit for everything that moves money or changes a payout.

Commands that arrive while one commit is on its way are collected. Then, in one transaction: lock the accounts (in
order, so two servers cannot deadlock), load what the commands need, let each command decide in turn on what its
predecessors left, and save all of it with one statement (see saving.py). A single create is a batch
of one.

    command = what to load + a pure `decide(desk) -> (answer, changes | None)`

A refused command has no changes, so it never sinks its neighbours. If a batch cannot be saved all the same (the
database rejects it or cannot read what one of them needs, or a value cannot be written down), each is tried alone.

A batch has less time than its askers have patience, so that in most cases they hear what became of it. While the
database is away no batch is begun: whoever loses patience then has certainly not been served.

The trap: if the connection dies while the commit is on its way, nobody knows whether it happened. Every command of the
batch then fails with `Unavailable`, and is *not* tried again here: a second try would meet its own first one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from outlay.core.ledger import AVAILABLE, BookKey, Overdraft, Posting, apply_postings
from outlay.core.refusal import Refusal
from outlay.store.database import Database, Unavailable
from outlay.store.desk import Changes, Command, Desk
from outlay.store.gather import Gatherer, LaneRule, Lanes
from outlay.store.loading import load, lock_accounts
from outlay.store.patience import patience
from outlay.store.saving import Sheet
from outlay.store.sqlstates import Why

MOST_PAYOUTS: Final = 256
"""Payouts in one commit, more only for one batch by itself: large enough for throughput, small enough that nobody waits
long behind others."""


RUN_SHARE: Final = 0.8
"""Of an asker's patience: so long a batch may take."""
LOOK_AGAIN_S: Final = 0.1


class Clerk:
    """Takes commands; each gets its own answer."""

    def __init__(self, database: Database, next_id: Callable[[], int], lanes: LaneRule = "one") -> None:
        self._database = database
        self._next_id = next_id
        self._lanes: Lanes[Command, Any] = Lanes(lanes, self._new_lane)

    def _new_lane(self) -> Gatherer[Command, Any]:
        lane = _Lane(self._database, self._commit)
        return Gatherer(
            lane.run,
            most=MOST_PAYOUTS,
            weigh=_weight,
            patience_s=self._database.patience_s,
            commits=True,
            may_begin=lane.may_begin,
        )

    async def do(self, command: Command) -> Any:
        """Carry out one command. Raises Unavailable, CredentialChanged, NonceRepeated, or what `decide` raised."""
        return await self._lanes.ask(command.account_id, command)

    async def _commit(self, commands: Sequence[Command]) -> Sequence[Any]:
        async with self._database.transaction() as connection:
            account_ids = sorted({command.account_id for command in commands})
            accounts = await lock_accounts(connection, account_ids)
            desks = {account_id: Desk(accounts.get(account_id), self._next_id) for account_id in account_ids}
            refused = await load(connection, commands, desks)
            answers: list[Any] = []
            sheet = Sheet()
            for command, problem in zip(commands, refused, strict=True):
                answers.append(problem or _decide(command, desks[command.account_id], sheet))
            await sheet.save(connection, {account_id: desk.balances for account_id, desk in desks.items()})
        return answers


class _Lane:
    """One batch after the other. `commit` raises Unavailable, or what nothing remains of."""

    def __init__(self, database: Database, commit: Callable[[Sequence[Command]], Awaitable[Sequence[Any]]]) -> None:
        self._database = database
        self._commit = commit
        self._was_away = False

    async def may_begin(self) -> bool:
        """After a batch that met no database: only once it answers again."""
        if self._was_away:
            try:
                await self._database.fetchrow("select 1")
            except Unavailable:
                await asyncio.sleep(LOOK_AGAIN_S)
                return False
            self._was_away = False
        return True

    async def run(self, commands: Sequence[Command]) -> Sequence[Any]:
        with patience(RUN_SHARE * self._database.patience_s):
            try:
                return await self._commit(commands)
            except Exception as error:
                if self._is_for_all(error) or (len(commands) == 1 and not _is_conflict(error)):
                    return [error] * len(commands)
                # Nothing of the transaction remains. Alone, each command finds out whether it was the cause.
                return await self._one_by_one(commands)

    async def _one_by_one(self, commands: Sequence[Command]) -> Sequence[Any]:
        answers: list[Any] = []
        for command in commands:
            try:
                answers += await self._commit([command])
            except Exception as error:
                if self._is_for_all(error):
                    # No patience for each of the others in turn.
                    return [*answers, error, *_not_tried(len(commands) - len(answers) - 1)]
                answers.append(error)
        return answers

    def _is_for_all(self, error: Exception) -> bool:
        """Whether the other commands of the batch would fare no better."""
        if not isinstance(error, Unavailable):
            return False
        self._was_away = error.why in (Why.AWAY, Why.SLOW)
        return self._was_away or error.may_have_happened


def _is_conflict(error: Exception) -> bool:
    return isinstance(error, Unavailable) and error.why is Why.CONFLICT


def _not_tried(many: int) -> Sequence[Unavailable]:
    return [Unavailable("the database was away before this was tried")] * many


def _weight(command: Command) -> int:
    return command.weight


def _decide(command: Command, desk: Desk, sheet: Sheet) -> Any:
    """Let one command decide, and put what it changes on the desk and on the sheet."""
    try:
        answer, changes = command.decide(desk)
        if changes is not None:
            changed_books = apply_postings(desk.balances, _all_postings(changes))
    except Overdraft as overdraft:
        # Only the merchant's own money can run short; anything else is a fault in the core.
        if overdraft.book != AVAILABLE:
            return overdraft
        held = (overdraft.currency, AVAILABLE) in desk.balances
        return Refusal.INSUFFICIENT_BALANCE if held else Refusal.CURRENCY_NOT_HELD
    except Exception as error:  # this command's own fault, not its neighbours'
        return error
    if changes is not None:
        desk.balances.update(changed_books)
        _put_on_desk(changes, desk)
        _collect(command.account_id, changes, changed_books, sheet)
    return answer


def _all_postings(changes: Changes) -> Iterable[Posting]:
    if changes.booking is not None:
        yield from changes.booking.postings
    for move in changes.moves:
        yield from move.decision.postings


def _put_on_desk(changes: Changes, desk: Desk) -> None:
    if changes.claim is not None:
        desk.put_claim(changes.claim)
    if changes.family_key is not None:
        desk.put_family_key(changes.family_key)
    if changes.funding is not None:
        desk.put_funding(changes.funding)
    if changes.bank_account is not None:
        desk.put_bank_account(changes.bank_account)
    if changes.transfer is not None:
        desk.put_transfer(changes.transfer)
    for move in changes.moves:
        desk.put_payout(move.decision.payout)


def _collect(account_id: UUID, changes: Changes, changed_books: Iterable[BookKey], sheet: Sheet) -> None:
    for currency, book in changed_books:
        sheet.touch_balance(account_id, currency, book)
    if changes.claim is not None:
        sheet.add_claim(account_id, *_values(changes.claim))
    if changes.family_key is not None:
        sheet.add_family_key(account_id, *_values(changes.family_key))
    if changes.batch is not None:
        sheet.add_batch(changes.batch)
    if changes.funding is not None:
        sheet.add_funding(account_id, *_values(changes.funding))
    if changes.bank_account is not None:
        sheet.add_bank_account(account_id, changes.bank_account)
    if changes.transfer is not None:
        sheet.add_transfer(account_id, changes.transfer)
    if changes.booking is not None:
        booking = changes.booking
        sheet.add_postings(account_id, booking.subject_id, 1, booking.postings, booking.at_ms)
    for move in changes.moves:
        sheet.add_decision(move.before, move.decision, move.due)


def _values(record: msgspec.Struct) -> tuple[Any, ...]:
    return msgspec.structs.astuple(record)
