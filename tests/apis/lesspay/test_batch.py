"""What the claims of single fields do not show of a batch: what belongs to each of its payouts, the good side of a
strict account, and which of several faults is told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.apis.lesspay.desk import BATCH, STRICT
from tests.apis.lesspay.orders import HEX_ADDRESS, TRON_ADDRESS
from tests.apis.lesspay.rules.desk import (
    BANKS_BATCH,
    CRYPTO_BATCH,
    GONE,
    WALLETS_BATCH,
    Body,
    Changes,
    No,
    asked,
    changed,
    orders_of,
    taken,
)
from tests.apis.lesspay.said import lesspay_memo
from tests.apis.lesspay.valid_bodies import ANY_VALUE
from tests.support.rows import each_row

DETAILS = "payout_order_details"
FIRST, SECOND = (f"{DETAILS}[{place}]" for place in (0, 1))
WALLET = f"{FIRST}.e_wallet"


def code_of(changes: Changes, body: Body = BANKS_BATCH) -> int:
    found = asked(BATCH, changed(body, changes))
    assert isinstance(found, No), "it was taken"
    return found.code


def test_what_the_order_says_belongs_to_each_of_its_payouts() -> None:
    for order in orders_of(taken(BATCH, BANKS_BATCH)):
        names = ("way_code", "way_type", "product_name", "description", "transaction_network", "notify_url")
        assert lesspay_memo(order) == {name: BANKS_BATCH[name] for name in names}


def test_a_number_with_check_digits_is_looked_at_only_where_destinations_are_checked() -> None:
    def to_key(key: str) -> Body:
        pix = {"provider": "PIX", "deposit_key_type": "pix_key", "deposit_key": key, "account_number": GONE}
        return changed(WALLETS_BATCH, {f"{WALLET}.{name}": value for name, value in pix.items()})

    def to_address(network: str, address: str) -> Body:
        places = {f"{FIRST}.bank_account_no": address, f"{SECOND}.bank_account_no": address}
        return changed(CRYPTO_BATCH, {"transaction_network": network} | places)

    good = [to_key("52998224725"), to_key("11222333000181")]
    good += [to_address("TRC20", TRON_ADDRESS), *(to_address(each, HEX_ADDRESS) for each in ("ERC20", "BEP20"))]
    bad = [to_key("52998224724"), to_key("11222333000180")]
    bad += [to_address("TRC20", HEX_ADDRESS), to_address("ERC20", TRON_ADDRESS), to_address("TRC20", "T")]
    for body in good:
        assert orders_of(taken(BATCH, body, STRICT)) == orders_of(taken(BATCH, body))
    for body in bad:
        taken(BATCH, body)
        found = asked(BATCH, body, STRICT)
        assert isinstance(found, No)
        assert (found.status, found.code) == (200, 30006)


@pytest.mark.parametrize("name", ["bank_account_no", "bank_account_name", "bank_name", "bank_country_code"])
def test_what_banks_need_wallets_may_leave_out_but_not_get_wrong(name: str) -> None:
    assert name not in WALLETS_BATCH[DETAILS][0]
    assert code_of({f"{FIRST}.{name}": 7}, WALLETS_BATCH)


@each_row(
    ("changes", "code"),
    [
        ({f"{FIRST}.bank_account_no": "", f"{SECOND}.bank_name": ""}, 30006),
        ({f"{FIRST}.bank_name": "", f"{SECOND}.bank_account_no": ""}, 30000),
    ],
)
def test_the_first_faulty_detail_in_document_order_decides(changes: Changes, code: int) -> None:
    assert code_of(changes) == code


SAME_REFERENCE = {f"{SECOND}.mch_order_id": "SAL-001"}


@each_row(
    ("changes", "code"),
    [
        ({f"{SECOND}.bank_account_no": "", "total_amount": "9.99"}, 30002),
        ({f"{SECOND}.bank_name": "", "total_amount": "9.99"}, 30000),
        ({f"{SECOND}.bank_account_no": "", "currency": "ZZZ"}, 30001),
        (SAME_REFERENCE | {"total_amount": "9.99"}, 30002),
        (SAME_REFERENCE | {f"{SECOND}.bank_account_no": ""}, 30006),
        ({f"{SECOND}.bank_account_no": "", "transaction_type": "pay_in"}, 30006),
    ],
)
def test_of_its_faults_and_those_of_the_order_the_lowest_code_is_told(changes: Changes, code: int) -> None:
    assert code_of(changes) == code


def test_a_sum_is_not_judged_while_one_of_its_amounts_is_unreadable() -> None:
    assert code_of({f"{SECOND}.amount": "x", "total_amount": "9.99"}) == 30009


@each_row("value", [GONE, None, "", " ", "x" * 65, 7, {}, ["a"], "a\u0007b"], ids=repr)
def test_a_reference_of_a_wrong_form_is_30000_before_everything_else(value: Any) -> None:
    found = asked(BATCH, changed(BANKS_BATCH, {"request_id": value, "currency": "ZZZ"}))
    assert isinstance(found, No)
    assert (found.code, found.text.split()[0]) == (30000, "request_id")


_OF_ORDER = ["request_id", "total_amount", "currency", DETAILS, "destination_type", "transaction_network"]
_OF_DETAIL = [*BANKS_BATCH[DETAILS][0], "e_wallet", "destination_type"]
_junk = ANY_VALUE | st.sampled_from(["ewallet", "crypto_wallet"])


@given(
    st.dictionaries(st.sampled_from(_OF_ORDER), _junk, max_size=3),
    st.dictionaries(st.sampled_from(_OF_DETAIL), _junk | st.just(WALLETS_BATCH[DETAILS][0]["e_wallet"]), max_size=3),
)
def test_any_batch_is_orders_or_a_documented_fault(whole: Body, one: Body) -> None:
    second = {f"{SECOND}.{name}": value for name, value in one.items()}
    found = asked(BATCH, changed(BANKS_BATCH, second) | whole)
    if isinstance(found, No):
        assert found.status == 200
        assert found.code in {30000, 30001, 30002, 30004, 30005, 30006, 30007, 30008, 30009}
