"""The accounts of a master over uqpay: how one is shown, and a list of them."""

from __future__ import annotations

import json
from uuid import UUID

from msgspec.structs import replace

from outlay.core.account import Account
from outlay.core.asks import Counted, ListAccounts
from tests.apis.uqpay.desk import ACCOUNT, ACCOUNT_BY_ID, ACCOUNTS, SUB_ACCOUNT, asked, request, written

SUB = Account(UUID(SUB_ACCOUNT), "Kopi Tiong Bahru", "SG", parent_id=ACCOUNT.account_id)
LISTED = {
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


def test_other_fields_of_a_query_are_for_nobody() -> None:
    ask = asked(ACCOUNTS, request(ACCOUNTS, query="start_time=x&payout_status=y&x=1&x=2")).ask
    assert ask == ListAccounts(opened=True, closed=True, skip=0, limit=10)


def test_accounts_are_shown_in_a_page_and_one_by_itself() -> None:
    found = asked(ACCOUNTS, request(ACCOUNTS, query="page_size=2"))
    closed = replace(SUB, is_open=False)
    status, answer = written(ACCOUNTS, Counted((SUB, closed), 5), found)
    page = {"total_pages": 3, "total_items": 5, "data": [LISTED, LISTED | {"status": "CLOSED"}]}
    assert (status, answer) == (200, page)
    assert json.dumps(answer["data"][0]) == json.dumps(LISTED), "in the order of the documents"
    assert written(ACCOUNTS, Counted((), 0), found)[1] == {"total_pages": 0, "total_items": 0, "data": []}
    assert written(ACCOUNT_BY_ID, SUB) == (200, LISTED | {"review_reason": ""})
