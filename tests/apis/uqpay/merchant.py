"""A merchant's own software for UQPAY: its headers and calls.

Nothing here comes from Outlay: see tests/apis/software.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.apis.software import Body, as_bytes
from tests.e2e.raw_http import Answer, Call, send
from tests.e2e.server import Server


class UqpayMerchant:
    """For what the official client does not send. See test_uqpay_sdk for that one."""

    TOKEN = "/api/v1/connect/token"
    CREATE = "/api/v2/payment/payout/create"
    LIST = "/api/v2/payment/payout"
    PAYOUT = "/api/v2/payment/payout/"
    BALANCES = "/api/v2/payment/balances"
    BANK_ACCOUNT_CREATE = "/api/v2/payment/bankaccount/create"
    BANK_ACCOUNTS = "/api/v2/payment/bankaccount"
    TRANSFERS = "/api/v1/transfer"
    ACCOUNTS = "/api/v1/accounts"

    def __init__(self, outlay: Server, shown: Mapping[str, str]) -> None:
        self._outlay = outlay
        self.client_id, self.api_key = shown["client_id"], shown["api_key"]
        self.webhook_secret = shown["webhook_secret"]
        self.account_id = shown["account_id"]
        self.token: str = send(outlay.base_url, self.token_call()).json()["auth_token"]

    def token_call(self) -> Call:
        return Call("POST", self.TOKEN, {"x-client-id": self.client_id, "x-api-key": self.api_key})

    def call(self, path: str, body: Body | None = None, *, key: str | None = None, account: str = "") -> Call:
        """GET without a body, POST with one; `account`: on behalf of this one."""
        headers: dict[str, str | bytes] = {"x-auth-token": f"Bearer {self.token}", "x-client-id": self.client_id}
        if account:
            headers["x-on-behalf-of"] = account
        if body is None:
            return Call("GET", path, headers)
        headers |= {"x-idempotency-key": key or str(uuid4()), "content-type": "application/json"}
        return Call("POST", path, headers, as_bytes(body))

    def ask(self, path: str, body: Body | None = None, *, key: str | None = None, account: str = "") -> Answer:
        return send(self._outlay.base_url, self.call(path, body, key=key, account=account))

    def get(self, path: str, *, account: str = "") -> dict[str, Any]:
        answer = self.ask(path, account=account)
        assert answer.status == 200, answer
        document: dict[str, Any] = answer.json()
        return document

    def post(self, path: str, body: Body, *, key: str | None = None, account: str = "") -> dict[str, Any]:
        answer = self.ask(path, body, key=key, account=account)
        assert answer.status == 200, answer
        document: dict[str, Any] = answer.json()
        return document

    @staticmethod
    def order(amount: Any, **fields: Any) -> dict[str, Any]:
        return {
            "payout_currency": "BRL",
            "payout_amount": amount,
            "statement_descriptor": "OUTLAY 0042",
            "internal_note": "January rent",
        } | fields


def software(outlay: Server, shown: Mapping[str, str], _folder: Path) -> UqpayMerchant:
    return UqpayMerchant(outlay, shown)
