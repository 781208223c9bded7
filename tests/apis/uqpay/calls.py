"""What the whole-process tests of UQPAY share: bodies that are accepted, a family of accounts, the official client.

The trap: the client has no setting for a base URL, so the table of its sandbox is changed, for one client at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uqpay

from tests.apis.uqpay.merchant import UqpayMerchant
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.observer import wait_for
from tests.e2e.raw_http import Answer
from tests.e2e.server import Server

PAYOUT_FIELDS = [
    "payout_id",
    "payout_currency",
    "payout_amount",
    "statement_descriptor",
    "payout_status",
    "create_time",
    "internal_note",
    "completed_time",
]
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
BANK_ACCOUNT_FIELDS = [
    "id",
    "account_name",
    "account_number",
    "bank_name",
    "bank_address",
    "swift_code",
    "bank_country_code",
    "currency",
    "bank_code_type",
    "bank_code_value",
    "bank_branch_code",
    "account_status",
]
TRANSFER_FIELDS = [
    "transfer_id",
    "short_reference_id",
    "reference_id",
    "source_account_name",
    "destination_account_name",
    "transfer_currency",
    "transfer_amount",
    "transfer_status",
    "create_time",
    "complete_time",
    "created_by",
    "transfer_reason",
]
ACCOUNT_FIELDS = [
    "account_id",
    "short_reference_id",
    "business_code",
    "email",
    "account_name",
    "status",
    "verification_status",
    "country",
    "entity_type",
    "contact_details",
]


def bank_account(currency: str = "BRL", **fields: Any) -> dict[str, Any]:
    """Of a currency that demands no national code."""
    return {
        "account_number": "1234567890",
        "bank_name": "Banco do Brasil",
        "bank_address": "Rua Um 1",
        "swift_code": "BRASBRRJ",
        "bank_country_code": "BR",
        "currency": currency,
    } | fields


def transfer(source: str, target: str, amount: Any = "5.00", **fields: Any) -> dict[str, Any]:
    return {
        "source_account_id": source,
        "target_account_id": target,
        "currency": "BRL",
        "amount": amount,
        "reason": "float for January",
    } | fields


class Family(msgspec.Struct, frozen=True):
    """A master with 1,000.00 BRL, and two connected accounts with 100.00 and nothing."""

    master: Merchant
    rich: str
    poor: str

    @property
    def uqpay(self) -> UqpayMerchant:
        return self.master.uqpay

    @property
    def master_id(self) -> str:
        return self.master.account_id

    def payable(self, account: str = "", currency: str = "BRL") -> str:
        """What can be paid out, "" where the account never had any."""
        answer = self.uqpay.ask(f"{self.uqpay.BALANCES}/{currency}", account=account)
        return str(answer.json().get("payable_balance", ""))


def open_family(outlay: Server, folder: Path) -> Family:
    master = open_merchant(outlay, folder, dialects=["uqpay"], funds={"BRL": "1000.00"})
    accounts = []
    for name in ("Rich", "Poor"):
        opened = outlay.cli.json("account", "create", name, "--country", "BR", "--parent", master.account_id)
        accounts.append(opened["account_id"])
    outlay.cli("fund", accounts[0], "100.00", "BRL", "--reference", "start")
    return Family(master, *accounts)


def refusal_of(answer: Answer) -> tuple[int, str, str]:
    """HTTP status, type and code of an answer in the first of the three envelopes."""
    error = answer.json()
    assert list(error) == ["type", "code", "message"], answer
    return answer.status, error["type"], error["code"]


def wait_until_it_is(word: str, merchant: UqpayMerchant, payout: Mapping[str, Any], *, account: str = "") -> Any:
    """The payout as soon as its status is this one."""

    def look() -> dict[str, Any]:
        found = merchant.get(merchant.PAYOUT + payout["payout_id"], account=account)
        return found if found["payout_status"] == word else {}

    return wait_for(look)


@contextmanager
def official_client(
    outlay: Server, client_id: str, api_key: str, webhook_secret: str = "", **options: Any
) -> Iterator[uqpay.UQPayClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(uqpay.client._BASE_URLS, "sandbox", f"{outlay.base_url}/api")
        client = uqpay.UQPayClient(client_id, api_key, environment="sandbox", webhook_secret=webhook_secret, **options)
    with client:
        yield client
