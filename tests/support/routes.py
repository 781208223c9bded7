"""The way of a request through a dialect without the gateway: its steps as the gateway takes them, and what a caller is
told in the end.
"""

from __future__ import annotations

from typing import Any

from outlay.core.refusal import Refusal
from outlay.kit.jsontext import parse_object
from outlay.wire.dialect import AnyDialect, AnyRoute, Asked, Call, Context, Credential, Now, Verified
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault
from tests.apis.found import part_of

MOST_VALUES = 100_000


def find_route(dialect: AnyDialect, method: str, path: str) -> AnyRoute:
    (found,) = [each for each in dialect.routes if (each.method, each.path) == (method, path)]
    return found


def proved(
    route: AnyRoute, request: Request, credential: Credential[Any], now_ms: int, *, look_up: bool = True
) -> Verified[Any] | Fault:
    """Who asks, and whether it is they. Without `look_up` by this credential, whatever key the request names: where a
    key that nobody has is answered like one that is none, only so is it seen that `identify` refused it."""
    call = route.proof.identify(request)
    if isinstance(call, Fault):
        return call
    if look_up and call.key_id != credential.key_id:
        return call.if_unknown
    return route.proof.verify(call, credential, now_ms)


def asked(
    route: AnyRoute, request: Request, credential: Credential[Any], now_ms: int, *, look_up: bool = True
) -> Asked[Any, Any] | Fault:
    """What a request asks, or the first Fault."""
    verified = proved(route, request, credential, now_ms, look_up=look_up)
    return verified if isinstance(verified, Fault) else route.read(verified.said, credential, Now(now_ms, now_ms))


def asked_unproved(
    name: str, route: AnyRoute, request: Request, credential: Credential[Any], now: Now
) -> Asked[Any, Any] | Fault:
    """The same as if it were proved, for tests that speak of what comes after the proof."""
    call = route.proof.identify(request)
    assert isinstance(call, Call), call
    return route.read(part_of(name, "unproved").said(request), credential, now)


def fields_in(request: Request) -> dict[str, Any]:
    """Those of its body; none where it has none."""
    return parse_object(request.body, most_values=MOST_VALUES) if request.body else {}


def told(dialect: AnyDialect, route: AnyRoute, asked: Asked[Any, Any], answer: Any, context: Context[Any]) -> Response:
    """What a caller gets for this answer to their ask: also for a refusal, and for a fault that was found before."""
    outcome: Response | Fault
    if isinstance(answer, Refusal):
        outcome = dialect.refuse(answer, asked.ask, context.credential.opened)
    else:
        outcome = answer if isinstance(answer, Fault) else route.write(answer, asked.echo, context)
    return dialect.write_fault(outcome, context.now_ms, context.entropy) if isinstance(outcome, Fault) else outcome
