"""A shape or a fault as the bytes of an answer, which no key signs (docs).

One envelope serves all answers but "Order not found", which has two more forms: the fault's `kind` says which.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from outlay.dialects.teemopay import codes, schema
from outlay.wire.dialect import Context
from outlay.wire.message import Response
from outlay.wire.problems import Fault

_encode: Final = msgspec.json.Encoder().encode


def success(data: schema.Data, context: Context[Any]) -> Response:
    """One form for all endpoints."""
    traced = trace_id(context.entropy, context.now_ms)
    return Response(200, _encode(schema.Envelope(codes.SUCCESS, data, codes.SUCCESS_TEXT, traced)))


def write_fault(fault: Fault, now_ms: int, entropy: bytes) -> Response:
    if fault.kind == codes.ORDER_NOT_FOUND_KIND:
        return _ORDER_NOT_FOUND
    traced = trace_id(entropy, now_ms)
    if fault.kind == codes.TRACED_NOT_FOUND_KIND:
        return Response(fault.status, _encode(schema.TracedNotFound(int(fault.code), fault.message, traced)))
    return Response(fault.status, _encode(schema.Envelope(int(fault.code), None, fault.message, traced)))


_ORDER_NOT_FOUND: Final = Response(
    codes.ORDER_NOT_FOUND.status,
    _encode(schema.OrderNotFound(int(codes.ORDER_NOT_FOUND.code), codes.ORDER_NOT_FOUND.message, False)),
)


def trace_id(entropy: bytes, now_ms: int) -> str:
    """32 hex digits, a number, 13 digits of milliseconds and 4 more (docs: the form; decision: the parts)."""
    return f"{entropy[:16].hex()}.1.{now_ms}{int.from_bytes(entropy[-2:]) % 10_000:04d}"
