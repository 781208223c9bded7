"""One pipeline for every dialect:

    route → identify → load the credential → verify, read → rate → (guard) use case → write
                                             └ large: in another process, one after the other
    └──────── whoever fails up to here waits for the refusal's turn

There is no `if` on a dialect's name: what differs between the APIs stands in their folders. The replay check and the
check that the credential is still current happen inside the statement that serves the request (store.guard), also
where the fields turn out to be wrong.

What strangers cause is bounded step by step, in order of trust, and nothing that a proved caller does waits for it: see
docs/decisions/0017-work-in-order-of-trust.md.

Whatever happens, the caller gets an answer in the form of the API it called, and the log gets a line without secrets:
the fault's own words and the names of things, never what was sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec

from outlay.api.apart import job_for
from outlay.api.large import LargeBodies
from outlay.api.limits import Tally
from outlay.api.paths import part_of
from outlay.api.proving import Proved, is_large, prove
from outlay.api.rates import Rates
from outlay.api.refusals import Refusals
from outlay.core.account import Account
from outlay.core.asks import Greet
from outlay.core.refusal import Refusal
from outlay.running.log import get_log
from outlay.service.engine.credentials import CredentialCache, CredentialDamaged
from outlay.service.merchant.connected_accounts import id_of_sub
from outlay.service.merchant.perform import perform
from outlay.service.runtime import Caller, Runtime
from outlay.store.database import Unavailable
from outlay.store.gather import AskerLeft, Busy
from outlay.store.guard import CredentialChanged, Guard, NonceRepeated
from outlay.store.patience import left_s, patience
from outlay.wire.dialect import AnyDialect, AnyRoute, Call, Context, Credential, Now
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault, Trouble

A = TypeVar("A")

DATABASE_SECONDS: Final = 5.0
BUSY_S: Final = 1
"""How soon to come back where too many requests wait for the database."""
_ENTROPY_BYTES: Final = 16
_GREET: Final = Greet()
_log = get_log("outlay.gateway")


class _Unproved(msgspec.Struct, frozen=True):
    """The refusal of somebody who has not proved who they are: it may have to wait."""

    refusal: Response


def _nothing() -> None:
    pass


class Gateway:
    """Serves every route of every dialect. Without `large`, large bodies are proved like any other. No request waits
    longer than `database_seconds`, from when it had come whole, all its steps together."""

    def __init__(
        self,
        runtime: Runtime,
        dialects: Iterable[AnyDialect],
        rates: Rates | None = None,
        refusals: Refusals | None = None,
        large: LargeBodies | None = None,
        database_seconds: float = DATABASE_SECONDS,
    ) -> None:
        self._runtime = runtime
        self._database_seconds = database_seconds
        self._rates = rates or Rates()
        self._refusals = refusals or Refusals(0, Tally())
        self._large = large
        self._credentials = CredentialCache(runtime)
        self._routes = _RouteTable(dialects)

    def dialect_of(self, path: str) -> AnyDialect | None:
        """Whose errors this path speaks; None outside all APIs."""
        return self._routes.dialect_of(path)

    def longest_body(self, dialect: AnyDialect, method: str, path: str) -> int:
        """Bytes that a body sent there may have."""
        return self._routes.longest_body(dialect, method, path)

    def say(self, dialect: AnyDialect, trouble: Trouble, path: str) -> Response:
        """The answer to a trouble, in the dialect's form."""
        return self._fault(dialect, path, dialect.trouble(trouble))

    def say_busy(self, dialect: AnyDialect, path: str) -> Response:
        """That too many requests are under way: nothing was done."""
        said = self.say(dialect, Trouble.TOO_MANY_REQUESTS, path)
        return _with_header(said, "retry-after", str(BUSY_S))

    def _wrong_method(self, dialect: AnyDialect, path: str, allowed: Iterable[str]) -> Response:
        said = self.say(dialect, Trouble.WRONG_METHOD, path)
        return _with_header(said, "allow", ", ".join(sorted(allowed)))

    async def say_unread(
        self, dialect: AnyDialect, head: Request, why: Trouble, is_nobody: Callable[[], None] = _nothing
    ) -> Response:
        """Why the body was not received. A path or method that is not served is told first."""
        found = self._find(dialect, head)
        if not isinstance(found, _Unproved):
            if why is Trouble.TOO_MANY_REQUESTS:
                return self.say_busy(dialect, head.path)
            found = _Unproved(self.say(dialect, why, head.path))
        return await self._refuse(dialect, head.path, found, is_nobody)

    async def wait_as_stranger(self) -> None:
        """Who asks for what no API has may be a flood like any other."""
        await self._refusals.turn()

    async def turn_away(
        self, dialect: AnyDialect, head: Request, is_nobody: Callable[[], None] = _nothing
    ) -> Response | None:
        """The answer to a request whose body need not be received, because its sender is nobody; None where they are
        somebody, for all that `head` tells: the request without its body. `is_nobody` is called before they wait."""
        found = self._find(dialect, head)
        if isinstance(found, _Unproved):
            return await self._refuse(dialect, head.path, found, is_nobody)
        route, head = found
        refused = await self._try(dialect, route.path, self._nobody(dialect, route, head))
        if not isinstance(refused, _Unproved):
            return refused
        return await self._refuse(dialect, route.path, refused, is_nobody)

    async def handle(
        self,
        dialect: AnyDialect,
        request: Request,
        settle: Callable[[], None] = _nothing,
        is_nobody: Callable[[], None] = _nothing,
    ) -> Response:
        """`settle` is called as soon as it is known whether the sender is who they say they are, `is_nobody` where they
        are not, before they wait for their refusal."""
        path = request.path
        served: Response | _Unproved
        found = self._find(dialect, request)
        if isinstance(found, _Unproved):
            served = found
        else:
            route, request = found
            path = route.path
            served = await self._try(dialect, path, self._serve(dialect, route, request, settle))
        if isinstance(served, Response):
            return served
        settle()
        del request, found  # while its refusal waits, nothing that a stranger sent is kept
        return await self._refuse(dialect, path, served, is_nobody)

    def _find(self, dialect: AnyDialect, request: Request) -> tuple[AnyRoute, Request] | _Unproved:
        """The route, and the request with the parts of its path."""
        found = self._routes.find(dialect, request)
        if isinstance(found, Trouble):
            return _Unproved(self.say(dialect, found, request.path))
        if isinstance(found, frozenset):
            return _Unproved(self._wrong_method(dialect, request.path, found))
        route, parameters = found
        if request.body and request.headers.get("content-encoding", "").lower() not in ("", "identity"):
            return _Unproved(self.say(dialect, Trouble.BODY_ENCODED, request.path))
        return route, msgspec.structs.replace(request, parameters=parameters) if parameters else request

    async def _refuse(
        self, dialect: AnyDialect, path: str, refused: _Unproved, is_nobody: Callable[[], None]
    ) -> Response:
        is_nobody()
        return refused.refusal if await self._refusals.turn() else self.say_busy(dialect, path)

    async def _try(self, dialect: AnyDialect, path: str, work: Awaitable[A]) -> A | Response:
        """What comes of the work, or the answer where it could not be done."""
        try:
            with patience(self._database_seconds):
                return await work
        except NonceRepeated:
            return self.say(dialect, Trouble.NONCE_REPEATED, path)
        except AskerLeft:
            return self.say(dialect, Trouble.NOT_CARRIED_OUT, path)
        except Busy:
            return self.say_busy(dialect, path)
        except Unavailable as error:
            self._runtime.health.met(error, api=dialect.name, path=path)  # a line for each would fill the log
            told = Trouble.UNAVAILABLE if error.may_have_happened else Trouble.NOT_CARRIED_OUT
            return self._written(dialect, dialect.trouble(told))
        except Exception as error:
            _log.error("internal fault", api=dialect.name, path=path, error=type(error).__name__, exc_info=True)
            return self.say(dialect, Trouble.INTERNAL, path)

    async def _nobody(self, dialect: AnyDialect, route: AnyRoute, head: Request) -> _Unproved | None:
        call = route.proof.identify(head)
        if isinstance(call, Fault):
            return _Unproved(self._fault(dialect, route.path, call))
        credential = await self._credential(dialect, route, call)
        return credential if isinstance(credential, _Unproved) else None

    async def _credential(self, dialect: AnyDialect, route: AnyRoute, call: Call[Any]) -> Credential[Any] | _Unproved:
        """That of the key, or the answer where it is nobody's. Too many look-ups are a flood of strangers, too: told so
        at once they would come back at once."""
        try:
            credential = await self._credentials.get(dialect, call.key_id)
        except Busy:
            return _Unproved(self.say_busy(dialect, route.path))
        except CredentialDamaged as damaged:
            _log_damaged(dialect, route.path, damaged)
            return _Unproved(self.say(dialect, Trouble.NOT_CARRIED_OUT, route.path))
        return credential or _Unproved(self._fault(dialect, route.path, call.if_unknown))

    async def _not_proved(
        self, dialect: AnyDialect, route: AnyRoute, credential: Credential[Any], fault: Fault
    ) -> _Unproved:
        """Raises CredentialChanged: nothing else asks for a stale one here, and a key that came back with another
        secret would stay shut."""
        try:
            await self._credentials.check(dialect, credential)
        except Busy:
            return _Unproved(self.say_busy(dialect, route.path))
        return _Unproved(self._fault(dialect, route.path, fault, credential.account))

    async def _serve(
        self, dialect: AnyDialect, route: AnyRoute, request: Request, settle: Callable[[], None]
    ) -> Response | _Unproved:
        call = route.proof.identify(request)
        if isinstance(call, Fault):
            return _Unproved(self._fault(dialect, route.path, call))
        try:
            return await self._serve_known(dialect, route, call, settle)
        except CredentialChanged:
            # The cached credential is out of date. Once more with what is stored now; then it is nobody's key.
            self._credentials.drop(dialect, call.key_id)
        try:
            return await self._serve_known(dialect, route, call, settle)
        except CredentialChanged:
            return _Unproved(self._fault(dialect, route.path, call.if_unknown))

    async def _serve_known(
        self, dialect: AnyDialect, route: AnyRoute, call: Call[Any], settle: Callable[[], None]
    ) -> Response | _Unproved:
        credential = await self._credential(dialect, route, call)
        if isinstance(credential, _Unproved):
            return credential
        now = Now(self._runtime.now_ms(), self._runtime.real_ms())
        proved = await self._prove(dialect, route, call, credential, now)
        if isinstance(proved, Fault):
            return await self._not_proved(dialect, route, credential, proved)
        settle()
        wait_s = self._rates.take((dialect.name, call.key_id), opens=route.opens)
        if wait_s:
            said = self._fault(dialect, route.path, dialect.trouble(Trouble.TOO_MANY_REQUESTS), credential.account)
            return _with_header(said, "retry-after", str(wait_s))
        addressed = proved.on_behalf_of
        if isinstance(addressed, str):
            addressed = await id_of_sub(self._runtime, credential.account.account_id, addressed)
        caller = _caller(dialect, credential, proved, addressed)
        return await self._answer(dialect, route, proved, credential, caller)

    async def _prove(
        self, dialect: AnyDialect, route: AnyRoute, call: Call[Any], credential: Credential[Any], now: Now
    ) -> Proved | Fault:
        body = call.request.body
        if self._large is None or not is_large(body):
            return prove(route, call, credential, now)
        job = job_for(dialect, route, call, credential, now)
        try:
            async with asyncio.timeout(left_s(self._database_seconds)):
                return await self._large.prove((dialect.name, call.key_id), job, body)
        except TimeoutError as error:
            raise Busy from error

    async def _answer(
        self, dialect: AnyDialect, route: AnyRoute, proved: Proved, credential: Credential[Any], caller: Caller
    ) -> Response:
        asked = proved.asked
        # Wrong fields do not make a stale key, a spent nonce or somebody else's account good.
        ask = _GREET if isinstance(asked, Fault) else asked.ask
        answer = await perform(self._runtime, caller, ask)
        context = Context(credential, caller.account_id, self._runtime.real_ms(), self._entropy())
        if isinstance(answer, Refusal):
            outcome: Response | Fault = dialect.refuse(answer, ask, credential.opened)
        else:
            outcome = asked if isinstance(asked, Fault) else route.write(answer, asked.echo, context)
        if isinstance(outcome, Response):
            return outcome
        _log_refused(dialect, route.path, outcome, credential.account)
        return dialect.write_fault(outcome, context.now_ms, context.entropy)

    def _fault(self, dialect: AnyDialect, path: str, fault: Fault, account: Account | None = None) -> Response:
        _log_refused(dialect, path, fault, account)
        return self._written(dialect, fault)

    def _written(self, dialect: AnyDialect, fault: Fault) -> Response:
        return dialect.write_fault(fault, self._runtime.real_ms(), self._entropy())

    def _entropy(self) -> bytes:
        return self._runtime.entropy(_ENTROPY_BYTES)


def _log_refused(dialect: AnyDialect, path: str, fault: Fault, account: Account | None) -> None:
    _log.info(
        "request refused",
        api=dialect.name,
        path=path,
        status=fault.status,
        code=fault.code,
        message=fault.message,
        account=str(account.account_id) if account else None,
    )


def _log_damaged(dialect: AnyDialect, path: str, damaged: CredentialDamaged) -> None:
    _log.error(
        "a stored credential is damaged: put its row back from a backup, or revoke it and create another",
        api=dialect.name,
        path=path,
        account=str(damaged.account_id),
        key_id=damaged.key_id,
    )


def _caller(dialect: AnyDialect, credential: Credential[Any], proved: Proved, addressed: UUID | None) -> Caller:
    account = credential.account
    own = account.account_id
    guard = Guard(own, credential.key_id, credential.version, proved.nonce, proved.nonce_until_ms)
    on_behalf = addressed is not None and addressed != own
    return Caller(
        account_id=addressed if addressed is not None else own,
        guard=guard,
        parent_id=own if on_behalf else None,
        name=credential.holder or credential.key_id,
        dialect=dialect.name,
        family_id=account.family_id,
        is_open=account.is_open,
        has_family=on_behalf or credential.has_subs or account.parent_id is not None,
    )


def _with_header(response: Response, name: str, value: str) -> Response:
    return msgspec.structs.replace(response, headers=(*response.headers, (name, value)))


class _RouteTable:
    """Exact paths in a dictionary; paths with parts in braces are compared segment by segment."""

    def __init__(self, dialects: Iterable[AnyDialect]) -> None:
        self._exact: dict[str, dict[str, AnyRoute]] = {}
        self._patterns: list[tuple[list[str], dict[str, AnyRoute]]] = []
        self._prefixes: list[tuple[str, AnyDialect]] = []
        self._shortest: dict[str, int] = {}
        self._longer: set[tuple[str, str]] = set()
        """Dialects and methods of which a path with braces takes more than the shortest: only there is one matched."""
        for dialect in dialects:
            self._prefixes += [(prefix, dialect) for prefix in dialect.prefixes]
            shortest = self._shortest[dialect.name] = min(route.longest_body for route in dialect.routes)
            for route in dialect.routes:
                self._methods_at(route.path)[route.method] = route
                if "{" in route.path and route.longest_body > shortest:
                    self._longer.add((dialect.name, route.method))

    def _methods_at(self, path: str) -> dict[str, AnyRoute]:
        if "{" not in path:
            return self._exact.setdefault(path, {})
        segments = path.split("/")
        for known, methods in self._patterns:
            if known == segments:
                return methods
        self._patterns.append((segments, {}))
        return self._patterns[-1][1]

    def dialect_of(self, path: str) -> AnyDialect | None:
        for prefix, dialect in self._prefixes:
            if path.startswith(prefix):
                return dialect
        return None

    def longest_body(self, dialect: AnyDialect, method: str, path: str) -> int:
        """Of the route; where there is none, of the dialect's route that takes least."""
        methods = self._exact.get(path)
        if methods is None and (dialect.name, method) in self._longer:
            methods, _ = self._match(path)
        route = methods.get(method) if methods is not None else None
        return route.longest_body if route is not None else self._shortest[dialect.name]

    def find(self, dialect: AnyDialect, request: Request) -> tuple[AnyRoute, dict[str, str]] | frozenset[str] | Trouble:
        """The route with the parts of its path; the methods that are allowed where this one is not."""
        parameters: dict[str, str] = {}
        methods = self._exact.get(request.path)
        if methods is None:
            methods, parameters = self._match(request.path)
        if methods is None:
            return Trouble.NO_SUCH_PATH
        route = methods.get(request.method)
        return (route, parameters) if route is not None else frozenset(methods)

    def _match(self, path: str) -> tuple[dict[str, AnyRoute] | None, dict[str, str]]:
        segments = path.split("/")
        for pattern, methods in self._patterns:
            parameters = _parameters(pattern, segments)
            if parameters is not None:
                return methods, parameters
        return None, {}


def _parameters(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(segments):
        return None
    parameters: dict[str, str] = {}
    for wanted, given in zip(pattern, segments, strict=True):
        if wanted.startswith("{"):
            if not given:
                return None
            parameters[wanted[1:-1]] = part_of(given)
        elif wanted != given:
            return None
    return parameters
