"""What TeemoPay's claimed rules over real HTTP share."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.apis.software import new_reference
from tests.apis.teemopay.merchant import TeemoPayMerchant
from tests.apis.teemopay.orders import order_in
from tests.apis.teemopay.periods import period
from tests.e2e.raw_http import Answer

API = "teemopay"
CODES = "dialects/teemopay/codes.py"


class Said(NamedTuple):
    """Of an error in the envelope: HTTP status, code, text."""

    status: int
    code: int
    text: str


def said(answer: Answer) -> Said:
    envelope = answer.json()
    assert list(envelope) == ["code", "data", "msg", "traceId"], envelope
    assert envelope["data"] is None
    return Said(answer.status, envelope["code"], envelope["msg"])


def asks(teemopay: TeemoPayMerchant) -> list[tuple[str, dict[str, Any]]]:
    """Each endpoint, and a good body for it."""
    reference = new_reference()
    return [
        (teemopay.CREATE, order_in("BR", amount="1.00", reference=reference)),
        (teemopay.QUERY, {"merchantOrderNo": reference}),
        (teemopay.BALANCE, {}),
        (teemopay.LIST, period()),
    ]
