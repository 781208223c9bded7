"""Valid callers, who order and ask in all APIs without a pause, and believe no answer that they have not read.

Each connection asks one kind of thing, the next when the answer to the last has come. One more caller comes anew with
every call, because whoever shuts newcomers out is not seen on connections that are open; and one orders batches, whose
bodies go another way than small ones. They are a process of their own (`python -m tests.abuse.caller`), which is told
what to do in lines of JSON; `Callers` is its other end.

The trap: a call that stalls is not measured until it ends. So a window closes when every call that was under way has
had its answer, or has waited too long.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import msgspec
import uvloop

from outlay.cli.client import call
from outlay.dialects import all_dialects
from outlay.wire.dialect import AnyDialect
from outlay.wire.message import Request
from outlay.wire.samples import SampleMoment, SampleOrder, Session
from tests.abuse.lines import Line, Lost, Place
from tests.apis.lesspay.merchant import lesspay_signature
from tests.apis.lesspay.orders import bank_detail
from tests.cli.cli_support import Cli
from tests.e2e.orders import Verdict, read_answer

CALL_S = 20.0
"""A valid caller that has waited for so long has been harmed."""
AMOUNT = "1.00"
FUNDS = "900000000.00"
NEWCOMER_PAUSE_S = 0.05
AGAIN_S = 0.1
MOST_FAULTS = 5
MOST_CHECKED = 1000
BATCH, LARGE_BATCH = 80, 1000
"""Payouts. Also of the smaller one the body is no small one any more."""
BATCH_PAUSE_S = 0.3
LESSPAY_BATCH = "/api/global/payout/batch/create-order"
WRONG_SIGNATURE = "0" * 64


class Order(msgspec.Struct, frozen=True):
    """`body`: the answer that acknowledged it."""

    dialect: str
    order: SampleOrder
    body: bytes
    payout_id: int


class Window(msgspec.Struct):
    """What the callers saw since the last one; latencies in milliseconds."""

    latencies: list[float] = []
    newcomers: list[float] = []
    batches: list[float] = []
    faults: list[str] = []
    faulty: int = 0

    def wrong(self, what: str) -> None:
        self.faulty += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(what)

    @property
    def p50(self) -> float:
        return at(self.latencies, 0.50)

    @property
    def p99(self) -> float:
        return at(self.latencies, 0.99)


def at(values: Sequence[float], share: float) -> float:
    """The value below which that share of them lies; 0 where there is none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


class Word(msgspec.Struct):
    """What the process is told: `go` on at a place, `mark` the end of a window, `halt`, or `check` at a place that all
    orders are known which were acknowledged since the last `go`."""

    say: str
    place: Place | None = None


# -- in the process of the harness ----------------------------------------------------------------------------------


class Keys(msgspec.Struct, frozen=True):
    """By API, what one merchant holds. `batches`: of one who orders nothing else, in LessPay."""

    sessions: Mapping[str, Session]
    batches: Session


def open_keys(cli: Cli) -> Keys:
    """One funded merchant for each API, and one for batches."""
    dialects = all_dialects()
    return Keys(
        {name: _session(cli, dialect) for name, dialect in dialects.items()}, _session(cli, dialects["lesspay"])
    )


def _session(cli: Cli, dialect: AnyDialect) -> Session:
    """With review: no background work runs beside what is measured."""
    samples = dialect.samples
    opening = ("account", "create", f"Caller {dialect.name}", "--country", samples.country, "--review")
    account_id: str = cli.json(*opening)["account_id"]
    cli("fund", account_id, FUNDS, samples.currency, "--reference", "start")
    shown = cli.json("credential", "create", account_id, "--dialect", dialect.name)
    request = samples.opening(shown)
    return Session(shown, call(cli.base_url, request).body if request else b"")


class Callers:
    """The process, as long as it is entered."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.abuse.caller"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._write(self._keys)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def go(self, place: Place) -> Window:
        """Where one of the first calls was not answered rightly, nothing goes on."""
        return self._ask(Word("go", place))

    def mark(self) -> Window:
        return self._ask(Word("mark"))

    def halt(self) -> Window:
        return self._ask(Word("halt"))

    def check(self, place: Place) -> Window:
        return self._ask(Word("check", place))

    def window(self, seconds: float) -> Window:
        """A fresh one of this length."""
        self.mark()
        time.sleep(seconds)
        return self.mark()

    def _ask(self, word: Word) -> Window:
        self._write(word)
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        assert answer, "the valid callers have ended by themselves"
        return msgspec.json.decode(answer, type=Window)

    def _write(self, what: msgspec.Struct) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(what) + b"\n")
        self._process.stdin.flush()


# -- in a process of its own ----------------------------------------------------------------------------------------


class _Kind(msgspec.Struct):
    """What one connection asks, again and again."""

    dialect: AnyDialect
    session: Session
    asks: Order | None = None
    """This order; else it orders."""

    def next(self) -> tuple[Request, SampleOrder]:
        now = SampleMoment(time.time_ns() // 1_000_000, os.urandom(16))
        samples = self.dialect.samples
        if self.asks is not None:
            return samples.query(self.session, self.asks.order, self.asks.body, now), self.asks.order
        order = SampleOrder(uuid4().hex, samples.currency, AMOUNT)
        return samples.create(self.session, order, now), order

    def read(self, order: SampleOrder, status: int, body: bytes) -> Order | str:
        """The order that the answer is about; a text where it is no right answer."""
        try:
            answer = read_answer(self.dialect.name, status, body, is_asked=self.asks is not None)
        except (ValueError, KeyError, TypeError, AssertionError) as error:
            return f"{self.dialect.name}: HTTP {status}, {error!r}: {body[:100]!r}"
        if answer.verdict is not Verdict.ACCEPTED or answer.payout_id is None:
            return f"{self.dialect.name}: {answer.verdict.name}: HTTP {status} {answer.text[:120]}"
        if self.asks is not None and answer.payout_id != self.asks.payout_id:
            return f"{self.dialect.name}: asked about {self.asks.payout_id}, told about {answer.payout_id}"
        return Order(self.dialect.name, order, body, answer.payout_id)


class _Crowd:
    """All connections of the process."""

    def __init__(self, keys: Keys) -> None:
        self._kinds = [_Kind(dialect, keys.sessions[name]) for name, dialect in all_dialects().items()]
        self._batches = keys.batches.shown
        self._window = Window()
        self._acknowledged: list[Order] = []
        self._calls = 0
        self._under_way: dict[int, asyncio.Future[None]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._going = False

    async def obey(self, word: Word) -> Window:
        if word.place is not None:
            self._place, self._tls = word.place, word.place.context()
        if word.say == "go":
            await self._go()
        elif word.say == "check":
            await self._check()
        elif word.say == "halt":
            await self._halt()
        else:
            await self._drained()
        window, self._window = self._window, Window()
        return window

    async def _go(self) -> None:
        self._going, self._acknowledged = True, []
        await self._order_first_batches()
        ordered = [await self._once(kind, None) for kind in self._kinds]
        if self._window.faulty:
            return
        asking = [_Kind(kind.dialect, kind.session, order) for kind, order in zip(self._kinds, ordered, strict=True)]
        self._tasks = [asyncio.create_task(self._repeat(kind)) for kind in [*self._kinds, *asking]]
        self._tasks.append(asyncio.create_task(self._come_anew(asking[0])))
        self._tasks.append(asyncio.create_task(self._keep_ordering_batches()))

    async def _order_first_batches(self) -> None:
        """A large one and a wrong one: what is made ready with the first is there before anything is measured."""
        for signature in (None, WRONG_SIGNATURE):
            await self._order_batch(LARGE_BATCH, signature)
        self._window.batches.clear()

    async def _keep_ordering_batches(self) -> None:
        while self._going:
            await self._order_batch(BATCH)
            await asyncio.sleep(BATCH_PAUSE_S)

    async def _order_batch(self, size: int, signature: str | None = None) -> None:
        """On a connection of its own; `signature`: a wrong one."""
        self._calls += 1
        number, began = self._calls, time.perf_counter()
        self._under_way[number] = asyncio.get_running_loop().create_future()
        try:
            request = lesspay_batch(self._batches, size, signature)
            status, body = await asyncio.wait_for(self._asked(request, None), CALL_S)
        except (OSError, TimeoutError, Lost) as error:
            self._window.wrong(f"a batch: no answer: {error!r}")
            return
        finally:
            self._under_way.pop(number).set_result(None)
        self._window.batches.append((time.perf_counter() - began) * 1000)
        if (status == 200 and body.startswith(b'{"code":0,')) is (signature is not None):
            self._window.wrong(f"a batch: HTTP {status}: {body[:200]!r}")

    async def _halt(self) -> None:
        self._going = False
        await asyncio.gather(*self._tasks)
        self._tasks = []

    async def _check(self) -> None:
        """Of the last so many that were acknowledged."""
        known = {kind.dialect.name: kind for kind in self._kinds}
        for order in self._acknowledged[-MOST_CHECKED:]:
            kind = known[order.dialect]
            await self._once(_Kind(kind.dialect, kind.session, order), None)

    async def _drained(self) -> None:
        if self._under_way:
            await asyncio.wait(list(self._under_way.values()))

    async def _repeat(self, kind: _Kind) -> None:
        line: Line | None = None
        while self._going:
            if line is None:
                line = await self._connected()
                continue
            is_right = await self._once(kind, line) is not None
            if line.is_last or not is_right:
                line.close()
                line = None
            if not is_right:
                await asyncio.sleep(AGAIN_S)
        if line is not None:
            line.close()

    async def _come_anew(self, kind: _Kind) -> None:
        while self._going:
            await self._once(kind, None)
            await asyncio.sleep(NEWCOMER_PAUSE_S)

    async def _connected(self) -> Line | None:
        try:
            return await asyncio.wait_for(Line.open(self._place, self._tls), CALL_S)
        except (OSError, TimeoutError) as error:
            if self._going:
                self._window.wrong(f"no connection: {error!r}")
            await asyncio.sleep(AGAIN_S)
            return None

    async def _once(self, kind: _Kind, line: Line | None) -> Order | None:
        """One call, on a connection of its own where none is given. The order that it was about, where it was answered
        rightly."""
        request, order = kind.next()
        self._calls += 1
        number, began = self._calls, time.perf_counter()
        self._under_way[number] = asyncio.get_running_loop().create_future()
        try:
            status, body = await asyncio.wait_for(self._asked(request, line), CALL_S)
        except (OSError, TimeoutError, Lost) as error:
            self._window.wrong(f"{kind.dialect.name}: no answer: {error!r}")
            return None
        finally:
            self._under_way.pop(number).set_result(None)
        took_ms = (time.perf_counter() - began) * 1000
        (self._window.latencies if line is not None else self._window.newcomers).append(took_ms)
        said = kind.read(order, status, body)
        if isinstance(said, str):
            self._window.wrong(said)
            return None
        if kind.asks is None:
            self._acknowledged.append(said)
        return said

    async def _asked(self, request: Request, line: Line | None) -> tuple[int, bytes]:
        own = line or await Line.open(self._place, self._tls)
        try:
            own.send(as_bytes(request))
            return await own.answer()
        finally:
            if line is None:
                own.close()


def lesspay_batch(shown: Mapping[str, str], size: int, signature: str | None) -> Request:
    """So many payouts in one order; signed by the merchant, or as given."""
    details = [bank_detail(AMOUNT, f"D-{number}", bank_account_no=f"{10**11 + number}") for number in range(size)]
    order = {
        "request_id": uuid4().hex,
        "currency": "PHP",
        "total_amount": f"{size}.00",
        "way_code": "TAZAPAY_PAYOUT",
        "payout_order_details": details,
    }
    body = msgspec.json.encode(order)
    headers = {
        "x-auth-appid": shown["app_id"],
        "x-auth-timestamp": str(time.time_ns() // 1_000_000),
        "x-auth-signature": signature or lesspay_signature(body.decode(), shown["app_secret"]),
        "content-type": "application/json",
    }
    return Request("POST", LESSPAY_BATCH, "", headers, body)


def as_bytes(request: Request) -> bytes:
    target = f"{request.path}?{request.query}" if request.query else request.path
    head = [f"{request.method} {target} HTTP/1.1", "Host: localhost", f"Content-Length: {len(request.body)}"]
    head += [f"{name}: {value}" for name, value in request.headers.items()]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + request.body


async def _serve() -> None:
    loop = asyncio.get_running_loop()

    async def heard(kind: Any) -> Any:
        line = await loop.run_in_executor(None, sys.stdin.buffer.readline)
        return msgspec.json.decode(line, type=kind) if line else None

    crowd = _Crowd(await heard(Keys))
    while (word := await heard(Word)) is not None:
        sys.stdout.buffer.write(msgspec.json.encode(await crowd.obey(word)) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    uvloop.run(_serve())
