"""Calls of this API as a client would sign them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from outlay.dialects.harbour import schema
from outlay.dialects.harbour.signing import proof_of
from outlay.wire.message import Request
from outlay.wire.samples import SampleMoment, SampleOrder, Session

_IBAN: Final = "DE89370400440532013000"  # of the register's own example


class SampleCalls:
    country: str = "DE"
    currency: str = "EUR"
    amount: str = "10.00"
    live_headers: Mapping[str, str] = {}

    def opening(self, _shown: Mapping[str, str]) -> None:
        return None

    def create(self, session: Session, order: SampleOrder, moment: SampleMoment) -> Request:
        to = {"iban": _IBAN, "name": "Anna Schmidt"}
        body = {"ref": order.reference, "currency": order.currency, "amount": order.amount, "to": to}
        return _signed(session, moment, "POST", schema.PAYOUTS, msgspec.json.encode(body))

    def query(self, session: Session, order: SampleOrder, created: bytes, moment: SampleMoment) -> Request:
        return _signed(session, moment, "GET", f"{schema.PAYOUTS}/{order.reference}", b"")


def _signed(session: Session, moment: SampleMoment, method: str, path: str, body: bytes) -> Request:
    time = str(moment.now_ms // 1000)
    headers = {
        schema.CLIENT: session.shown["client"],
        schema.TIME: time,
        schema.PROOF: proof_of(session.shown["secret"], method, path, time, body),
    }
    if body:
        headers["content-type"] = "application/json"
    return Request(method, path, "", headers, body)
