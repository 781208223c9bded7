"""Payouts ordered, retrieved and listed over uqpay, as pure functions: what is asked of the core, and what is shown."""

from __future__ import annotations

from typing import Any

import pytest

from outlay.core.asks import FindPayout, ListPayouts, OrderPayout, PayoutsListed, Repeated
from outlay.core.destination import DestinationKind
from outlay.core.payout import Order
from outlay.core.progress import Standing
from outlay.core.refusal import Refusal
from outlay.dialects.uqpay.codes import STANDINGS, PayoutStatus
from outlay.wire.problems import Fault
from tests.apis.uqpay.desk import (
    BODY,
    CREATE,
    KEY,
    LIST,
    PAYOUT_ID,
    RETRIEVE,
    SUB_ACCOUNT,
    a_payout,
    asked,
    code_of,
    content_of,
    created,
    posted,
    refused,
    request,
    written,
)
from tests.apis.uqpay.said import uqpay_memo
from tests.support.payees import payee
from tests.support.rows import each_row

# -- create -----------------------------------------------------------------------------------------------------------


def test_an_order_is_read_into_the_core() -> None:
    ask = created()
    assert (ask.claim.reference, ask.claim.operation, len(ask.claim.digest)) == (KEY, "uqpay.payout.create", 32)
    assert isinstance(ask.order, Order)
    assert (ask.order.reference, ask.order.currency, ask.order.amount_minor) == (KEY, "SGD", 250_00)
    assert ask.order.beneficiary.kind is DestinationKind.OWN_ACCOUNT
    assert uqpay_memo(ask.order) == {"statement_descriptor": "OUTLAY 0042", "internal_note": "January rent"}


def test_a_create_is_answered_with_the_documented_example() -> None:
    assert written(CREATE, a_payout()) == (
        200,
        {
            "payout_id": "PO2010543497457831001",
            "payout_currency": "SGD",
            "payout_amount": "250.00",
            "statement_descriptor": "OUTLAY 0042",
            "payout_status": "INITIATED",
            "create_time": "2026-01-05T16:00:00+08:00",
            "internal_note": "January rent",
            "completed_time": "",
        },
    )


def test_a_repeat_is_answered_with_the_payout() -> None:
    replay = Repeated(same=True, same_operation=True, subject=a_payout())
    assert written(CREATE, replay) == written(CREATE, a_payout())


@pytest.mark.parametrize(
    ("same", "same_operation", "there", "code"),
    [
        (False, True, True, "key_mismatch_body"),
        (False, False, True, "key_mismatch_api"),
        (False, False, False, "key_mismatch_api"),
        (True, False, False, "key_mismatch_api"),
    ],
)
def test_a_key_that_was_used_otherwise_is_a_mismatch(same: bool, same_operation: bool, there: bool, code: str) -> None:
    answer = written(CREATE, Repeated(same, same_operation, a_payout() if there else None))
    assert code_of(answer) == (400, "idempotency_error", code)


def test_a_payout_without_a_bank_account_is_a_payout_that_fails() -> None:
    told = written(CREATE, Refusal.BANK_ACCOUNT_NOT_FOUND)
    assert code_of(told) == (400, "payout_error", "bank_account_not_found")


def test_a_payout_to_no_account_of_the_merchants_names_its_field() -> None:
    status, answer = written(CREATE, Refusal.TARGET_NOT_FOUND)
    assert code_of((status, answer)) == (400, "account_error", "account_not_found")
    assert answer["message"] == "payout_account_id must be the calling account or another one of yours"


REQUIRED = ("payout_currency", "payout_amount", "statement_descriptor")
OPTIONAL = ("internal_note", "payout_account_id")


def test_an_order_without_a_note_keeps_none() -> None:
    ordered = created({"internal_note": ""}).order
    assert isinstance(ordered, Order)
    assert uqpay_memo(ordered) == {"statement_descriptor": "OUTLAY 0042"}


@pytest.mark.parametrize("named", [SUB_ACCOUNT, SUB_ACCOUNT.upper(), "A0C9BE0C41111", "a0c9be0c41111"])
def test_a_payout_to_an_account_here_is_ordered_by_its_long_or_short_id(named: str) -> None:
    ordered = created({"payout_account_id": named}).order
    assert isinstance(ordered, Order)
    assert ordered.beneficiary == payee(DestinationKind.ACCOUNT, account_number=named)
    assert ordered.channel == "internal"


def test_a_payout_to_the_merchants_bank_goes_by_that_name_too() -> None:
    ordered = created().order
    assert isinstance(ordered, Order)
    assert ordered.channel == "bank"


def test_of_several_wrong_fields_the_first_in_the_documented_order_is_told() -> None:
    body: dict[str, Any] = dict.fromkeys(reversed(REQUIRED + OPTIONAL), True)
    for field in REQUIRED + OPTIONAL:
        _, answer = refused(CREATE, request(CREATE, body=body))
        assert field in answer["message"]
        body[field] = {**BODY, "payout_account_id": SUB_ACCOUNT}[field]
    assert isinstance(asked(CREATE, request(CREATE, body=body)).ask.order, Order)


@each_row(
    ("raw", "message"),
    [
        (b"{", "body is not valid JSON"),
        (b'{"payout_currency":"SGD",}', "body is not valid JSON"),
        (b"[]", "body must be a JSON object"),
        (b'"text"', "body must be a JSON object"),
        (b'{"a":1,"a":1}', "body repeats a key"),
        (b'{"payout_amount":NaN}', "NaN is not JSON"),
        (b'{"a":"\xff"}', "body is not valid UTF-8"),
        ('{"a":"é"}'.encode("latin-1"), "body is not valid UTF-8"),
        (b'{"a":' + b"[" * 500 + b"]" * 500 + b"}", "body is nested too deeply"),
        (b'{"a":[' + b"0," * 1000 + b"0]}", "body has too many values"),
    ],
)
def test_a_body_that_cannot_be_read_is_told_only_under_a_new_key(raw: bytes, message: str) -> None:
    ask = asked(CREATE, request(CREATE, body=raw)).ask
    assert isinstance(ask, OrderPayout)
    assert ask.claim.reference == KEY
    assert ask.claim.digest != created().claim.digest
    assert refused(CREATE, request(CREATE, body=raw)) == (
        400,
        {"type": "invalid_request_error", "code": "invalid_parameter", "message": message},
    )


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_a_body_of_another_content_type_is_refused_but_still_the_same_content(content_type: str | None) -> None:
    found = posted(CREATE, content_type=content_type)
    fault = content_of(found)
    assert isinstance(fault, Fault)
    assert fault.message == "Content-Type must be application/json"
    assert found.ask.claim.digest == created().claim.digest


# -- retrieve ---------------------------------------------------------------------------------------------------------


def test_a_payout_is_found_by_its_number() -> None:
    assert asked(RETRIEVE, request(RETRIEVE)).ask == FindPayout(payout_id=PAYOUT_ID)
    assert written(RETRIEVE, a_payout()) == written(CREATE, a_payout())


@each_row(
    "payout_id",
    [
        "",
        "PO",
        "PO0",
        "PO01",
        "po1",
        "1",
        "PO-1",
        "PO1.0",
        "PO 1",
        "PO1 ",
        "PO１",
        "PO9223372036854775808",
        "PO" + "9" * 400,
        "create",
        "PO1%20",
        "PO1\n",
    ],
)
def test_an_id_that_we_never_wrote_is_told_like_an_unknown_one(payout_id: str) -> None:
    answer = refused(RETRIEVE, request(RETRIEVE, parameters={"payout_id": payout_id}))
    assert code_of(answer) == (400, "not_found", "payout_not_found")
    assert answer == written(RETRIEVE, Refusal.PAYOUT_NOT_FOUND)


def test_the_largest_id_is_read() -> None:
    found = asked(RETRIEVE, request(RETRIEVE, parameters={"payout_id": "PO9223372036854775807"}))
    assert found.ask == FindPayout(payout_id=2**63 - 1)


# -- list -------------------------------------------------------------------------------------------------------------


def listed(query: str) -> ListPayouts:
    ask = asked(LIST, request(LIST, query=query)).ask
    assert isinstance(ask, ListPayouts), ask
    return ask


def test_a_list_is_asked_for_in_pages_the_newest_first() -> None:
    assert listed("") == ListPayouts(newest_first=True, skip=0, limit=10, counted=True)
    assert listed("page_number=3&page_size=25") == ListPayouts(newest_first=True, skip=50, limit=25, counted=True)


@pytest.mark.parametrize(
    ("word", "standings"),
    [
        ("INITIATED", {Standing.IN_REVIEW, Standing.RESERVED}),
        ("PROCESSING", {Standing.PROCESSING}),
        ("COMPLETED", {Standing.PAID, Standing.PARTLY_RETURNED}),
        ("FAILED", {Standing.FAILED, Standing.CANCELLED, Standing.EXPIRED}),
        ("FAILED_REFUNDED", {Standing.RETURNED}),
    ],
)
def test_a_status_word_filters_by_all_that_it_is_shown_for(word: str, standings: set[Standing]) -> None:
    assert listed(f"payout_status={word}").standings == standings


def test_every_standing_is_found_under_exactly_one_word() -> None:
    assert sorted(standing for word in PayoutStatus for standing in STANDINGS[word]) == sorted(Standing)


def test_a_list_is_answered_with_a_page_of_payouts() -> None:
    found = asked(LIST, request(LIST, query="page_number=2&page_size=2"))
    status, answer = written(LIST, PayoutsListed((a_payout(), a_payout()), True, 5), found)
    assert status == 200
    assert list(answer) == ["total_pages", "total_items", "data"]
    assert (answer["total_pages"], answer["total_items"]) == (3, 5)
    assert answer["data"] == [written(RETRIEVE, a_payout())[1]] * 2


def test_an_empty_list_has_no_pages() -> None:
    assert written(LIST, PayoutsListed((), False, 0)) == (200, {"total_pages": 0, "total_items": 0, "data": []})
