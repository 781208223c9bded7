"""Every error of UQPAY that no other test provokes, over real HTTP: tokens, terms of the account, limits, and the three
envelopes that they travel in.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.apis.uqpay.calls import bank_account, official_client, refusal_of, transfer
from tests.apis.uqpay.merchant import UqpayMerchant
from tests.apis.uqpay.tokens import token_of
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.raw_http import Answer, Call, send
from tests.e2e.server import Server, quiet_folder

pytestmark = pytest.mark.slow

TOKEN_LIFE_S = 1800
EXPIRED = (401, {"error": "token has expired"})
RATE = 60


@pytest.fixture(scope="module")
def merchant(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    return open_merchant(outlay, tmp_path_factory.mktemp("keys"), dialects=["uqpay"], funds={"BRL": "1000.00"})


@pytest.fixture(scope="module")
def uqpay(merchant: Merchant) -> UqpayMerchant:
    return merchant.uqpay


def every_call(uqpay: UqpayMerchant) -> list[Call]:
    """One of each endpoint but the token's. What they name does not exist; what they would make could be made."""
    an_id = str(uuid4())
    return [
        uqpay.call(uqpay.CREATE, uqpay.order("1.00")),
        uqpay.call(uqpay.LIST),
        uqpay.call(f"{uqpay.PAYOUT}PO1"),
        uqpay.call(uqpay.BALANCES),
        uqpay.call(f"{uqpay.BALANCES}/BRL"),
        uqpay.call(uqpay.BANK_ACCOUNT_CREATE, bank_account()),
        uqpay.call(uqpay.BANK_ACCOUNTS),
        uqpay.call(f"{uqpay.BANK_ACCOUNTS}/{an_id}"),
        uqpay.call(f"{uqpay.BANK_ACCOUNTS}/{an_id}", {"bank_name": "Itaú"}),
        uqpay.call(uqpay.TRANSFERS, transfer(uqpay.account_id, an_id)),
        uqpay.call(uqpay.TRANSFERS),
        uqpay.call(f"{uqpay.TRANSFERS}/{an_id}"),
        uqpay.call(uqpay.ACCOUNTS),
        uqpay.call(f"{uqpay.ACCOUNTS}/{an_id}"),
    ]


def told(outlay: Server, call: Call) -> tuple[int, Any]:
    answer = send(outlay.base_url, call)
    return answer.status, answer.json()


# -- tokens -----------------------------------------------------------------------------------------------------------


def test_every_endpoint_wants_a_token_of_the_right_form(outlay: Server, uqpay: UqpayMerchant) -> None:
    malformed = {"type": "unauthorized_error", "code": "unauthorized_error", "message": "invalid auth token format"}
    for call in every_call(uqpay):
        for header in (None, "", "Bearer ", "bearer", f"Basic {uqpay.token}", f"{uqpay.token} {uqpay.token}"):
            assert told(outlay, call.headed({"x-auth-token": header})) == (401, malformed)


def test_a_token_is_good_bare_and_after_bearer_in_any_case(outlay: Server, uqpay: UqpayMerchant) -> None:
    for header in (uqpay.token, f"Bearer {uqpay.token}", f"BEARER {uqpay.token}", f"bearer {uqpay.token}"):
        for call in every_call(uqpay):
            assert told(outlay, call.headed({"x-auth-token": header}))[0] != 401


def test_a_token_of_thirty_one_minutes_ago_has_expired_everywhere(outlay: Server, uqpay: UqpayMerchant) -> None:
    issued_s = int(time.time()) - 31 * 60
    old = token_of(uqpay.client_id, uqpay.api_key, issued_s + TOKEN_LIFE_S)
    young = token_of(uqpay.client_id, uqpay.api_key, issued_s + TOKEN_LIFE_S + 120)
    forged = token_of(uqpay.client_id, "uqkey_of_somebody", issued_s + 2 * TOKEN_LIFE_S)
    for call in every_call(uqpay):
        for token in (old, forged, "uqtok_none", "a.b.c"):
            assert told(outlay, call.headed({"x-auth-token": f"Bearer {token}"})) == EXPIRED
    read = uqpay.call(uqpay.BALANCES)
    assert told(outlay, read.headed({"x-auth-token": f"Bearer {young}"}))[0] == 200


def test_the_end_of_a_token_is_thirty_minutes_ahead(outlay: Server, uqpay: UqpayMerchant) -> None:
    status, document = told(outlay, uqpay.token_call())
    assert (status, list(document)) == (200, ["auth_token", "expired_at"])
    assert 0 <= time.time() + TOKEN_LIFE_S - document["expired_at"] < 60


def test_a_revoked_key_ends_its_tokens(outlay: Server, merchant: Merchant) -> None:
    shown = outlay.cli.json("credential", "create", merchant.account_id, "--dialect", "uqpay")
    other = UqpayMerchant(outlay, shown)
    assert other.ask(other.BALANCES).status == 200
    outlay.cli("credential", "revoke", other.client_id)
    for call in every_call(other):
        assert told(outlay, call) == EXPIRED
    assert told(outlay, other.token_call()) == (400, {"error": "Invalid client id"})


def test_the_client_id_must_be_the_tokens(outlay: Server, uqpay: UqpayMerchant) -> None:
    for call in every_call(uqpay):
        answer = send(outlay.base_url, call.headed({"x-client-id": "somebody"}))
        assert refusal_of(answer) == (400, "invalid_request_error", "invalid_parameter")


def test_no_endpoint_reaches_an_account_of_somebody_else(outlay: Server, uqpay: UqpayMerchant, tmp_path: Path) -> None:
    stranger = open_merchant(outlay, tmp_path, dialects=["uqpay"])
    for call in every_call(uqpay):
        for account in (stranger.account_id, str(uuid4()), "x"):
            answer = send(outlay.base_url, call.headed({"x-on-behalf-of": account}))
            assert refusal_of(answer) == (400, "account_error", "sub_account_not_found")


# -- the terms of an account ------------------------------------------------------------------------------------------


def test_the_terms_of_an_account_have_their_codes(outlay: Server, tmp_path: Path) -> None:
    merchant = open_merchant(outlay, tmp_path, dialects=["uqpay"], funds={"BRL": "1000.00"})
    sub_account = outlay.cli.json("account", "create", "Sub", "--country", "BR", "--parent", merchant.account_id)[
        "account_id"
    ]
    uqpay = merchant.uqpay

    def ordered(amount: str = "50.00", **fields: Any) -> Answer:
        return uqpay.ask(uqpay.CREATE, uqpay.order(amount, **fields))

    outlay.cli("limit", "set", uqpay.account_id, "BRL", "--min", "5.00", "--max", "100.00")
    for amount in ("4.99", "100.01", "0", "-5", "1.234", "x"):
        assert refusal_of(ordered(amount)) == (400, "payout_error", "invalid_amount")
    assert refusal_of(ordered(payout_currency="USD")) == (400, "payout_error", "invalid_currency")
    assert refusal_of(ordered(payout_currency="brl")) == (400, "payout_error", "invalid_currency")
    outlay.cli("block", "add", uqpay.account_id, sub_account, "--by", "ana", "--why", "test")
    assert refusal_of(ordered(payout_account_id=sub_account)) == (400, "payout_error", "payout_disabled")
    outlay.cli("method", "off", uqpay.account_id, "BRL", "--all")
    assert refusal_of(ordered()) == (400, "payout_error", "payout_disabled")
    outlay.cli("method", "on", uqpay.account_id, "BRL", "--all")
    assert ordered().status == 200
    outlay.cli("account", "close", uqpay.account_id)
    assert refusal_of(ordered()) == (400, "account_error", "account_not_found")
    assert uqpay.get(uqpay.LIST)["total_items"] == 1


# -- too many requests ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def slow() -> Iterator[Server]:
    """Takes few calls a minute."""
    limits = {"OUTLAY_RATE_LIMIT": str(RATE), "OUTLAY_TOKEN_RATE_LIMIT": "3"}
    with quiet_folder() as folder, Server(folder / "data", **limits) as running:
        yield running


def until_it_is_too_much(slow: Server, call: Call, most: int) -> Answer:
    for _ in range(most):
        answer = send(slow.base_url, call)
        if answer.status != 200:
            return answer
    raise AssertionError(f"{most} calls were not too many")


def is_too_many(answer: Answer) -> bool:
    waits_s = int(answer.headers["retry-after"])
    return refusal_of(answer) == (429, "api_error", "velocity_limit_exceeded") and 1 <= waits_s <= 60


def test_tokens_and_other_calls_are_counted_apart(slow: Server, tmp_path: Path) -> None:
    uqpay = open_merchant(slow, tmp_path, dialects=["uqpay"], funds={"BRL": "10.00"}).uqpay
    assert is_too_many(until_it_is_too_much(slow, uqpay.token_call(), 4))
    assert uqpay.ask(uqpay.BALANCES).status == 200
    assert is_too_many(until_it_is_too_much(slow, uqpay.call(uqpay.BALANCES), 10 * RATE))
    # Nothing is done for one call too many, whatever it is.
    assert is_too_many(until_it_is_too_much(slow, uqpay.call(uqpay.CREATE, uqpay.order("1.00")), 5))
    other = open_merchant(slow, tmp_path, dialects=["uqpay"]).uqpay
    assert other.ask(other.BALANCES).status == 200


def test_the_official_client_waits_as_long_as_it_is_told(slow: Server, tmp_path: Path) -> None:
    uqpay = open_merchant(slow, tmp_path, dialects=["uqpay"], funds={"BRL": "10.00"}).uqpay
    with official_client(slow, uqpay.client_id, uqpay.api_key) as client:
        client.payment.balances.list()
        until_it_is_too_much(slow, uqpay.call(uqpay.BALANCES), 10 * RATE)
        began = time.monotonic()
        assert client.payment.payouts.create(uqpay.order("1.00"))["payout_status"] == "INITIATED"
        assert time.monotonic() - began >= 0.9
