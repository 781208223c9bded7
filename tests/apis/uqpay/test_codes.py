"""Every refusal and trouble has its documented answer in uqpay, in the right one of three envelopes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from uqpay.error import IdempotencyError, NotFoundError, ServerError, UQPayError, ValidationError, make_api_error
from uqpay.http import _should_retry

from outlay.core.asks import Greet
from outlay.core.refusal import Refusal
from outlay.dialects.uqpay import DIALECT
from outlay.dialects.uqpay.codes import KEY_IN_PROGRESS
from outlay.wire.problems import Fault, Trouble
from tests.support.rows import each_row

REFUSALS: dict[Refusal, tuple[int, str, str]] = {
    Refusal.ACCOUNT_NOT_FOUND: (400, "account_error", "sub_account_not_found"),
    Refusal.ACCOUNT_CLOSED: (400, "account_error", "account_not_found"),
    Refusal.PAYOUT_NOT_FOUND: (400, "not_found", "payout_not_found"),
    Refusal.TRANSFER_NOT_FOUND: (400, "not_found", "transfer_not_found"),
    Refusal.REFERENCE_ELSEWHERE: (400, "idempotency_error", "key_mismatch_account"),
    Refusal.BANK_ACCOUNT_NOT_FOUND: (400, "not_found", "bank_account_not_found"),
    Refusal.TARGET_NOT_FOUND: (400, "account_error", "account_not_found"),
    Refusal.SAME_ACCOUNT: (400, "account_error", "account_not_found"),
    Refusal.CURRENCY_OFF: (400, "payout_error", "payout_disabled"),
    Refusal.METHOD_OFF: (400, "payout_error", "disabled_transfer_type"),
    Refusal.RECIPIENT_BLOCKED: (400, "payout_error", "payout_disabled"),
    Refusal.CURRENCY_NOT_HELD: (400, "payout_error", "invalid_currency"),
    Refusal.AMOUNT_TOO_SMALL: (400, "payout_error", "invalid_amount"),
    Refusal.AMOUNT_TOO_LARGE: (400, "payout_error", "invalid_amount"),
    Refusal.INSUFFICIENT_BALANCE: (400, "payout_error", "insufficient_balance"),
}


def refused(refusal: Refusal) -> Fault:
    """What it means to most that may be asked."""
    return DIALECT.refuse(refusal, Greet(), None)


def written(fault: Fault) -> tuple[int, Any]:
    response = DIALECT.write_fault(fault, 0, bytes(16))
    return response.status, json.loads(response.body)


def as_the_client_sees_it(fault: Fault) -> UQPayError:
    status, body = written(fault)
    return make_api_error(body, status, {}, {})


@each_row(("refusal", "expected"), REFUSALS.items())
def test_a_refusal_has_its_documented_code(refusal: Refusal, expected: tuple[int, str, str]) -> None:
    status, body = written(refused(refusal))
    assert (status, body["type"], body["code"]) == expected


def test_a_key_still_in_progress_is_told_in_the_words_on_which_clients_retry() -> None:
    fault = refused(Refusal.STILL_RUNNING)
    assert fault == KEY_IN_PROGRESS
    assert written(fault) == (400, {"code": 400, "message": "request is processing"})
    assert _should_retry(as_the_client_sees_it(fault), 0, 2)


def test_every_refusal_has_a_documented_code() -> None:
    assert {*REFUSALS, Refusal.STILL_RUNNING} == {*Refusal}


@pytest.mark.parametrize("trouble", [Trouble.INTERNAL, Trouble.NOT_CARRIED_OUT, Trouble.UNAVAILABLE])
def test_a_fault_of_ours_makes_clients_repeat_with_the_same_key(trouble: Trouble) -> None:
    error = as_the_client_sees_it(DIALECT.trouble(trouble))
    assert isinstance(error, ServerError)
    assert (error.type, error.code) == ("api_error", "api_error")
    assert _should_retry(error, 0, 2)


@each_row("fault", [*map(refused, Refusal), *map(DIALECT.trouble, Trouble)])
def test_every_answer_is_one_that_the_official_client_can_read(fault: Fault) -> None:
    error = as_the_client_sees_it(fault)
    assert error.http_status == fault.status
    assert error.code == str(fault.code)
    assert error.message == fault.message


@each_row("refusal", list(REFUSALS))
def test_a_definite_refusal_is_never_retried_by_the_client(refusal: Refusal) -> None:
    assert not _should_retry(as_the_client_sees_it(refused(refusal)), 0, 2)


def test_the_client_tells_the_kinds_apart() -> None:
    assert isinstance(as_the_client_sees_it(refused(Refusal.PAYOUT_NOT_FOUND)), NotFoundError)
    assert isinstance(as_the_client_sees_it(refused(Refusal.REFERENCE_ELSEWHERE)), IdempotencyError)
    assert isinstance(as_the_client_sees_it(refused(Refusal.INSUFFICIENT_BALANCE)), ValidationError)


def test_a_fault_of_another_dialect_is_never_written() -> None:
    with pytest.raises(TypeError):
        DIALECT.write_fault(Fault(400, 30020, "order not found", "some_error"), 0, bytes(16))
    with pytest.raises(TypeError):
        DIALECT.write_fault(Fault(400, "word", "no kind"), 0, bytes(16))
