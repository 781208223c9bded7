"""Every documented field, value, status word and code of UQPAY that the official client's tests do not exercise.

docs/coverage-uqpay.md lists them all. These tests ask for little besides being accepted or refused as documented: what
an answer means is the subject of the tests around them.
"""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from tests.apis.uqpay import calls
from tests.apis.uqpay.merchant import UqpayMerchant
from tests.apis.uqpay.rules.tables import CODES
from tests.coverage.compared import has_form
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.observer import wait_for
from tests.e2e.raw_http import Call, send
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

# Where every kind of national code is demanded (docs).
NATIONAL = {
    "aba": ("USD", "US"),
    "bank_code": ("CAD", "CA"),
    "sort_code": ("GBP", "GB"),
    "bsb_code": ("AUD", "AU"),
    "ifsc": ("INR", "IN"),
    "cnaps_number": ("CNH", "CN"),
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


def bank_account(kind: str = "bank_code", **fields: Any) -> dict[str, Any]:
    currency, country = NATIONAL[kind]
    code = {"bank_code_type": kind, "bank_code_value": CODES[kind], "bank_branch_code": "00012"}
    return calls.bank_account(currency, bank_country_code=country, **code) | fields


def ordered(uqpay: UqpayMerchant, amount: Any = "1.00", **fields: Any) -> dict[str, Any]:
    return uqpay.post(uqpay.CREATE, uqpay.order(amount, **fields))


# -- payouts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "word"), ENDINGS.items())
def test_a_payout_comes_to_every_status_and_is_listed_by_it(uqpay: UqpayMerchant, amount: str, word: str) -> None:
    payout = ordered(uqpay, amount)
    assert payout["payout_status"] == "INITIATED"
    calls.wait_until_it_is(word, uqpay, payout)
    listed = uqpay.get(f"{uqpay.LIST}?page_number=1&page_size=100&payout_status={word}")
    assert payout["payout_id"] in [each["payout_id"] for each in listed["data"]]
    assert {each["payout_status"] for each in listed["data"]} == {word}
    assert listed["total_items"] == len(listed["data"])
    assert listed["total_pages"] == 1


def test_what_waits_for_a_reviewer_is_listed_as_initiated(outlay: Server, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("keys")
    funds = {"BRL": "100.00"}
    uqpay = open_merchant(outlay, folder, dialects=["uqpay"], funds=funds, options=["--review"]).uqpay
    payout = ordered(uqpay)
    assert uqpay.get(f"{uqpay.LIST}?payout_status=INITIATED")["data"] == [payout]


def test_payouts_are_listed_by_dates_and_by_times(uqpay: UqpayMerchant) -> None:
    payout = ordered(uqpay)
    now = datetime.now(UTC)
    first, last = (now - timedelta(days=2)).date(), (now + timedelta(days=2)).date()
    spans = [
        f"start_time={first}&end_time={last}",
        f"start_time={first}T00:00:00Z&end_time={last}T00:00:00Z",
    ]
    for span in spans:
        listed = uqpay.get(f"{uqpay.LIST}?page_number=1&page_size=100&{span}")["data"]
        assert payout["payout_id"] in [each["payout_id"] for each in listed]


def test_a_payout_goes_to_an_own_account_by_either_form_of_its_id(
    outlay: Server, uqpay: UqpayMerchant, sub_account: str
) -> None:
    short = outlay.cli.json("account", "show", sub_account)["short_id"]
    for account in (sub_account, short):
        calls.wait_until_it_is("COMPLETED", uqpay, ordered(uqpay, "2.00", payout_account_id=account))


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
    calls.wait_until_it_is("PROCESSING", uqpay, made)
    released = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    wait_for(lambda: datetime.now(UTC) >= released)  # the two times are told in whole seconds
    outlay.cli.json("sandbox", "release", made["payout_id"])
    calls.wait_until_it_is("COMPLETED", uqpay, made)
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
    made = uqpay.post(uqpay.BANK_ACCOUNT_CREATE, body)
    assert UUID(made["id"])
    assert made["account_name"]
    assert made["account_status"] == "Valid"
    assert {name: made[name] for name in body} == body


def test_a_bank_account_is_listed_read_and_changed_but_for_its_currency(uqpay: UqpayMerchant) -> None:
    made = uqpay.post(uqpay.BANK_ACCOUNT_CREATE, bank_account())
    assert has_form("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", made["id"])
    known = {"id": made["id"], "account_name": "Padaria São João", "account_status": "Valid"}
    assert made == bank_account() | known
    path = f"{uqpay.BANK_ACCOUNTS}/{made['id']}"
    assert uqpay.get(path) == made
    page = uqpay.get(f"{uqpay.BANK_ACCOUNTS}?page_number=1&page_size=1")
    assert page["data"] == [made]
    assert page["total_pages"] == page["total_items"] == len(uqpay.get(f"{uqpay.BANK_ACCOUNTS}?page_size=100")["data"])
    new = bank_account(account_number="9876543210", bank_code_value="004", bank_branch_code="00013")
    del new["currency"]
    assert uqpay.post(path, new) == made | new
    assert uqpay.get(path) == made | new


def test_a_number_that_the_bank_does_not_know_makes_an_invalid_account(uqpay: UqpayMerchant) -> None:
    made = uqpay.post(uqpay.BANK_ACCOUNT_CREATE, bank_account(account_number="12340000"))
    assert made["account_status"] == "Invalid"


# -- transfers --------------------------------------------------------------------------------------------------------


def test_a_transfer_is_made_read_and_listed(uqpay: UqpayMerchant, merchant: Merchant, sub_account: str) -> None:
    made = uqpay.post(uqpay.TRANSFERS, calls.transfer(merchant.account_id, sub_account))
    assert UUID(made["transfer_id"])
    told = uqpay.get(f"{uqpay.TRANSFERS}/{made['transfer_id']}")
    assert made.items() <= told.items()
    assert (told["transfer_currency"], told["transfer_amount"], told["transfer_status"]) == ("BRL", "5", "completed")
    day = timedelta(days=1)
    span = f"start_time={datetime.now(UTC).date() - day}&end_time={datetime.now(UTC).date() + day}"
    query = f"page_number=1&page_size=100&transfer_status=completed&currency=BRL&{span}"
    page = uqpay.get(f"{uqpay.TRANSFERS}?{query}")
    assert told in page["data"]
    assert (page["total_pages"], page["total_items"]) == (1, len(page["data"]))
    assert told in uqpay.get(f"{uqpay.TRANSFERS}?currency=USD,BRL")["data"]
    assert uqpay.get(f"{uqpay.TRANSFERS}?currency=USD,SGD")["data"] == []
    assert told["transfer_reason"] == "float for January"


# -- connected accounts, and the token that says whose it is ----------------------------------------------------------


@pytest.fixture(scope="module")
def short_ids(outlay: Server, merchant: Merchant, sub_account: str) -> dict[str, str]:
    family = outlay.cli.json("account", "show", merchant.account_id)["family"]
    return {each["account_id"]: each["short_id"] for each in family}


def test_connected_accounts_are_listed_by_page_and_status_and_read(
    outlay: Server, uqpay: UqpayMerchant, sub_account: str, short_ids: dict[str, str]
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
    whole = {
        "account_id": sub_account,
        "short_reference_id": short_ids[sub_account],
        "business_code": ["ACQUIRING"],
        "email": "",
        "account_name": "Kopi",
        "status": "ACTIVE",
        "verification_status": "APPROVED",
        "country": "BR",
        "entity_type": "COMPANY",
        "contact_details": {"email": "", "phone": ""},
    }
    assert uqpay.get(f"{uqpay.ACCOUNTS}?status=ACTIVE")["data"] == [whole]
    assert uqpay.get(f"{uqpay.ACCOUNTS}/{sub_account}") == whole | {"review_reason": ""}


def test_accounts_are_shown_to_a_bare_token_and_to_each_other_but_no_master_to_its_own(
    outlay: Server, uqpay: UqpayMerchant, sub_account: str
) -> None:
    bare = send(outlay.base_url, Call("GET", uqpay.ACCOUNTS, {"x-auth-token": uqpay.token}))
    page = bare.json()
    assert page == uqpay.get(uqpay.ACCOUNTS)
    assert list(page["data"][0]) == calls.ACCOUNT_FIELDS
    own = UqpayMerchant(outlay, outlay.cli.json("credential", "create", sub_account, "--dialect", "uqpay"))
    assert own.get(own.ACCOUNTS) == page
    refused = own.ask(f"{own.ACCOUNTS}/{uqpay.account_id}")
    assert (refused.status, refused.json()) == (400, {"code": 400, "message": "account not found"})


def test_a_token_says_whose_it_is(
    outlay: Server, uqpay: UqpayMerchant, sub_account: str, short_ids: dict[str, str]
) -> None:
    answer = send(outlay.base_url, uqpay.token_call()).json()
    claims = claims_of(answer["auth_token"])
    assert claims == {
        "entity_id": uqpay.account_id,
        "short_entity_id": short_ids[uqpay.account_id],
        "parent_entity_id": "0",
        "client_id": uqpay.client_id,
        "api_version": "V1.6.0",
        "bus_type": "ACQUIRING",
        "exp": answer["expired_at"],
        "iat": answer["expired_at"] - 1800,
        "iss": "outlay",
        "jti": claims["jti"],
    }
    assert abs(claims["iat"] - time.time()) < 60
    shown = outlay.cli.json("credential", "create", sub_account, "--dialect", "uqpay")
    own = claims_of(UqpayMerchant(outlay, shown).token)
    assert (own["entity_id"], own["parent_entity_id"]) == (sub_account, uqpay.account_id)
    assert own["short_entity_id"] == short_ids[sub_account]


def claims_of(token: str) -> dict[str, Any]:
    """As the official Node client reads them: three parts, base64url without padding, JSON."""
    parts = token.split(".")
    assert len(parts) == 3
    assert "=" not in token
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    return claims
