"""What the rest of the APIs costs: a LessPay batch of 1,000 payouts, and a page of UQPAY's and of TeemoPay's list.

A batch is measured by its details, so that it can be compared with as many single creates in the same run, and by the
time that its one request takes. That it is one transaction is not believed but counted, by the transaction numbers that
the rows of a batch bear.

The trap: a list grows with what the other rounds order. So it is read on an account of its own, with one batch on it
and nothing else.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec

from outlay.cli.client import call
from outlay.dialects import all_dialects
from outlay.service.operator.accounts import open_account
from outlay.service.operator.credentials import issue_credential
from outlay.service.operator.fund_account import fund_account
from outlay.service.runtime import Runtime
from outlay.wire.dialect import IssuedCredential
from outlay.wire.message import Request
from tests.apis.lesspay.merchant import lesspay_signature
from tests.apis.lesspay.orders import bank_detail
from tests.apis.software import now_ms
from tests.apis.teemopay.merchant import plain_signature, teemopay_text
from tests.bench.load import Measured, Shot, fire, shot

DETAILS = 1000
DETAIL = "1.00"
CURRENCY = "BRL"
FUNDS_MINOR = 10**15
AT_ONCE = 4
PAGE = 100
BATCH_PATH = "/api/global/payout/batch/create-order"
UQPAY_LIST_PATH = "/api/v2/payment/payout"
TEEMOPAY_LIST_PATH = "/api/pay/transaction/queryList"

TRANSACTIONS = """
with rows as (
    select subject_id as batch_id, xmin from claims where account_id = $1
    union all select batch_id, xmin from batches where account_id = $1
    union all select batch_id, xmin from payouts where account_id = $1
    union all select p.batch_id, f.xmin from facts f join payouts p using (account_id, payout_id) where account_id = $1
    union all select p.batch_id, o.xmin from postings o
        join payouts p on p.account_id = o.account_id and p.payout_id = o.subject_id where o.account_id = $1
),
counted as (select batch_id, count(distinct xmin::text) as transactions, count(*) as rows from rows group by 1)
select max(transactions) as most, min(rows) as fewest_rows, max(rows) as most_rows from counted
"""
"""Of each batch: by how many transactions all of its rows were written (they bear the number), and how many rows."""
ROWS_OF_A_BATCH = 2 + 3 * DETAILS  # its claim and itself; of each payout: itself, a fact, a posting

Run = Callable[[], Awaitable[Measured]]


class Rest(msgspec.Struct, frozen=True):
    """The contestants by their names, and the most transactions that any batch was."""

    batches: Mapping[str, Run]
    lists: Mapping[str, Run]
    count_transactions: Callable[[], Awaitable[int]]


class _Speaker(msgspec.Struct, frozen=True):
    """One account with keys in all three APIs."""

    base_url: str
    account_id: UUID
    shown: Mapping[str, Mapping[str, str]]
    key_file: Path
    token: str

    def batch(self, reference: str) -> Shot:
        details = [
            bank_detail(DETAIL, f"D-{ordinal}", bank_account_no=f"{10**11 + ordinal}") for ordinal in range(DETAILS)
        ]
        body = {
            "request_id": reference,
            "currency": CURRENCY,
            "total_amount": f"{DETAILS}.00",
            "way_code": "TAZAPAY_PAYOUT",
            "payout_order_details": details,
        }
        text = json.dumps(body, separators=(",", ":"))
        shown = self.shown["lesspay"]
        headers = {
            "x-auth-appid": shown["app_id"],
            "x-auth-timestamp": str(now_ms()),
            "x-auth-signature": lesspay_signature(text, shown["app_secret"]),
            "content-type": "application/json",
        }
        request = Request("POST", BATCH_PATH, "", headers, text.encode())
        return shot(self.base_url, request, reference, {"x-auth-timestamp": ""})

    def uqpay_list(self) -> Shot:
        headers = {"x-auth-token": f"Bearer {self.token}"}
        request = Request("GET", UQPAY_LIST_PATH, f"page_number=2&page_size={PAGE}", headers, b"")
        return shot(self.base_url, request, f'"total_items":{DETAILS}', {})

    def teemopay_list(self) -> Shot:
        now = datetime.now(UTC) - timedelta(hours=3)
        body: dict[str, Any] = {
            "type": "PAYOUT",
            "pageSize": PAGE,
            "beginTime": f"{now - timedelta(days=1):%Y-%m-%d %H:%M:%S}.000",
            "endTime": f"{now + timedelta(days=1):%Y-%m-%d %H:%M:%S}.000",
        }
        nonce = uuid4().hex
        body["sign"] = plain_signature(teemopay_text(json.dumps(body), nonce), self.key_file)
        headers = {
            "content-type": "application/json",
            "app_code": self.shown["teemopay"]["app_code"],
            "country": "BR",
            "nonce": nonce,
            "timestamp": str(now_ms()),
        }
        request = Request("POST", TEEMOPAY_LIST_PATH, "", headers, json.dumps(body).encode())
        return shot(self.base_url, request, '"pageIndex":"', {"timestamp": ""})


async def prepare(base_url: str, runtime: Runtime, requests: int, folder: Path) -> Rest:
    """`requests` of one kind in a round; of batches and lists fewer, because they are heavier. `folder` is for keys."""
    merchant, listed = await _speaker(base_url, runtime, folder), await _speaker(base_url, runtime, folder)
    await fire(base_url, [listed.batch("listed")])
    batch_count, list_count = max(requests // 300, AT_ONCE), max(requests // 10, 1)

    async def batches(connections: int) -> Measured:
        shots = [merchant.batch(f"B-{secrets.token_hex(12)}") for _ in range(batch_count)]
        measured = await fire(base_url, shots, connections)
        return msgspec.structs.replace(measured, per_second=measured.per_second * DETAILS)

    async def lists(make: Callable[[], Shot]) -> Measured:
        return await fire(base_url, [make() for _ in range(list_count)])

    async def transactions() -> int:
        row = await runtime.database.fetchrow(TRANSACTIONS, merchant.account_id)
        if row is None or (row["fewest_rows"], row["most_rows"]) != (ROWS_OF_A_BATCH, ROWS_OF_A_BATCH):
            raise RuntimeError(f"a batch of {DETAILS} has left {row}")
        most: int = row["most"]
        return most

    return Rest(
        batches={
            "lesspay: details, one batch at a time": lambda: batches(1),
            f"lesspay: details, {AT_ONCE} batches at once": lambda: batches(AT_ONCE),
        },
        lists={
            f"uqpay: list, page of {PAGE} of {DETAILS:,}": lambda: lists(listed.uqpay_list),
            f"teemopay: list, page of {PAGE}": lambda: lists(listed.teemopay_list),
        },
        count_transactions=transactions,
    )


async def _speaker(base_url: str, runtime: Runtime, folder: Path) -> _Speaker:
    """With review, so that no background work runs meanwhile."""
    account = await open_account(runtime, name="Bench", country="BR", needs_review=True)
    if not hasattr(account, "account_id"):
        raise RuntimeError(f"no account: {account}")
    await fund_account(runtime, account.account_id, CURRENCY, FUNDS_MINOR, "bench")
    shown: dict[str, Mapping[str, str]] = {}
    for name, dialect in all_dialects().items():
        issued = await issue_credential(runtime, dialect, account.account_id)
        if not isinstance(issued, IssuedCredential):
            raise RuntimeError(f"no credential: {issued}")
        shown[name] = issued.shown
    opening = all_dialects()["uqpay"].samples.opening(shown["uqpay"])
    if opening is None:
        raise RuntimeError("this API needs a token")
    opened = json.loads((await asyncio.to_thread(call, base_url, opening)).body)
    key_file = folder / f"bench-{account.account_id}.pem"
    key_file.write_text(shown["teemopay"]["private_key_pem"])
    return _Speaker(base_url, account.account_id, shown, key_file, opened["auth_token"])
