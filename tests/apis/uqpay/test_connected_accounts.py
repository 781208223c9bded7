"""The accounts of a master over uqpay: what is asked, how one is shown, and what a token says of them."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from outlay.core.account import Account
from outlay.core.asks import Counted, FindAccount, ListAccounts
from outlay.core.refusal import Refusal
from outlay.dialects.uqpay import DIALECT
from outlay.wire.dialect import Context, Credential
from outlay.wire.problems import Trouble
from tests.apis.uqpay.desk import (
    ACCOUNT,
    ACCOUNT_BY_ID,
    ACCOUNTS,
    CREDENTIAL,
    ISSUED,
    NOW_MS,
    SUB_ACCOUNT,
    TOKEN,
    asked,
    code_of,
    refused,
    request,
    route,
    shown,
    token,
    written,
)
from tests.support.routes import told
from tests.support.rows import each_row

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
UNKNOWN = (400, {"code": 400, "message": "account not found"})


def listed(query: str) -> ListAccounts:
    ask = asked(ACCOUNTS, request(ACCOUNTS, query=query)).ask
    assert isinstance(ask, ListAccounts), ask
    return ask


# -- the list ---------------------------------------------------------------------------------------------------------


def test_a_list_of_accounts_is_asked_for_in_pages_of_ten() -> None:
    assert listed("") == ListAccounts(opened=True, closed=True, skip=0, limit=10)
    assert listed("page_size=1&page_number=3") == ListAccounts(opened=True, closed=True, skip=2, limit=1)
    assert listed("page_size=100").limit == 100
    assert listed("page_size=&page_number=").limit == 10


@pytest.mark.parametrize(
    ("status", "opened", "closed"),
    [
        ("ACTIVE", True, False),
        ("CLOSED", False, True),
        ("", True, True),
        *((word, False, False) for word in ("active", "PROCESSING", "INACTIVE", "x")),
    ],
)
def test_a_status_filters_exactly_and_an_unknown_one_fits_no_account(status: str, opened: bool, closed: bool) -> None:
    ask = listed(f"status={status}")
    assert (ask.opened, ask.closed) == (opened, closed)


@each_row("endpoint", [ACCOUNTS, ACCOUNT_BY_ID])
@each_row(
    ("query", "message"),
    [
        ("page_size=101", "page_size must be an integer from 1 to 100"),
        ("page_size=0", "page_size must be an integer from 1 to 100"),
        ("page_size=x", "page_size must be an integer from 1 to 100"),
        ("page_number=0", "page_number must be an integer from 1 to 999999999"),
        ("page_size=1&page_size=2", "page_size must be given once"),
        ("status=ACTIVE&status=CLOSED", "status must be given once"),
        ("&".join(["a=1"] * 33), "query must have at most 32 fields"),
    ],
)
def test_a_wrong_page_is_named_in_the_envelope_of_this_product(endpoint: str, query: str, message: str) -> None:
    assert refused(endpoint, request(endpoint, query=query)) == (400, {"code": 400, "message": message})


def test_other_fields_of_a_query_are_for_nobody() -> None:
    assert listed("start_time=x&payout_status=y&x=1&x=2") == listed("")


def test_a_list_of_accounts_is_answered_with_a_page() -> None:
    found = asked(ACCOUNTS, request(ACCOUNTS, query="page_size=2"))
    closed = replace(SUB, is_open=False)
    status, answer = written(ACCOUNTS, Counted((SUB, closed), 5), found)
    page = {"total_pages": 3, "total_items": 5, "data": [LISTED, LISTED | {"status": "CLOSED"}]}
    assert (status, answer) == (200, page)
    assert json.dumps(answer["data"][0]) == json.dumps(LISTED), "in the order of the documents"
    assert written(ACCOUNTS, Counted((), 0), found)[1] == {"total_pages": 0, "total_items": 0, "data": []}


# -- one account ------------------------------------------------------------------------------------------------------


@each_row("query", ["", "business_code=", "business_code=ACQUIRING"])
@each_row("named", [SUB_ACCOUNT, "A0C9BE0C41111", "nobody"])
def test_an_account_is_asked_for_by_any_id_and_business(named: str, query: str) -> None:
    ask = asked(ACCOUNT_BY_ID, request(ACCOUNT_BY_ID, query=query, parameters={"id": named})).ask
    assert ask == FindAccount(named)


@pytest.mark.parametrize("business", ["BANKING", "ISSUING", "acquiring", "x"])
def test_of_another_business_no_account_is_known(business: str) -> None:
    assert refused(ACCOUNT_BY_ID, request(ACCOUNT_BY_ID, query=f"business_code={business}")) == UNKNOWN


def test_an_account_by_itself_says_also_that_nobody_had_to_look_at_it() -> None:
    assert written(ACCOUNT_BY_ID, SUB) == (200, LISTED | {"review_reason": ""})
    assert written(ACCOUNT_BY_ID, Refusal.TARGET_NOT_FOUND) == UNKNOWN


@pytest.mark.parametrize("endpoint", [ACCOUNTS, ACCOUNT_BY_ID])
def test_what_is_no_matter_of_this_product_is_told_as_everywhere(endpoint: str) -> None:
    """Clients log in again on no other text than this, and an address is checked as on any call (decision)."""
    assert refused(endpoint, request(endpoint, x_auth_token=token(-1))) == (401, {"error": "token has expired"})
    assert code_of(written(endpoint, Refusal.ACCOUNT_NOT_FOUND)) == (400, "account_error", "sub_account_not_found")
    assert code_of(refused(endpoint, request(endpoint, x_on_behalf_of="nobody")))[2] == "sub_account_not_found"
    assert code_of(refused(endpoint, request(endpoint, x_idempotency_key="a b")))[2] == "invalid_key_format"
    fault = DIALECT.trouble(Trouble.WRONG_METHOD)
    assert shown(DIALECT.write_fault(fault, NOW_MS, bytes(16)))[1] == {"code": 405, "message": fault.message}


# -- what a token says of them ----------------------------------------------------------------------------------------


def claims_given_to(credential: Credential[Any]) -> dict[str, Any]:
    context = Context(credential, credential.account.account_id, NOW_MS, bytes(range(16)))
    _, answer = shown(told(DIALECT, route(TOKEN), asked(TOKEN, request(TOKEN)), None, context))
    _, claims, _ = answer["auth_token"].split(".")
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert read["exp"] == answer["expired_at"]
    return read


def test_a_token_says_whose_it_is_in_the_claims_that_the_official_client_reads() -> None:
    assert claims_given_to(CREDENTIAL) == {
        "entity_id": "7b0d1e44-52c8-4b39-9d7e-0c6f5a1e2d33",
        "short_entity_id": "A7B0D1E4452C8",
        "parent_entity_id": "0",
        "client_id": ISSUED.key_id,
        "api_version": "V1.6.0",
        "bus_type": "ACQUIRING",
        "exp": NOW_MS // 1000 + 1800,
        "iat": NOW_MS // 1000,
        "iss": "outlay",
        "jti": "AAECAwQFBgcICQoLDA0ODw",
    }


def test_a_token_of_a_connected_account_names_its_master() -> None:
    claims = claims_given_to(replace(CREDENTIAL, account=SUB))
    assert claims["entity_id"] == SUB_ACCOUNT
    assert claims["short_entity_id"] == "A0C9BE0C41111"
    assert claims["parent_entity_id"] == str(ACCOUNT.account_id)


def test_a_token_says_nothing_that_is_secret() -> None:
    text = json.dumps(claims_given_to(CREDENTIAL))
    assert ISSUED.shown["api_key"] not in text
    assert ISSUED.shown["webhook_secret"] not in text
