"""Sample calls: a token, a withdrawal to the merchant's own account, and the question about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec

from outlay.dialects.uqpay import schema
from outlay.wire.message import Request
from outlay.wire.samples import SampleMoment, SampleOrder, Session


class _Token(msgspec.Struct):
    auth_token: str


class _Created(msgspec.Struct):
    payout_id: str


class SampleCalls:
    country: Final = "SG"
    currency: Final = "SGD"
    amount: Final = "100.00"  # (seed)
    live_headers: Final[Mapping[str, str]] = {}

    def opening(self, shown: Mapping[str, str]) -> Request | None:
        headers = {schema.CLIENT_ID: shown["client_id"], schema.API_KEY: shown["api_key"]}
        return Request("POST", schema.TOKEN_PATH, "", headers, b"")

    def create(self, session: Session, order: SampleOrder, moment: SampleMoment) -> Request:
        body = {
            "payout_currency": order.currency,
            "payout_amount": order.amount,
            "statement_descriptor": "UQPAY PAYOUT",
            "internal_note": order.reference,
        }
        headers = _headers(session, moment) | {"content-type": "application/json"}
        return Request("POST", schema.CREATE_PATH, "", headers, msgspec.json.encode(body))

    def query(self, session: Session, order: SampleOrder, created: bytes, moment: SampleMoment) -> Request:
        payout_id = msgspec.json.decode(created, type=_Created).payout_id
        path = schema.RETRIEVE_PATH.replace("{payout_id}", payout_id)
        return Request("GET", path, "", _headers(session, moment), b"")


def _headers(session: Session, moment: SampleMoment) -> dict[str, str]:
    token = msgspec.json.decode(session.opened, type=_Token).auth_token
    key = str(UUID(bytes=moment.entropy, version=4))
    return {schema.AUTH_TOKEN: f"{schema.BEARER}{token}", schema.IDEMPOTENCY_KEY: key}
