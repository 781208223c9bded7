"""Every "no" of the core has its code, also those that no endpoint here meets."""

from __future__ import annotations

from outlay.core.asks import Greet
from outlay.core.refusal import Refusal
from outlay.dialects.lesspay import DIALECT
from tests.apis.lesspay.desk import CREDENTIAL
from tests.support.rows import each_row

REFUSALS = {
    Refusal.ACCOUNT_NOT_FOUND: (401, 401),
    Refusal.ACCOUNT_CLOSED: (403, 403),
    Refusal.PAYOUT_NOT_FOUND: (200, 30020),
    Refusal.AMOUNT_TOO_SMALL: (200, 9999),
    Refusal.AMOUNT_TOO_LARGE: (200, 9999),
    Refusal.CURRENCY_OFF: (200, 30001),
    Refusal.METHOD_OFF: (200, 30001),
    Refusal.RECIPIENT_BLOCKED: (200, 9999),
    Refusal.CURRENCY_NOT_HELD: (200, 9999),
    Refusal.TRANSFER_NOT_FOUND: (200, 9999),
    Refusal.REFERENCE_ELSEWHERE: (200, 9999),
    Refusal.STILL_RUNNING: (200, 9999),
    Refusal.BANK_ACCOUNT_NOT_FOUND: (200, 9999),
    Refusal.TARGET_NOT_FOUND: (200, 9999),
    Refusal.SAME_ACCOUNT: (200, 9999),
    Refusal.INSUFFICIENT_BALANCE: (200, 9999),
}


@each_row("refusal", Refusal)
def test_every_refusal_has_its_code(refusal: Refusal) -> None:
    fault = DIALECT.refuse(refusal, Greet(), CREDENTIAL.opened)
    assert (fault.status, fault.code) == REFUSALS[refusal]
