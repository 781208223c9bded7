"""How long the replay takes: `python -m tests.bench.replay [--payouts N] [--seed S]`.

Books are made by the core and written by the store, without HTTP and workers: mostly paid, some refused, asked about,
sent again, returned, contradicted and decided by people. Then they are read bare, replayed, and their seals looked at.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import asyncpg
from msgspec.structs import replace

from outlay.core.account import Account, Terms
from outlay.core.attempt import RailTerms
from outlay.core.beneficiary import Beneficiary
from outlay.core.decision import Decision
from outlay.core.destination import AccountKind, Bank, BankAccount
from outlay.core.events import BeginAttempt, Event, Heard, Park, Rule, SendAgain, Source
from outlay.core.fees import FeePlan
from outlay.core.ids import Snowflakes, created_ms
from outlay.core.ledger import BookKey, apply_postings, fund
from outlay.core.life import order, step
from outlay.core.origin import Remarks
from outlay.core.outcome import Accepted, Failure, FailureReason, NotFound, Paid, Refused, Returned, Unknown
from outlay.core.party import Document, DocumentKind, Party
from outlay.core.payout import Order
from outlay.core.rulings import Ruling, Verdict
from outlay.core.work import due
from outlay.service.operator.ledger import look_at_seals
from outlay.service.operator.replay_ledger import replay_snapshot
from outlay.store.accounts import add_account
from outlay.store.database import Database
from outlay.store.migrate import migrate
from outlay.store.read.recorded import snapshot
from outlay.store.write.desk import Claimed, Funding
from outlay.store.write.saving import Sheet
from tests.support.databases import running_server
from tests.support.world import SEAL_KEY, START_MS, digest

ACCOUNTS = 50
AT_ONCE = 500
RAIL = RailTerms("sandbox", refuses_duplicates=True)
TERMS = Terms(fee=FeePlan(50, 10_000))
NO = Refused(Failure(FailureReason.ACCOUNT_NOT_FOUND, "there is no such account"))
PARTY = Party(name="Maria da Conceição", documents=(Document(DocumentKind.CPF, "11144477735"),))
AT = BankAccount(country="BR", bank=Bank(name="Banco do Brasil", code="001"), account_kind=AccountKind.CHECKING)


def story(chance: random.Random, now_ms: int) -> Iterator[Event]:
    """What happens to one payout after it was ordered, by how often it does."""
    yield BeginAttempt(RAIL, now_ms)
    lot, name = chance.random(), f"CH-{chance.randrange(10**9)}"
    late_ms = now_ms + 60_000
    if lot < 0.08:
        yield Heard(1, NO, Source.SEND, "send 1", rail=RAIL)
        return
    if lot < 0.14:
        yield Heard(1, Unknown("no answer within 10 s"), Source.SEND, "send 1")
        for number in (1, 2):
            asked_ms = late_ms + number * 5_000
            yield Heard(1, NotFound(), Source.ASK, f"question {number}", asked_ms=asked_ms)
        if lot < 0.12:
            yield SendAgain(1, RAIL, late_ms + 10_000)
        else:
            yield Park(1, "the rail does not know it")
            for who in ("Ana", "Bob"):
                yield Rule(Ruling(Verdict.NEVER_SUBMITTED), who, "their desk says so", late_ms + 20_000)
            for who in ("Ana", "Bob"):
                yield Rule(Ruling(Verdict.GIVEN_BACK), who, "nothing was paid", late_ms + 20_000)
            return
    yield Heard(1, Accepted(name), Source.SEND, "send 1")
    if lot < 0.95:
        yield Heard(1, Paid(name, f"https://rail.example/{name}"), Source.CALLBACK, "message 1")
    if 0.85 < lot < 0.90:
        yield Heard(1, Returned("R1", 100), Source.CALLBACK, "message 2")
    if 0.90 < lot < 0.905:
        yield Heard(1, Accepted(f"{name}X"), Source.CALLBACK, "message 2")


class Maker:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._ids = Snowflakes(1)
        self._accounts = [Account(UUID(int=(n + 1) << 96), f"Merchant {n}", "BR") for n in range(ACCOUNTS)]
        self._books: dict[UUID, dict[BookKey, int]] = {account.account_id: {} for account in self._accounts}
        self._made = 0

    async def fund(self, database: Database, connection: Any) -> None:
        sheet = Sheet(SEAL_KEY)
        for account in self._accounts:
            await add_account(database, account, START_MS)
            number, postings = self._ids.next(START_MS), fund("BRL", 10**13)
            sheet.add_funding(account.account_id, Funding("first", number, "BRL", 10**13, START_MS))
            sheet.add_postings(account.account_id, number, 1, postings, START_MS)
            self._book(account.account_id, postings, sheet)
        await sheet.save(connection, self._books)

    async def payouts(self, connection: Any, many: int) -> None:
        sheet = Sheet(SEAL_KEY)
        for _ in range(many):
            self._made += 1
            self._live(sheet, self._made)
        await sheet.save(connection, self._books)

    def _live(self, sheet: Sheet, number: int) -> None:
        account = self._chance.choice(self._accounts)
        payout_id = self._ids.next(START_MS + number * 7)
        now_ms = created_ms(payout_id)
        what = Order(
            reference=f"order-{number}",
            currency="BRL",
            amount_minor=self._chance.randint(1_000, 10**6),
            beneficiary=Beneficiary(destination=replace(AT, number=f"00{number:08}"), party=PARTY),
            remarks=Remarks(description=f"invoice {number}"),
            notify_url="https://merchant.example/notify",
        )
        made = order(what, account, TERMS, payout_id, now_ms, ordered_by="Ana", seal_key=SEAL_KEY)
        assert isinstance(made, Decision)
        claim = Claimed(what.reference, "payout", digest(what.reference), payout_id, now_ms)
        sheet.add_claim(account.account_id, claim)
        self._save(sheet, None, made, now_ms)
        payout = made.payout
        for event in story(self._chance, now_ms):
            now_ms += 200
            told = step(payout, event, now_ms)
            assert isinstance(told, Decision), (event, told)
            self._save(sheet, payout, told, now_ms)
            payout = told.payout

    def _save(self, sheet: Sheet, before: Any, decision: Decision, now_ms: int) -> None:
        sheet.add_decision(before, decision, due(decision.payout, now_ms))
        self._book(decision.payout.account_id, decision.postings, sheet)

    def _book(self, account_id: UUID, postings: Any, sheet: Sheet) -> None:
        changed = apply_postings(self._books[account_id], postings)
        self._books[account_id].update(changed)
        for currency, book in changed:
            sheet.touch_balance(account_id, currency, book)


async def measure(dsn: str, payouts: int, seed: int) -> dict[str, Any]:
    await migrate(dsn)
    maker, began_s = Maker(random.Random(seed)), time.monotonic()
    async with Database.open(dsn, connections=2) as database:
        connection = await asyncpg.connect(dsn)
        await maker.fund(database, connection)
        for first in range(0, payouts, AT_ONCE):
            await maker.payouts(connection, min(AT_ONCE, payouts - first))
        await connection.execute("analyze")
        await connection.close()
        made_s = time.monotonic() - began_s
        async with snapshot(database) as snap:
            async for _ in snap.recorded():
                pass
            bare = {"merged_s": snap.seconds, "read_s": snap.read_s}
        before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        async with snapshot(database) as snap:
            result = await replay_snapshot(snap, lambda _done: None)
        after_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        async with snapshot(database) as snap:
            seals = await look_at_seals(snap, SEAL_KEY, lambda _name: None)
            seals_s = snap.seconds
    return {
        "payouts": payouts,
        "rows": result.rows,
        "states": result.states,
        "differences": result.difference_count,
        "shown": [str(each) for each in result.differences[:5]],
        "faults_in_seals": sum(len(each.faults) for each in seals.results),
        "made_s": round(made_s, 1),
        "bare_read_s": round(bare["read_s"], 1),
        "bare_read_and_merged_s": round(bare["merged_s"], 1),
        "replay_s": round(result.seconds, 1),
        "replay_read_s": round(result.read_s, 1),
        "seals_s": round(seals_s, 1),
        "more_memory_mb": round((after_kb - before_kb) / 1024, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.replay", description=__doc__)
    parser.add_argument("--payouts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with running_server() as server:
        dsn = server.new_database()
        print(json.dumps(asyncio.run(measure(dsn, given.payouts, given.seed)), indent=2))


if __name__ == "__main__":
    main()
