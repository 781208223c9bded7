"""A shape or a fault as bytes: every answer is written here, and every error in its envelope.

The trap: three envelopes exist side by side; which one a fault travels in is kept in `Fault.kind`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from outlay.core.asks import Made, Repeated, S, Unclaimed
from outlay.dialects.uqpay import codes, schema
from outlay.wire.message import Response
from outlay.wire.problems import Fault, found_wrong

_encode: Final = msgspec.json.Encoder().encode


def success(document: msgspec.Struct) -> Response:
    return Response(200, _encode(document))


def write_made(answer: Made[S], wrong: Fault | None, show: Callable[[S], msgspec.Struct]) -> Response | Fault:
    """The answer to what makes something; `wrong`: what was found wrong with its fields."""
    match answer:
        case Repeated():
            return _write_repeated(answer, show)
        case Unclaimed():
            return found_wrong(wrong)
        case _:
            return success(show(answer))


def write_fault(fault: Fault, _now_ms: int, _entropy: bytes) -> Response:
    """A fault in its envelope. Raises TypeError for one whose code does not fit its envelope: that would be ours."""
    match fault:
        case Fault(kind=codes.GATEWAY, message=message):
            body = _encode(schema.GatewayError(message))
        case Fault(kind=codes.NUMBERED, code=int(number), message=message):
            body = _encode(schema.NumberedError(number, message))
        case Fault(kind=str(kind), code=str(word), message=message) if kind:
            body = _encode(schema.TypedError(kind, word, message))
        case _:
            raise TypeError("a fault of another dialect")
    return Response(fault.status, body)


def _write_repeated(answer: Repeated[S], show: Callable[[S], msgspec.Struct]) -> Response | Fault:
    """A replay shows what was made as it is now (decision); HTTP 200 like the first answer."""
    if answer.same and answer.subject is not None:
        return success(show(answer.subject))
    return codes.KEY_OTHER_BODY if answer.same_operation else codes.KEY_OTHER_API
