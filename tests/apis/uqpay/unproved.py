"""What a request of UQPAY says once it is proved, for tests that speak of what comes after the proof."""

from __future__ import annotations

from outlay.dialects.uqpay.callers import Keyed
from outlay.wire.message import Request


def said(request: Request) -> Keyed | Request:
    return Keyed(request, request.headers["x-idempotency-key"]) if request.method == "POST" else request
