"""What each read over uqpay asks of the core, and how each thing is shown wherever it is."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from outlay.core.account import Account
from outlay.core.asks import (
    Ask,
    Balance,
    Counted,
    FindAccount,
    FindBankAccount,
    FindPayout,
    FindTransfer,
    ListAccounts,
    ListBankAccounts,
    ListPayouts,
    ListTransfers,
    PayoutsListed,
    ReadBalances,
)
from outlay.dialects.uqpay.values.fields import base_36, uuid_of
from tests.apis.uqpay.desk import (
    A_BANK_ACCOUNT,
    A_TRANSFER,
    ACCOUNT,
    ACCOUNT_BY_ID,
    ACCOUNTS,
    BALANCE,
    BALANCES,
    BANK_ACCOUNT,
    BANK_ACCOUNT_BODY,
    BANK_ACCOUNT_CREATE,
    BANK_ACCOUNT_ID,
    BANK_ACCOUNT_UPDATE,
    BANK_ACCOUNTS,
    BODY,
    CREATE,
    LIST,
    PAYOUT_ID,
    READS,
    RETRIEVE,
    SUB_ACCOUNT,
    TRANSFER,
    TRANSFER_CREATE,
    TRANSFER_ID,
    TRANSFERS,
    a_payout,
    asked,
    request,
    written,
)
from tests.support.rows import each_row

ASKED: dict[str, Ask[Any]] = {
    RETRIEVE: FindPayout(payout_id=PAYOUT_ID),
    LIST: ListPayouts(newest_first=True, skip=1, limit=1, counted=True),
    BALANCE: ReadBalances(currency="SGD"),
    BALANCES: ReadBalances(),
    BANK_ACCOUNT: FindBankAccount(BANK_ACCOUNT_ID),
    BANK_ACCOUNTS: ListBankAccounts(skip=1, limit=1),
    TRANSFER: FindTransfer(TRANSFER_ID),
    TRANSFERS: ListTransfers(skip=1, limit=1),
    ACCOUNT_BY_ID: FindAccount(SUB_ACCOUNT),
    ACCOUNTS: ListAccounts(opened=True, closed=True, skip=1, limit=1),
}
"""Where a page of one is skipped."""
A_PAYOUT_SHOWN = {
    "payout_id": f"PO{PAYOUT_ID}",
    "payout_currency": "SGD",
    "payout_amount": "250.00",
    "statement_descriptor": BODY["statement_descriptor"],
    "payout_status": "INITIATED",
    "create_time": "2026-01-05T16:00:00+08:00",
    "internal_note": BODY["internal_note"],
    "completed_time": "",
}
A_BANK_ACCOUNT_SHOWN = {
    "id": uuid_of("bank account", BANK_ACCOUNT_ID),
    "account_name": "Kopi & Co Pte Ltd",
    **BANK_ACCOUNT_BODY,
    "bank_branch_code": "",
    "account_status": "Valid",
}
A_NEW_TRANSFER_SHOWN = {
    "transfer_id": uuid_of("transfer", TRANSFER_ID),
    "short_reference_id": f"T{base_36(TRANSFER_ID)}",
}
A_TRANSFER_SHOWN = {
    **A_NEW_TRANSFER_SHOWN,
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
SUB = Account(UUID(SUB_ACCOUNT), "Kopi Tiong Bahru", "SG", parent_id=ACCOUNT.account_id)
SUB_SHOWN = {
    "account_id": SUB_ACCOUNT,
    "short_reference_id": "A0C9BE0C41111",
    "business_code": ["ACQUIRING"],
    "email": "",
    "account_name": "Kopi Tiong Bahru",
    "status": "ACTIVE",
    "verification_status": "APPROVED",
    "country": "SG",
    "entity_type": "COMPANY",
    "contact_details": {"email": "", "phone": ""},
}
SHOWN: dict[str, tuple[Any, Any]] = {
    CREATE: (a_payout(), A_PAYOUT_SHOWN),
    RETRIEVE: (a_payout(), A_PAYOUT_SHOWN),
    BANK_ACCOUNT_CREATE: (A_BANK_ACCOUNT, A_BANK_ACCOUNT_SHOWN),
    BANK_ACCOUNT_UPDATE: (A_BANK_ACCOUNT, A_BANK_ACCOUNT_SHOWN),
    BANK_ACCOUNT: (replace(A_BANK_ACCOUNT, is_valid=False), A_BANK_ACCOUNT_SHOWN | {"account_status": "Invalid"}),
    TRANSFER_CREATE: (A_TRANSFER, A_NEW_TRANSFER_SHOWN),
    TRANSFER: (A_TRANSFER, A_TRANSFER_SHOWN),
    ACCOUNT_BY_ID: (SUB, SUB_SHOWN | {"review_reason": ""}),
}
PAGES: dict[str, tuple[Any, Any]] = {
    LIST: (PayoutsListed((a_payout(),), more=True, total=5), A_PAYOUT_SHOWN),
    BANK_ACCOUNTS: (Counted((A_BANK_ACCOUNT,), 5), A_BANK_ACCOUNT_SHOWN),
    TRANSFERS: (Counted((A_TRANSFER,), 5), A_TRANSFER_SHOWN),
    ACCOUNTS: (Counted((replace(SUB, is_open=False),), 5), SUB_SHOWN | {"status": "CLOSED"}),
}


def test_each_read_asks_for_what_it_names() -> None:
    pages = {endpoint: asked(endpoint, request(endpoint, query="page_size=1&page_number=2")) for endpoint in READS}
    assert {endpoint: found.ask for endpoint, found in pages.items()} == ASKED


@each_row(("endpoint", "answer", "document"), [(endpoint, *row) for endpoint, row in SHOWN.items()])
def test_each_answer_has_its_fields_in_the_order_of_the_documents(endpoint: str, answer: Any, document: Any) -> None:
    status, told = written(endpoint, answer)
    assert (status, json.dumps(told)) == (200, json.dumps(document))


@each_row(("endpoint", "answer", "document"), [(endpoint, *row) for endpoint, row in PAGES.items()])
def test_each_page_tells_how_many_there_are_in_all(endpoint: str, answer: Any, document: Any) -> None:
    found = asked(endpoint, request(endpoint, query="page_size=2"))
    page = {"total_pages": 3, "total_items": 5, "data": [document]}
    status, told = written(endpoint, answer, found)
    assert (status, json.dumps(told)) == (200, json.dumps(page))


def test_one_balance_is_shown_by_itself_and_in_a_page() -> None:
    document = {
        "balance_id": written(BALANCE, (Balance("SGD", 1, 1),))[1]["balance_id"],
        "currency": "SGD",
        "available_balance": "1000.00",
        "payable_balance": "750.00",
        "pending_balance": "250.00",
        "reserved_balance": "0.00",
        "margin_balance": "0.00",
        "frozen_balance": "0.00",
    }
    balances = (Balance("SGD", 750_00, 250_00),)
    assert written(BALANCE, balances) == (200, document)
    assert written(BALANCES, balances) == (200, {"total_pages": 1, "total_items": 1, "data": [document]})


def test_other_fields_of_a_query_are_for_nobody() -> None:
    query = "page_size=1&page_number=2&start_time=x&payout_status=y&x=1&x=2"
    assert asked(ACCOUNTS, request(ACCOUNTS, query=query)).ask == ASKED[ACCOUNTS]


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
def test_a_whole_amount_of_a_transfer_is_shown_without_decimals(currency: str, minor: int, text: str) -> None:
    """As the pages print it."""
    told = written(TRANSFER, replace(A_TRANSFER, currency=currency, amount_minor=minor))
    assert told == (200, A_TRANSFER_SHOWN | {"transfer_currency": currency, "transfer_amount": text})


def test_a_transfer_on_its_way_has_no_time_of_completion() -> None:
    under_way = replace(A_TRANSFER, credited_ms=None)
    assert written(TRANSFER, under_way) == (200, A_TRANSFER_SHOWN | {"complete_time": ""})
