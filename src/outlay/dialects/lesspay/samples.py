"""Sample calls: a bank payout in the Philippines (after the documented example), and the question about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from outlay.dialects.lesspay import schema
from outlay.dialects.lesspay.signing import sign, text_of
from outlay.wire.message import Request
from outlay.wire.samples import SampleMoment, SampleOrder, Session

_BENEFICIARY: Final = {
    "beneficiary_type": "individual",
    "beneficiary_info": {"first_name": "Liza", "last_name": "Santos", "date_of_birth": "1991-03-07"},
    "destination": {
        "type": "bank",
        "bank": {"account_number": "1234567890123", "bank_name": "BDO Unibank", "bank_codes": {"bank_code": "BDO"}},
    },
}


class SampleCalls:
    country: Final = "PH"
    currency: Final = "PHP"
    amount: Final = "100.50"  # (docs)
    live_headers: Final = {schema.TIMESTAMP_HEADER: "$(date +%s)000"}

    def opening(self, shown: Mapping[str, str]) -> Request | None:
        return None

    def create(self, session: Session, order: SampleOrder, moment: SampleMoment) -> Request:
        body = {
            "request_id": order.reference,
            "amount": order.amount,
            "currency": order.currency,
            "way_type": "BANK_TRANSFER",
            "beneficiary": _BENEFICIARY,
        }
        return _signed(schema.CREATE_PATH, body, session, moment)

    def query(self, session: Session, order: SampleOrder, created: bytes, moment: SampleMoment) -> Request:
        return _signed(schema.QUERY_PATH, {"request_id": order.reference}, session, moment)


def _signed(path: str, body: dict[str, Any], session: Session, moment: SampleMoment) -> Request:
    headers = {
        schema.APPID_HEADER: session.shown["app_id"],
        schema.TIMESTAMP_HEADER: str(moment.now_ms),
        schema.SIGNATURE_HEADER: sign(text_of(body), session.shown["app_secret"]),
        "content-type": "application/json",
    }
    return Request("POST", path, "", headers, msgspec.json.encode(body))
