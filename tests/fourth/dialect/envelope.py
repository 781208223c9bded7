"""A shape or a fault → the bytes of an answer."""

from __future__ import annotations

from typing import Final

import msgspec

from outlay.dialects.harbour.schema import Error, ErrorShown, PayoutShown
from outlay.wire.message import Response
from outlay.wire.problems import Fault

_encode: Final = msgspec.json.Encoder().encode


def write_payout(payout: PayoutShown) -> Response:
    return Response(200, _encode(payout))


def write_fault(fault: Fault, _now_ms: int, _entropy: bytes) -> Response:
    return Response(fault.status, _encode(ErrorShown(Error(str(fault.code), fault.kind or None, fault.message))))
