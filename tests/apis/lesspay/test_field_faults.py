"""What the claims of single fields do not show: which of two is told, and that no value at all is a crash."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.wire.problems import Fault
from tests.apis.lesspay.bodies import (
    ANY_VALUE,
    BANK,
    CRYPTO,
    E_WALLET,
    changed,
    create_of,
    fault_of,
    order_of,
)
from tests.apis.lesspay.desk import CREATE
from tests.apis.lesspay.rows import API

START = f"request POST {CREATE} "
FIELDS = [row.id.removeprefix(START) for row in API.rows if row.id.startswith(START) and "request_id" not in row.id]


@pytest.mark.parametrize("name", ["product_name", "description"])
def test_the_merchants_own_words_may_have_lines_and_tabs(name: str) -> None:
    words = "January:\n\tsalary\u2028and bonus"
    assert getattr(order_of(changed(BANK, name, words)).remarks, name) == words


@pytest.mark.parametrize("value", ["HTTP://merchant.example", "https://[2001:db8::1]:8443/n?a=b#c", "http://1.2.3.4/"])
def test_every_documented_kind_of_url_is_taken(value: str) -> None:
    assert order_of(changed(BANK, "notify_url", value)).notify_url == value


def test_of_several_faults_with_one_code_the_first_field_is_named() -> None:
    body = changed(changed(BANK, "description", 7), "purpose", 7)
    assert fault_of(body) == Fault(200, 30000, "description must be a string")


@given(path=st.sampled_from(FIELDS), value=ANY_VALUE)
def test_any_value_of_any_field_is_an_order_or_a_documented_fault(path: str, value: Any) -> None:
    base = E_WALLET if "e_wallet" in path else CRYPTO if "crypto_wallet" in path else BANK
    _, wrong = create_of(changed(base, path, value))
    if isinstance(wrong, Fault):
        assert wrong.status == 200
        assert wrong.code in {30000, 30001, 30004, 30005, 30006, 30008, 30009}
