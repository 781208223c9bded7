"""What LessPay may refuse for several reasons at once, at each endpoint that makes something, and which two of them
can never hold of one request. Played by tests.e2e.test_refusal_pairs.
"""

from __future__ import annotations

from typing import Any, Final

from outlay.core.asks import OrderBatch, OrderPayout
from tests.apis.lesspay.merchant import LessPayMerchant
from tests.apis.lesspay.orders import bank_detail, batch
from tests.apis.software import CPF
from tests.e2e.refusal_provocations import (
    ALONE,
    BATCH_NUMBER,
    CLAIM,
    GOOD_ONCE,
    HELD_ONCE,
    NO_NONCE,
    NONCE,
    ONE_PURSE,
    ONE_SIZE,
    PAYMENT,
    WRONG_CPF,
    Table,
    blocked,
    method_off,
    other_use,
    reasons_of,
    same,
    strict_since,
    wrong_fields,
    wrong_header,
)
from tests.e2e.refusal_situations import AMOUNT, Endpoint, Situation, Spoken

SPOKEN: Final = Spoken("lesspay", lambda _situation, speaker, path, body, _nonce: speaker.call(path, body))


def _order(situation: Situation, key: str = CPF) -> dict[str, Any]:
    made = LessPayMerchant.order(AMOUNT, situation.reference)
    made["beneficiary"]["destination"]["e_wallet"]["account_number"] = key
    return made


def _wrong_pix_key(situation: Situation) -> None:
    situation.body = _order(situation, WRONG_CPF)


PROOF: Final = wrong_header("x-auth-signature", "0" * 64, (401, 401))
CREATE: Final = Table(
    Endpoint(
        "lesspay create",
        SPOKEN,
        path=lambda _situation: LessPayMerchant.CREATE,
        body=_order,
        asks=OrderPayout(CLAIM, None),
    ),
    (
        PROOF,
        same((200, 30011)),
        other_use((200, 30010)),
        wrong_fields((200, 30000), way_code=""),
        strict_since((200, 30006), _wrong_pix_key),
        method_off("pix"),
        blocked(CPF, WRONG_CPF),
        *PAYMENT,
    ),
    ALONE | {NONCE: NO_NONCE},
    reasons_of(ONE_SIZE, ONE_PURSE, HELD_ONCE, GOOD_ONCE),
)
BATCH: Final = Table(
    Endpoint(
        "lesspay batch",
        SPOKEN,
        path=lambda _situation: LessPayMerchant.BATCH,
        body=lambda situation: batch([bank_detail(AMOUNT)], request_id=situation.reference),
        asks=OrderBatch(CLAIM, None),
        currency="PHP",
    ),
    (
        PROOF,
        same((200, 30011)),
        other_use((200, 30010)),
        wrong_fields((200, 30000), destination_type="moon"),
        method_off("bank"),
        blocked(BATCH_NUMBER),
        *PAYMENT,
    ),
    ALONE | {NONCE: NO_NONCE},
    reasons_of(ONE_SIZE, ONE_PURSE, HELD_ONCE, GOOD_ONCE),
)
TABLES: Final = (CREATE, BATCH)
