"""Two servers on one database, and the clerk of both held up by a lock that somebody else has: shared by the tests of
what becomes of an order whose client hangs up, or whose time is over.

The trap: a client that closes its socket right after its request looks like one that only has nothing more to say. So
who hangs up here has waited for a while first, as software does that loses patience.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg

from outlay.postgres import EmbeddedServer
from tests.apis.lesspay.merchant import LessPayMerchant
from tests.apis.uqpay.calls import bank_account
from tests.cli.cli_support import migrated_folder
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.raw_http import Answer, Call, exchange, sent
from tests.e2e.server import Server, wait_until

KEY = "5a" * 32
NOT_FOUND = 30020
NOTHING_WAS_DONE = "nothing was done"
PATIENT_S = 30.0
QUIET_S = 60.0
_AT_A_LOCK = (
    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'outlay'"
)  # fmt: skip


class Held:
    """`first` and `second` serve one installation, and `merchant` has keys for it."""

    def __init__(self, url: str, first: Server, second: Server, merchant: Merchant, runner: asyncio.Runner) -> None:
        self.first, self.second, self.merchant = first, second, merchant
        self._url, self._runner = url, runner
        self._looking: Any = runner.run(asyncpg.connect(url))

    def close(self) -> None:
        self._runner.run(self._looking.close())

    @property
    def servers(self) -> Sequence[Server]:
        return (self.first, self.second)

    def rows(self, sql: str, *arguments: Any) -> list[Any]:
        found: list[Any] = self._runner.run(self._looking.fetch(sql, *arguments))
        return found

    @contextmanager
    def lock(self, what: str) -> Iterator[Callable[[], None]]:
        """Held within, by whoever may everything; what is given lets it go."""
        connection: Any = self._runner.run(asyncpg.connect(self._url))
        let_go = False

        def release() -> None:
            nonlocal let_go
            if not let_go:
                let_go = True
                self._runner.run(connection.execute("rollback"))

        try:
            self._runner.run(connection.execute(f"begin; {what}"))
            yield release
        finally:
            release()
            self._runner.run(connection.close())

    @contextmanager
    def account_locked(self) -> Iterator[Callable[[], None]]:
        """No batch with a command of the merchant's account gets any further than to its load."""
        with self.lock(f"select 1 from accounts where account_id = '{self.merchant.account_id}' for update") as release:
            yield release

    def until_quiet(self) -> None:
        """No payout is under way, so what stands still at a lock from now on is what a test has begun."""
        under_way = "select count(*) from work where account_id = $1"
        wait_until(lambda: self.rows(under_way, self.merchant.account_id)[0][0] == 0, QUIET_S, "all payouts have ended")

    def until_a_batch_waits(self, many: int = 1) -> None:
        """It has begun, and stands still at the lock."""
        wait_until(lambda: self.rows(_AT_A_LOCK)[0][0] >= many, PATIENT_S, "a batch waits for the lock")

    def hang_up(self, server: Server, call: Call, after_s: float) -> None:
        """Send it and lose patience."""
        with sent(server.base_url, call.raw()):
            time.sleep(after_s)

    def order_and_hang_up(self, server: Server, reference: str, patience_s: float) -> Answer | None:
        """The answer, where it comes within so long."""
        with (
            suppress(TimeoutError),
            sent(server.base_url, self.lesspay_order(reference).raw(), patience_s=patience_s) as answer,
        ):
            return answer()
        return None

    def lesspay_order(self, reference: str) -> Call:
        return self._lesspay.call(LessPayMerchant.CREATE, LessPayMerchant.order("1.00", reference))

    def order(self, server: Server, reference: str) -> Answer:
        return exchange(server.base_url, self.lesspay_order(reference).raw())

    def is_found(self, server: Server, reference: str) -> bool:
        call = self._lesspay.call(LessPayMerchant.QUERY, {"request_id": reference})
        answer = exchange(server.base_url, call.raw()).json()
        assert answer["code"] in (0, NOT_FOUND), answer
        return bool(answer["code"] == 0)

    def found_by(self, reference: str) -> list[bool]:
        return [self.is_found(server, reference) for server in self.servers]

    @property
    def _lesspay(self) -> LessPayMerchant:
        return self.merchant.lesspay


def was_not_done(answer: Answer) -> bool:
    return answer.status == 503 and NOTHING_WAS_DONE in answer.body.decode()


@contextmanager
def two_servers(folder: Path, **environment: str) -> Iterator[Held]:
    with EmbeddedServer(migrated_folder(folder / "elsewhere")) as elsewhere, asyncio.Runner() as runner:
        url = elsewhere.endpoint.url
        told = {"DATABASE_URL": url, "OUTLAY_SECRET_KEY": KEY, "OUTLAY_LOG": "json"} | environment
        first, second = Server(folder / "first", **told), Server(folder / "second", **told)
        first.cli.json("migrate")
        with first, second:
            merchant = open_merchant(first, folder, dialects=["lesspay", "uqpay"], funds={"BRL": "100000.00"})
            uqpay = merchant.uqpay
            uqpay.post(uqpay.BANK_ACCOUNT_CREATE, bank_account())
            with closing(Held(url, first, second, merchant, runner)) as held:
                yield held
