"""Writes down what a version of Outlay leaves in a data folder: `python -m tests.update.write FILE`.

Run with the sources and the tests of that version (check it out, put this folder beside its tests): a real server
takes one order of every API and kind, some of them twice; then every row, the key file, and what was sent are kept as
one JSON document, small enough to keep for ever. `tests.update.test_update` makes the folder again from it. The keys in
it are good for nothing else.

The trap: nothing of the version that reads it may be used here, or the test would compare a version with itself.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg

from outlay.postgres.connect import open_database
from tests.apis.found import all_names
from tests.apis.lesspay.merchant import LessPayMerchant
from tests.apis.software import BRL_FEE, as_bytes
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.raw_http import send
from tests.e2e.server import Server

SETTLED_S = 30.0
TABLES = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
UPPER, LOWER, MIXED = (str(uuid4()) for _ in range(3))


class Writer:
    """One server with one merchant; `sent` is what was ordered, with the answer to it."""

    def __init__(self, outlay_server: Server, folder: Path) -> None:
        self.server = outlay_server
        self.merchant = open_merchant(
            outlay_server,
            folder,
            dialects=all_names(),
            funds={"BRL": "100000.00", "SGD": "1000.00"},
            fees=BRL_FEE,
        )
        self.keys = dict(self.merchant.keys)
        self.sub_account: str = outlay_server.cli.json(
            "account", "create", "Kopi", "--country", "BR", "--parent", self.merchant.account_id
        )["account_id"]
        self.sent: list[dict[str, Any]] = []

    def lesspay(self, merchant: Merchant, path: str, body: Mapping[str, Any], kind: str) -> None:
        answer = send(self.server.base_url, merchant.lesspay.call(path, body))
        self._keep("lesspay", kind, path, body, answer.json()["data"]["pay_order_id"])

    def teemopay(self, body: Mapping[str, Any]) -> None:
        path = self.merchant.teemopay.CREATE
        answer = send(self.server.base_url, self.merchant.teemopay.call(path, body))
        self._keep("teemopay", "payout", path, body, answer.json()["data"]["tradeNo"])

    def uqpay(self, path: str, body: Mapping[str, Any], kind: str, key: str, named: str) -> None:
        made = self.merchant.uqpay.post(path, body, key=key)
        self._keep("uqpay", kind, path, body, made[named], key)

    def _keep(self, api: str, kind: str, path: str, body: Mapping[str, Any], made: str, key: str = "") -> None:
        text = as_bytes(body).decode("utf-8")
        self.sent.append({"api": api, "kind": kind, "path": path, "body": text, "made": made, "key": key})

    def order_everything(self) -> None:
        lesspay, uqpay = self.merchant.lesspay, self.merchant.uqpay
        for amount in ("100.00", "20.61", "30.81", "40.74"):  # paid, failed, returned, held by the bank
            self.lesspay(self.merchant, lesspay.CREATE, lasting(lesspay.order(amount)), "payout")
            self.teemopay(self.merchant.teemopay.order(amount))
            self.uqpay(uqpay.CREATE, uqpay.order(amount), "payout", str(uuid4()), "payout_id")
        self.lesspay(self.merchant, lesspay.BATCH, batch(), "batch")
        for key in (UPPER.upper(), LOWER, MIXED, MIXED.upper()):
            self.uqpay(uqpay.CREATE, uqpay.order("10.00"), "payout", key, "payout_id")
        transfer = {
            "source_account_id": self.merchant.account_id,
            "target_account_id": self.sub_account,
            "currency": "SGD",
            "amount": "5.00",
            "reason": "pocket money",
        }
        self.uqpay(uqpay.TRANSFERS, transfer, "transfer", str(uuid4()).upper(), "transfer_id")
        self.uqpay(uqpay.BANK_ACCOUNT_CREATE, BANK_ACCOUNT, "bank_account", str(uuid4()).upper(), "id")

    def order_for_review(self, folder: Path) -> Merchant:
        """A second merchant, whose orders wait for somebody else than Alice, and who may not pay one number."""
        cli = self.server.cli
        waiting = open_merchant(self.server, folder, funds={"BRL": "1000.00"}, options=("--review",))
        keys = cli.json("credential", "create", waiting.account_id, "--dialect", "lesspay", "--holder", "Alice")
        known = Merchant(self.server, folder, waiting.account_id, {"lesspay": keys})
        self.lesspay(known, LessPayMerchant.CREATE, lasting(LessPayMerchant.order("50.00")), "review")
        cli("block", "add", waiting.account_id, "Maria@Example.com", "--by", "Bob", "--why", "fraud")
        self.waiting_keys = keys
        return known

    def settle(self) -> None:
        """Until the bank has nothing more to say in the next minutes."""
        end = time.monotonic() + SETTLED_S
        while time.monotonic() < end:
            states = {each["state"] for each in self.server.cli.json("payout", "list", "--limit", "100")["payouts"]}
            if "reserved" not in states:
                time.sleep(2)
                return
            time.sleep(0.5)
        raise SystemExit("payouts did not settle")


def lasting(order: dict[str, Any]) -> dict[str, Any]:
    """Without an end: whoever reads this later must find it as it is."""
    return {name: value for name, value in order.items() if name != "expired_time"}


def batch() -> dict[str, Any]:
    details = [
        {
            "mch_order_id": f"D-{number}",
            "amount": f"{number}.00",
            "bank_account_no": f"00123456789{number}",
            "bank_account_name": "Juan dela Cruz",
            "bank_account_type": "individual",
            "bank_name": "BDO Unibank",
            "bank_country_code": "BR",
            "bank_swift_code": "",
        }
        for number in (1, 2, 3)
    ]
    whole = {"request_id": f"B-{uuid4().hex}", "currency": "BRL", "total_amount": "6.00", "way_type": "BANK_TRANSFER"}
    return whole | {"payout_order_details": details}


BANK_ACCOUNT = {
    "account_number": "0123456789",
    "bank_name": "DBS",
    "bank_address": "12 Marina Boulevard",
    "swift_code": "DBSSSGSG",
    "bank_country_code": "SG",
    "currency": "SGD",
}


async def rows_of(dsn: str) -> dict[str, list[Any]]:
    """Every row of every table but partitions, as PostgreSQL itself writes it in JSON."""
    connection = await asyncpg.connect(dsn)
    try:
        names = sorted(row["relname"] for row in await connection.fetch(TABLES))
        return {
            name: [
                json.loads(row["row"]) for row in await connection.fetch(f"select row_to_json(t) as row from {name} t")
            ]
            for name in names
        }
    finally:
        await connection.close()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="outlay-old-") as name:
        folder, data = Path(name), Path(name) / "data"
        with Server(data) as server:
            writer = Writer(server, folder)
            writer.order_everything()
            writer.order_for_review(folder)
            writer.settle()
        with open_database(None, data, own="attach-or-own") as database:
            rows = asyncio.run(rows_of(database.endpoint.url))
        document = {
            "secret_key": (data / "secret.key").read_text("ascii").strip(),
            "account_id": writer.merchant.account_id,
            "keys": writer.keys,
            "waiting_keys": writer.waiting_keys,
            "sent": writer.sent,
            "rows": {table: found for table, found in rows.items() if found},
        }
    Path(sys.argv[1]).write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
