"""A batch's fields: what is taken, which code each wrong one earns, and which of several faults is told."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.core.destination import DestinationKind
from outlay.core.origin import Remarks
from outlay.core.payout import Order
from outlay.dialects.lesspay.schema import BATCH_PATH, LONGEST_BODIES
from outlay.wire.problems import Fault
from tests.apis.lesspay.batches import (
    ANA,
    CONTROL,
    DETAILS,
    EXAMPLE,
    GONE,
    HEX,
    JUAN,
    TRON,
    WALLET,
    Body,
    ask_of,
    code_of,
    fault_of,
    of_crypto,
    of_details,
    of_key,
    of_wallet,
    orders_of,
    payee_of,
    with_detail,
    with_field,
)
from tests.apis.lesspay.bodies import create_of
from tests.apis.lesspay.desk import BATCH, NOW_MS, STRICT, asked
from tests.apis.lesspay.said import lesspay_details, lesspay_memo
from tests.support.payees import payee
from tests.support.rows import each_row

# -- what is taken ------------------------------------------------------------------------------------------------


def test_the_documented_example_becomes_two_orders() -> None:
    ask = ask_of(EXAMPLE)
    assert (ask.claim.reference, ask.claim.operation, len(ask.claim.digest)) == ("BATCH-20260105-07", "batch", 32)
    first, second = orders_of(EXAMPLE)
    assert first == Order(
        reference="SAL-001",
        currency="PHP",
        amount_minor=100_000,
        beneficiary=payee(
            DestinationKind.BANK,
            name="Juan dela Cruz",
            account_number="001234567890",
            holder="individual",
            country="PH",
            bank_name="BDO Unibank",
            swift_code="BNORPHMM",
        ),
        remarks=Remarks(method="TAZAPAY_PAYOUT"),
        notify_url="https://merchant.example/lesspay/notify",
        channel="TAZAPAY_PAYOUT",
    )
    assert (second.reference, second.amount_minor, second.beneficiary.name) == ("SAL-002", 50_075, "Ana Reyes")


def test_what_the_order_says_belongs_to_each_of_its_payouts() -> None:
    texts = {"way_type": "BANK_TRANSFER", "product_name": "p", "description": "d", "transaction_network": "INSTAPAY"}
    for order in orders_of(EXAMPLE | texts | {"expired_time": 60}):
        assert lesspay_memo(order) == texts | {name: EXAMPLE[name] for name in ("way_code", "notify_url")}
        assert order.expires_ms == NOW_MS + 60_000


def test_the_channel_is_the_way_code_else_the_way_type() -> None:
    both = EXAMPLE | {"way_type": "BANK_TRANSFER"}
    assert {order.channel for order in orders_of(both)} == {"TAZAPAY_PAYOUT"}
    only_type = {name: value for name, value in both.items() if name != "way_code"}
    assert {order.channel for order in orders_of(only_type)} == {"BANK_TRANSFER"}
    assert code_of(with_field("way_code", GONE)) == 30000


def test_the_longest_batch_fits_into_its_limit_however_it_is_written() -> None:
    """Every field that the documents have, at its longest, in characters of two code units."""
    wide, short = "\U0001f9fe" * 255, "\U0001f9fe" * 64
    wallet = {"account_name": wide, "account_type": "individual", "provider": wide, "deposit_key_type": "upi_handle"}
    wallet |= {"account_number": short, "deposit_key": short}
    longest = JUAN | {"amount": "1234567890123.45", "bank_account_no": short, "bank_swift_code": "BNORPHMMXXX"}
    longest |= {"bank_account_name": wide, "bank_name": wide, "destination_type": "bank", "e_wallet": wallet}
    details = [longest | {"mch_order_id": chr(0x1F300 + n) * 64} for n in range(1000)]
    whole = dict.fromkeys(("product_name", "description", "transaction_network"), wide)
    body = of_details(details, "1234567890123450.00", way_code=short, way_type=short, request_id=short, **whole)
    for written in (json.dumps(body), json.dumps(body, indent=4)):
        assert 15_000_000 < len(written) <= LONGEST_BODIES[BATCH_PATH]
    fault = fault_of(body)  # but for the total, which is more than any amount that is accepted
    assert (fault.code, fault.message.split()[0]) == (30009, "total_amount")
    cheap = [detail | {"amount": "1.00"} for detail in details]
    assert len(orders_of(body | {DETAILS: cheap, "total_amount": "1000.00"})) == 1000


def test_the_word_of_a_detail_goes_before_that_of_the_order() -> None:
    wallet = {"mch_order_id": "W", "amount": "1", "destination_type": "ewallet", "e_wallet": WALLET}
    bank = JUAN | {"amount": "1", "destination_type": "bank"}
    for whole in ("bank", "ewallet", "crypto_wallet", GONE):
        body = of_details([wallet, bank], "2", destination_type=whole)
        body = {name: value for name, value in body.items() if value is not GONE}
        kinds = [order.beneficiary.kind for order in orders_of(body)]
        assert kinds == [DestinationKind.WALLET, DestinationKind.BANK]


def test_a_wallet_keeps_what_is_known_of_it() -> None:
    payee = payee_of(of_wallet(account_type="business"))
    assert (payee.kind, payee.name, payee.holder) == (DestinationKind.WALLET, "Ana Reyes", "business")
    assert payee.account_number == "09170000002"
    assert lesspay_details(payee, of_batch=True) == {
        "e_wallet.provider": "GCash",
        "e_wallet.account_number": "09170000002",
    }


PIX_KEYS = [
    "52998224725",
    "11222333000181",
    "liza@example.org",
    "+5511987654321",
    "123e4567-e89b-42d3-a456-426614174000",
]


@pytest.mark.parametrize("key", ["52998224724", "11222333000180"])
def test_check_digits_of_a_pix_key_are_looked_at_only_where_destinations_are_checked(key: str) -> None:
    assert payee_of(of_key("PIX", "pix_key", key)).account_number == key
    assert code_of(of_key("PIX", "pix_key", key), STRICT) == 30006
    assert orders_of(of_key("PIX", "pix_key", PIX_KEYS[0]), STRICT)


def test_a_pix_key_is_one_by_its_provider_or_by_the_kind_of_its_key() -> None:
    assert payee_of(of_key("AnyBank", "pix_key", PIX_KEYS[0])).kind is DestinationKind.PIX
    assert payee_of(of_key("AnyBank", "random", PIX_KEYS[0])).kind is DestinationKind.WALLET


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            "upi_handle",
            ["ana.reyes@okbank", "9999999999@ybl", "a-b_c@paytm"],
            ["ana", "@ybl", "a@", "a@b@c", "ana@ok bank"],
        ),
        ("phone", ["+639170000002", "09170000002"], ["12345", "call me", "+63 917", "９９９９９９９"]),
        ("random", ["whatever", "x"], []),
    ],
)
def test_a_deposit_key_of_another_system_has_its_form(kind: str, good: list[str], bad: list[str]) -> None:
    for key in good:
        assert payee_of(of_key("Wallet", kind, key)).account_number == key
    for key in bad:
        assert code_of(of_key("Wallet", kind, key)) == 30006, key


def test_whether_an_address_is_one_is_looked_at_only_where_destinations_are_checked() -> None:
    for network, address in (("TRC20", HEX), ("ERC20", TRON), ("TRC20", TRON[:-1] + "D"), ("TRC20", "T")):
        assert payee_of(of_crypto(network, address)).account_number == address
        assert code_of(of_crypto(network, address), STRICT) == 30006
    for network, address in (("TRC20", TRON), ("ERC20", HEX), ("BEP20", HEX)):
        assert orders_of(of_crypto(network, address), STRICT)


# -- one wrong field, one code --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bank_account_no", "bank_account_name", "bank_name", "bank_country_code"])
def test_what_banks_need_wallets_may_leave_out_but_not_get_wrong(name: str) -> None:
    assert orders_of(of_wallet())
    assert fault_of(with_detail(name, 7, of_wallet(), place=0))


# -- several wrong fields -------------------------------------------------------------------------------------------


def test_the_first_faulty_detail_in_document_order_decides() -> None:
    later_is_lower = with_detail("bank_name", "", with_detail("bank_account_no", "", place=0))
    assert code_of(later_is_lower) == 30006
    earlier_is_lower = with_detail("bank_name", "", with_detail("bank_account_no", ""), place=0)
    assert code_of(earlier_is_lower) == 30000


def test_of_its_faults_and_those_of_the_order_the_lowest_code_is_told() -> None:
    assert code_of(with_detail("bank_account_no", "") | {"total_amount": "9.99"}) == 30002
    assert code_of(with_detail("bank_name", "") | {"total_amount": "9.99"}) == 30000
    assert code_of(with_detail("bank_account_no", "") | {"currency": "ZZZ"}) == 30001
    assert code_of(with_detail("mch_order_id", "SAL-001") | {"total_amount": "9.99"}) == 30002
    assert code_of(with_detail("mch_order_id", "SAL-001", with_detail("bank_account_no", ""))) == 30006
    assert code_of(with_detail("bank_account_no", "") | {"transaction_type": "pay_in"}) == 30006


def test_a_sum_is_not_judged_while_one_of_its_amounts_is_unreadable() -> None:
    assert code_of(with_detail("amount", "x") | {"total_amount": "9.99"}) == 30009


def test_sums_are_exact() -> None:
    details = [JUAN | {"mch_order_id": f"S-{n}", "amount": "0.1"} for n in range(3)]
    assert orders_of(of_details(details, "0.3"))
    assert orders_of(of_details(details, "0.30"))
    assert code_of(of_details(details, "0.31")) == 30002
    largest = [JUAN | {"mch_order_id": f"S-{n}", "amount": "9999999999999.99"} for n in range(2)]
    assert code_of(of_details(largest, "19999999999999.98")) == 30009  # more than any amount


@each_row("value", [GONE, None, "", " ", "x" * 65, 7, {}, ["a"], CONTROL], ids=repr)
def test_a_reference_of_a_wrong_form_is_30000_before_everything_else(value: Any) -> None:
    fault = asked(BATCH, with_field("request_id", value) | {"currency": "ZZZ"})
    assert isinstance(fault, Fault)
    assert (fault.code, fault.message.split()[0]) == (30000, "request_id")


def test_the_digest_tells_batches_apart_and_does_not_depend_on_their_layout() -> None:
    digest = ask_of(EXAMPLE).claim.digest
    respelt = json.dumps(dict(reversed(EXAMPLE.items())) | {"product_name": ""}, indent=1)
    assert ask_of(json.loads(respelt)).claim.digest == digest
    swapped = EXAMPLE | {DETAILS: [ANA, JUAN]}
    assert ask_of(swapped).claim.digest != digest
    assert ask_of(with_detail("bank_name", "")).claim.digest != digest


def test_a_batch_is_no_single_payout_and_the_other_way_round() -> None:
    single, wrong = create_of(EXAMPLE)
    assert isinstance(wrong, Fault)
    assert single.claim.operation != ask_of(EXAMPLE).claim.operation


_paths = ["request_id", "total_amount", "currency", DETAILS, "destination_type", "transaction_network"]
_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=70) | st.sampled_from(["ewallet", "crypto_wallet"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*JUAN, "e_wallet"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(_paths), _junk, max_size=3),
    st.dictionaries(st.sampled_from([*JUAN, "e_wallet", "destination_type"]), _junk, max_size=3),
)
def test_any_batch_is_orders_or_a_documented_fault(whole: Body, one: Body) -> None:
    documented = {30000, 30001, 30002, 30004, 30005, 30006, 30007, 30008, 30009}
    body = copy.deepcopy(EXAMPLE)
    body[DETAILS][1] |= one
    question = asked(BATCH, body | whole)
    wrong = question if isinstance(question, Fault) else question.echo
    if isinstance(wrong, Fault):
        assert wrong.status == 200
        assert wrong.code in documented
    else:
        assert sum(order.amount_minor for order in orders_of(body | whole))
