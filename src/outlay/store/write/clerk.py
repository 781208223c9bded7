"""The clerk: group commit for everything that moves money or changes a payout.

Commands that arrive while one commit is on its way are collected. Then, in one transaction: lock the accounts (in
order, so two servers cannot deadlock), load what the commands need, let each command decide in turn on what its
predecessors left, and save all of it with one statement (see saving.py). A single create is a batch
of one.

    command = what to load + a pure `decide(desk) -> (answer, changes | None)`

A refused command has no changes, so it never sinks its neighbours. If a batch cannot be saved all the same (the
database rejects it or cannot read what one of them needs, or a value cannot be written down), each is tried alone.

One account whose row somebody else holds keeps nobody else waiting (see held). Who finds it held after a short wait
tries again with what is free of the batch; what needs the held account waits in a lane of its own, until the lock is
let go or its time is over.

A command has a deadline: after it it was certainly not carried out, unless its commit was on its way then. So a batch
begins only with commands that have some of their time left (SPARE_S), and has time until the first of their deadlines.
Whose time is not over by then waits for another batch. While the database is away none is begun.

The traps: if the connection dies while the commit is on its way, nobody knows whether it happened. Every command of the
batch then fails with `Unavailable`, and is *not* tried again here: a second try would meet its own first one. And a
process may stand still at any line, without any timer of its own: so the clock is looked at once more right before the
commit, and the database ends a transaction that stands still there (database.STILL_S).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from outlay.core.account import Account
from outlay.core.ledger import AVAILABLE, BookKey, Overdraft, Posting, apply_postings
from outlay.core.refusal import Refusal
from outlay.core.seals import SealKey
from outlay.running.moments import Moment, reached
from outlay.store.database import Connection, Database, Unavailable
from outlay.store.gather import Gatherer, LaneRule, Lanes, NotYet
from outlay.store.patience import left_s, patience
from outlay.store.routing import Routed
from outlay.store.sqlstates import Why
from outlay.store.write.desk import Changes, Command, Desk
from outlay.store.write.held import DOUBT_S, HELD_PLACES, AccountHeld, HeldLately
from outlay.store.write.loading import load, lock_accounts
from outlay.store.write.saving import Sheet

A = TypeVar("A")
MOST_PAYOUTS: Final = 256
"""Payouts in one commit, more only for one batch by itself: large enough for throughput, small enough that nobody waits
long behind others."""


SPARE_S: Final = 1.0
SPARE_SHARE: Final = 0.2
"""So much of their patience an asker must have left when their batch begins, and so long every batch has at least: a
second, or this share of the patience where that is less."""
MOMENTS: Final = frozenset({Moment.LOCKED, Moment.LOADED, Moment.SAVED, Moment.COMMITTED})
LOOK_AGAIN_S: Final = 0.1
MOST_IN_VAIN: Final = 2
"""Where the first of a batch, each alone, wait in vain for what somebody holds, so would all others: it is a table."""


class _Asked:
    """A command, and until when, by the loop's time, its commit may be sent."""

    __slots__ = ("_is_sent", "_is_taken_back", "command", "until_s")

    def __init__(self, command: Command[object], patience_s: float) -> None:
        self.command = command
        self.until_s = _now_s() + left_s(patience_s)
        self._is_sent = self._is_taken_back = False

    def is_over(self) -> bool:
        return self._is_taken_back or self.until_s <= _now_s()

    def take_back(self) -> bool:
        """Whether it certainly will not be carried out."""
        self._is_taken_back = not self._is_sent
        return self._is_taken_back

    def send(self) -> None:
        """Its commit is on its way from here on."""
        self._is_sent = True

    def came_to_nothing(self) -> None:
        """The database says that nothing remains of what was sent."""
        self._is_sent = False


class Clerk:
    """Takes commands; each gets its own answer."""

    def __init__(
        self,
        database: Database,
        next_id: Callable[[], int],
        lanes: LaneRule = "one",
        seal_key: SealKey | None = None,
    ) -> None:
        """Facts are sealed with `seal_key`."""
        self._database = database
        self._next_id = next_id
        self._seal_key = seal_key
        self._spare_s = min(SPARE_S, SPARE_SHARE * database.patience_s)
        self._held_lately = HeldLately()
        self._held_places = asyncio.Semaphore(HELD_PLACES)
        self._rule = lanes
        self._lanes: Lanes[_Asked, Any] = Lanes(
            lanes, lambda: self._new_lane(_Lane(database, self._try_together, AccountHeld))
        )
        self._apart: Lanes[_Asked, Any] = Lanes("account", lambda: self._new_lane(_Lane(database, self._try_apart)))

    def _new_lane(self, lane: _Lane) -> Gatherer[_Asked, Any]:
        return Gatherer(
            lane.run,
            most=MOST_PAYOUTS,
            weigh=_weight,
            patience_s=self._database.patience_s,
            spare_s=self._spare_s,
            take_back=_Asked.take_back,
            may_begin=lane.may_begin,
        )

    async def do(self, command: Command[A], *, urgent: bool = False) -> A | Refusal:
        """Carry out one command. `urgent`: what rails say and the workers do, of which there is only so much; it is
        never turned away, and goes before what callers ask. Raises Unavailable, Busy, AskerLeft, CredentialChanged,
        NonceRepeated, or what `decide` raised."""
        account_id, asked = command.account_id, _Asked(command, self._database.patience_s)
        answer: A | Refusal  # a lane has commands of all kinds: only here is it known whose answer this is
        if not self._apart.is_at_work(account_id):
            try:
                answer = await self._lanes.ask(account_id, asked, urgent=urgent, until_s=asked.until_s)
                return answer
            except AccountHeld:
                pass
        answer = await self._apart.ask(account_id, asked, urgent=urgent, until_s=asked.until_s)
        return answer

    async def _try_together(self, batch: Sequence[_Asked]) -> Sequence[Any]:
        """Whose account is held is told AccountHeld."""
        account_ids = _accounts_of(batch)
        waited_for = [each for each in account_ids if self._is_worth_a_wait(each)]
        if_free = account_ids if not waited_for else sorted(set(account_ids).difference(waited_for))
        try:
            return await self._commit(batch, waited_for, if_free)
        except AccountHeld:
            return await self._commit(batch, (), account_ids)

    def _is_worth_a_wait(self, account_id: UUID) -> bool:
        """Others may wait with it. In lanes of accounts by themselves none is: all of them would wait at once, each
        with a connection."""
        is_held = account_id in self._held_lately or self._apart.is_at_work(account_id)
        return self._rule == "one" and not is_held

    async def _try_apart(self, batch: Sequence[_Asked]) -> Sequence[Any]:
        """As often as it takes, up to the first deadline: the commands have begun, and go on to their end also where
        their askers have left."""
        account_ids, until_s = _accounts_of(batch), _first_deadline(batch)
        while True:
            async with self._held_places:  # between two tries it is another account's turn
                if until_s - _now_s() < min(self._database.lock_s, self._spare_s / 2):
                    raise Unavailable("somebody else holds the account", why=Why.HELD)
                try:
                    return await self._commit(batch, account_ids, ())
                except AccountHeld:
                    self._held_lately.note(account_ids)

    async def _commit(
        self, batch: Sequence[_Asked], waited_for: Sequence[UUID], if_free: Sequence[UUID]
    ) -> Sequence[Any]:
        """Raises AccountHeld where one of the accounts `waited_for` was not had in time. Those of `if_free` that are
        not are left out, and their commands told so."""
        async with self._database.transaction() as connection:
            routed = Routed(connection, self._rule, batch[0].command.account_id)
            accounts = await lock_accounts(routed, waited_for, if_free)
            reached(Moment.LOCKED, len(batch))
            held = set(if_free) - accounts.keys()
            self._held_lately.note(held, DOUBT_S)
            served = [asked for asked in batch if asked.command.account_id not in held] if held else batch
            answers = await self._decide_and_save(connection, routed, [asked.command for asked in served], accounts)
            reached(Moment.SAVED, len(batch))
            # From here on nobody can say that nothing happened, until the database has. Nothing may stand between this
            # and the commit, which the end of this block sends: a pause in between would outlast a deadline unseen.
            _send(served)
        reached(Moment.COMMITTED, len(batch))
        if not held:
            return answers
        told = dict(zip(served, answers, strict=True))
        return [told[asked] if asked in told else AccountHeld() for asked in batch]

    async def _decide_and_save(
        self,
        connection: Connection,
        routed: Routed,
        commands: Sequence[Command[object]],
        accounts: Mapping[UUID, Account],
    ) -> Sequence[Any]:
        desks = {
            account_id: Desk(accounts.get(account_id), self._next_id)
            for account_id in {command.account_id for command in commands}
        }
        refused = await load(routed, commands, desks)
        reached(Moment.LOADED, len(commands))
        answers: list[Any] = []
        sheet = Sheet(self._seal_key, only=routed.account_id)
        for command, problem in zip(commands, refused, strict=True):
            answers.append(problem or _decide(command, desks[command.account_id], sheet))
        await sheet.save(connection, {account_id: desk.balances for account_id, desk in desks.items()})
        return answers


def _send(batch: Sequence[_Asked]) -> None:
    if any(asked.is_over() for asked in batch):
        raise Unavailable("a deadline was over before the commit", why=Why.SLOW)
    for asked in batch:
        asked.send()


class _Lane:
    """One batch after the other. `commit` raises Unavailable, or what nothing remains of. `elsewhere`: what is told to
    whoever needs what somebody holds, where they can wait for it apart from the others."""

    def __init__(
        self,
        database: Database,
        commit: Callable[[Sequence[_Asked]], Awaitable[Sequence[Any]]],
        elsewhere: type[Exception] | None = None,
    ) -> None:
        self._database = database
        self._commit = commit
        self._elsewhere = elsewhere
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

    async def run(self, batch: Sequence[_Asked]) -> Sequence[Any]:
        with patience(_first_deadline(batch) - _now_s()):
            try:
                return await self._try(batch)
            except Exception as error:
                if self._is_for_all(error):
                    return [_told(asked, error) for asked in batch]
                if len(batch) == 1 and not _is_conflict(error):
                    return [self._told_alone(error)]
                # Nothing of the transaction remains. Alone, each command finds out whether it was the cause.
                return await self._one_by_one(batch)

    async def _try(self, batch: Sequence[_Asked]) -> Sequence[Any]:
        try:
            return await self._commit(batch)
        except Exception as error:
            if not (isinstance(error, Unavailable) and error.may_have_happened):
                for asked in batch:
                    asked.came_to_nothing()
            raise

    async def _one_by_one(self, batch: Sequence[_Asked]) -> Sequence[Any]:
        answers: list[Any] = []
        held: set[UUID] = set()
        for number, asked in enumerate(batch):
            account_id = asked.command.account_id
            if self._elsewhere is not None and account_id in held:
                answers.append(self._elsewhere())
                continue
            try:
                answers += await self._try([asked])
            except Exception as error:
                if self._is_for_all(error) or (_is_held(error) and len(held) == number == MOST_IN_VAIN):
                    # No patience for each of the others in turn.
                    not_tried = _not_tried(error)
                    return [*answers, _told(asked, error), *(_told(other, not_tried) for other in batch[number + 1 :])]
                if _is_held(error):
                    held.add(account_id)
                answers.append(self._told_alone(error))
        return answers

    def _told_alone(self, error: Exception) -> Exception:
        return self._elsewhere() if self._elsewhere is not None and _is_held(error) else error

    def _is_for_all(self, error: Exception) -> bool:
        """Whether the other commands of the batch would fare no better."""
        if not isinstance(error, Unavailable):
            return False
        self._was_away = error.why in (Why.AWAY, Why.SLOW)
        is_held_here = error.why is Why.HELD and self._elsewhere is None
        return self._was_away or is_held_here or error.may_have_happened


def _is_held(error: Exception) -> bool:
    return isinstance(error, Unavailable) and error.why is Why.HELD


def _is_conflict(error: Exception) -> bool:
    return isinstance(error, Unavailable) and error.why is Why.CONFLICT


def _not_tried(error: Exception) -> Unavailable:
    why = error.why if isinstance(error, Unavailable) else Why.AWAY
    return Unavailable("the database was away before this was tried", why=why)


def _told(asked: _Asked, error: Exception) -> Exception:
    """Who has time left waits for another batch, where this one was only too slow and nothing was done."""
    was_slow = isinstance(error, Unavailable) and error.why in (Why.SLOW, Why.HELD) and not error.may_have_happened
    return NotYet() if was_slow and not asked.is_over() else error


def _weight(asked: _Asked) -> int:
    return asked.command.weight


def _accounts_of(batch: Sequence[_Asked]) -> Sequence[UUID]:
    return sorted({asked.command.account_id for asked in batch})


def _first_deadline(batch: Sequence[_Asked]) -> float:
    return min(asked.until_s for asked in batch)


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def _decide(command: Command[A], desk: Desk, sheet: Sheet) -> A | Refusal | Exception:
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
        sheet.add_claim(account_id, changes.claim)
    if changes.family_key is not None:
        sheet.add_family_key(account_id, changes.family_key)
    if changes.batch is not None:
        sheet.add_batch(changes.batch)
    if changes.funding is not None:
        sheet.add_funding(account_id, changes.funding)
    if changes.bank_account is not None:
        sheet.add_bank_account(account_id, changes.bank_account)
    if changes.transfer is not None:
        sheet.add_transfer(account_id, changes.transfer)
    if changes.booking is not None:
        booking = changes.booking
        sheet.add_postings(account_id, booking.subject_id, 1, booking.postings, booking.at_ms)
    for move in changes.moves:
        sheet.add_decision(move.before, move.decision, move.due)
