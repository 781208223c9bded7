"""How the accounts of one master are asked in UQPAY's tests of rules, and the whole answers that they get."""

from __future__ import annotations

from typing import Any

from tests.apis.uqpay.calls import Family, transfer
from tests.e2e.raw_http import Answer, Call, send
from tests.e2e.server import Server

Told = tuple[int, Any]


def told(answer: Answer) -> Told:
    return answer.status, answer.json()


def wrong(kind: str, code: str, message: str) -> Told:
    """The whole answer in the first envelope."""
    return 400, {"type": kind, "code": code, "message": message}


NO_SUB = wrong(
    "account_error", "sub_account_not_found", "x-on-behalf-of must be the account_id of a connected account of yours"
)
NO_PAYEE = wrong(
    "account_error", "account_not_found", "payout_account_id must be the calling account or another one of yours"
)
NO_FAMILY = wrong(
    "account_error", "account_not_found", "source_account_id and target_account_id must be two accounts of yours"
)
NOT_ACTIVE = wrong("account_error", "account_not_found", "the account is not active")
NO_FUNDS = wrong("payout_error", "insufficient_balance", "the amount and its fee exceed the payable balance")


def short_of(account_id: str) -> str:
    """Another name of the account, as the documents' samples have it."""
    return "A" + account_id.replace("-", "")[:12].upper()


class Desk:
    """Calls as a family makes them, with what they are told."""

    def __init__(self, outlay: Server, family: Family) -> None:
        self.outlay = outlay
        self.family = family
        self.uqpay = family.uqpay

    def open(self, amount: str = "") -> str:
        """A new connected account, with so much of its master's money."""
        parent = ("--parent", self.family.master_id)
        opened = self.outlay.cli.json("account", "create", "Kopi", "--country", "BR", *parent)
        account_id: str = opened["account_id"]
        if amount:
            self.uqpay.post(self.uqpay.TRANSFERS, transfer(self.family.master_id, account_id, amount))
        return account_id

    def send(self, call: Call) -> Told:
        return told(send(self.outlay.base_url, call))

    def ask(self, path: str, *, account: str = "") -> Told:
        return told(self.uqpay.ask(path, account=account))

    def order(self, amount: str = "1.00", *, account: str = "", key: str | None = None, **fields: Any) -> Told:
        body = self.uqpay.order(amount, **fields)
        return told(self.uqpay.ask(self.uqpay.CREATE, body, account=account, key=key))

    def give(self, source: str, target: str, amount: str = "1.00", **fields: Any) -> Told:
        return told(self.uqpay.ask(self.uqpay.TRANSFERS, transfer(source, target, amount, **fields)))

    def balance(self, addressed: str | None) -> Told:
        """What is told of the balance where this stands in x-on-behalf-of."""
        read = self.uqpay.call(f"{self.uqpay.BALANCES}/BRL")
        return self.send(read.headed({"x-on-behalf-of": addressed}))

    def is_ordered(self, amount: str = "1.00", **how: Any) -> bool:
        status, document = self.order(amount, **how)
        return status == 200 and (document["payout_amount"], document["payout_status"]) == (amount, "INITIATED")
