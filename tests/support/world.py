"""A small world on a real database: processes that do not know of each other, merchants with money, a clock that only
the test moves.

When a world is left its books are proved: whatever a test did, every check of `store.read.proof` must hold.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from hashlib import sha256
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from outlay.core.account import SANDBOX_RAIL, Account
from outlay.core.asks import Claim, OrderPayout, Repeated
from outlay.core.destination import DestinationKind
from outlay.core.fees import FeePlan
from outlay.core.ids import Snowflakes
from outlay.core.origin import NO_REMARKS, Remarks
from outlay.core.payout import Order, Payout
from outlay.core.seals import SealKey
from outlay.kit.secret import Secret
from outlay.sandbox.bank_accounts import finds_valid
from outlay.service.merchant.claims import PAYOUT, why_not
from outlay.service.merchant.order_payout import order_payout
from outlay.service.operator.accounts import open_account, set_fee
from outlay.service.operator.fund_account import Funded, FundingResult, fund_account
from outlay.service.runtime import Runtime
from outlay.store.credentials import add_credential
from outlay.store.database import Database
from outlay.store.gather import LaneRule
from outlay.store.guard import Guard
from outlay.store.read.history import read_history
from outlay.store.read.proof import CHECKS, run_check
from outlay.store.read.reader import PayoutQuestion, Reader
from outlay.store.write.clerk import Clerk
from tests.support.callers import DIALECT, trusted
from tests.support.databases import Kept, open_pool
from tests.support.payees import payee

START_MS = 1_760_000_000_000
VAULT_KEY = "5a" * 32
SEAL_KEY = SealKey(b"\x5a" * 32)
_EACH = (f"select '{check.name}' as name where exists ({check.sql})" for check in CHECKS)
WHICH_FAIL = re.sub(r"\n *", "\n", " union all ".join(_EACH))
"""All checks as one question, because every test asks it: one by one they cost ten times as much. Without what indents
it: the driver prepares longer ones each time anew."""


class Clock:
    def __init__(self) -> None:
        self.now = START_MS

    def __call__(self) -> int:
        return self.now

    def advance(self, ms: int) -> None:
        self.now += ms


class Unstepping:
    """A clock that never steps, and is looked at all the time."""

    def behind_ms(self) -> int:
        return 0

    def looked_ago_ms(self) -> int:
        return 0

    def calm_ms(self, at_ms: int) -> int:
        return at_ms

    async def confirmed_calm_ms(self, at_ms: int) -> int:
        return at_ms


class World:
    """`runtime` is the first process; `process()` makes others. `admin` is a superuser's connection."""

    runtime: Runtime

    def __init__(self, kept: Kept) -> None:
        self.dsn = kept.dsn
        self.shape = kept.shape
        self.admin = kept.admin
        self._kept = kept
        self.clock = Clock()
        self.books_are_wrong_on_purpose = False
        self._open = AsyncExitStack()
        self._nodes = 0
        self._others = 0
        self._references = 0

    async def __aenter__(self) -> Self:
        await self._kept.empty()
        self.runtime = await self.process(self._kept.database)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        async with self._open:
            if error is None and not self.books_are_wrong_on_purpose:
                assert await self.faults_in_the_books() == {}

    async def process(
        self, database: Database | None = None, lanes: LaneRule | None = None, *, fresh: bool = False
    ) -> Runtime:
        """What one more server process would work with: connections, clerk and reader of its own. `lanes`: the shape's,
        where nothing else is said. `fresh`: no test had its connections before, so that, where all are cut, there is
        none of whose end the process has not heard."""
        lanes = lanes or self.shape.lanes
        if fresh:
            database = await self._open.enter_async_context(open_pool(self.dsn))
        if database is None:
            database = await self._kept.other(self._others)
            self._others += 1
        self._nodes += 1
        ids = Snowflakes(self._nodes)

        def next_id() -> int:
            return ids.next(self.clock())

        return Runtime(
            database=database,
            callers=database,
            clerk=Clerk(database, next_id, lanes, SEAL_KEY),
            reader=Reader(database, lanes),
            now_ms=self.clock,
            real_ms=self.clock,
            steady_ms=self.clock,
            following=Unstepping(),
            next_id=next_id,
            entropy=os.urandom,
            vault_key=Secret(VAULT_KEY),
            seal_key=SEAL_KEY,
            lanes=lanes,
            bank_account_checks={SANDBOX_RAIL: finds_valid},
        )

    async def cut_all_connections(self) -> int:
        """Of every process, as a server that dies does."""
        cut = await self.admin.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'outlay'"
            " and datname = current_database()"
        )
        return len(cut)

    async def until_somebody_waits(self, many: int = 1) -> None:
        """Until so many statements of the application stand still at a lock."""
        await self._until_waiting(lambda waiting: waiting >= many)

    async def until_nobody_waits(self) -> None:
        await self._until_waiting(lambda waiting: waiting == 0)

    async def _until_waiting(self, are_so_many: Callable[[int], bool]) -> None:
        waiting = (
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'outlay'"
            " and datname = current_database()"
        )
        while not are_so_many(await self.admin.fetchval(waiting)):
            await asyncio.sleep(0.005)
            # statistics are a snapshot for the length of a transaction
            await self.admin.execute("select pg_stat_clear_snapshot()")

    # The merchants

    async def account(
        self,
        *,
        fund: int = 0,
        currency: str = "BRL",
        fee: FeePlan | None = None,
        parent_id: UUID | None = None,
        needs_review: bool = False,
        needs_bank_account: bool = False,
        name: str = "Merchant",
    ) -> UUID:
        account = await open_account(
            self.runtime,
            name=name,
            country="BR",
            parent_id=parent_id,
            needs_review=needs_review,
            needs_bank_account=needs_bank_account,
        )
        assert isinstance(account, Account)
        if fee is not None:
            await set_fee(self.runtime, account.account_id, currency, fee)
        if fund:
            await self.fund(account.account_id, fund, currency)
        return account.account_id

    async def fund(self, account_id: UUID, amount_minor: int, currency: str = "BRL") -> None:
        funded = await fund_account(self.runtime, account_id, currency, amount_minor, self.new_reference("fund"))
        assert isinstance(funded, Funded)
        assert funded.result is FundingResult.BOOKED

    async def credential(self, account_id: UUID, key_id: str = "key") -> Guard:
        """A stored credential, and the guard that proves it."""
        await add_credential(
            self.runtime.database,
            account_id=account_id,
            key_id=key_id,
            dialect="testing",
            sealed=b"sealed",
            now_ms=self.clock(),
        )
        return Guard(account_id, key_id, version=1)

    async def close_account(self, account_id: UUID) -> None:
        await self.admin.execute("update accounts set is_open = false where account_id = $1", account_id)

    # Payouts

    def new_reference(self, prefix: str = "ref") -> str:
        self._references += 1
        return f"{prefix}-{self._references}"

    async def order(self, account_id: UUID, amount_minor: int, reference: str | None = None, **also: Any) -> Payout:
        ask = order_ask(amount_minor, reference or self.new_reference(), **also)
        answer = await order(self.runtime, account_id, ask)
        assert isinstance(answer, Payout), answer
        return answer

    async def payout(self, payout: Payout) -> Payout:
        """As it stands in the database now."""
        question = PayoutQuestion(payout.account_id, payout_id=payout.payout_id)
        found = await self.runtime.reader.payout(question)
        assert not isinstance(found, int)
        assert found.payout is not None
        return found.payout

    async def facts(self, payout: Payout) -> list[str]:
        history = await read_history(self.runtime.database, payout)
        assert [fact.number for fact in history.facts] == list(range(1, len(history.facts) + 1))
        return [fact.kind.value for fact in history.facts]

    async def books(self, account_id: UUID, currency: str = "BRL") -> dict[str, int]:
        """Every book of the account that is not zero."""
        rows = await self.admin.fetch(
            "select book, minor from balances where account_id = $1 and currency = $2 and minor <> 0",
            account_id,
            currency,
        )
        return {row["book"]: row["minor"] for row in rows}

    async def count(self, table: str) -> int:
        found: int = await self.admin.fetchval(f"select count(*) from {table}")
        return found

    async def faults_in_the_books(self) -> dict[str, Sequence[dict[str, Any]]]:
        found = {row["name"] for row in await self.runtime.database.fetch(WHICH_FAIL)}
        results = [await run_check(self.runtime.database, check) for check in CHECKS if check.name in found]
        return {result.name: result.faults for result in results}


def digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


def order_ask(
    amount_minor: int,
    reference: str,
    *,
    currency: str = "BRL",
    operation: str = "create",
    content: str | None = None,
    expires_ms: int | None = None,
    remarks: Remarks = NO_REMARKS,
) -> OrderPayout:
    """`content` is what the digest is made from."""
    what = Order(
        reference=reference,
        currency=currency,
        amount_minor=amount_minor,
        beneficiary=payee(DestinationKind.PIX, name="Maria", account_number="maria@example.com"),
        remarks=remarks,
        expires_ms=expires_ms,
    )
    return OrderPayout(Claim(reference, operation, digest(content or f"{amount_minor} {currency}")), what)


def empty_ask(reference: str, content: str = "faulty") -> OrderPayout:
    """One whose fields were wrong."""
    return OrderPayout(Claim(reference, "create", digest(content)), None)


async def order(
    runtime: Runtime, account_id: UUID, ask: OrderPayout, *, guard: Guard | None = None, parent_id: UUID | None = None
) -> Any:
    if ask.order is None:
        question = PayoutQuestion(account_id, guard, parent_id)
        return await why_not(runtime, question, ask.claim, PAYOUT, (), fields_are_wrong=True)
    caller = trusted(account_id, dialect=DIALECT, guard=guard, parent_id=parent_id)
    return await order_payout(runtime, caller, ask.claim, ask.order)


async def at_once(*work: Any) -> list[Any]:
    """Every result or exception, in order."""
    return await asyncio.gather(*work, return_exceptions=True)


def kinds(answers: Sequence[Any]) -> dict[Any, int]:
    """How many of each: refusals by themselves, repeats by sameness, the rest by type."""
    counted: dict[Any, int] = {}
    for answer in answers:
        kind: Any = type(answer)
        if isinstance(answer, Repeated):
            kind = (Repeated, answer.same)
        elif isinstance(answer, int):
            kind = answer
        counted[kind] = counted.get(kind, 0) + 1
    return counted
