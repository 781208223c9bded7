"""The command line as a person or a script uses it: real processes, their two outputs and their exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec

from outlay.cli.client import RoundTrip, call
from outlay.cli.common import with_runtime
from outlay.core.asks import Claim, WholeOrder
from outlay.core.destination import DestinationKind
from outlay.core.payout import Order
from outlay.dialects import all_dialects
from outlay.process.clock import clock_ms
from outlay.process.settings import Settings
from outlay.service.merchant.order_payout import order_batch
from outlay.service.runtime import Runtime
from outlay.wire.dialect import AnyDialect
from outlay.wire.samples import SampleMoment, SampleOrder, Session
from tests.apis.found import documented_of
from tests.cli.here import call as call_here
from tests.cli.standby import standby
from tests.support.callers import trusted
from tests.support.payees import payee
from tests.support.ready import copy_ready

PATIENCE_S = 120.0
AT_ONCE = 3


class Result(msgspec.Struct, frozen=True):
    status: int
    out: str
    err: str


class Cli:
    """`outlay … --data DIR` in a process of its own. `base_url` is set where a server runs on that folder."""

    def __init__(self, data: Path, base_url: str = "", **environment: str) -> None:
        self.data = data
        self.base_url = base_url
        self.given = environment
        self._standby = standby()

    def environment(self) -> dict[str, str]:
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("OUTLAY_") and name != "DATABASE_URL"
        }
        return clean | {"OUTLAY_LOG": "quiet"} | self.given

    def __call__(self, *words: object, status: int = 0) -> Result:
        """Runs it and expects this exit status; a traceback is never an answer."""
        result = self.try_out(*words)
        assert result.status == status, result
        return result

    def try_out(self, *words: object) -> Result:
        """Runs it, however it ends; a traceback is never an answer."""
        result = self.run(words)
        assert "Traceback" not in result.err, result.err
        return result

    def json(self, *words: object, status: int = 0) -> Any:
        """Standard output is exactly one JSON document."""
        return json.loads(self(*words, "--json", status=status).out)

    def refusal(self, *words: object, status: int = 1) -> str:
        """What a command says when it refuses: on standard error only, also where a document was asked for."""
        (said,) = self.refusals([words], status=status)
        return said

    def refusals(self, commands: Iterable[Iterable[object]], status: int = 1) -> list[str]:
        results = self.each([(*words, "--json") for words in commands], status=status)
        assert all(result.out == "" for result in results)
        return [" ".join(result.err.split()) for result in results]

    def each(self, commands: Iterable[Iterable[object]], status: int = 0) -> list[Result]:
        """Several at once, to save time; the results in order."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda words: self(*words, status=status), commands))

    def run(self, words: Iterable[object]) -> Result:
        command = [*map(str, words), "--data", str(self.data)]
        return Result(*self._standby.run(command, self.environment(), PATIENCE_S))


class Called(Cli):
    """The same for what is about words and numbers: each command is a call in this process, beside the server that runs
    on that folder."""

    def run(self, words: Iterable[object]) -> Result:
        command = [*map(str, words), "--data", str(self.data)]
        return Result(*call_here(command, self.environment()))


def migrated_folder(data: Path) -> Path:
    """Make `data`, where it is not there yet, a folder whose PostgreSQL has the newest schema, and in which nothing has
    happened yet. Making one takes a second of a processor, and more than a hundred tests want a server of their own: so
    one is made and copied. Cannot show that a server starts where there is none: tests that say so do without this."""
    if not data.exists():
        copy_ready("migrated", _migrate, data)
    return data


def _migrate(data: Path) -> None:
    Cli(data)("migrate")


@contextmanager
def serving(data: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """`outlay serve` on a free port; gives the base URL. It must end in order when it is told to. A folder that is not
    there is made for it."""
    migrated_folder(data)
    command = [sys.executable, "-m", "outlay.cli", "serve", "--json", "--port", "0", "--data", str(data)]
    command += ["--with-parent", str(os.getpid())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(environment), text=True) as process:
        assert process.stdout is not None
        try:
            document = ""
            while not document.endswith("}\n"):
                line = process.stdout.readline()
                assert line, "the server did not start"
                document += line
            yield json.loads(document)["base_url"]
        finally:
            process.terminate()
            status = process.wait(PATIENCE_S)
    assert status == 0


def with_references() -> list[AnyDialect]:
    """Those whose orders have a reference of the merchant's own."""
    return [each for each in all_dialects().values() if not documented_of(each.name).reference_header]


def any_dialect() -> AnyDialect:
    """One of them: in it an order is found by what it was ordered under."""
    return with_references()[0]


class Merchant:
    """An account, opened and funded by command, that orders over HTTP as the API's own samples do. `options` are those
    of `account create`; `holder` keeps its credential."""

    def __init__(
        self,
        cli: Cli,
        dialect: AnyDialect,
        *options: str,
        funds: str = "100000.00",
        fee: tuple[str, str] | None = None,
        holder: str | None = None,
    ) -> None:
        self._cli, self._dialect = cli, dialect
        self.name = dialect.name
        self.currency = dialect.samples.currency
        opening = ("account", "create", f"Merchant {dialect.name}", "--country", dialect.samples.country, *options)
        self.account_id: str = cli.json(*opening)["account_id"]
        cli("fund", self.account_id, funds, self.currency, "--reference", "start")
        if fee is not None:
            cli("fee", "set", self.account_id, self.currency, "--fixed", fee[0], "--rate", fee[1])
        issuing = ("credential", "create", self.account_id, "--dialect", dialect.name)
        held = ("--holder", holder) if holder is not None else ()
        self.shown: Mapping[str, str] = cli.json(*issuing, *held)

    def new_reference(self) -> str:
        return uuid4().hex[:20]

    def order(self, amount: str, reference: str | None = None) -> RoundTrip:
        """Order one payout; the answer as it came."""
        order = SampleOrder(reference or self.new_reference(), self.currency, amount)
        samples = self._dialect.samples
        opening = samples.opening(self.shown)
        opened = call(self._cli.base_url, opening).body if opening else b""
        session = Session(self.shown, opened)
        return call(self._cli.base_url, samples.create(session, order, SampleMoment(clock_ms(), os.urandom(16))))

    def order_batch(self, *cents: int, by: str = "Alice", expires_in_s: int = 3600) -> WholeOrder:
        """Order payouts together, as any API that has batches does."""

        async def work(runtime: Runtime, _settings: Settings) -> Any:
            reference = self.new_reference()
            orders = tuple(
                Order(
                    reference=f"{reference}-{number}",
                    currency=self.currency,
                    amount_minor=minor,
                    beneficiary=payee(DestinationKind.PIX, account_number="11144477735"),
                    expires_ms=runtime.now_ms() + expires_in_s * 1000,
                )
                for number, minor in enumerate(cents)
            )
            claim = Claim(reference, "batch", bytes(32))
            return await order_batch(runtime, trusted(UUID(self.account_id), name=by), claim, orders)

        ordered = with_runtime(self._cli.data, work)
        assert isinstance(ordered, WholeOrder)
        return ordered

    def payouts(self) -> list[dict[str, Any]]:
        """The oldest first."""
        found = self._cli.json("payout", "list", "--account", self.account_id, "--limit", 100)["payouts"]
        return list(reversed(found))


def wait_for(question: Callable[[], Any], patience_s: float = 60.0) -> Any:
    """The first answer that is true."""
    end = time.monotonic() + patience_s
    while True:
        if answer := question():
            return answer
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)
