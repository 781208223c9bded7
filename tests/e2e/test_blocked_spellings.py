"""A blocked number is refused by every API, in whatever spelling it was blocked and is ordered."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from outlay.core.account import short_id
from tests.apis.found import all_names
from tests.apis.software import CPF
from tests.apis.uqpay.calls import bank_account
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

OTHER_CPF = "52998224725"


@pytest.fixture
def merchant(outlay: Server, tmp_path: Path) -> Merchant:
    return open_merchant(outlay, tmp_path, dialects=all_names(), funds={"BRL": "1000.00"})


def block(outlay: Server, merchant: Merchant, number: str) -> None:
    outlay.cli("block", "add", merchant.account_id, number, "--by", "Ana", "--why", "a court's order")


def test_a_blocked_document_is_refused_by_the_apis_that_pay_to_it(outlay: Server, merchant: Merchant) -> None:
    lesspay, teemopay = merchant.lesspay, merchant.teemopay
    block(outlay, merchant, "１１１.444.777-35\u200b")
    assert lesspay.ask(lesspay.CREATE, lesspay.order("1.00")).json()["code"] == 9999
    assert teemopay.code(teemopay.CREATE, teemopay.order("1.00")) == 462
    assert teemopay.code(teemopay.CREATE, teemopay.order("1.00", bankAccount=OTHER_CPF)) == 462, "the person's document"
    teemopay.create(teemopay.order("1.00", bankAccount=OTHER_CPF, idCardNumber=OTHER_CPF))
    outlay.cli("block", "remove", merchant.account_id, CPF)
    lesspay.create(lesspay.order("1.00"))
    teemopay.create(teemopay.order("1.00"))


def test_a_blocked_phone_is_refused_though_its_parts_stand_in_two_fields(outlay: Server, merchant: Merchant) -> None:
    lesspay = merchant.lesspay
    block(outlay, merchant, "+55 (11) 99999-0000")
    refused = lesspay.ask(lesspay.CREATE, lesspay.order("1.00")).json()
    assert (refused["code"], refused["data"]) == (9999, None)
    outlay.cli("block", "remove", merchant.account_id, "+5511999990000")
    lesspay.create(lesspay.order("1.00"))


def test_the_merchants_own_account_and_an_account_here_are_refused_too(outlay: Server, merchant: Merchant) -> None:
    uqpay = merchant.uqpay
    uqpay.post(uqpay.BANK_ACCOUNT_CREATE, bank_account("BRL"))
    sub = outlay.cli.json("account", "create", "Kopi", "--country", "BR", "--parent", merchant.account_id)["account_id"]
    uqpay.post(uqpay.CREATE, uqpay.order("1.00"))
    block(outlay, merchant, "123-456.789 0")
    answer = uqpay.ask(uqpay.CREATE, uqpay.order("1.00"), key="own")
    assert (answer.status, answer.json()["code"]) == (400, "payout_disabled")
    uqpay.post(uqpay.CREATE, uqpay.order("1.00", payout_account_id=sub))
    block(outlay, merchant, sub.upper())
    for named in (sub, short_of(sub)):
        answer = uqpay.ask(uqpay.CREATE, uqpay.order("1.00", payout_account_id=named), key=f"to-{named[:8]}")
        assert (answer.status, answer.json()["code"]) == (400, "payout_disabled")


def short_of(account_id: str) -> str:
    return short_id(UUID(account_id))
