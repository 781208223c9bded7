"""Every documented field, value, status word and code of UQPAY that the official client's tests do not exercise.

docs/coverage-uqpay.md lists them all. These tests ask for little besides being accepted or refused as documented: what
an answer means is the subject of the tests around them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from tests.apis.uqpay.merchant import UqpayMerchant
from tests.coverage.compared import has_form
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.observer import wait_for
from tests.e2e.raw_http import Answer, Call, send
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

LIST = "/api/v2/payment/payout"
BANK_ACCOUNTS = "/api/v2/payment/bankaccount"
TRANSFERS = "/api/v1/transfer"
# A bank account for every kind of national code (docs).
NATIONAL = {
    "aba": ("USD", "US", "021000021"),
    "bank_code": ("CAD", "CA", "003"),
    "sort_code": ("GBP", "GB", "200000"),
    "bsb_code": ("AUD", "AU", "062000"),
    "ifsc": ("INR", "IN", "SBIN0001234"),
    "cnaps_number": ("CNH", "CN", "102100099996"),
}
# For ever: the id of a balance is made of the account's and the currency in this name space.
BALANCE_IDS = UUID("8c1f7a52-6f0e-4b57-9a43-0d6c2f5b7e19")
ENDINGS = {
    "100.00": "COMPLETED",
    "10.71": "FAILED",
    "10.74": "PROCESSING",
    "10.81": "FAILED_REFUNDED",
}


@pytest.fixture(scope="module")
def merchant(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    folder = tmp_path_factory.mktemp("keys")
    return open_merchant(outlay, folder, dialects=["uqpay"], funds={"BRL": "10000.00"})


@pytest.fixture(scope="module")
def uqpay(merchant: Merchant) -> UqpayMerchant:
    return merchant.uqpay


@pytest.fixture(scope="module")
def sub_account(outlay: Server, merchant: Merchant) -> str:
    opened = outlay.cli.json("account", "create", "Kopi", "--country", "BR", "--parent", merchant.account_id)
    account_id: str = opened["account_id"]
    outlay.cli("fund", account_id, "100.00", "BRL", "--reference", "start")
    return account_id


@pytest.fixture(scope="module")
def strict(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    """Pays out to registered bank accounts only, and not to accounts here."""
    folder = tmp_path_factory.mktemp("keys")
    funds = {"BRL": "100.00"}
    opened = open_merchant(outlay, folder, dialects=["uqpay"], funds=funds, options=["--bank-account-required"])
    outlay.cli("method", "off", opened.account_id, "BRL", "account")
    outlay.cli("account", "create", "Kopi", "--country", "BR", "--parent", opened.account_id)
    return opened


def bank_account(kind: str = "bank_code", **fields: Any) -> dict[str, Any]:
    currency, country, value = NATIONAL[kind]
    return {
        "account_number": "1234567890",
        "bank_name": "A Bank",
        "bank_address": "1 High Street",
        "swift_code": "ROYCCAT2",
        "bank_country_code": country,
        "currency": currency,
        "bank_code_type": kind,
        "bank_code_value": value,
        "bank_branch_code": "00012",
    } | fields


def posted(uqpay: UqpayMerchant, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = uqpay.ask(path, body)
    assert answer.status == 200, answer
    document: dict[str, Any] = answer.json()
    return document


def ordered(uqpay: UqpayMerchant, amount: Any = "1.00", **fields: Any) -> dict[str, Any]:
    return posted(uqpay, uqpay.CREATE, uqpay.order(amount, **fields))


def wait_until_it_is(word: str, uqpay: UqpayMerchant, payout: Mapping[str, Any]) -> None:
    wait_for(lambda: uqpay.get(uqpay.PAYOUT + payout["payout_id"])["payout_status"] == word)


def refusal(answer: Answer) -> tuple[int, str, str]:
    error = answer.json()
    return answer.status, error["type"], error["code"]


# -- payouts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "word"), ENDINGS.items())
def test_a_payout_comes_to_every_status_and_is_listed_by_it(uqpay: UqpayMerchant, amount: str, word: str) -> None:
    payout = ordered(uqpay, amount)
    assert payout["payout_status"] == "INITIATED"
    wait_until_it_is(word, uqpay, payout)
    listed = uqpay.get(f"{LIST}?page_number=1&page_size=100&payout_status={word}")
    assert payout["payout_id"] in [each["payout_id"] for each in listed["data"]]
    assert {each["payout_status"] for each in listed["data"]} == {word}
    assert listed["total_items"] == len(listed["data"])
    assert listed["total_pages"] == 1


def test_what_waits_for_a_reviewer_is_listed_as_initiated(outlay: Server, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("keys")
    funds = {"BRL": "100.00"}
    uqpay = open_merchant(outlay, folder, dialects=["uqpay"], funds=funds, options=["--review"]).uqpay
    payout = ordered(uqpay)
    assert uqpay.get(f"{LIST}?payout_status=INITIATED")["data"] == [payout]


def test_payouts_are_listed_by_dates_and_by_times(uqpay: UqpayMerchant) -> None:
    payout = ordered(uqpay)
    now = datetime.now(UTC)
    first, last = (now - timedelta(days=2)).date(), (now + timedelta(days=2)).date()
    spans = [
        f"start_time={first}&end_time={last}",
        f"start_time={first}T00:00:00Z&end_time={last}T00:00:00Z",
    ]
    for span in spans:
        listed = uqpay.get(f"{LIST}?page_number=1&page_size=100&{span}")["data"]
        assert payout["payout_id"] in [each["payout_id"] for each in listed]


def test_a_payout_goes_to_an_own_account_by_either_form_of_its_id(
    outlay: Server, uqpay: UqpayMerchant, sub_account: str
) -> None:
    short = outlay.cli.json("account", "show", sub_account)["short_id"]
    for account in (sub_account, short):
        wait_until_it_is("COMPLETED", uqpay, ordered(uqpay, "2.00", payout_account_id=account))


def test_an_amount_may_be_a_number(uqpay: UqpayMerchant) -> None:
    assert ordered(uqpay, 3)["payout_amount"] == "3.00"
    exponent = json.dumps(uqpay.order("AMOUNT")).replace('"AMOUNT"', "1E+2").encode()
    assert uqpay.post(uqpay.CREATE, exponent)["payout_amount"] == "100.00"


def test_a_note_may_have_lines_and_is_given_back_as_it_was_sent(uqpay: UqpayMerchant) -> None:
    note = "first\tcolumn\nsecond\u2028third"
    assert ordered(uqpay, internal_note=note)["internal_note"] == note


def test_a_payout_is_told_whole_when_it_is_made_read_and_listed(outlay: Server, tmp_path: Path) -> None:
    uqpay = open_merchant(outlay, tmp_path, dialects=["uqpay"], funds={"SGD": "500.00"}).uqpay
    body = uqpay.order("100.74", payout_currency="SGD", statement_descriptor="RENT 0042", internal_note="January")
    before = datetime.now(UTC).replace(microsecond=0)
    made = uqpay.post(uqpay.CREATE, body)
    ordered_by = datetime.now(UTC)
    assert made == body | {
        "payout_id": made["payout_id"],
        "payout_status": "INITIATED",
        "create_time": made["create_time"],
        "completed_time": "",
    }
    assert has_form("PO[1-9][0-9]{14,18}", made["payout_id"])
    wait_until_it_is("PROCESSING", uqpay, made)
    released = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    wait_for(lambda: datetime.now(UTC) >= released)  # the two times are told in whole seconds
    outlay.cli.json("sandbox", "release", made["payout_id"])
    wait_until_it_is("COMPLETED", uqpay, made)
    found = uqpay.get(uqpay.PAYOUT + made["payout_id"])
    for name in ("create_time", "completed_time"):
        assert has_form(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", found[name])
    assert before <= datetime.fromisoformat(found["create_time"]) <= ordered_by
    assert released <= datetime.fromisoformat(found["completed_time"]) <= datetime.now(UTC)
    assert found == made | {"payout_status": "COMPLETED", "completed_time": found["completed_time"]}
    assert uqpay.get(uqpay.LIST) == {"total_pages": 1, "total_items": 1, "data": [found]}
    noteless = uqpay.post(uqpay.CREATE, uqpay.order("1.00", payout_currency="SGD", internal_note=None))
    assert noteless["internal_note"] == uqpay.get(uqpay.PAYOUT + noteless["payout_id"])["internal_note"] == ""


def test_balances_are_told_whole_in_a_page_and_alone(outlay: Server, tmp_path: Path) -> None:
    uqpay = open_merchant(outlay, tmp_path, dialects=["uqpay"], funds={"SGD": "5000.00", "JPY": "90000"}).uqpay
    ordered(uqpay, "100.74", payout_currency="SGD")  # held at the bank
    nothing = {"reserved_balance": "0.00", "margin_balance": "0.00", "frozen_balance": "0.00"}
    dollars = nothing | {
        "balance_id": str(uuid5(BALANCE_IDS, f"{uqpay.account_id}:SGD")),
        "currency": "SGD",
        "available_balance": "5000.00",
        "payable_balance": "4899.26",
        "pending_balance": "100.74",
    }
    assert uqpay.get(f"{uqpay.BALANCES}/SGD") == dollars
    yen = {
        "balance_id": str(uuid5(BALANCE_IDS, f"{uqpay.account_id}:JPY")),
        "currency": "JPY",
        "available_balance": "90000",
        "payable_balance": "90000",
        **dict.fromkeys(("pending_balance", "reserved_balance", "margin_balance", "frozen_balance"), "0"),
    }
    assert uqpay.get(uqpay.BALANCES) == {"total_pages": 1, "total_items": 2, "data": [yen, dollars]}
    assert uqpay.get(f"{uqpay.BALANCES}?page_number=2&page_size=1") == {
        "total_pages": 2,
        "total_items": 2,
        "data": [dollars],
    }


# -- headers and token ------------------------------------------------------------------------------------------------


def test_a_read_takes_a_key_and_an_empty_account_is_the_master(outlay: Server, uqpay: UqpayMerchant) -> None:
    call = uqpay.call(uqpay.BALANCES).headed({"x-idempotency-key": str(uuid4()), "x-on-behalf-of": ""})
    assert send(outlay.base_url, call).json()["data"][0]["currency"] == "BRL"


def test_a_token_call_may_have_a_body(outlay: Server, uqpay: UqpayMerchant) -> None:
    call = uqpay.token_call().but(body=b"{}").headed({"content-type": "application/json"})
    told = send(outlay.base_url, call).json()
    assert told["auth_token"]
    assert isinstance(told["expired_at"], int)


def test_a_token_may_stand_bare_and_an_account_be_addressed_by_its_short_id(
    outlay: Server, uqpay: UqpayMerchant, sub_account: str
) -> None:
    short = outlay.cli.json("account", "show", sub_account)["short_id"]
    for token in (uqpay.token, f"bearer {uqpay.token}"):
        call = uqpay.call(uqpay.BALANCES).headed({"x-auth-token": token, "x-on-behalf-of": short})
        assert send(outlay.base_url, call).json()["data"][0]["currency"] == "BRL"


# -- bank accounts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", NATIONAL)
def test_a_bank_account_is_registered_with_every_kind_of_national_code(uqpay: UqpayMerchant, kind: str) -> None:
    body = bank_account(kind)
    made = posted(uqpay, f"{BANK_ACCOUNTS}/create", body)
    assert UUID(made["id"])
    assert made["account_name"]
    assert made["account_status"] == "Valid"
    assert {name: made[name] for name in body} == body


def test_a_bank_account_is_listed_read_and_changed_but_for_its_currency(uqpay: UqpayMerchant) -> None:
    made = posted(uqpay, f"{BANK_ACCOUNTS}/create", bank_account())
    assert has_form("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", made["id"])
    known = {"id": made["id"], "account_name": "Padaria São João", "account_status": "Valid"}
    assert made == bank_account() | known
    path = f"{BANK_ACCOUNTS}/{made['id']}"
    assert uqpay.get(path) == made
    assert uqpay.get(f"{BANK_ACCOUNTS}?page_number=1&page_size=1")["data"] == [made]
    new = bank_account(account_number="9876543210", bank_code_value="004", bank_branch_code="00013")
    del new["currency"]
    assert posted(uqpay, path, new) == made | new
    assert uqpay.get(path) == made | new


def test_a_number_that_the_bank_does_not_know_makes_an_invalid_account(uqpay: UqpayMerchant) -> None:
    made = posted(uqpay, f"{BANK_ACCOUNTS}/create", bank_account(account_number="12340000"))
    assert made["account_status"] == "Invalid"


# -- transfers --------------------------------------------------------------------------------------------------------


def test_a_transfer_is_made_read_and_listed(uqpay: UqpayMerchant, merchant: Merchant, sub_account: str) -> None:
    body = {
        "source_account_id": merchant.account_id,
        "target_account_id": sub_account,
        "currency": "BRL",
        "amount": "5.00",
        "reason": "float",
    }
    made = posted(uqpay, TRANSFERS, body)
    assert UUID(made["transfer_id"])
    told = uqpay.get(f"{TRANSFERS}/{made['transfer_id']}")
    assert made.items() <= told.items()
    assert (told["transfer_currency"], told["transfer_amount"], told["transfer_status"]) == ("BRL", "5", "completed")
    day = timedelta(days=1)
    span = f"start_time={datetime.now(UTC).date() - day}&end_time={datetime.now(UTC).date() + day}"
    query = f"page_number=1&page_size=10&transfer_status=completed&currency=BRL&{span}"
    assert told in uqpay.get(f"{TRANSFERS}?{query}")["data"]
    assert told in uqpay.get(f"{TRANSFERS}?currency=USD,BRL")["data"]
    assert uqpay.get(f"{TRANSFERS}?currency=USD,SGD")["data"] == []
    assert told["transfer_reason"] == "float"


# -- connected accounts -----------------------------------------------------------------------------------------------


def test_connected_accounts_are_listed_by_page_and_status_and_read(
    outlay: Server, uqpay: UqpayMerchant, sub_account: str
) -> None:
    closed = outlay.cli.json("account", "create", "Closed", "--country", "SG", "--parent", uqpay.account_id)
    outlay.cli("account", "close", closed["account_id"])
    for status, account_id in (("ACTIVE", sub_account), ("CLOSED", closed["account_id"])):
        page = uqpay.get(f"{uqpay.ACCOUNTS}?page_size=10&page_number=1&status={status}")
        [listed] = page["data"]
        shown = (listed["account_id"], listed["status"], listed["verification_status"])
        assert shown == (account_id, status, "APPROVED")
        assert (page["total_pages"], page["total_items"]) == (1, 1)
        told = uqpay.get(f"{uqpay.ACCOUNTS}/{account_id}?business_code=ACQUIRING")
        assert told == listed | {"review_reason": ""}
        assert told["contact_details"] == {"email": "", "phone": ""}


# -- codes ------------------------------------------------------------------------------------------------------------


def test_every_code_of_a_key_is_answered(
    outlay: Server, uqpay: UqpayMerchant, merchant: Merchant, sub_account: str
) -> None:
    key = str(uuid4())
    order = uqpay.call(uqpay.CREATE, uqpay.order("1.00"), key=key)
    assert send(outlay.base_url, order).status == 200
    other_body = uqpay.call(uqpay.CREATE, uqpay.order("2.00"), key=key)
    other_api = uqpay.call(f"{BANK_ACCOUNTS}/create", bank_account(), key=key)
    for call, code in (
        (other_body, "key_mismatch_body"),
        (other_api, "key_mismatch_api"),
        (order.headed({"x-on-behalf-of": sub_account}), "key_mismatch_account"),
        (order.headed({"x-idempotency-key": "x" * 65}), "invalid_key_format"),
    ):
        assert refusal(send(outlay.base_url, call)) == (400, "idempotency_error", code)


@pytest.mark.parametrize(
    ("fields", "kind", "code"),
    [
        ({"statement_descriptor": ""}, "invalid_request_error", "missing_parameter"),
        ({"statement_descriptor": "x" * 16}, "invalid_request_error", "invalid_parameter"),
        ({"payout_currency": "SGD"}, "payout_error", "invalid_currency"),
        ({"payout_amount": "0"}, "payout_error", "invalid_amount"),
        ({"payout_amount": "99999999.00"}, "payout_error", "insufficient_balance"),
        ({"payout_account_id": str(uuid4())}, "account_error", "account_not_found"),
    ],
)
def test_every_code_of_a_wrong_field_is_answered(
    uqpay: UqpayMerchant, fields: dict[str, Any], kind: str, code: str
) -> None:
    assert refusal(uqpay.ask(uqpay.CREATE, uqpay.order("1.00") | fields)) == (400, kind, code)


def test_what_is_switched_off_or_not_registered_has_codes_of_its_own(
    outlay: Server, strict: Merchant, merchant: Merchant
) -> None:
    outlay.cli("method", "off", merchant.account_id, "JPY", "--all")
    accounts = outlay.cli.json("account", "list")["accounts"]
    [own] = [each["account_id"] for each in accounts if each["parent_id"] == strict.account_id]
    for asking, fields, code in (
        (strict, {}, "bank_account_not_found"),
        (strict, {"payout_account_id": own}, "disabled_transfer_type"),
        (merchant, {"payout_currency": "JPY", "payout_amount": "1"}, "payout_disabled"),
    ):
        told = asking.uqpay.ask(asking.uqpay.CREATE, asking.uqpay.order("1.00") | fields)
        assert refusal(told) == (400, "payout_error", code)


def test_what_is_not_found_is_told_by_its_kind(outlay: Server, uqpay: UqpayMerchant) -> None:
    for path, code in (
        (f"{uqpay.PAYOUT}PO1968582687224500224", "payout_not_found"),
        (f"{uqpay.BALANCES}/EUR", "balance_not_found"),
        (f"{BANK_ACCOUNTS}/{uuid4()}", "bank_account_not_found"),
        (f"{TRANSFERS}/{uuid4()}", "transfer_not_found"),
    ):
        assert refusal(uqpay.ask(path)) == (400, "not_found", code)
    stranger = uqpay.call(uqpay.BALANCES).headed({"x-on-behalf-of": str(uuid4())})
    assert refusal(send(outlay.base_url, stranger)) == (400, "account_error", "sub_account_not_found")


def test_errors_without_a_word_for_their_kind_have_a_number_or_a_text(outlay: Server, uqpay: UqpayMerchant) -> None:
    read = uqpay.call(uqpay.BALANCES)

    def told(call: Call) -> tuple[int, dict[str, Any]]:
        answer = send(outlay.base_url, call)
        return answer.status, answer.json()

    for status, call in (
        (404, read.but(target="/api/v2/nowhere")),
        (405, read.but(method="DELETE")),
        (413, uqpay.call(uqpay.CREATE, uqpay.order("1.00", internal_note="x" * 2_000_000))),
    ):
        assert told(call)[1]["code"] == told(call)[0] == status
    assert told(read.headed({"x-auth-token": "Bearer nonsense"})) == (401, {"error": "token has expired"})
    assert told(uqpay.token_call().headed({"x-client-id": "nobody"})) == (400, {"error": "Invalid client id"})
    assert told(uqpay.token_call().headed({"x-api-key": "wrong"})) == (401, {"error": "invalid api key"})
    other_scheme = send(outlay.base_url, read.headed({"x-auth-token": f"Basic {uqpay.token}"}))
    assert refusal(other_scheme) == (401, "unauthorized_error", "unauthorized_error")
    assert told(uqpay.call(f"{uqpay.ACCOUNTS}/nobody")) == (400, {"code": 400, "message": "account not found"})
