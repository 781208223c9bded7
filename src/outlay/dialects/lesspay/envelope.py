"""A shape or a fault as the bytes of an answer: LessPay's envelope, signed where it can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from outlay.core.asks import Made, Repeated, S, Unclaimed
from outlay.dialects.lesspay import codes
from outlay.dialects.lesspay.schema import BalanceObject, BankObject, Envelope, OrderObject
from outlay.dialects.lesspay.signing import sign, text_of
from outlay.kit.secret import Secret
from outlay.wire.dialect import Context
from outlay.wire.message import Response
from outlay.wire.problems import Fault, found_wrong

_encode: Final = msgspec.json.Encoder().encode


def success(data: OrderObject | BalanceObject | tuple[BankObject, ...], context: Context[Secret]) -> Response:
    """`data` in the envelope of what was done."""
    # An array cannot be signed: the rule signs an object (decision).
    is_signed = not isinstance(data, tuple)
    signature = sign(text_of(msgspec.to_builtins(data)), context.credential.opened.reveal()) if is_signed else ""
    return Response(200, _encode(Envelope(code=codes.Code.OK, msg=codes.OK_MESSAGE, data=data, sign=signature)))


def write_made(
    answer: Made[S], wrong: Fault | None, context: Context[Secret], show: Callable[[S], OrderObject]
) -> Response | Fault:
    """An order that was asked for as `show` shows it, or why there is none."""
    match answer:
        case Repeated():
            return codes.EXISTS if answer.same else codes.REUSED
        case Unclaimed():
            return found_wrong(wrong)
        case _:
            return success(show(answer), context)


def write_fault(fault: Fault, _now_ms: int, _entropy: bytes) -> Response:
    """The envelope with `data` null and no signature (decision); neither time nor trace id is documented."""
    body = _encode(Envelope(code=int(fault.code), msg=fault.message, data=None))
    return Response(fault.status, body)
