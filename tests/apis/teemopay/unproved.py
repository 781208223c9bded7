"""What a request of TeemoPay says once it is proved, for tests that speak of what comes after the proof."""

from __future__ import annotations

from outlay.dialects.teemopay.signing import SignedBody
from outlay.wire.message import Request
from tests.support.routes import fields_in


def said(request: Request) -> SignedBody:
    return SignedBody(fields_in(request), "")
