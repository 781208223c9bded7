"""Outlay driven by UQPAY's own Python client, as a merchant has it from PyPI: only the base URL is another one.

Payouts, balances, tokens and keys. Lists, bank accounts and transfers are in test_uqpay_sdk_accounts.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import uqpay
from uqpay.error import AuthenticationError, IdempotencyError, NotFoundError, UQPayError, ValidationError

from tests.apis.uqpay.calls import PAYOUT_FIELDS, official_client
from tests.apis.uqpay.tokens import token_of
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.observer import wait_for
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

FUNDS = {"SGD": "5000.00", "JPY": "90000"}
# The merchant pays its own account, so all that its software sees is a word.
STORIES = {
    "100.00": "COMPLETED",
    "10.71": "FAILED",
    "10.72": "FAILED",
    "10.73": "FAILED",
    "10.81": "FAILED_REFUNDED",
    "10.82": "FAILED_REFUNDED",
    "10.83": "COMPLETED",
}
BALANCE_FIELDS = [
    "balance_id",
    "currency",
    "available_balance",
    "payable_balance",
    "pending_balance",
    "reserved_balance",
    "margin_balance",
    "frozen_balance",
]
Connect = Callable[..., uqpay.UQPayClient]


@pytest.fixture(scope="module")
def connect(outlay: Server) -> Iterator[Connect]:
    """Makes clients that are closed in the end."""
    with ExitStack() as stack:
        yield lambda *keys: stack.enter_context(official_client(outlay, *keys))


def keys_of(merchant: Merchant) -> tuple[str, str, str]:
    shown = merchant.keys["uqpay"]
    return shown["client_id"], shown["api_key"], shown["webhook_secret"]


@pytest.fixture(scope="module")
def merchant(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    folder = tmp_path_factory.mktemp("keys")
    return open_merchant(outlay, folder, dialects=["uqpay"], funds=FUNDS, fees={"SGD": ("0.50", "0.0100")})


@pytest.fixture(scope="module")
def client(connect: Connect, merchant: Merchant) -> uqpay.UQPayClient:
    return connect(*keys_of(merchant))


@pytest.fixture(scope="module")
def stranger(outlay: Server, connect: Connect, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    return open_merchant(outlay, tmp_path_factory.mktemp("keys"), dialects=["uqpay"], funds={"SGD": "100.00"})


@pytest.fixture(scope="module")
def sub_account(outlay: Server, merchant: Merchant) -> str:
    cli = outlay.cli
    opened = cli.json("account", "create", "Kopi Pte Ltd", "--country", "SG", "--parent", merchant.account_id)
    account_id: str = opened["account_id"]
    cli("fund", account_id, "300.00", "SGD", "--reference", "start")
    return account_id


def order(amount: Any, **fields: Any) -> dict[str, Any]:
    return {
        "payout_currency": "SGD",
        "payout_amount": amount,
        "statement_descriptor": "UQPAY PAYOUT",
        "internal_note": "Payment to supplier",
    } | fields


def status_of(client: uqpay.UQPayClient, payout_id: str, **options: Any) -> str:
    status: str = client.payment.payouts.retrieve(payout_id, options)["payout_status"]
    return status


def is_just_now(text: str) -> bool:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", text)
    return timedelta(seconds=-1) < datetime.now(UTC) - datetime.fromisoformat(text) < timedelta(minutes=10)


def refusal_of(call: Callable[[], Any], kind: type[UQPayError]) -> tuple[int, str, str]:
    """HTTP status, type and code of the error, which is exactly of this class."""
    with pytest.raises(UQPayError) as caught:
        call()
    assert type(caught.value) is kind, caught.value
    return caught.value.http_status, caught.value.type, caught.value.code


# -- the flow -------------------------------------------------------------------------------------------------------


def test_a_payout_is_created_and_retrieved_until_it_is_completed(client: uqpay.UQPayClient) -> None:
    created = client.payment.payouts.create(order("100.00"))
    assert list(created) == PAYOUT_FIELDS
    assert re.fullmatch("PO[0-9]{19}", created["payout_id"])
    assert is_just_now(created["create_time"])
    expected = order("100.00") | {
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


@pytest.mark.parametrize("amount", STORIES)
def test_each_story_of_the_bank_is_told_in_uqpays_words(client: uqpay.UQPayClient, amount: str) -> None:
    created = client.payment.payouts.create(order(amount))
    wait_for(lambda: status_of(client, created["payout_id"]) == STORIES[amount])
    payout = client.payment.payouts.retrieve(created["payout_id"])
    assert payout["payout_amount"] == amount
    assert is_just_now(payout["completed_time"])


def test_a_held_payout_stays_in_processing_until_it_is_paid_by_hand(outlay: Server, client: uqpay.UQPayClient) -> None:
    created = client.payment.payouts.create(order("10.74"))
    wait_for(lambda: status_of(client, created["payout_id"]) == "PROCESSING")
    later = client.payment.payouts.create(order("1.00"))  # the bank goes on with others
    wait_for(lambda: status_of(client, later["payout_id"]) == "COMPLETED")
    assert client.payment.payouts.retrieve(created["payout_id"])["completed_time"] == ""
    assert status_of(client, created["payout_id"]) == "PROCESSING"
    outlay.cli.json("sandbox", "pay", created["payout_id"])
    assert status_of(client, created["payout_id"]) == "COMPLETED"


def test_a_return_in_two_halves_shows_only_when_all_of_it_is_back(outlay: Server, client: uqpay.UQPayClient) -> None:
    payout_id = client.payment.payouts.create(order("1000.00"))["payout_id"]
    wait_for(lambda: status_of(client, payout_id) == "COMPLETED")
    outlay.cli.json("sandbox", "return", payout_id, "500.00")
    assert status_of(client, payout_id) == "COMPLETED"
    outlay.cli.json("sandbox", "return", payout_id, "500.00")
    assert status_of(client, payout_id) == "FAILED_REFUNDED"


def test_balances_are_listed_in_pages_and_read_alone(outlay: Server, connect: Connect, tmp_path: Path) -> None:
    merchant = open_merchant(outlay, tmp_path, dialects=["uqpay"], funds=FUNDS, fees={"SGD": ("0.50", "0.0100")})
    client = connect(*keys_of(merchant))
    held = client.payment.payouts.create(order("100.74"))
    listed = client.payment.balances.list()
    assert (listed["total_pages"], listed["total_items"]) == (1, 2)
    yen, dollars = listed["data"]
    assert list(yen) == list(dollars) == BALANCE_FIELDS
    assert UUID(yen.pop("balance_id")) != UUID(dollars.pop("balance_id"))
    nothing = {"reserved_balance": "0.00", "margin_balance": "0.00", "frozen_balance": "0.00"}
    # The fee of 0.50 + 1.0074 is held with the amount.
    assert dollars == nothing | {
        "currency": "SGD",
        "available_balance": "5000.00",
        "payable_balance": "4897.75",
        "pending_balance": "102.25",
    }
    assert (yen["currency"], yen["available_balance"], yen["payable_balance"]) == ("JPY", "90000", "90000")
    alone = client.payment.balances.retrieve("SGD")
    del alone["balance_id"]
    assert alone == dollars

    second = client.payment.balances.list({"page_number": 2, "page_size": 1})
    assert (second["total_pages"], second["total_items"]) == (2, 2)
    assert [balance["currency"] for balance in second["data"]] == ["SGD"]
    assert client.payment.balances.list({"page_number": 3, "page_size": 1})["data"] == []

    wait_for(lambda: status_of(client, held["payout_id"]) == "PROCESSING")
    outlay.cli.json("sandbox", "fail", held["payout_id"])
    assert client.payment.balances.retrieve("SGD")["payable_balance"] == "5000.00"
    not_found = refusal_of(lambda: client.payment.balances.retrieve("EUR"), NotFoundError)
    assert not_found == (400, "not_found", "balance_not_found")


# -- the token ------------------------------------------------------------------------------------------------------


def test_one_token_serves_many_calls(connect: Connect, merchant: Merchant) -> None:
    client = connect(*keys_of(merchant))
    client.payment.balances.list()
    token, until = client._token_manager._token, client._token_manager._expires_at
    client.payment.balances.list()
    assert client._token_manager._token == token
    assert 1795 <= until - time.time() <= 1800


def test_wrong_keys_get_no_token(connect: Connect, merchant: Merchant) -> None:
    client_id, api_key, _ = keys_of(merchant)
    for keys, status, text in (
        ((uuid4().hex[:24], api_key), 400, "Invalid client id"),
        ((client_id, f"{api_key}x"), 401, "invalid api key"),
    ):
        with pytest.raises(AuthenticationError, match=text) as caught:
            connect(*keys).payment.balances.list()
        assert caught.value.http_status == status


def test_the_client_fetches_a_new_token_when_its_own_has_expired(connect: Connect, merchant: Merchant) -> None:
    client_id, api_key, _ = keys_of(merchant)
    client = connect(client_id, api_key)
    # As after a long sleep: a token that was good until a second ago, kept by a client that takes it for good.
    expired = token_of(client_id, api_key, int(time.time()) - 1)
    client._token_manager._token = expired
    client._token_manager._expires_at = int(time.time()) + 900
    key = str(uuid4())
    created = client.payment.payouts.create(order("2.00"), {"idempotency_key": key})
    assert client._token_manager._token != expired
    assert client.payment.payouts.create(order("2.00"), {"idempotency_key": key})["payout_id"] == created["payout_id"]


def test_an_old_token_stays_good_beside_a_newer_one(connect: Connect, merchant: Merchant) -> None:
    one, other = (connect(*keys_of(merchant)) for _ in range(2))
    one.payment.balances.list()
    other.payment.balances.list()
    assert one._token_manager._token != other._token_manager._token
    before = one._token_manager._token
    one.payment.balances.list()
    assert one._token_manager._token == before


# -- on behalf of ---------------------------------------------------------------------------------------------------


def test_a_master_orders_on_behalf_of_its_own_sub_account(
    client: uqpay.UQPayClient, sub_account: str, merchant: Merchant
) -> None:
    on_behalf = {"on_behalf_of": sub_account}
    before = client.payment.balances.retrieve("SGD")["payable_balance"]
    created = client.payment.payouts.create(order("40.00"), on_behalf)
    wait_for(lambda: status_of(client, created["payout_id"], **on_behalf) == "COMPLETED")
    # The sub-account pays no fee, and its master pays nothing.
    assert client.payment.balances.retrieve("SGD", on_behalf)["payable_balance"] == "260.00"
    assert [each["currency"] for each in client.payment.balances.list(None, on_behalf)["data"]] == ["SGD"]
    assert client.payment.balances.retrieve("SGD")["payable_balance"] == before
    # The same payout under another account is not found, although both are the caller's.
    with pytest.raises(NotFoundError):
        client.payment.payouts.retrieve(created["payout_id"])
    own = client.payment.payouts.create(order("1.00"))["payout_id"]
    with pytest.raises(NotFoundError):
        client.payment.payouts.retrieve(own, on_behalf)
    assert status_of(client, own, on_behalf_of=merchant.account_id) in ("INITIATED", "PROCESSING", "COMPLETED")


def test_any_other_account_is_not_found_and_never_forbidden(
    client: uqpay.UQPayClient, sub_account: str, stranger: Merchant, connect: Connect
) -> None:
    payout_id = client.payment.payouts.create(order("1.00"))["payout_id"]
    foreigner = connect(*keys_of(stranger))
    for caller, account in (
        (client, stranger.account_id),
        (client, str(uuid4())),
        (client, "no-uuid"),
        (foreigner, sub_account),
    ):
        options = {"on_behalf_of": account}
        for call in (
            lambda caller=caller, options=options: caller.payment.payouts.create(order("1.00"), options),
            lambda caller=caller, options=options: caller.payment.payouts.retrieve(payout_id, options),
            lambda caller=caller, options=options: caller.payment.balances.list(None, options),
            lambda caller=caller, options=options: caller.payment.balances.retrieve("SGD", options),
        ):
            assert refusal_of(call, ValidationError) == (400, "account_error", "sub_account_not_found")


def test_somebody_elses_payout_and_an_unknown_one_are_not_found_alike(
    client: uqpay.UQPayClient, stranger: Merchant, connect: Connect, sub_account: str
) -> None:
    foreigner = connect(*keys_of(stranger))
    mine = client.payment.payouts.create(order("1.00"))["payout_id"]
    answers = {
        refusal_of(lambda caller=caller, payout_id=payout_id: caller.payment.payouts.retrieve(payout_id), NotFoundError)
        for caller, payout_id in (
            (foreigner, mine),
            (foreigner, "PO1968582687224500224"),
            (client, "PO1968582687224500224"),
            (client, mine[2:]),
            (client, f"PO0{mine[2:]}"),
            (client, "PO99999999999999999999"),
            (client, "PO%00"),
            (client, "%F0%9F%92%B8"),
        )
    }
    assert answers == {(400, "not_found", "payout_not_found")}


# -- idempotency ----------------------------------------------------------------------------------------------------


def test_the_same_key_and_body_give_the_same_payout_in_its_present_state(client: uqpay.UQPayClient) -> None:
    key = {"idempotency_key": str(uuid4())}
    created = client.payment.payouts.create(order("3.00"), key)
    wait_for(lambda: status_of(client, created["payout_id"]) == "COMPLETED")
    before = client.payment.balances.retrieve("SGD")["payable_balance"]
    reordered = dict(reversed(order("3.00").items()))
    for body in (order("3.00"), reordered):
        again = client.payment.payouts.create(body, key)
        assert again == client.payment.payouts.retrieve(created["payout_id"])
        assert (again["payout_id"], again["payout_status"]) == (created["payout_id"], "COMPLETED")
    assert client.payment.balances.retrieve("SGD")["payable_balance"] == before


def test_the_same_key_with_another_body_is_a_conflict(client: uqpay.UQPayClient) -> None:
    key = {"idempotency_key": str(uuid4())}
    client.payment.payouts.create(order("3.00"), key)
    before = client.payment.balances.retrieve("SGD")["payable_balance"]
    for body in (order("3.01"), order("3.00", internal_note=""), order("-1"), order("3.00", payout_currency="JPY")):
        refusal = refusal_of(lambda body=body: client.payment.payouts.create(body, key), IdempotencyError)
        assert refusal == (400, "idempotency_error", "key_mismatch_body")
    assert client.payment.balances.retrieve("SGD")["payable_balance"] == before


def test_a_key_is_used_on_one_account_of_a_master_only(client: uqpay.UQPayClient, sub_account: str) -> None:
    key = str(uuid4())
    client.payment.payouts.create(order("1.00"), {"idempotency_key": key})
    elsewhere = {"idempotency_key": key, "on_behalf_of": sub_account}
    refusal = refusal_of(lambda: client.payment.payouts.create(order("1.00"), elsewhere), IdempotencyError)
    assert refusal == (400, "idempotency_error", "key_mismatch_account")


def test_a_refusal_does_not_bind_its_key(client: uqpay.UQPayClient) -> None:
    key = {"idempotency_key": str(uuid4())}
    with pytest.raises(ValidationError):
        client.payment.payouts.create(order("0.001"), key)
    assert client.payment.payouts.create(order("1.00"), key)["payout_status"] == "INITIATED"


# -- refusals -------------------------------------------------------------------------------------------------------


def test_more_than_the_balance_is_refused_and_changes_nothing(client: uqpay.UQPayClient) -> None:
    # What is payable: what is pending changes by itself while earlier payouts are still completed.
    before = client.payment.balances.retrieve("SGD")["payable_balance"]
    # The amount alone would do, but not with its fee.
    refusal = refusal_of(lambda: client.payment.payouts.create(order(before)), ValidationError)
    assert refusal == (400, "payout_error", "insufficient_balance")
    assert client.payment.balances.retrieve("SGD")["payable_balance"] == before


@pytest.mark.parametrize(
    ("fields", "kind", "code"),
    [
        ({"payout_currency": "sgd"}, "payout_error", "invalid_currency"),
        ({"payout_amount": "1e3"}, "payout_error", "invalid_amount"),
        ({"payout_amount": "0"}, "payout_error", "invalid_amount"),
        ({"payout_amount": ""}, "invalid_request_error", "missing_parameter"),
        ({"statement_descriptor": "sixteen letters!"}, "invalid_request_error", "invalid_parameter"),
        ({"payout_account_id": str(uuid4())}, "account_error", "account_not_found"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else str(value),
)
def test_the_client_reads_every_refusal_of_a_field(
    client: uqpay.UQPayClient, fields: dict[str, Any], kind: str, code: str
) -> None:
    refusal = refusal_of(lambda: client.payment.payouts.create(order("1.00", **fields)), ValidationError)
    assert refusal == (400, kind, code)


def test_an_amount_may_be_a_number_and_counts_by_its_digits(client: uqpay.UQPayClient) -> None:
    assert client.payment.payouts.create(order(7.25))["payout_amount"] == "7.25"
    assert client.payment.payouts.create(order(7))["payout_amount"] == "7.00"
    refusal = refusal_of(lambda: client.payment.payouts.create(order(0.1 + 0.2)), ValidationError)
    assert refusal == (400, "payout_error", "invalid_amount")
