"""Where two refusals are provoked at once: fresh accounts on a running server, a good request, and what may become of
both before it is sent.

What is wrong is said in `refusal_provocations`. Accounts are opened by the services themselves, beside the server,
because a command is a process and there are hundreds of situations.

The trap: a row that holds a request up cannot be written to. So where that account is to be closed meanwhile, it is its
master's row that is held, at which the key is taken before.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID, uuid4

import asyncpg
import msgspec

from outlay.cli.common import read_settings
from outlay.core.account import Account
from outlay.core.asks import Ask
from outlay.core.limits import Limits
from outlay.core.payout import Payout
from outlay.dialects import all_dialects
from outlay.kit.secret import Secret
from outlay.postgres import open_database
from outlay.process.run import open_runtime
from outlay.service.operator.accounts import (
    block_recipient,
    change_account,
    open_account,
    set_limits,
    switch_method,
)
from outlay.service.operator.credentials import issue_credential
from outlay.service.operator.fund_account import Funded, fund_account
from outlay.service.runtime import Runtime
from outlay.wire.dialect import AnyDialect, CredentialRequest, IssuedCredential
from tests.apis.found import part_of
from tests.apis.software import new_reference
from tests.e2e.observer import wait_for
from tests.e2e.raw_http import Answer, Call, send, sent
from tests.e2e.scene import is_accepted
from tests.e2e.server import Server
from tests.support.superuser import superuser_url
from tests.support.world import order, order_ask

Body = Any
"""A JSON object; or bytes, which go out as they are."""

AMOUNT: Final = "5.00"
AMOUNT_MINOR: Final = 500
ENOUGH_MINOR: Final = 10_000
OTHER_CURRENCY: Final = "USD"
_IDS: Final = ("payout_id", "transfer_id", "id")
_HELD: Final = "insert into family_keys (account_id, reference, holder_id, uses, at_ms) values ($1, $2, $3, 1, 1)"
_WAITS: Final = "select count(*) from pg_locks where not granted"


# -- where it is played -----------------------------------------------------------------------------------------------


class Place:
    """A server that runs, and its services at hand without a command. `run` carries out their coroutines."""

    def __init__(
        self, outlay: Server, runtime: Runtime, run: Callable[[Coroutine[Any, Any, Any]], Any], folder: Path
    ) -> None:
        self.outlay, self.runtime, self.run, self.folder = outlay, runtime, run, folder
        self._holding, self.looking = (run(asyncpg.connect(superuser_url(outlay.data))) for _ in range(2))

    def close(self) -> None:
        for connection in (self._holding, self.looking):
            self.run(connection.close())

    @contextmanager
    def locked(self, account_id: UUID) -> Iterator[None]:
        """Whoever would write on this account waits until this is left."""
        lock = f"begin; select 1 from accounts where account_id = '{account_id}' for no key update"
        self.run(self._holding.execute(lock))
        try:
            yield
        finally:
            self.run(self._holding.execute("rollback"))

    def until_somebody_waits(self) -> None:
        wait_for(lambda: self.run(self.looking.fetchval(_WAITS)))


@contextmanager
def at(outlay: Server, folder: Path) -> Iterator[Place]:
    with ExitStack() as stack:
        opened = stack.enter_context(open_database(None, outlay.data, own="attach-or-own"))
        run = stack.enter_context(_loop_beside())
        inner = AsyncExitStack()
        runtime = run(inner.enter_async_context(open_runtime(read_settings(outlay.data), opened.endpoint.url)))
        stack.callback(lambda: run(inner.aclose()))
        place = Place(outlay, runtime, run, folder)
        stack.callback(place.close)
        yield place


@contextmanager
def _loop_beside() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """A loop that goes on while requests are waited for: the services' heartbeat is in it."""
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            yield lambda work: asyncio.run_coroutine_threadsafe(work, loop).result()
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()


# -- a situation ------------------------------------------------------------------------------------------------------


class Situation:
    """`account` is that which would pay, or keep the bank account; `owner` speaks for its family. The request comes
    from `owner`; or from a stranger, who may not know of the account."""

    account: UUID
    caller: UUID
    """Whose credential proves the request."""
    master: UUID
    other: UUID
    """Another account of the family."""
    owner: Any
    speaker: Any
    body: Body
    made: str
    """The id of what was made under the reference before."""
    bank_account_id: str
    opened: Any
    """Keys that words may hang on."""

    def __init__(self, place: Place, endpoint: Endpoint) -> None:
        self.place, self.endpoint = place, endpoint
        self.funds_minor = ENOUGH_MINOR
        self.by_stranger = False
        self.is_written_meanwhile = False
        """The account, while another request for it is under way."""
        self.headers: dict[str, str | bytes | None] = {}
        self.nonce = uuid4().hex
        self.reference = endpoint.spoken.new_reference()
        self.unknown = str(uuid4())
        self._run, self._runtime = place.run, place.runtime
        self._left = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._left.close()

    @property
    def dialect(self) -> AnyDialect:
        return all_dialects()[self.endpoint.api]

    # What there is

    def open(self) -> None:
        self._run(self._open())
        self.owner = self._speaker(self._issued)
        self.speaker = self._speaker(self._foreign) if self.by_stranger else self.owner
        self.endpoint.prepare(self)
        self.body = self.endpoint.body(self)

    async def _open(self) -> None:
        endpoint = self.endpoint
        self.master = self.caller = self.account = await self._account()
        self._issued = await self._credential(self.master)
        if endpoint.spoken.has_family:
            subs = [await self._account(self.master) for _ in range(2)]
            self.account, self.other = (self.master, subs[1]) if endpoint.is_own else subs
        if self.by_stranger:
            self.caller = await self._account()
            self._foreign = await self._credential(self.caller)
        if self.funds_minor:
            await self._fund(self.account, self.funds_minor, endpoint.currency)

    async def _account(self, parent_id: UUID | None = None) -> UUID:
        # What is ordered waits for a review, so that no worker has anything to do with it.
        reviewed = self.endpoint.is_reviewed
        opened = await open_account(
            self._runtime, name="Padaria", country="BR", parent_id=parent_id, needs_review=reviewed
        )
        assert isinstance(opened, Account)
        return opened.account_id

    async def _credential(self, account_id: UUID) -> Mapping[str, str]:
        dialect = self.dialect
        if self.endpoint.spoken.issue is not None:
            dialect = msgspec.structs.replace(dialect, issue_credential=self.endpoint.spoken.issue)
        issued = await issue_credential(self._runtime, dialect, account_id)
        assert isinstance(issued, IssuedCredential)
        self.opened = dialect.open_credential({name: Secret(text) for name, text in issued.sealed.items()})
        return {**issued.shown, "account_id": str(account_id)}

    def _speaker(self, shown: Mapping[str, str]) -> Any:
        return part_of(self.endpoint.api, "merchant").software(self.place.outlay, shown, self.place.folder)

    async def _fund(self, account_id: UUID, amount_minor: int, currency: str) -> None:
        funded = await fund_account(self._runtime, account_id, currency, amount_minor, uuid4().hex)
        assert isinstance(funded, Funded)

    # What becomes of it

    def fund(self, currency: str | None = None) -> None:
        """For one more good request."""
        self._run(self._fund(self.account, AMOUNT_MINOR, currency or self.endpoint.currency))

    def use(self, account_id: UUID) -> None:
        """Of the reference, on this account and at no endpoint that is tried here."""
        self._run(self._fund(account_id, AMOUNT_MINOR, OTHER_CURRENCY))
        if not self.endpoint.is_reviewed:  # else a worker goes on with the payout, and waits where a request should
            self.change(account_id, needs_review=True)
        ask = order_ask(AMOUNT_MINOR, self.reference, currency=OTHER_CURRENCY, operation="elsewhere")
        made = self._run(order(self._runtime, account_id, ask))
        assert isinstance(made, Payout), made
        if not self.endpoint.is_reviewed:
            self.change(account_id, needs_review=False)

    def break_off(self, account_id: UUID) -> None:
        """A request of this account had taken the key, and died before it made anything."""
        self._run(self.place.looking.execute(_HELD, self.master, self.reference, account_id))

    def change(self, account_id: UUID, **changes: Any) -> None:
        assert isinstance(self._run(change_account(self._runtime, account_id, **changes)), Account)

    def switch_off(self, *methods: str) -> None:
        for method in methods:
            self._run(switch_method(self._runtime, self.account, self.endpoint.currency, method, on=False))

    def limit(self, limits: Limits) -> None:
        self._run(set_limits(self._runtime, self.account, self.endpoint.currency, limits))

    def close(self, account_id: UUID) -> None:
        self.change(account_id, is_open=False)

    def block(self, *numbers: str) -> None:
        for number in numbers:
            self._run(block_recipient(self._runtime, self.account, number, why="x", by="x"))

    def run_first(self) -> None:
        """A request with the same key has begun. It goes on when the situation is left."""
        row = self.master if self.is_written_meanwhile else self.account
        held = self._left.enter_context(ExitStack())
        held.enter_context(self.place.locked(row))
        call = self.call_of(self.endpoint.body(self), self.owner)
        answer = self._left.enter_context(sent(self.place.outlay.base_url, call.raw()))
        self._left.callback(answer)
        self._left.callback(held.close)
        self.place.until_somebody_waits()

    # What is sent

    def ask(self) -> Answer:
        """The request, with all that was made wrong with it."""
        call = self.call_of(self.body, self.speaker, self.nonce).headed(self.headers)
        return send(self.place.outlay.base_url, call)

    def call_of(self, body: Body, speaker: Any, nonce: str | None = None) -> Call:
        return self.endpoint.spoken.call(self, speaker, self.endpoint.path(self), body, nonce)

    @property
    def addressed(self) -> str:
        """On whose behalf."""
        return str(self.account) if self.endpoint.is_on_behalf or self.by_stranger else ""

    def ask_before(self, **changes: Any) -> None:
        """A good request under the reference, which is carried out."""
        call = self.call_of({**self.body, **changes}, self.owner)
        answer = send(self.place.outlay.base_url, call)
        assert is_accepted(self.endpoint.api, answer), answer
        self.made = id_of(answer)


def id_of(answer: Answer) -> str:
    """Of what was made, "" where it is told without one."""
    made = answer.json()
    return next((str(made[name]) for name in _IDS if name in made), "")


class Spoken(msgspec.Struct, frozen=True):
    """How an API is spoken here: `call` with a speaker (`software` of its `merchant.py`), a path, a body and a nonce.
    `has_family`: an account has others under it. `issue`: instead of the dialect's own, which may take long."""

    api: str
    call: Callable[[Situation, Any, str, Body, str | None], Call]
    has_family: bool = False
    new_reference: Callable[[], str] = new_reference
    issue: Callable[[CredentialRequest], IssuedCredential] | None = None


class Endpoint(msgspec.Struct, frozen=True):
    """Of one at which something is made: where it is, a good body and the ask that it becomes. `is_own`: the account
    that pays is the master's; `is_on_behalf`: the request names the account in a header. `prepare`: what must be there
    before."""

    name: str
    spoken: Spoken
    path: Callable[[Situation], str]
    body: Callable[[Situation], Body]
    asks: Ask[Any]
    currency: str = "BRL"
    is_own: bool = False
    is_on_behalf: bool = False
    is_reviewed: bool = True
    prepare: Callable[[Situation], None] = lambda _situation: None

    @property
    def api(self) -> str:
        return self.spoken.api
