"""What TeemoPay may refuse for several reasons at once, and which two of them can never hold of one request. Played by
tests.e2e.test_refusal_pairs.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final
from uuid import uuid4

import msgspec

from outlay.core.asks import OrderPayout
from outlay.dialects import all_dialects
from outlay.wire.dialect import CredentialRequest, IssuedCredential
from tests.apis.software import CPF
from tests.apis.teemopay.merchant import TeemoPayMerchant
from tests.e2e.raw_http import Call, send
from tests.e2e.refusal_provocations import (
    ALONE,
    CLAIM,
    GOOD_ONCE,
    HELD_ONCE,
    NONCE,
    ONE_PURSE,
    ONE_SIZE,
    PAYMENT,
    WRONG_CPF,
    Provocation,
    Table,
    blocked,
    method_off,
    other_use,
    put,
    reasons_of,
    same,
    strict_since,
    wrong_fields,
    wrong_header,
)
from tests.e2e.refusal_situations import AMOUNT, Endpoint, Situation, Spoken


def _call(_situation: Situation, speaker: TeemoPayMerchant, path: str, body: Any, nonce: str | None) -> Call:
    return speaker.call(path, body, nonce=nonce)


def _issue(request: CredentialRequest) -> IssuedCredential:
    """One pair of keys for all applications, because making one takes longer than a whole situation."""
    issued = _first_issued(request)
    app_code = f"A{uuid4().hex[:20]}"
    return msgspec.structs.replace(issued, key_id=app_code, shown={**issued.shown, "app_code": app_code})


_FIRST: list[IssuedCredential] = []


def _first_issued(request: CredentialRequest) -> IssuedCredential:
    if not _FIRST:
        _FIRST.append(all_dialects()["teemopay"].issue_credential(request))
    return _FIRST[0]


SPOKEN: Final = Spoken("teemopay", _call, issue=_issue)


def _spend_nonce(situation: Situation) -> None:
    call = situation.owner.call(TeemoPayMerchant.BALANCE, {}, nonce=situation.nonce)
    assert send(situation.place.outlay.base_url, call).json()["code"] == 200


CREATE: Final = Table(
    Endpoint(
        "teemopay create",
        SPOKEN,
        path=lambda _situation: TeemoPayMerchant.CREATE,
        body=lambda situation: TeemoPayMerchant.order(AMOUNT, situation.reference),
        asks=OrderPayout(CLAIM, None),
    ),
    (
        wrong_header("app_code", "A1BR1", (200, 416)),
        Provocation("nonce", NONCE, uses=_spend_nonce),
        same((200, 426)),
        other_use((200, 426)),
        wrong_fields((200, 475), idType="RG"),
        strict_since((200, 482), partial(put, {"bankAccount": WRONG_CPF})),
        method_off("pix"),
        blocked(CPF, WRONG_CPF),
        *PAYMENT,
    ),
    ALONE,
    reasons_of(ONE_SIZE, ONE_PURSE, HELD_ONCE, GOOD_ONCE),
)
TABLES: Final = (CREATE,)
