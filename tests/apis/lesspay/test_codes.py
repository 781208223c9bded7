"""Every "no" has its code: refusals of the core, troubles of the gateway, and the words of each state."""

from __future__ import annotations

import json

import pytest

from outlay.core.asks import UNCLAIMED, Greet
from outlay.core.refusal import Refusal
from outlay.dialects.lesspay import DIALECT
from outlay.wire.dialect import Asked
from outlay.wire.problems import Fault, Trouble
from tests.apis.lesspay.desk import BATCH, CREATE, CREDENTIAL, EVERY, GOOD_ENOUGH, NOW_MS, asked, envelope, written

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
TROUBLES = {
    Trouble.NO_SUCH_PATH: (404, 404),
    Trouble.WRONG_METHOD: (405, 405),
    Trouble.BODY_TOO_LARGE: (413, 413),
    Trouble.BODY_ENCODED: (415, 415),
    Trouble.NONCE_REPEATED: (401, 401),
    Trouble.TOO_MANY_REQUESTS: (503, 503),
    Trouble.NOT_CARRIED_OUT: (503, 503),
    Trouble.UNAVAILABLE: (503, 503),
    Trouble.INTERNAL: (500, 10),
}


def refused(refusal: Refusal) -> Fault:
    return DIALECT.refuse(refusal, Greet(), CREDENTIAL.opened)


@pytest.mark.parametrize("refusal", Refusal)
@EVERY
def test_every_refusal_has_its_code(path: str, refusal: Refusal) -> None:
    response = written(path, refusal)
    answer = envelope(response)
    assert (response.status, answer["code"]) == REFUSALS[refusal]
    assert (answer["data"], answer["encryptData"], answer["sign"]) == (None, "", "")
    fault = refused(refusal)
    assert (fault.status, fault.code, fault.message) == (response.status, answer["code"], answer["msg"])


@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_has_its_code(trouble: Trouble) -> None:
    fault = DIALECT.trouble(trouble)
    assert (fault.status, fault.code) == TROUBLES[trouble]
    response = DIALECT.write_fault(fault, NOW_MS, bytes(16))
    answer = envelope(response)
    assert (response.status, answer["code"], answer["msg"]) == (fault.status, fault.code, fault.message)
    assert (answer["data"], answer["encryptData"], answer["sign"]) == (None, "", "")


def test_short_funds_are_told_by_their_text() -> None:
    assert refused(Refusal.INSUFFICIENT_BALANCE) == Fault(200, 9999, "insufficient balance")


def test_an_unknown_order_is_told_by_its_code_and_text() -> None:
    assert refused(Refusal.PAYOUT_NOT_FOUND) == Fault(200, 30020, "order not found")


def test_a_bad_signature_has_the_documented_body() -> None:
    response = DIALECT.write_fault(Fault(401, 401, "invalid signature"), NOW_MS, bytes(16))
    assert response.status == 401
    assert json.loads(response.body) == {
        "code": 401,
        "msg": "invalid signature",
        "data": None,
        "encryptData": "",
        "sign": "",
    }


@EVERY
def test_a_fault_is_written_as_it_stands(path: str) -> None:
    response = written(path, Fault(200, 30009, "amount must be a string"))
    answer = envelope(response)
    assert (response.status, answer["code"], answer["msg"]) == (200, 30009, "amount must be a string")


@pytest.mark.parametrize("path", [CREATE, BATCH])
def test_what_is_wrong_with_the_fields_of_a_new_order_is_written_as_it_stands(path: str) -> None:
    question = asked(path, GOOD_ENOUGH)
    assert isinstance(question, Asked)
    assert isinstance(question.echo, Fault)
    response = written(path, UNCLAIMED)
    answer = envelope(response)
    assert (response.status, answer["code"], answer["msg"]) == (200, question.echo.code, question.echo.message)
    assert (answer["data"], answer["sign"]) == (None, "")
