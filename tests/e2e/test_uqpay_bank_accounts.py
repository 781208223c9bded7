"""A merchant's own bank accounts over real HTTP: registered, changed, listed, and paid to."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.apis.uqpay.calls import BANK_ACCOUNT_FIELDS, bank_account, refusal_of
from tests.apis.uqpay.merchant import UqpayMerchant
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

NATIONAL = {
    "aba": ("USD", "US", "021000021"),
    "bank_code": ("HKD", "HK", "004"),
    "sort_code": ("GBP", "GB", "200000"),
    "bsb_code": ("AUD", "AU", "062000"),
    "ifsc": ("INR", "IN", "SBIN0001234"),
    "cnaps_number": ("CNH", "CN", "102100099996"),
}


@pytest.fixture(scope="module")
def merchant(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    return open_merchant(outlay, tmp_path_factory.mktemp("keys"), dialects=["uqpay"], funds={"BRL": "1000.00"})


@pytest.fixture(scope="module")
def uqpay(merchant: Merchant) -> UqpayMerchant:
    return merchant.uqpay


@pytest.fixture
def strict(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> UqpayMerchant:
    """Pays out to registered bank accounts only."""
    folder = tmp_path_factory.mktemp("keys")
    options = ["--bank-account-required"]
    return open_merchant(outlay, folder, dialects=["uqpay"], funds={"BRL": "1000.00"}, options=options).uqpay


def registered(uqpay: UqpayMerchant, currency: str = "BRL", **fields: Any) -> dict[str, Any]:
    return uqpay.post(uqpay.BANK_ACCOUNT_CREATE, bank_account(currency, **fields))


def test_a_bank_account_is_shown_in_full_wherever_it_is_shown(uqpay: UqpayMerchant) -> None:
    body = bank_account()
    made = uqpay.post(uqpay.BANK_ACCOUNT_CREATE, body)
    assert list(made) == BANK_ACCOUNT_FIELDS
    assert UUID(made["id"]).version == 8
    no_codes = {"bank_code_type": "", "bank_code_value": "", "bank_branch_code": ""}
    expected = body | no_codes | {"id": made["id"], "account_name": "Padaria São João", "account_status": "Valid"}
    assert made == expected
    path = f"{uqpay.BANK_ACCOUNTS}/{made['id']}"
    assert uqpay.get(path) == uqpay.get(f"{uqpay.BANK_ACCOUNTS}/{made['id'].upper()}") == made
    assert uqpay.post(path, {}) == made
    assert made in uqpay.get(f"{uqpay.BANK_ACCOUNTS}?page_number=1&page_size=100")["data"]


@pytest.mark.parametrize("kind", NATIONAL)
def test_every_kind_of_national_code_is_demanded_and_kept(uqpay: UqpayMerchant, kind: str) -> None:
    currency, country, value = NATIONAL[kind]
    code = {"bank_code_type": kind, "bank_code_value": value}
    made = registered(uqpay, currency, bank_country_code=country, **code)
    assert made == uqpay.get(f"{uqpay.BANK_ACCOUNTS}/{made['id']}")
    assert {name: made[name] for name in code} == code
    without = uqpay.ask(uqpay.BANK_ACCOUNT_CREATE, bank_account(currency, bank_country_code=country))
    assert refusal_of(without) == (400, "invalid_request_error", "missing_parameter")
    assert without.json()["message"] == "bank_code_type is required"
    wrong = bank_account(currency, bank_country_code=country, bank_code_type=kind, bank_code_value=f"{value}9")
    refused = uqpay.ask(uqpay.BANK_ACCOUNT_CREATE, wrong)
    assert refusal_of(refused) == (400, "invalid_request_error", "invalid_parameter")
    assert refused.json()["message"].startswith("bank_code_value must be ")


def test_canadian_dollars_need_bank_and_branch(uqpay: UqpayMerchant) -> None:
    fields = {"bank_country_code": "CA", "bank_code_type": "bank_code", "bank_code_value": "003"}
    refused = uqpay.ask(uqpay.BANK_ACCOUNT_CREATE, bank_account("CAD", **fields))
    assert refused.json()["message"] == "bank_branch_code is required"
    assert registered(uqpay, "CAD", **fields, bank_branch_code="00012")["bank_branch_code"] == "00012"


def test_an_update_changes_what_is_sent_and_keeps_currency_and_name(uqpay: UqpayMerchant) -> None:
    made = registered(uqpay)
    path = f"{uqpay.BANK_ACCOUNTS}/{made['id']}"
    assert uqpay.post(path, {"bank_name": "Itaú"}) == made | {"bank_name": "Itaú"}
    new = {
        "account_number": "9876543210",
        "bank_name": "Bradesco",
        "bank_address": "Rua Dois 2",
        "swift_code": "BBDEBRSP",
        "bank_country_code": "PT",
        "bank_code_type": "sort_code",
        "bank_code_value": "200000",
        "bank_branch_code": "0001",
    }
    assert uqpay.post(path, new | {"currency": "BRL", "account_name": "Somebody else"}) == made | new
    assert uqpay.get(path) == made | new
    other = uqpay.ask(path, {"currency": "USD"})
    assert refusal_of(other) == (400, "invalid_request_error", "invalid_parameter")
    assert other.json()["message"] == "currency of a bank account cannot be changed"
    assert uqpay.get(path) == made | new


def test_an_account_that_the_bank_does_not_know_is_invalid_until_it_is_corrected(uqpay: UqpayMerchant) -> None:
    made = registered(uqpay, account_number="1230000")
    assert made["account_status"] == "Invalid"
    path = f"{uqpay.BANK_ACCOUNTS}/{made['id']}"
    assert uqpay.post(path, {"account_number": "1230001"})["account_status"] == "Valid"
    assert uqpay.post(path, {"account_number": "1230000"}) == made


def test_accounts_are_listed_in_pages_the_newest_first(outlay: Server, strict: UqpayMerchant) -> None:
    assert strict.get(strict.BANK_ACCOUNTS) == {"total_pages": 0, "total_items": 0, "data": []}
    made = [registered(strict, account_number=f"1234567{number}") for number in range(3)]
    whole = strict.get(strict.BANK_ACCOUNTS)
    assert whole == {"total_pages": 1, "total_items": 3, "data": made[::-1]}
    second = strict.get(f"{strict.BANK_ACCOUNTS}?page_number=2&page_size=2")
    assert second == {"total_pages": 2, "total_items": 3, "data": made[:1]}
    bad = strict.ask(f"{strict.BANK_ACCOUNTS}?page_size=0")
    assert refusal_of(bad) == (400, "invalid_request_error", "invalid_parameter")


def test_nobody_else_finds_or_changes_a_bank_account(
    outlay: Server, uqpay: UqpayMerchant, strict: UqpayMerchant
) -> None:
    made = registered(uqpay)
    path = f"{uqpay.BANK_ACCOUNTS}/{made['id']}"
    never = f"{uqpay.BANK_ACCOUNTS}/{uuid4()}"
    opened = outlay.cli.json("account", "create", "Sub", "--country", "BR", "--parent", uqpay.account_id)
    for answer in (
        strict.ask(path),
        strict.ask(path, {"bank_name": "Mine"}),
        uqpay.ask(path, account=opened["account_id"]),
        uqpay.ask(never),
        uqpay.ask(never, {"bank_name": "Mine"}),
        uqpay.ask(f"{uqpay.BANK_ACCOUNTS}/create%20"),
    ):
        assert refusal_of(answer) == (400, "not_found", "bank_account_not_found")
    assert uqpay.get(path) == made
    assert strict.get(strict.BANK_ACCOUNTS)["total_items"] == 0


def test_create_is_a_path_of_its_own(uqpay: UqpayMerchant) -> None:
    answer = uqpay.ask(uqpay.BANK_ACCOUNT_CREATE)
    assert (answer.status, answer.headers["allow"], list(answer.json())) == (405, "POST", ["code", "message"])


def test_a_connected_account_has_bank_accounts_of_its_own(outlay: Server, uqpay: UqpayMerchant) -> None:
    opened = outlay.cli.json("account", "create", "Kopi", "--country", "SG", "--parent", uqpay.account_id)
    sub_account = opened["account_id"]
    made = uqpay.post(uqpay.BANK_ACCOUNT_CREATE, bank_account("SGD"), account=sub_account)
    assert made["account_name"] == "Kopi"
    assert uqpay.get(uqpay.BANK_ACCOUNTS, account=sub_account)["data"] == [made]


def test_a_closed_account_registers_and_changes_nothing(outlay: Server, strict: UqpayMerchant) -> None:
    made = registered(strict)
    outlay.cli("account", "close", strict.account_id)
    for answer in (
        strict.ask(strict.BANK_ACCOUNT_CREATE, bank_account()),
        strict.ask(f"{strict.BANK_ACCOUNTS}/{made['id']}", {"bank_name": "Itaú"}),
    ):
        assert refusal_of(answer) == (400, "account_error", "account_not_found")
    assert strict.get(f"{strict.BANK_ACCOUNTS}/{made['id']}") == made


# -- where payouts go -------------------------------------------------------------------------------------------------


def beneficiary_of(outlay: Server, payout: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = outlay.cli.json("payout", "show", payout["payout_id"])["beneficiary"]
    return found


def test_a_payout_needs_a_valid_bank_account_in_its_currency_where_the_account_says_so(strict: UqpayMerchant) -> None:
    missing = (400, "payout_error", "bank_account_not_found")
    assert refusal_of(strict.ask(strict.CREATE, strict.order("1.00"))) == missing
    registered(strict, "SGD")
    invalid = registered(strict, account_number="1230000")
    assert refusal_of(strict.ask(strict.CREATE, strict.order("1.00"))) == missing
    strict.post(f"{strict.BANK_ACCOUNTS}/{invalid['id']}", {"account_number": "1230001"})
    assert strict.post(strict.CREATE, strict.order("1.00"))["payout_status"] == "INITIATED"


def test_a_payout_goes_to_the_newest_valid_account_and_keeps_it(outlay: Server, strict: UqpayMerchant) -> None:
    registered(strict, account_number="OLD-1")
    newest = registered(strict, account_number="NEW-1", bank_code_type="bank_code", bank_code_value="033")
    registered(strict, account_number="BAD-0000")
    registered(strict, "SGD", account_number="SGD-1")
    payout = strict.post(strict.CREATE, strict.order("1.00"))
    before = beneficiary_of(outlay, payout)
    assert before["account_number"] == "NEW-1"
    assert before["name"] == "Padaria São João"
    assert before["destination"]["bank"]["swift"] == "BRASBRRJ"
    assert before["destination"]["bank"]["code"] == "033"
    strict.post(f"{strict.BANK_ACCOUNTS}/{newest['id']}", {"account_number": "NEW-2"})
    assert beneficiary_of(outlay, payout) == before
    later = strict.post(strict.CREATE, strict.order("1.00"))
    assert beneficiary_of(outlay, later)["account_number"] == "NEW-2"
