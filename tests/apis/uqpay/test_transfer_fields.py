"""Transfers over uqpay: what is asked of the core, and the two forms in which one is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from outlay.core.asks import Counted, FindTransfer, ListTransfers, OrderTransfer, Repeated, TransferOrder
from outlay.core.refusal import Refusal
from outlay.dialects.uqpay.values.fields import base_36, uuid_of
from outlay.wire.problems import Fault
from tests.apis.uqpay.desk import (
    A_TRANSFER,
    ACCOUNT,
    KEY,
    SUB_ACCOUNT,
    TRANSFER,
    TRANSFER_BODY,
    TRANSFER_CREATE,
    TRANSFER_ID,
    TRANSFERS,
    asked,
    code_of,
    content_of,
    posted,
    refused,
    request,
    written,
)

MADE = {"transfer_id": uuid_of("transfer", TRANSFER_ID), "short_reference_id": f"T{base_36(TRANSFER_ID)}"}
OBJECT = MADE | {
    "reference_id": str(TRANSFER_ID),
    "source_account_name": "Kopi & Co Pte Ltd",
    "destination_account_name": "Kopi Tiong Bahru",
    "transfer_currency": "SGD",
    "transfer_amount": "75.50",
    "transfer_status": "completed",
    "create_time": "2026-01-05T16:00:00+08:00",
    "complete_time": "2026-01-05T16:00:01+08:00",
    "created_by": "ana",
    "transfer_reason": "float for January",
}


def test_a_transfer_is_read_into_the_core() -> None:
    ask = posted(TRANSFER_CREATE).ask
    assert isinstance(ask, OrderTransfer)
    assert (ask.claim.reference, ask.claim.operation, ask.claim.exclusive) == (KEY, "uqpay.transfer.create", True)
    assert ask.transfer == TransferOrder(
        source=str(ACCOUNT.account_id),
        target=SUB_ACCOUNT,
        currency="SGD",
        amount_minor=75_50,
        reason="float for January",
    )


def test_a_new_transfer_is_answered_with_its_ids_and_one_looked_up_with_everything() -> None:
    assert written(TRANSFER_CREATE, A_TRANSFER) == (200, MADE)
    assert written(TRANSFER, A_TRANSFER) == (200, OBJECT)


@pytest.mark.parametrize(
    ("currency", "minor", "text"),
    [
        ("USD", 1000_00, "1000"),
        ("USD", 1000_50, "1000.50"),
        ("USD", 1, "0.01"),
        ("JPY", 1000, "1000"),
        ("KWD", 5, "0.005"),
    ],
)
def test_a_whole_amount_is_shown_without_decimals(currency: str, minor: int, text: str) -> None:
    """As the pages print it."""
    told = written(TRANSFER, replace(A_TRANSFER, currency=currency, amount_minor=minor))
    assert told == (200, OBJECT | {"transfer_currency": currency, "transfer_amount": text})


def test_a_transfer_on_its_way_has_no_time_of_completion() -> None:
    under_way = replace(A_TRANSFER, credited_ms=None)
    assert written(TRANSFER, under_way) == (200, OBJECT | {"complete_time": ""})


def test_a_repeat_is_answered_with_the_same_ids() -> None:
    assert written(TRANSFER_CREATE, Repeated(True, True, A_TRANSFER)) == (200, MADE)
    assert code_of(written(TRANSFER_CREATE, Repeated(False, True)))[2] == "key_mismatch_body"
    assert code_of(written(TRANSFER_CREATE, Repeated(False, False)))[2] == "key_mismatch_api"


@pytest.mark.parametrize("refusal", [Refusal.TARGET_NOT_FOUND, Refusal.SAME_ACCOUNT])
def test_a_transfer_between_other_than_two_own_accounts_names_their_fields(refusal: Refusal) -> None:
    status, answer = written(TRANSFER_CREATE, refusal)
    assert code_of((status, answer)) == (400, "account_error", "account_not_found")
    assert answer["message"] == "source_account_id and target_account_id must be two accounts of yours"


def test_a_transfer_is_found_by_its_id() -> None:
    assert asked(TRANSFER, request(TRANSFER)).ask == FindTransfer(TRANSFER_ID)
    told = written(TRANSFER, Refusal.TRANSFER_NOT_FOUND)
    assert code_of(told) == (400, "not_found", "transfer_not_found")


@pytest.mark.parametrize(
    "wrong", ["", "x", "6b3f1d0a-2c4e-4f6a-8b0c-1d2e3f4a5b6c", uuid_of("bank account", TRANSFER_ID), str(TRANSFER_ID)]
)
def test_an_id_that_we_never_wrote_is_that_of_no_transfer(wrong: str) -> None:
    assert asked(TRANSFER, request(TRANSFER, parameters={"id": wrong})).ask == FindTransfer(0)


# -- fields -----------------------------------------------------------------------------------------------------------


def test_of_several_wrong_fields_the_first_in_the_documented_order_is_told() -> None:
    body: dict[str, Any] = dict.fromkeys(reversed(TRANSFER_BODY), True)
    for field in TRANSFER_BODY:
        assert refused(TRANSFER_CREATE, request(TRANSFER_CREATE, body=body))[1]["message"].startswith(field)
        body[field] = TRANSFER_BODY[field]
    assert isinstance(asked(TRANSFER_CREATE, request(TRANSFER_CREATE, body=body)).ask.transfer, TransferOrder)


def test_a_body_that_cannot_be_read_is_told_only_under_a_new_key() -> None:
    found = asked(TRANSFER_CREATE, request(TRANSFER_CREATE, body=b"{"))
    assert isinstance(found.ask, OrderTransfer)
    assert isinstance(content_of(found), Fault)
    assert found.ask.claim.digest != posted(TRANSFER_CREATE).ask.claim.digest


# -- list -------------------------------------------------------------------------------------------------------------


def listed(query: str) -> ListTransfers:
    ask = asked(TRANSFERS, request(TRANSFERS, query=query)).ask
    assert isinstance(ask, ListTransfers), ask
    return ask


def test_a_list_is_asked_for_by_currency_status_and_page() -> None:
    assert listed("") == ListTransfers(skip=0, limit=10)
    assert listed("currency=USDT&transfer_status=completed&page_number=2&page_size=5") == ListTransfers(
        currencies=frozenset({"USDT"}), skip=5, limit=5
    )
    assert listed("currency=USD%2CSGD").currencies == listed("currency=USD,SGD,USD").currencies == {"USD", "SGD"}
    assert listed("currency=").currencies is None


def test_a_reason_may_have_lines_and_is_given_back_as_it_was_sent() -> None:
    reason = "float\tfor\nJanuary"
    assert content_of(posted(TRANSFER_CREATE, {"reason": reason})).reason == reason
    told = written(TRANSFER, replace(A_TRANSFER, reason=reason))
    assert told == (200, OBJECT | {"transfer_reason": reason})


def test_no_transfer_ever_failed() -> None:
    assert listed("transfer_status=failed&start_time=2026-01-05").to_ms == -1


def test_a_list_is_answered_with_a_page_of_transfers() -> None:
    found = asked(TRANSFERS, request(TRANSFERS, query="page_size=2"))
    answer = written(TRANSFERS, Counted((A_TRANSFER,), 5), found)
    assert answer == (200, {"total_pages": 3, "total_items": 5, "data": [OBJECT]})
    assert json.dumps(answer[1]["data"][0]) == json.dumps(OBJECT)
