"""Outlay driven by UQPAY's own Python client, as a merchant has it from PyPI: only the base URL is another one.

Every call of its payout, balance, bank account, transfer and account resources is made once, each kind of its errors is
raised, and its tokens and keys are used as it uses them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import uqpay
from uqpay.error import AuthenticationError, IdempotencyError, NotFoundError, UQPayError, ValidationError
from uqpay.resources.banking.transfers import BankingTransfersResource
from uqpay.resources.connect.accounts import AccountsResource
from uqpay.resources.payment.balances import PaymentBalancesResource
from uqpay.resources.payment.bank_accounts import BankAccountsResource
from uqpay.resources.payment.payouts import PaymentPayoutsResource

from tests.apis.uqpay.calls import (
    BALANCE_FIELDS,
    BANK_ACCOUNT_FIELDS,
    PAYOUT_FIELDS,
    TRANSFER_FIELDS,
    Family,
    bank_account,
    official_client,
    open_family,
    transfer,
)
from tests.apis.uqpay.tokens import token_of
from tests.e2e.observer import wait_for
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

NO_SUCH_ACCOUNT = (400, "account_error", "sub_account_not_found")
OTHER_BODY = (400, "idempotency_error", "key_mismatch_body")


@pytest.fixture(scope="module")
def family(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Family:
    return open_family(outlay, tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def client(outlay: Server, family: Family) -> Iterator[uqpay.UQPayClient]:
    with official_client(outlay, family.uqpay.client_id, family.uqpay.api_key) as made:
        yield made


def is_just_now(text: str) -> bool:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", text)
    return timedelta(seconds=-1) < datetime.now(UTC) - datetime.fromisoformat(text) < timedelta(minutes=10)


def refusal_of(call: Callable[[], Any], kind: type[UQPayError]) -> tuple[int, str, str]:
    """HTTP status, type and code of the error, which is exactly of this class."""
    with pytest.raises(UQPayError) as caught:
        call()
    assert type(caught.value) is kind, caught.value
    return caught.value.http_status, caught.value.type, caught.value.code


def test_the_client_has_no_call_of_the_payout_side_that_is_not_made_here() -> None:
    """A new version with a new method fails here."""
    calls = {
        kind: {name for name in vars(kind) if not name.startswith("_")}
        for kind in (
            PaymentPayoutsResource,
            PaymentBalancesResource,
            BankAccountsResource,
            BankingTransfersResource,
        )
    }
    assert calls == {
        PaymentPayoutsResource: {"create", "list", "retrieve"},
        PaymentBalancesResource: {"list", "retrieve"},
        BankAccountsResource: {"create", "list", "retrieve", "update"},
        BankingTransfersResource: {"create", "list", "retrieve"},
    }
    assert {"list", "retrieve"} <= {name for name in vars(AccountsResource) if not name.startswith("_")}


# -- the token --------------------------------------------------------------------------------------------------------


def test_one_token_serves_many_calls_and_says_whose_the_account_is(
    outlay: Server, client: uqpay.UQPayClient, family: Family
) -> None:
    client.payment.balances.list()
    token, until = client._token_manager._token, client._token_manager._expires_at
    client.payment.balances.list()
    assert client._token_manager._token == token
    assert 1795 <= until - time.time() <= 1800
    assert client.account_id == family.master_id
    assert client.short_account_id == outlay.cli.json("account", "show", family.master_id)["short_id"]
    assert client.parent_account_id == "0"


def test_wrong_keys_get_no_token(outlay: Server, family: Family) -> None:
    client_id, api_key = family.uqpay.client_id, family.uqpay.api_key
    for keys, status, text in (
        ((uuid4().hex[:24], api_key), 400, "Invalid client id"),
        ((client_id, f"{api_key}x"), 401, "invalid api key"),
    ):
        with (
            official_client(outlay, *keys) as stranger,
            pytest.raises(AuthenticationError, match=text) as caught,
        ):
            stranger.payment.balances.list()
        assert caught.value.http_status == status


def test_the_client_fetches_a_new_token_when_its_own_has_expired(outlay: Server, family: Family) -> None:
    client_id, api_key = family.uqpay.client_id, family.uqpay.api_key
    # As after a long sleep: a token that was good until a second ago, kept by a client that takes it for good.
    expired = token_of(client_id, api_key, int(time.time()) - 1)
    with official_client(outlay, client_id, api_key) as client:
        client._token_manager._token = expired
        client._token_manager._expires_at = int(time.time()) + 900
        assert client.payment.payouts.create(family.uqpay.order("2.00"))["payout_amount"] == "2.00"
        assert client._token_manager._token != expired


# -- payouts and balances ---------------------------------------------------------------------------------------------


def test_a_payout_is_created_and_retrieved_until_it_is_completed(client: uqpay.UQPayClient, family: Family) -> None:
    order = family.uqpay.order("100.00")
    created = client.payment.payouts.create(order)
    assert list(created) == PAYOUT_FIELDS
    assert re.fullmatch("PO[0-9]{19}", created["payout_id"])
    assert is_just_now(created["create_time"])
    expected = order | {
        "payout_id": created["payout_id"],
        "payout_status": "INITIATED",
        "create_time": created["create_time"],
        "completed_time": "",
    }
    assert created == expected
    seen = []

    def look() -> dict[str, Any]:
        seen.append(client.payment.payouts.retrieve(created["payout_id"]))
        return seen[-1] if seen[-1]["payout_status"] not in ("INITIATED", "PROCESSING") else {}

    completed = wait_for(look)
    assert is_just_now(completed["completed_time"])
    assert completed == expected | {"payout_status": "COMPLETED", "completed_time": completed["completed_time"]}
    for before in seen[:-1]:
        assert before == expected | {"payout_status": before["payout_status"]}


def test_the_client_pages_through_its_payouts(client: uqpay.UQPayClient, family: Family) -> None:
    payouts = client.payment.payouts
    made = [payouts.create(family.uqpay.order(f"{amount}.00"))["payout_id"] for amount in (1, 2, 3)]
    wait_for(lambda: payouts.list({"payout_status": "COMPLETED"})["total_items"] >= len(made))
    pages = [payouts.list({"page_number": number, "page_size": 1}) for number in (1, 2, 3)]
    assert [page["data"][0]["payout_id"] for page in pages] == made[::-1]
    assert payouts.list()["data"][0] == payouts.retrieve(made[-1])
    moment = pages[0]["data"][0]["create_time"]
    found = payouts.list({"start_time": moment, "end_time": moment, "page_number": 1, "page_size": 100})["data"]
    assert made[-1] in [payout["payout_id"] for payout in found]
    assert payouts.list({}, {"on_behalf_of": family.poor})["total_items"] == 0
    refusal = refusal_of(lambda: payouts.list({"payout_status": "PAID"}), ValidationError)
    assert refusal == (400, "invalid_request_error", "invalid_parameter")


def test_balances_are_listed_and_read_alone(client: uqpay.UQPayClient) -> None:
    listed = client.payment.balances.list({"page_number": 1, "page_size": 10})
    assert (listed["total_pages"], listed["total_items"]) == (1, 1)
    assert list(listed["data"][0]) == list(client.payment.balances.retrieve("BRL")) == BALANCE_FIELDS
    not_found = refusal_of(lambda: client.payment.balances.retrieve("EUR"), NotFoundError)
    assert not_found == (400, "not_found", "balance_not_found")


def test_a_master_orders_on_behalf_of_its_own_sub_account_and_of_no_other(
    client: uqpay.UQPayClient, family: Family
) -> None:
    payouts, balances, order = client.payment.payouts, client.payment.balances, family.uqpay.order("40.00")
    rich = {"on_behalf_of": family.rich}
    before = balances.retrieve("BRL", rich)["payable_balance"]
    created = payouts.create(order, rich)
    wait_for(lambda: payouts.retrieve(created["payout_id"], rich)["payout_status"] == "COMPLETED")
    assert float(balances.retrieve("BRL", rich)["payable_balance"]) == float(before) - 40
    # The same payout under another account is not found, although both are the caller's.
    elsewhere = refusal_of(lambda: payouts.retrieve(created["payout_id"]), NotFoundError)
    assert elsewhere == (400, "not_found", "payout_not_found")
    stranger = {"on_behalf_of": str(uuid4())}
    assert refusal_of(lambda: payouts.create(order, stranger), ValidationError) == NO_SUCH_ACCOUNT
    assert refusal_of(lambda: balances.list(None, stranger), ValidationError) == NO_SUCH_ACCOUNT


def test_a_key_gives_the_same_payout_again_and_is_bound_by_what_was_made_alone(
    client: uqpay.UQPayClient, family: Family
) -> None:
    payouts, order = client.payment.payouts, family.uqpay.order("3.00")
    key = {"idempotency_key": str(uuid4())}
    refused = refusal_of(lambda: payouts.create(order | {"payout_amount": "0.001"}, key), ValidationError)
    assert refused == (400, "payout_error", "invalid_amount")
    created = payouts.create(order, key)
    wait_for(lambda: payouts.retrieve(created["payout_id"])["payout_status"] == "COMPLETED")
    before = client.payment.balances.retrieve("BRL")["payable_balance"]
    for body in (order, dict(reversed(order.items()))):
        assert payouts.create(body, key) == payouts.retrieve(created["payout_id"])
    for body in (order | {"payout_amount": "3.01"}, order | {"payout_amount": "-1"}):
        assert refusal_of(lambda body=body: payouts.create(body, key), IdempotencyError) == OTHER_BODY
    assert client.payment.balances.retrieve("BRL")["payable_balance"] == before


# -- bank accounts ----------------------------------------------------------------------------------------------------


def test_the_client_keeps_bank_accounts(client: uqpay.UQPayClient) -> None:
    accounts = client.payment.bank_accounts
    key = {"idempotency_key": str(uuid4())}
    made = accounts.create(bank_account(), key)
    assert list(made) == BANK_ACCOUNT_FIELDS
    assert accounts.create(bank_account(), key) == accounts.retrieve(made["id"]) == made
    assert accounts.list()["data"] == accounts.list({"page_number": 1, "page_size": 100})["data"] == [made]
    changed = accounts.update(made["id"], {"account_number": "9876540000"})
    assert changed == made | {"account_number": "9876540000", "account_status": "Invalid"}
    assert accounts.retrieve(made["id"]) == changed
    other = refusal_of(lambda: accounts.create(bank_account(bank_name="Itaú"), key), IdempotencyError)
    assert other == OTHER_BODY
    unknown = refusal_of(lambda: accounts.retrieve(str(uuid4())), NotFoundError)
    assert unknown == (400, "not_found", "bank_account_not_found")
    missing = refusal_of(lambda: accounts.create(bank_account(bank_name="")), ValidationError)
    assert missing == (400, "invalid_request_error", "missing_parameter")


# -- transfers --------------------------------------------------------------------------------------------------------


def test_the_client_moves_money_between_its_accounts(client: uqpay.UQPayClient, family: Family) -> None:
    transfers = client.banking.transfers
    key = {"idempotency_key": str(uuid4())}
    made = transfers.create(transfer(family.master_id, family.rich, "12.00"), key)
    assert transfers.create(transfer(family.master_id, family.rich, "12.00"), key) == made
    told = transfers.retrieve(made["transfer_id"])
    assert list(told) == TRANSFER_FIELDS
    assert (told["transfer_amount"], told["transfer_status"]) == ("12", "completed")
    day = told["create_time"][:10]
    query = {
        "page_number": 1,
        "page_size": 10,
        "start_time": day,
        "end_time": day,
        "transfer_status": "completed",
        "currency": "BRL",
    }
    assert transfers.list(query)["data"] == [told]
    assert transfers.list(query, {"on_behalf_of": family.rich})["data"] == [told]
    unknown = refusal_of(lambda: transfers.retrieve(str(uuid4())), NotFoundError)
    assert unknown == (400, "not_found", "transfer_not_found")
    nobody = refusal_of(lambda: transfers.create(transfer(family.master_id, str(uuid4()))), ValidationError)
    assert nobody == (400, "account_error", "account_not_found")


# -- connected accounts -----------------------------------------------------------------------------------------------


def test_the_client_lists_and_retrieves_connected_accounts(client: uqpay.UQPayClient, family: Family) -> None:
    page = client.connect.accounts.list({"page_number": 1, "page_size": 10})
    assert [each["account_id"] for each in page["data"]] == [family.rich, family.poor]
    found = client.connect.accounts.retrieve(family.poor)
    assert found == page["data"][1] | {"review_reason": ""}
    with pytest.raises(UQPayError) as caught:
        client.connect.accounts.retrieve(str(uuid4()))
    assert caught.value.http_status == 400
