"""A merchant's own bank accounts over uqpay: every field's rule, and what an update makes of a present account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from outlay.core.asks import (
    AddBankAccount,
    ChangeBankAccount,
    Counted,
    FindBankAccount,
    ListBankAccounts,
    NewBankAccount,
    Repeated,
)
from outlay.core.bank_account import BankAccountDetails
from outlay.core.refusal import Refusal
from outlay.dialects.uqpay.values.fields import uuid_of
from outlay.wire.problems import Fault
from tests.apis.uqpay.desk import (
    A_BANK_ACCOUNT,
    ACCOUNT,
    BANK_ACCOUNT,
    BANK_ACCOUNT_BODY,
    BANK_ACCOUNT_CREATE,
    BANK_ACCOUNT_ID,
    BANK_ACCOUNT_UPDATE,
    BANK_ACCOUNTS,
    BODIES,
    CREDENTIAL,
    KEY,
    NOW_MS,
    asked,
    code_of,
    content_of,
    fault_of,
    posted,
    refused,
    request,
    route,
    written,
)
from tests.support import routes
from tests.support.rows import each_row

REQUIRED = ("account_number", "bank_name", "bank_address", "swift_code", "bank_country_code", "currency")
OBJECT = {
    "id": uuid_of("bank account", BANK_ACCOUNT_ID),
    "account_name": "Kopi & Co Pte Ltd",
    **{name: BANK_ACCOUNT_BODY[name] for name in REQUIRED},
    "bank_code_type": "aba",
    "bank_code_value": "021000021",
    "bank_branch_code": "",
    "account_status": "Valid",
}


def changed(body: bytes | Mapping[str, Any], present: Any = A_BANK_ACCOUNT) -> Any:
    found = asked(BANK_ACCOUNT_UPDATE, request(BANK_ACCOUNT_UPDATE, body=body))
    assert isinstance(found.ask, ChangeBankAccount)
    return content_of(found, present)


def test_an_account_is_read_into_the_core() -> None:
    ask = posted(BANK_ACCOUNT_CREATE).ask
    assert isinstance(ask, AddBankAccount)
    assert (ask.claim.reference, ask.claim.operation, ask.claim.exclusive) == (KEY, "uqpay.bankaccount.create", True)
    assert ask.bank_account == NewBankAccount("USD", replace(A_BANK_ACCOUNT.details, account_name=""))


def test_an_account_is_shown_in_full() -> None:
    for endpoint in (BANK_ACCOUNT_CREATE, BANK_ACCOUNT, BANK_ACCOUNT_UPDATE):
        assert written(endpoint, A_BANK_ACCOUNT) == (200, OBJECT)
    invalid = replace(A_BANK_ACCOUNT, is_valid=False)
    assert written(BANK_ACCOUNT, invalid) == (200, OBJECT | {"account_status": "Invalid"})


def test_accounts_are_listed_in_pages() -> None:
    found = asked(BANK_ACCOUNTS, request(BANK_ACCOUNTS, query="page_number=2&page_size=1"))
    assert found.ask == ListBankAccounts(skip=1, limit=1)
    listed = written(BANK_ACCOUNTS, Counted((A_BANK_ACCOUNT,), 3), found)
    assert listed == (200, {"total_pages": 3, "total_items": 3, "data": [OBJECT]})


def test_an_account_is_found_by_its_id() -> None:
    assert asked(BANK_ACCOUNT, request(BANK_ACCOUNT)).ask == FindBankAccount(BANK_ACCOUNT_ID)


@pytest.mark.parametrize(
    "wrong", ["", "x", "6b3f1d0a-2c4e-4f6a-8b0c-1d2e3f4a5b6c", uuid_of("transfer", BANK_ACCOUNT_ID), "create"]
)
def test_an_id_that_we_never_wrote_is_that_of_no_account(wrong: str) -> None:
    parameters = {"id": wrong}
    assert asked(BANK_ACCOUNT, request(BANK_ACCOUNT, parameters=parameters)).ask == FindBankAccount(0)
    update = asked(BANK_ACCOUNT_UPDATE, request(BANK_ACCOUNT_UPDATE, parameters=parameters))
    assert update.ask.bank_account_id == 0
    told = written(BANK_ACCOUNT, Refusal.BANK_ACCOUNT_NOT_FOUND)
    assert code_of(told) == (400, "not_found", "bank_account_not_found")


# -- fields -----------------------------------------------------------------------------------------------------------


def test_the_documents_own_example_is_taken() -> None:
    """A British number with wrong check digits at a bank in Singapore, with a code and a branch that SGD does not ask
    for (docs)."""
    body = {
        "account_number": "GB71950018692652646598",
        "bank_name": "DBS Bank",
        "swift_code": "DBSSSGSG",
        "bank_country_code": "SG",
        "bank_address": "12 Marina Boulevard, Singapore 018982",
        "currency": "SGD",
        "bank_code_type": "aba",
        "bank_code_value": "021000021",
        "bank_branch_code": "00001",
    }
    assert isinstance(content_of(posted(BANK_ACCOUNT_CREATE, body)), BankAccountDetails)
    wrong = fault_of(BANK_ACCOUNT_CREATE, body | {"bank_code_value": "02100002"})
    assert wrong.message == "bank_code_value must be 9 digits"


@each_row(
    ("number", "good"),
    [
        ("GB82WEST12345698765432", True),
        ("DE89370400440532013000", True),
        ("GB82 WEST 1234 5698 7654 32", True),
        ("GB82 WEST 1234 5698 7654 33", False),
        ("GB71950018692652646598", False),
        ("GB82WEST12345698765433", False),
        ("DE8937040044053201300", False),
        ("1234567890", True),
        ("GB82-WEST-1234", True),
        ("AB12345678901234", False),
    ],
)
@each_row("endpoint", [BANK_ACCOUNT_CREATE, BANK_ACCOUNT_UPDATE])
def test_check_digits_of_an_iban_are_asked_for_only_of_an_account_that_asks(
    endpoint: str, number: str, good: bool
) -> None:
    body = {**BODIES[endpoint], "account_number": number}
    sent = request(endpoint, body=body)
    assert not isinstance(content_of(asked(endpoint, sent)), Fault)
    for account in (replace(ACCOUNT, strict_destinations=True), replace(ACCOUNT, rail="real")):
        details = content_of(routes.asked(route(endpoint), sent, replace(CREDENTIAL, account=account), NOW_MS))
        if good:
            assert not isinstance(details, Fault)
        else:
            assert (details.status, details.kind, details.code) == (400, "invalid_request_error", "invalid_parameter")
            assert details.message == (
                "account_number must have the length and the check digits of an IBAN of its country"
            )


def test_of_several_wrong_fields_the_first_in_the_documented_order_is_told() -> None:
    body: dict[str, Any] = dict.fromkeys(reversed([*BANK_ACCOUNT_BODY, "bank_branch_code"]), True)
    for field in BANK_ACCOUNT_BODY:
        told = refused(BANK_ACCOUNT_CREATE, request(BANK_ACCOUNT_CREATE, body=body))[1]["message"]
        assert told.startswith(field)
        body[field] = BANK_ACCOUNT_BODY[field]
    told = refused(BANK_ACCOUNT_CREATE, request(BANK_ACCOUNT_CREATE, body=body))[1]["message"]
    assert told.startswith("bank_branch_code")


# -- update -----------------------------------------------------------------------------------------------------------


def test_an_update_changes_what_is_sent_and_keeps_the_rest() -> None:
    assert changed({"bank_name": "Second Bank"}) == replace(A_BANK_ACCOUNT.details, bank_name="Second Bank")
    assert changed(b"{}") == A_BANK_ACCOUNT.details
    for nothing in (None, "", " "):
        assert changed({"bank_name": nothing, "currency": nothing}) == A_BANK_ACCOUNT.details


def test_every_field_but_the_currency_can_be_updated() -> None:
    new = {
        "account_number": "9876543210",
        "bank_name": "Second Bank",
        "bank_address": "2 Main Street",
        "swift_code": "SECOHKHH",
        "bank_country_code": "HK",
        "currency": "USD",
        "bank_code_type": "bank_code",
        "bank_code_value": "004",
        "bank_branch_code": "123",
    }
    assert changed(new) == BankAccountDetails(
        account_name="Kopi & Co Pte Ltd",
        account_number="9876543210",
        bank_name="Second Bank",
        bank_address="2 Main Street",
        swift_code="SECOHKHH",
        country="HK",
        code_type="bank_code",
        code_value="004",
        branch_code="123",
    )


@pytest.mark.parametrize("currency", ["SGD", "usd", 5, True, ["USD"]])
def test_the_currency_is_fixed(currency: Any) -> None:
    fault = changed({"currency": currency})
    assert isinstance(fault, Fault)
    assert (fault.code, fault.message) == ("invalid_parameter", "currency of a bank account cannot be changed")


def test_what_is_valid_is_decided_on_the_whole() -> None:
    in_hong_kong = replace(
        A_BANK_ACCOUNT,
        details=replace(A_BANK_ACCOUNT.details, country="HK", code_type=None, code_value=None),
    )
    assert isinstance(changed({"bank_name": "Second Bank"}, in_hong_kong), BankAccountDetails)
    fault = changed({"bank_country_code": "US"}, in_hong_kong)
    assert isinstance(fault, Fault)
    assert fault.message == "bank_code_type is required"


def test_one_body_for_two_accounts_is_two_contents() -> None:
    def digest(number: int) -> bytes:
        sent = request(BANK_ACCOUNT_UPDATE, parameters={"id": uuid_of("bank account", number)})
        ask = asked(BANK_ACCOUNT_UPDATE, sent).ask
        assert isinstance(ask, ChangeBankAccount)
        return ask.claim.digest

    assert digest(1) == digest(1) != digest(2)


# -- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("endpoint", [BANK_ACCOUNT_CREATE, BANK_ACCOUNT_UPDATE])
def test_a_repeat_shows_the_account_as_it_is_now(endpoint: str) -> None:
    assert written(endpoint, Repeated(True, True, A_BANK_ACCOUNT)) == (200, OBJECT)
    assert code_of(written(endpoint, Repeated(False, True)))[2] == "key_mismatch_body"
    assert code_of(written(endpoint, Repeated(False, False)))[2] == "key_mismatch_api"


@pytest.mark.parametrize("endpoint", [BANK_ACCOUNT_CREATE, BANK_ACCOUNT_UPDATE])
@pytest.mark.parametrize(("raw", "message"), [(b"{", "body is not valid JSON"), (b"[]", "body must be a JSON object")])
def test_a_body_that_cannot_be_read_is_told_only_under_a_new_key(endpoint: str, raw: bytes, message: str) -> None:
    found = asked(endpoint, request(endpoint, body=raw))
    assert found.ask.claim.reference == KEY
    fault = content_of(found)
    assert isinstance(fault, Fault)
    assert fault.message == message
