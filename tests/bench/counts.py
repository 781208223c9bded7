"""`./run bench --counts`: how many calls of Outlay's own functions one warm request makes, and in how many files; and
the same of a command that only looks (`payout show --json`), with what it writes, and what its start costs.

Counts are the same on every machine, so a shape that makes everything dearer shows where times would not. One process
serves, asks and counts: from the moment at which a request is on its way until its answer has come whole, everything of
the sources that is entered, the front, the clerk and the reader with it. A coroutine counts once, however often it is
resumed; comprehensions are no functions.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import secrets
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import asyncpg
import msgspec
import uvloop
from rich.console import Console
from rich.table import Table

import outlay
from outlay.api.limits import Tally
from outlay.api.server import serve_http
from outlay.cli.common import read_settings
from outlay.cli.main import app
from outlay.cli.output import print_json
from outlay.core.refusal import Refusal
from outlay.dialects import all_dialects
from outlay.postgres.connect import open_database
from outlay.process.run import limits_of, make_app, open_runtime, prepare_database
from outlay.service.operator.accounts import open_account
from outlay.service.operator.credentials import issue_credential
from outlay.service.operator.fund_account import fund_account
from outlay.service.runtime import Runtime
from outlay.wire.dialect import AnyDialect
from outlay.wire.message import Request
from outlay.wire.samples import SampleMoment, SampleOrder, Session
from tests.bench.whole_apis import UQPAY_LIST_PATH

SOURCES = str(Path(outlay.__file__).parent)
COMPREHENSIONS = frozenset({"<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>"})
ROUNDS = 6
"""Of which the one with the fewest calls counts: the first are cold, and now and then something else comes between."""
LOADED = ("outlay.cli.main", "outlay.cli.payout", "outlay.process.opening")
IMPORTS = 9
PAUSE_S = 0.05
"""After which nothing of the request before is under way any more."""


class Count(msgspec.Struct):
    """What was entered, by file and function."""

    entered: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)

    @property
    def calls(self) -> int:
        return self.entered.total()

    @property
    def files(self) -> int:
        return len({file for file, _ in self.entered})


@contextlib.contextmanager
def counting() -> Iterator[Count]:
    """What this thread enters meanwhile."""
    count = Count()
    seen: set[FrameType] = set()  # kept, so that none is taken for one that has gone

    def look(frame: FrameType, event: str, _value: Any) -> None:
        code = frame.f_code
        if event != "call" or frame in seen or not code.co_filename.startswith(SOURCES):
            return
        seen.add(frame)
        if code.co_name not in COMPREHENSIONS:
            count.entered[code.co_filename.removeprefix(SOURCES), code.co_qualname] += 1

    sys.setprofile(look)
    try:
        yield count
    finally:
        sys.setprofile(None)


class Client:
    """One connection to the server in this process, without anything of Outlay's in it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, request: Request) -> bytes:
        target = f"{request.path}?{request.query}" if request.query else request.path
        headers = "".join(f"{name}: {text}\r\n" for name, text in request.headers.items())
        length = f"host: bench\r\ncontent-length: {len(request.body)}\r\n"
        self._writer.write(f"{request.method} {target} HTTP/1.1\r\n{length}{headers}\r\n".encode() + request.body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        size = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length"))
        body = await self._reader.readexactly(size)
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(f"a bench that is refused measures nothing: {body!r}")
        return body


@contextlib.asynccontextmanager
async def served(settings: Any, runtime: Runtime) -> AsyncIterator[int]:
    """The port of a server in this process."""
    tally, stop = Tally(), asyncio.Event()
    app = make_app(settings, runtime, tally, runtime.health)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        limits = limits_of(settings)
        serving = asyncio.create_task(
            serve_http(app, listener, stop, limits, tally, grace_s=1, last_words_s=1, other_files=10)
        )
        try:
            yield listener.getsockname()[1]
        finally:
            stop.set()
            await serving


async def _merchant(runtime: Runtime, dialect: AnyDialect) -> Mapping[str, str]:
    """What somebody with money and a credential of this API was shown."""
    account = await open_account(runtime, name="Bench", country=dialect.samples.country)
    if isinstance(account, Refusal):
        raise RuntimeError(account.name)
    await fund_account(runtime, account.account_id, dialect.samples.currency, 10**12, "start")
    issued = await issue_credential(runtime, dialect, account.account_id)
    if isinstance(issued, Refusal):
        raise RuntimeError(issued.name)
    return issued.shown


async def _of_dialect(runtime: Runtime, dialect: AnyDialect, port: int) -> dict[str, Count]:
    samples = dialect.samples
    shown = await _merchant(runtime, dialect)
    client = Client(*await asyncio.open_connection("127.0.0.1", port))
    opening = samples.opening(shown)
    session = Session(shown, await client.send(opening) if opening is not None else b"")
    found: dict[str, Count] = {}

    async def send(what: str, request: Request) -> bytes:
        await asyncio.sleep(PAUSE_S)
        with counting() as count:
            answer = await client.send(request)
        name = f"{what} {dialect.name}"
        if name not in found or count.calls < found[name].calls:
            found[name] = count
        return answer

    for number in range(ROUNDS):
        order = SampleOrder(f"BENCH-{number}", samples.currency, samples.amount)
        created = await send("create", samples.create(session, order, _now(runtime)))
        query = samples.query(session, order, created, _now(runtime))
        await send("query", query)
        if query.headers.keys() >= {"x-auth-token"}:
            await send("list", Request("GET", UQPAY_LIST_PATH, "page_number=1&page_size=10", query.headers, b""))
    return found


def _now(runtime: Runtime) -> SampleMoment:
    return SampleMoment(runtime.real_ms(), secrets.token_bytes(16))


class Looked(msgspec.Struct):
    """What `payout show` takes: the second of two runs in one process, so that everything is loaded. `import_s`: of a
    processor, to load what it needs in a fresh one; `python_s`: an interpreter that loads nothing."""

    count: Count
    writes: int
    import_s: float
    python_s: float


def _look_at_one(data: Path, url: str) -> Looked:
    payout_id, before = uvloop.run(_newest(url)), uvloop.run(_next_transaction(url))
    for _ in range(2):
        with _to_nowhere(), counting() as count, contextlib.suppress(SystemExit):
            app(["payout", "show", str(payout_id), "--data", str(data), "--json"])
    writes = uvloop.run(_next_transaction(url)) - before
    return Looked(count, writes, _cpu_s(f"import {', '.join(LOADED)}"), _cpu_s("pass"))


@contextlib.contextmanager
def _to_nowhere() -> Iterator[None]:
    """Standard output, which the command writes to by its number."""
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


async def _newest(url: str) -> int:
    connection = await asyncpg.connect(url)
    found: int = await connection.fetchval("select max(payout_id) from payouts")
    await connection.close()
    return found


async def _next_transaction(url: str) -> int:
    """Goes up with each that writes."""
    connection = await asyncpg.connect(url)
    found: int = await connection.fetchval("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
    await connection.close()
    return found


def _cpu_s(code: str) -> float:
    """The least of several runs, user and system."""

    def run() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(run() for _ in range(IMPORTS))


async def _measure(settings: Any, opened: Any) -> dict[str, Count]:
    await prepare_database(settings, opened, may_migrate=True)
    found: dict[str, Count] = {}
    async with open_runtime(settings, opened.endpoint.url) as runtime, served(settings, runtime) as port:
        for dialect in all_dialects().values():
            found |= await _of_dialect(runtime, dialect, port)
    return found


def measure(*, as_json: bool) -> None:
    """Measure, and print."""
    os.environ.pop("DATABASE_URL", None)
    with tempfile.TemporaryDirectory(prefix="outlay-bench-") as folder:
        data = Path(folder)
        with open_database(None, data, own="required") as opened:
            found = uvloop.run(_measure(read_settings(data), opened))
            looked = _look_at_one(data, opened.endpoint.url)
    found["payout show"] = looked.count
    if as_json:
        counts = {name: {"calls": each.calls, "files": each.files} for name, each in found.items()}
        start = {"import_s": looked.import_s, "python_s": looked.python_s}
        print_json({"counts": counts, "payout_show": {"writes": looked.writes, **start}})
        return
    shown = Table(title="Calls of Outlay's own functions for one warm request, and the files that they stand in")
    for heading in ("what", "calls", "files"):
        shown.add_column(heading, justify="left" if heading == "what" else "right")
    for name, each in found.items():
        shown.add_row(name, str(each.calls), str(each.files))
    Console().print(shown)
    Console().print(
        f"payout show: {looked.writes} transactions written; to load it takes {looked.import_s:.3f} s of a processor, "
        f"of which an interpreter that loads nothing takes {looked.python_s:.3f}"
    )
