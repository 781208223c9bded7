"""UQPAY's own Python client lists payouts, keeps bank accounts, and moves money between the accounts of one master.

With test_uqpay_sdk every call of the client's payout, balance and bank account resources is made, and of its transfers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import uqpay
from uqpay.error import IdempotencyError, NotFoundError, UQPayError, ValidationError
from uqpay.resources.banking.transfers import BankingTransfersResource
from uqpay.resources.payment.balances import PaymentBalancesResource
from uqpay.resources.payment.bank_accounts import BankAccountsResource
from uqpay.resources.payment.payouts import PaymentPayoutsResource

from tests.apis.uqpay.calls import (
    BANK_ACCOUNT_FIELDS,
    TRANSFER_FIELDS,
    Family,
    bank_account,
    official_client,
    open_family,
    transfer,
)
from tests.e2e.observer import wait_for
from tests.e2e.server import Server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def family(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Family:
    return open_family(outlay, tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def client(outlay: Server, family: Family) -> Iterator[uqpay.UQPayClient]:
    with official_client(outlay, family.uqpay.client_id, family.uqpay.api_key) as made:
        yield made


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


# -- payouts ----------------------------------------------------------------------------------------------------------


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
    day = moment[:10]
    assert payouts.list({"start_time": day, "end_time": day})["total_items"] >= 1
    assert payouts.list({}, {"on_behalf_of": family.poor})["total_items"] == 0
    refusal = refusal_of(lambda: payouts.list({"payout_status": "PAID"}), ValidationError)
    assert refusal == (400, "invalid_request_error", "invalid_parameter")


def test_the_client_pays_another_account_of_its_master(client: uqpay.UQPayClient, family: Family) -> None:
    on_behalf = {"on_behalf_of": family.poor}
    payout = client.payment.payouts.create(family.uqpay.order("25.00", payout_account_id=family.poor))
    wait_for(lambda: client.payment.payouts.retrieve(payout["payout_id"])["payout_status"] == "COMPLETED")
    assert client.payment.balances.retrieve("BRL", on_behalf)["payable_balance"] == "25.00"


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
    assert other == (400, "idempotency_error", "key_mismatch_body")
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
    assert client.payment.balances.retrieve("BRL", {"on_behalf_of": family.rich})["payable_balance"] == "112.00"
    unknown = refusal_of(lambda: transfers.retrieve(str(uuid4())), NotFoundError)
    assert unknown == (400, "not_found", "transfer_not_found")
    nobody = refusal_of(lambda: transfers.create(transfer(family.master_id, str(uuid4()))), ValidationError)
    assert nobody == (400, "account_error", "account_not_found")
