"""What the pure part of a request costs: the dialect's own steps, timed alone in this process."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from outlay.core.account import DEFAULT_TERMS, Account
from outlay.core.asks import OrderPayout
from outlay.core.life import order
from outlay.core.refusal import Refusal
from outlay.kit.secret import Secret
from outlay.service.runtime import Runtime
from outlay.wire.dialect import AnyDialect, AnyRoute, Context, Credential, CredentialRequest, Now
from outlay.wire.message import Request
from outlay.wire.problems import Fault
from outlay.wire.samples import SampleMoment, SampleOrder, Session
from tests.support.routes import asked, find_route, told

TIMES = 2000


async def pure_costs(runtime: Runtime, dialect: AnyDialect) -> dict[str, float]:
    """Microseconds of identify, verify, read and write of a create, and of the core's decision."""
    account = Account(uuid4(), "Bench", dialect.samples.country)
    issued = dialect.issue_credential(CredentialRequest(account, secrets.token_bytes(64), runtime.now_ms()))
    opened = dialect.open_credential({name: Secret(text) for name, text in issued.sealed.items()})
    credential = Credential(issued.key_id, account, 1, opened)
    session = _session(dialect, issued.shown, credential, runtime)
    sample = SampleOrder("BENCH-1", dialect.samples.currency, "1.00")
    request = dialect.samples.create(session, sample, SampleMoment(runtime.now_ms(), secrets.token_bytes(16)))
    route = _route(dialect, request)
    proof = route.proof
    now_ms = runtime.now_ms()
    now = Now(now_ms, now_ms)
    call = proof.identify(request)
    if isinstance(call, Fault):
        raise RuntimeError(call.message)
    verified = proof.verify(call, credential, now_ms)
    if isinstance(verified, Fault):
        raise RuntimeError(verified.message)
    said = verified.said
    asks = route.read(said, credential, now)
    if isinstance(asks, Fault) or not isinstance(asks.ask, OrderPayout) or asks.ask.order is None:
        raise RuntimeError(f"the sample create is refused: {asks}")
    what = asks.ask.order
    decision = order(what, account, DEFAULT_TERMS, 2**62, now_ms)
    if isinstance(decision, Refusal):
        raise RuntimeError(decision.name)
    context = _context(credential, now_ms)
    return {
        "identify": _cost(lambda: proof.identify(request)),
        "verify": _cost(lambda: proof.verify(call, credential, now_ms)),
        "read": _cost(lambda: route.read(said, credential, now)),
        "decide": _cost(lambda: order(what, account, DEFAULT_TERMS, 2**62, now_ms)),
        "write": _cost(lambda: route.write(decision.payout, asks.echo, context)),
    }


def _session(dialect: AnyDialect, shown: Any, credential: Credential[Any], runtime: Runtime) -> Session:
    opening = dialect.samples.opening(shown)
    if opening is None:
        return Session(shown)
    route = _route(dialect, opening)
    now_ms = runtime.now_ms()
    greeting = asked(route, opening, credential, now_ms)
    if isinstance(greeting, Fault):
        raise RuntimeError(greeting.message)
    return Session(shown, told(dialect, route, greeting, None, _context(credential, now_ms)).body)


def _context(credential: Credential[Any], now_ms: int) -> Context[Any]:
    return Context(credential, credential.account.account_id, now_ms, secrets.token_bytes(16))


def _route(dialect: AnyDialect, request: Request) -> AnyRoute:
    return find_route(dialect, request.method, request.path)


def _cost(work: Callable[[], object]) -> float:
    """Microseconds of one run, the best of five series."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(TIMES // 5):
            work()
        best = min(best, (time.perf_counter() - start) / (TIMES // 5))
    return best * 1e6
