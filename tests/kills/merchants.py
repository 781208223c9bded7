"""Merchants of all APIs and what they order while servers die: payouts of every story, payouts to accounts here,
transfers, orders that expire, and some over a rail that refuses no duplicates.

An order keeps what its merchant was told of it, and how it must end. Who has no answer, or "unknown", orders the same
again from the next server.
"""

from __future__ import annotations

import http.client
import json
import os
import random
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from outlay.dialects import all_dialects
from outlay.dialects.uqpay.inbound.transfers import KIND
from outlay.dialects.uqpay.values.fields import number_of
from outlay.process.clock import clock_ms
from outlay.running.moments import Moment
from outlay.wire.message import Request
from outlay.wire.samples import SampleMoment as Instant
from outlay.wire.samples import SampleOrder
from tests.apis.lesspay.merchant import lesspay_signature
from tests.apis.uqpay.merchant import UqpayMerchant
from tests.cli.cli_support import Cli
from tests.e2e.checker import ENDS
from tests.e2e.orders import CENTS, Answer, Client, Verdict, clients_of, read_answer

CARELESS_RAIL = "careless"
"""One more sandbox bank, that does not promise to refuse duplicates: what it does not find is left to people."""
REQUEST_LOST, ANSWER_LOST, HIDDEN = 91, 92, 93
UNANSWERED = frozenset({Verdict.NO_ANSWER, Verdict.UNKNOWN})
LOST = (REQUEST_LOST, ANSWER_LOST, HIDDEN)
ORDERED_APART = 3
EXPIRES_AFTER_S = 1
CAN_PARK = frozenset({Moment.PARKING, Moment.PARKED})


class Story(msgspec.Struct, frozen=True):
    """How an order ends. `at_bank`: orders that the sandbox bank has of it, and how many of them are paid. `out`: how
    often it leaves its account's books; `taken`: how often another account here gets it. `cases`: what people find."""

    state: str
    share_returned: float = 0.0
    at_bank: tuple[int, int] = (0, 0)
    out: int = 0
    taken: int = 0
    cases: tuple[str, ...] = ()


PAID_HERE = Story("paid", out=1, taken=1)
TRANSFERRED = Story("transferred", taken=1)
EXPIRED = Story("expired")
LEFT_TO_PEOPLE = Story("processing", cases=("parked",))


def story_at_bank(amount_minor: int) -> Story:
    state, share = ENDS.get(amount_minor % 100, ("paid", 0.0))
    paid = int(state == "paid")
    return Story(state, share, at_bank=(1, paid), out=paid)


class Order(msgspec.Struct, kw_only=True):
    """`reference`: what the database knows it by. `during`: the moment that its first server died at."""

    account_id: str
    reference: str
    amount_minor: int
    story: Story
    during: str
    send: Callable[[], Answer]
    answers: list[Answer] = []

    def try_again(self) -> None:
        self.answers.append(self.send())

    @property
    def is_answered(self) -> bool:
        return any(answer.verdict not in UNANSWERED for answer in self.answers)

    @property
    def refusals(self) -> list[str]:
        """None may be refused, whatever its server died of."""
        return [answer.text for answer in self.answers if answer.verdict is Verdict.REFUSED]

    @property
    def told_ids(self) -> set[int]:
        return {answer.payout_id for answer in self.answers if answer.payout_id is not None}


class Hasty(Client):
    """A merchant of LessPay whose payouts wait for a reviewer, who never comes: so they expire."""

    def __init__(self, cli: Cli) -> None:
        super().__init__(cli, all_dialects()["lesspay"])
        cli("account", "set", self.account_id, "--review")

    def _call(self, request: Request) -> tuple[int, bytes]:
        text = json.dumps(json.loads(request.body) | {"expired_time": EXPIRES_AFTER_S})
        signature = lesspay_signature(text, self._shown["app_secret"])
        headers = {**request.headers, "x-auth-signature": signature}
        return super()._call(replace(request, headers=headers, body=text.encode()))


class Family(Client):
    """A master in UQPAY's API with one branch, to which it pays, and transfers."""

    def __init__(self, cli: Cli) -> None:
        super().__init__(cli, all_dialects()["uqpay"])
        country = self._samples.country
        opened = cli.json("account", "create", "Branch", "--country", country, "--parent", self.account_id)
        self.branch_id: str = opened["account_id"]

    def pay_branch(self, amount_minor: int, during: str) -> Order:
        body = UqpayMerchant.order(in_major(amount_minor), payout_account_id=self.branch_id)
        body["payout_currency"] = self._samples.currency
        return self._order(UqpayMerchant.CREATE, body, _read_payout, amount_minor, PAID_HERE, during)

    def give_branch(self, amount_minor: int, during: str) -> Order:
        body = {
            "source_account_id": self.account_id,
            "target_account_id": self.branch_id,
            "currency": self._samples.currency,
            "amount": in_major(amount_minor),
            "reason": "float",
        }
        return self._order(UqpayMerchant.TRANSFERS, body, _read_transfer, amount_minor, TRANSFERRED, during)

    def _order(
        self,
        path: str,
        body: dict[str, Any],
        read: Callable[[int, bytes], Answer],
        amount_minor: int,
        story: Story,
        during: str,
    ) -> Order:
        entropy, any_order = os.urandom(16), SampleOrder("any", self._samples.currency, "1.00")

        def request() -> Request:
            signed = self._samples.create(self._session, any_order, Instant(clock_ms(), entropy))
            return replace(signed, path=path, body=json.dumps(body).encode())

        def send() -> Answer:
            try:
                status, answer = self._call(request())
            except (OSError, http.client.HTTPException) as error:
                return Answer(Verdict.NO_ANSWER, None, repr(error))
            return read(status, answer)

        reference = request().headers["x-idempotency-key"]
        return Order(
            account_id=self.account_id,
            reference=reference,
            amount_minor=amount_minor,
            story=story,
            during=during,
            send=send,
        )


def _read_payout(status: int, body: bytes) -> Answer:
    return read_answer("uqpay", status, body)


def _read_transfer(status: int, body: bytes) -> Answer:
    if status != 200:
        return _read_payout(status, body)
    return Answer(Verdict.ACCEPTED, number_of(KIND, json.loads(body)["transfer_id"]), "")


def in_major(amount_minor: int) -> str:
    return f"{amount_minor // 100}.{amount_minor % 100:02}"


class Merchants:
    """All of them, made by command. The rail CARELESS_RAIL must be there."""

    def __init__(self, cli: Cli) -> None:
        self._cli = cli
        self._clients = clients_of(cli)
        self._family, self._hasty = Family(cli), Hasty(cli)
        self._careless = Client(cli, all_dialects()["lesspay"])
        cli("account", "rails", self._careless.account_id, CARELESS_RAIL)

    @property
    def branch_id(self) -> str:
        return self._family.branch_id

    def wave(self, during: Moment, chance: random.Random) -> list[Order]:
        """Some of everything, in any order; what is left to people only for the moments at which that happens."""
        orders = []
        for client in self._clients:
            for cents in (*chance.sample(CENTS, 2), chance.choice(LOST)):
                orders.append(_ordered_at(client, _amount(chance, cents), during))
        orders.append(_ordered_at(chance.choice(self._clients), _amount(chance, REQUEST_LOST), during))
        for _ in range(ORDERED_APART):
            orders.append(self._family.pay_branch(_amount(chance, 0), during.value))
            orders.append(self._family.give_branch(_amount(chance, 0), during.value))
            if during in CAN_PARK:
                amount_minor = _amount(chance, REQUEST_LOST)
                orders.append(_ordered_at(self._careless, amount_minor, during, LEFT_TO_PEOPLE))
            if during is Moment.EXPIRED:
                orders.append(_ordered_at(self._hasty, _amount(chance, 0), during, EXPIRED))
        chance.shuffle(orders)
        return orders


def _ordered_at(client: Client, amount_minor: int, during: Moment, story: Story | None = None) -> Order:
    sent = client.new_order(amount_minor)
    return Order(
        account_id=client.account_id,
        reference=sent.reference,
        amount_minor=amount_minor,
        story=story or story_at_bank(amount_minor),
        during=during.value,
        send=lambda: client.send(sent),
    )


def _amount(chance: random.Random, cents: int) -> int:
    return chance.randrange(1, 60) * 100 + cents
