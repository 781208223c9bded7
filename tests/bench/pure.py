"""What the pure part of a request costs: the dialect's own steps, timed alone in this process."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from outlay.core.account import DEFAULT_TERMS, Account
from outlay.core.life import order
from outlay.core.refusal import Refusal
from outlay.kit.secret import Secret
from outlay.service.runtime import Runtime
from outlay.wire.dialect import Context, Credential, CredentialRequest, Dialect, Now, Route
from outlay.wire.message import Request
from outlay.wire.problems import Fault
from outlay.wire.samples import Moment, SampleOrder, Session
from outlay.wire.usecases import Greeted, Ordered, OrderPayout

TIMES = 2000


async def pure_costs(runtime: Runtime, dialect: Dialect) -> dict[str, float]:
    """Microseconds of identify, verify, read and write of a create, and of the core's decision."""
    account = Account(uuid4(), "Bench", dialect.samples.country)
    issued = dialect.issue_credential(CredentialRequest(account, secrets.token_bytes(64), runtime.now_ms()))
    opened = dialect.open_credential({name: Secret(text) for name, text in issued.sealed.items()})
    credential = Credential(issued.key_id, account, 1, opened)
    session = _session(dialect, issued.shown, credential, runtime)
    sample = SampleOrder("BENCH-1", dialect.samples.currency, "1.00")
    request = dialect.samples.create(session, sample, Moment(runtime.now_ms(), secrets.token_bytes(16)))
    route = _route(dialect, request)
    now_ms = runtime.now_ms()
    now = Now(now_ms, now_ms)
    received = route.identify(request)
    if isinstance(received, Fault):
        raise RuntimeError(received.message)
    verified = route.verify(received, credential, now_ms)
    if isinstance(verified, Fault):
        raise RuntimeError(verified.message)
    call = received.proved(verified)
    ask = route.read(call, credential, now)
    if not isinstance(ask, OrderPayout) or isinstance(ask.order, Fault):
        raise RuntimeError(f"the sample create is refused: {ask}")
    decision = order(ask.order, account, DEFAULT_TERMS, 2**62, now_ms)
    if isinstance(decision, Refusal):
        raise RuntimeError(decision.name)
    context = Context(credential, call, account.account_id, now_ms, secrets.token_bytes(16))
    answer, what = Ordered(decision.payout), ask.order
    return {
        "identify": _cost(lambda: route.identify(request)),
        "verify": _cost(lambda: route.verify(received, credential, now_ms)),
        "read": _cost(lambda: route.read(call, credential, now)),
        "decide": _cost(lambda: order(what, account, DEFAULT_TERMS, 2**62, now_ms)),
        "write": _cost(lambda: route.write(answer, context)),
    }


def _session(dialect: Dialect, shown: Any, credential: Credential, runtime: Runtime) -> Session:
    opening = dialect.samples.opening(shown)
    if opening is None:
        return Session(shown)
    route = _route(dialect, opening)
    call = route.identify(opening)
    if isinstance(call, Fault):
        raise RuntimeError(call.message)
    context = Context(credential, call, credential.account.account_id, runtime.now_ms(), secrets.token_bytes(16))
    return Session(shown, route.write(Greeted(), context).body)


def _route(dialect: Dialect, request: Request) -> Route:
    return next(route for route in dialect.routes if (route.method, route.path) == (request.method, request.path))


def _cost(work: Callable[[], object]) -> float:
    """Microseconds of one run, the best of five series."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(TIMES // 5):
            work()
        best = min(best, (time.perf_counter() - start) / (TIMES // 5))
    return best * 1e6
