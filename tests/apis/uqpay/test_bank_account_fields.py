"""A merchant's own bank accounts over uqpay: check digits, and what an update leaves as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from outlay.core.asks import ChangeBankAccount
from outlay.dialects.uqpay.values.fields import uuid_of
from outlay.wire.problems import Fault
from tests.apis.uqpay.desk import (
    A_BANK_ACCOUNT,
    ACCOUNT,
    BANK_ACCOUNT_CREATE,
    BANK_ACCOUNT_UPDATE,
    BODIES,
    CREDENTIAL,
    NOW_MS,
    asked,
    content_of,
    request,
    route,
)
from tests.support import routes
from tests.support.rows import each_row


def changed(body: bytes | Mapping[str, Any], present: Any = A_BANK_ACCOUNT) -> Any:
    found = asked(BANK_ACCOUNT_UPDATE, request(BANK_ACCOUNT_UPDATE, body=body))
    assert isinstance(found.ask, ChangeBankAccount)
    return content_of(found, present)


@each_row(
    ("number", "good"),
    [
        ("GB82WEST12345698765432", True),
        ("DE89370400440532013000", True),
        ("GB82 WEST 1234 5698 7654 32", True),
        ("GB82 WEST 1234 5698 7654 33", False),
        ("GB71950018692652646598", False),
        ("GB82WEST12345698765433", False),
        ("DE8937040044053201300", False),
        ("1234567890", True),
        ("GB82-WEST-1234", True),
        ("AB12345678901234", False),
    ],
)
@each_row("endpoint", [BANK_ACCOUNT_CREATE, BANK_ACCOUNT_UPDATE])
def test_check_digits_of_an_iban_are_asked_for_only_of_an_account_that_asks(
    endpoint: str, number: str, good: bool
) -> None:
    body = {**BODIES[endpoint], "account_number": number}
    sent = request(endpoint, body=body)
    assert not isinstance(content_of(asked(endpoint, sent)), Fault)
    for account in (replace(ACCOUNT, strict_destinations=True), replace(ACCOUNT, rail="real")):
        details = content_of(routes.asked(route(endpoint), sent, replace(CREDENTIAL, account=account), NOW_MS))
        if good:
            assert not isinstance(details, Fault)
        else:
            assert (details.status, details.kind, details.code) == (400, "invalid_request_error", "invalid_parameter")
            assert details.message == (
                "account_number must have the length and the check digits of an IBAN of its country"
            )


def test_an_update_changes_what_is_sent_and_keeps_the_rest() -> None:
    assert changed({"bank_name": "Second Bank"}) == replace(A_BANK_ACCOUNT.details, bank_name="Second Bank")
    assert changed(b"{}") == A_BANK_ACCOUNT.details


@pytest.mark.parametrize("currency", ["SGD", "usd", 5, True, ["USD"]])
def test_the_currency_is_fixed(currency: Any) -> None:
    fault = changed({"currency": currency})
    assert isinstance(fault, Fault)
    assert (fault.code, fault.message) == ("invalid_parameter", "currency of a bank account cannot be changed")


def test_one_body_for_two_accounts_is_two_contents() -> None:
    def digest(number: int) -> bytes:
        sent = request(BANK_ACCOUNT_UPDATE, parameters={"id": uuid_of("bank account", number)})
        ask = asked(BANK_ACCOUNT_UPDATE, sent).ask
        assert isinstance(ask, ChangeBankAccount)
        return ask.claim.digest

    assert digest(1) == digest(1) != digest(2)
