"""One pipeline for every dialect:

    route → identify → load the credential → verify → rate → (guard) read → use case → write

There is no `if` on a dialect's name: what differs between the APIs stands in their folders. The replay check and the
check that the credential is still current happen inside the statement that serves the request (store.guard), also
where the fields turn out to be wrong.

Whatever happens, the caller gets an answer in the form of the API it called, and the log gets a line without secrets:
the fault's own words and the names of things, never what was sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

import msgspec
import structlog

from outlay.api.rates import Rates
from outlay.core.account import Account
from outlay.service.credentials import CredentialCache
from outlay.service.list_accounts import id_of_sub
from outlay.service.perform import perform
from outlay.service.runtime import Caller, Runtime
from outlay.store.database import Unavailable
from outlay.store.gather import Busy
from outlay.store.guard import CredentialChanged, Guard, NonceRepeated
from outlay.wire.dialect import Call, Context, Credential, Dialect, Now, Route, Verified
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault, Trouble
from outlay.wire.usecases import Answer, Ask, Greet, Greeted

BUSY_S: Final = 1
"""How soon to come back where too many requests wait for the database."""
_ENTROPY_BYTES: Final = 16
_log = structlog.get_logger("outlay.gateway")


class Gateway:
    """Serves every route of every dialect."""

    def __init__(self, runtime: Runtime, dialects: Iterable[Dialect], rates: Rates | None = None) -> None:
        self._runtime = runtime
        self._rates = rates or Rates()
        self._credentials = CredentialCache(runtime)
        self._routes = _RouteTable(dialects)

    def dialect_of(self, path: str) -> Dialect | None:
        """Whose errors this path speaks; None outside all APIs."""
        return self._routes.dialect_of(path)

    def longest_body(self, path: str) -> int:
        """Bytes that a body to this path may have in any case, whatever the general limit."""
        return self._routes.longest_body(path)

    def say(self, dialect: Dialect, trouble: Trouble, path: str) -> Response:
        """The answer to a trouble, in the dialect's form."""
        return self._fault(dialect, path, dialect.trouble(trouble))

    def _wrong_method(self, dialect: Dialect, path: str, allowed: Iterable[str]) -> Response:
        said = self.say(dialect, Trouble.WRONG_METHOD, path)
        return _with_header(said, "allow", ", ".join(sorted(allowed)))

    async def handle(self, dialect: Dialect, request: Request) -> Response:
        found = self._routes.find(dialect, request)
        if isinstance(found, Trouble):
            return self.say(dialect, found, request.path)
        if isinstance(found, frozenset):
            return self._wrong_method(dialect, request.path, found)
        route, parameters = found
        if request.body and request.headers.get("content-encoding", "").lower() not in ("", "identity"):
            return self.say(dialect, Trouble.BODY_ENCODED, request.path)
        if parameters:
            request = msgspec.structs.replace(request, parameters=parameters)
        try:
            return await self._serve(dialect, route, request)
        except NonceRepeated:
            return self.say(dialect, Trouble.NONCE_REPEATED, request.path)
        except Busy:
            said = self.say(dialect, Trouble.TOO_MANY_REQUESTS, request.path)
            return _with_header(said, "retry-after", str(BUSY_S))
        except Unavailable as error:
            _log.error("database unavailable", api=dialect.name, path=route.path, error=str(error))
            return self.say(dialect, Trouble.UNAVAILABLE, request.path)
        except Exception as error:
            _log.error("internal fault", api=dialect.name, path=route.path, error=type(error).__name__, exc_info=True)
            return self.say(dialect, Trouble.INTERNAL, request.path)

    async def _serve(self, dialect: Dialect, route: Route, request: Request) -> Response:
        call = route.identify(request)
        if isinstance(call, Fault):
            return self._fault(dialect, route.path, call)
        try:
            return await self._serve_known(dialect, route, call)
        except CredentialChanged:
            # The cached credential is out of date. Once more with what is stored now; then it is nobody's key.
            self._credentials.drop(dialect, call.key_id)
        try:
            return await self._serve_known(dialect, route, call)
        except CredentialChanged:
            return self._fault(dialect, route.path, call.if_unknown)

    async def _serve_known(self, dialect: Dialect, route: Route, call: Call) -> Response:
        credential = await self._credentials.get(dialect, call.key_id)
        if credential is None:
            return self._fault(dialect, route.path, call.if_unknown)
        now = Now(self._runtime.now_ms(), self._runtime.real_ms())
        verified = route.verify(call, credential, now.real_ms)
        if isinstance(verified, Fault):
            # Nothing else asks for a stale one here: a key that came back with another secret would stay shut.
            await self._credentials.check(dialect, credential)
            return self._fault(dialect, route.path, verified, credential.account)
        wait_s = self._rates.take((dialect.name, call.key_id), opens=route.opens)
        if wait_s:
            said = self._fault(dialect, route.path, dialect.trouble(Trouble.TOO_MANY_REQUESTS), credential.account)
            return _with_header(said, "retry-after", str(wait_s))
        addressed = verified.on_behalf_of
        if isinstance(addressed, str):
            addressed = await id_of_sub(self._runtime, credential.account.account_id, addressed)
        caller = _caller(credential, verified, addressed)
        answer = await self._answer(route.read(call, credential, now), caller)
        context = Context(credential, call, caller.account_id, self._runtime.real_ms(), self._entropy())
        response = route.write(answer, context)
        if response.fault is not None:
            _log_refused(dialect, route.path, response.fault, credential.account)
        return response

    async def _answer(self, ask: Ask | Fault, caller: Caller) -> Answer:
        if isinstance(ask, Fault):
            # Wrong fields do not make a stale key, a spent nonce or somebody else's account good.
            greeted = await perform(self._runtime, caller, Greet())
            return ask if isinstance(greeted, Greeted) else greeted
        return await perform(self._runtime, caller, ask)

    def _fault(self, dialect: Dialect, path: str, fault: Fault, account: Account | None = None) -> Response:
        _log_refused(dialect, path, fault, account)
        return dialect.write_fault(fault, self._runtime.real_ms(), self._entropy())

    def _entropy(self) -> bytes:
        return self._runtime.entropy(_ENTROPY_BYTES)


def _log_refused(dialect: Dialect, path: str, fault: Fault, account: Account | None) -> None:
    _log.info(
        "request refused",
        api=dialect.name,
        path=path,
        status=fault.status,
        code=fault.code,
        message=fault.message,
        account=str(account.account_id) if account else None,
    )


def _caller(credential: Credential, verified: Verified, addressed: UUID | None) -> Caller:
    account = credential.account
    own = account.account_id
    guard = Guard(own, credential.key_id, credential.version, verified.nonce, verified.nonce_until_ms)
    on_behalf = addressed is not None and addressed != own
    return Caller(
        account_id=addressed if addressed is not None else own,
        guard=guard,
        parent_id=own if on_behalf else None,
        name=credential.holder or credential.key_id,
        family_id=account.family_id,
        is_open=account.is_open,
        has_family=on_behalf or account.has_subs or account.parent_id is not None,
    )


def _with_header(response: Response, name: str, value: str) -> Response:
    return msgspec.structs.replace(response, headers=(*response.headers, (name, value)))


class _RouteTable:
    """Exact paths in a dictionary; paths with parts in braces are compared segment by segment."""

    def __init__(self, dialects: Iterable[Dialect]) -> None:
        self._exact: dict[str, dict[str, Route]] = {}
        self._patterns: list[tuple[list[str], dict[str, Route]]] = []
        self._prefixes: list[tuple[str, Dialect]] = []
        self._longest_bodies: dict[str, int] = {}
        for dialect in dialects:
            self._prefixes += [(prefix, dialect) for prefix in dialect.prefixes]
            for route in dialect.routes:
                self._methods_at(route.path)[route.method] = route
                if route.longest_body:
                    self._longest_bodies[route.path] = route.longest_body

    def _methods_at(self, path: str) -> dict[str, Route]:
        if "{" not in path:
            return self._exact.setdefault(path, {})
        segments = path.split("/")
        for known, methods in self._patterns:
            if known == segments:
                return methods
        self._patterns.append((segments, {}))
        return self._patterns[-1][1]

    def dialect_of(self, path: str) -> Dialect | None:
        for prefix, dialect in self._prefixes:
            if path.startswith(prefix):
                return dialect
        return None

    def longest_body(self, path: str) -> int:
        return self._longest_bodies.get(path, 0)

    def find(self, dialect: Dialect, request: Request) -> tuple[Route, dict[str, str]] | frozenset[str] | Trouble:
        """The route with the parts of its path; the methods that are allowed where this one is not."""
        parameters: dict[str, str] = {}
        methods = self._exact.get(request.path)
        if methods is None:
            methods, parameters = self._match(request.path)
        if methods is None:
            return Trouble.NO_SUCH_PATH
        route = methods.get(request.method)
        return (route, parameters) if route is not None else frozenset(methods)

    def _match(self, path: str) -> tuple[dict[str, Route] | None, dict[str, str]]:
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
            parameters[wanted[1:-1]] = given  # the server has decoded it
        elif wanted != given:
            return None
    return parameters
