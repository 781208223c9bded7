"""Where a dialect is exercised: its own server on a socket, over a real database, and merchants whose software is their
own. Everything runs in this process, so that a fault can be planted in the dialect and must then be seen.

The clock is the world's and stands still; what leaves no trace is seen in the tables.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from email.parser import BytesParser
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from msgspec.structs import replace
from structlog.testing import capture_logs

from outlay.api.app import App
from outlay.api.budget import Unproved
from outlay.api.gateway import Gateway
from outlay.api.limits import FrontLimits, Tally
from outlay.api.server import bind, serve_http
from outlay.core.account import Account
from outlay.core.ids import EPOCH_MS
from outlay.core.payout import Payout
from outlay.kit.secret import Secret
from outlay.service.health import Health
from outlay.service.operator.accounts import open_account
from outlay.service.operator.credentials import issue_credential
from outlay.store.read.reader import PayoutQuestion
from outlay.wire.dialect import AnyDialect, AnyRoute, IssuedCredential
from outlay.wire.message import Request
from tests.apis.contract import Documented, Making, Said, Software
from tests.apis.seen import Seen, SeenOrder, only
from tests.e2e.raw_http import Answer, Call, recorded
from tests.support.world import World

RICH_MINOR = 100_000_00
PATIENCE_S = 30.0
SHORTEST_SECRET = 16
"""Shorter texts turn up by chance."""
UNPROVED_BYTES = 64 * 1024 * 1024


class Party:
    """A merchant with money, a key and software of their own."""

    def __init__(self, desk: Desk, account_id: UUID, issued: IssuedCredential, software: Software) -> None:
        self.desk, self.account_id, self.issued, self.software = desk, account_id, issued, software

    def opened(self) -> Any:
        """The key, as Outlay has it in memory."""
        return self.desk.dialect.open_credential({n: Secret(text) for n, text in self.issued.sealed.items()})

    async def open(self) -> None:
        """Where the API has a token, which ends by itself."""
        if (opening := self.software.opening()) is not None:
            self.software.open(await self.desk.send(opening))

    def now_ms(self) -> int:
        return self.desk.world.clock()

    def made(self, making: Making) -> Call:
        """Signed by this merchant."""
        return making.finished(self.software.call(making, self.now_ms() + making.off_ms))

    async def sub_account(self) -> str:
        """One more, under this merchant's."""
        opened = await open_account(
            self.desk.world.runtime, name="Kopi", country=self.desk.documented.country, parent_id=self.account_id
        )
        assert isinstance(opened, Account)
        return str(opened.account_id)

    async def send(self, making: Making) -> Answer:
        return await self.desk.send(self.made(making))

    async def order(self, reference: str, amount: str = "10.00") -> tuple[Seen | SeenOrder, Answer]:
        """What a good order is answered with, and what that says."""
        answer = await self.send(self.desk.documented.create(reference, amount))
        return self.desk.documented.read_created(answer), answer

    async def query(self, reference: str, made: Answer | None) -> Seen:
        """What became of the one payout under this reference."""
        seen = self.desk.documented.read_query(await self.send(self.desk.documented.query(reference, made)))
        return only(seen)


class Desk:
    """Serves `dialect` while it is entered. What its parties' secrets are is never logged and never answered.
    `is_true`: nothing is planted in it, so what it says counts for docs/coverage-*.md."""

    def __init__(
        self, world: World, dialect: AnyDialect, documented: Documented, folder: Path, *, is_true: bool = False
    ) -> None:
        self.world, self.dialect, self.documented = world, dialect, documented
        self._is_true = is_true
        self.stumbles: Exception | None = None
        """What every call meets on its way, as long as it stands here."""
        self._folder = folder
        self._stop = asyncio.Event()
        self._inner = AsyncExitStack()
        self._parties = 0
        self.secrets: set[str] = set()
        self.logged: list[Any] = []

    async def __aenter__(self) -> Self:
        await self._inner.enter_async_context(self.world)
        self.logged = self._inner.enter_context(capture_logs())
        self.world.clock.now = max(self.world.clock.now, EPOCH_MS)
        tally = Tally()
        app = App(
            Gateway(self.world.runtime, [self._stumbling()]), Health(), None, tally, Unproved(UNPROVED_BYTES, tally)
        )
        listener = bind("127.0.0.1", 0)
        self._address: tuple[str, int] = listener.getsockname()[:2]
        serving = asyncio.create_task(serve_http(app, listener, self._stop, FrontLimits(), tally, grace_s=1.0))
        self._inner.push_async_callback(self._end, serving)
        return self

    def _stumbling(self) -> AnyDialect:
        """The dialect, on whose way something can be in the way."""

        def changed(route: AnyRoute) -> AnyRoute:
            def identify(request: Request) -> Any:
                if self.stumbles is not None:
                    raise self.stumbles
                return route.proof.identify(request)

            return replace(route, proof=replace(route.proof, identify=identify))

        return replace(self.dialect, routes=tuple(map(changed, self.dialect.routes)))

    async def _end(self, serving: asyncio.Task[int]) -> None:
        self._stop.set()
        await serving

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._inner.__aexit__(kind, error, trace)

    def says(self, answer: Answer, said: Said, about: Any) -> None:
        """The documented "no" in the documented form."""
        code, text = self.documented.read_error(answer)
        assert (answer.status, code) == (said.status, said.code), (about, answer)
        assert said.text in (None, text), (about, answer)

    def see(self, answer: Answer, said: Said, about: Any) -> None:
        """The same of the last call, and one line in the log that tells it."""
        self.says(answer, said, about)
        [line] = [each for each in self.logged if each["event"] == "request refused"]
        assert (line["api"], line["status"], line["log_level"]) == (self.dialect.name, said.status, "info"), line

    def see_hidden(self, where: str, text: str) -> None:
        assert not [secret for secret in self.secrets if secret in text], f"a secret stands in {where}"

    async def party(self, *, fund: int = RICH_MINOR, **account: Any) -> Party:
        opened = await open_account(
            self.world.runtime, name="Padaria São João", country=self.documented.country, **account
        )
        assert isinstance(opened, Account), opened
        if fund:
            await self.world.fund(opened.account_id, fund, self.documented.currency)
        return await self.key_for(opened.account_id)

    async def key_for(self, account_id: UUID) -> Party:
        issued = await issue_credential(self.world.runtime, self.dialect, account_id)
        assert isinstance(issued, IssuedCredential)
        self._parties += 1
        folder = self._folder / str(self._parties)
        folder.mkdir()
        software = self.documented.software({**issued.shown, "account_id": str(account_id)}, folder)
        party = Party(self, account_id, issued, software)
        await party.open()
        self.secrets |= software.secrets | kept_from_all(issued)
        return party

    async def send(self, call: Call) -> Answer:
        self.logged.clear()
        async with asyncio.timeout(PATIENCE_S):
            reading, writing = await asyncio.open_connection(*self._address)
            try:
                writing.write(call.raw())
                with suppress(ConnectionError):  # of a body that is too large the end is not received
                    await writing.drain()
                answer = _answer_of(await reading.read())
            except ConnectionError as error:
                raise AssertionError("no answer") from error
            finally:
                writing.close()
        self.see_hidden("an answer", answer.body.decode("utf-8", "replace"))
        self.see_hidden("a log", repr(self.logged))
        return recorded(call, answer) if self._is_true else answer

    async def payouts(self) -> int:
        return await self.world.count("payouts")

    async def made(self) -> tuple[int, ...]:
        """How much has been made in all."""
        return tuple([await self.world.count(table) for table in ("payouts", "bank_accounts", "transfers", "facts")])

    async def payout(self, account_id: UUID, payout_id: int) -> Payout:
        """As it stands in the database now."""
        found = await self.world.runtime.reader.payout(PayoutQuestion(account_id, payout_id=payout_id))
        assert not isinstance(found, int)
        assert found.payout is not None
        return found.payout


def kept_from_all(issued: IssuedCredential) -> set[str]:
    """What is stored of a key: a long text, or each line of one, as of a private key that is ours."""
    lines = (line for text in issued.sealed.values() for line in text.splitlines())
    return {line for line in lines if len(line) >= SHORTEST_SECRET and not line.startswith("-----")}


def _answer_of(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    line, _, fields = head.partition(b"\r\n")
    headers: Mapping[str, str] = {name.lower(): value for name, value in BytesParser().parsebytes(fields).items()}
    assert len(body) == int(headers["content-length"]), raw
    return Answer(int(line.split()[1]), headers, body)
