"""Sample calls: a payout to a PIX key in Brazil, and the question about it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from outlay.dialects.teemopay import schema, signing
from outlay.wire.message import Request
from outlay.wire.samples import SampleMoment, SampleOrder, Session

_CPF: Final = "11144477735"  # a number with right check digits that belongs to nobody


class SampleCalls:
    country: Final = "BR"
    currency: Final = "BRL"
    amount: Final = "300.11"  # (seed)
    live_headers: Final = {schema.TIMESTAMP: "$(date +%s)000"}

    def opening(self, shown: Mapping[str, str]) -> Request | None:
        return None

    def create(self, session: Session, order: SampleOrder, moment: SampleMoment) -> Request:
        body = {
            "merchantOrderNo": order.reference,
            "amount": order.amount,
            "accountType": 401,
            "bankAccount": _CPF,
            "realName": "Maria Oliveira",
            "idCardNumber": _CPF,
            "idType": "CPF",
            "callbackUrl": "https://merchant.example/teemo/callback",
        }
        return _signed(schema.CREATE_PATH, body, session, moment)

    def query(self, session: Session, order: SampleOrder, created: bytes, moment: SampleMoment) -> Request:
        return _signed(schema.QUERY_PATH, {"merchantOrderNo": order.reference}, session, moment)


# Reading a key checks its primes, which takes longer than everything else together.
_load_private_key = lru_cache(maxsize=64)(signing.load_private_key)


def _signed(path: str, body: dict[str, Any], session: Session, moment: SampleMoment) -> Request:
    nonce = moment.entropy.hex()
    key = _load_private_key(session.shown["private_key_pem"])
    signature = signing.sign(key, signing.text_of(body) + nonce)
    headers = {
        schema.APP_CODE: session.shown["app_code"],
        schema.COUNTRY: session.shown["country"],
        schema.NONCE: nonce,
        schema.TIMESTAMP: str(moment.now_ms),
        "content-type": "application/json",
    }
    return Request("POST", path, "", headers, msgspec.json.encode(body | {"sign": signature}))
