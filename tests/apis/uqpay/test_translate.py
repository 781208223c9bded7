"""Payouts and balances in uqpay's words, whatever state they are in and whoever ordered them."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from outlay.core.asks import Balance
from outlay.core.beneficiary import OWN_ACCOUNT, Beneficiary
from outlay.core.currencies import EXPONENTS
from outlay.core.destination import Card, DestinationKind
from outlay.core.fees import Fee
from outlay.core.ids import MAX_ID
from outlay.core.money import MAX_AMOUNT_MINOR, parse_amount
from outlay.core.origin import Remarks
from outlay.core.payout import Order, Payout
from outlay.core.progress import Return, State
from outlay.dialects.uqpay.codes import PayoutStatus
from outlay.dialects.uqpay.inbound.balances import balance_object
from outlay.dialects.uqpay.values.content import content_digest
from outlay.dialects.uqpay.values.fields import read_payout_id, write_time
from outlay.dialects.uqpay.values.orders import payout_object, write_order
from outlay.kit.jsontext import parse_object
from tests.support.payees import payee

ACCOUNT_ID = UUID("7b0d1e44-52c8-4b39-9d7e-0c6f5a1e2d33")
CREATED_MS = 1_758_181_661_000
LATER_MS = CREATED_MS + 86_400_000
SEED = {
    "payout_id": "PO1968582687224500224",
    "payout_currency": "SGD",
    "payout_amount": "100.00",
    "statement_descriptor": "UQPAY PAYOUT",
    "payout_status": "INITIATED",
    "create_time": "2025-09-18T15:47:41+08:00",
    "internal_note": "Payment to supplier",
    "completed_time": "",
}
PAYOUT = Payout(
    account_id=ACCOUNT_ID,
    payout_id=1968582687224500224,
    reference="5f0c2c1e-7a53-4e7e-9d1b-0f1a2b3c4d5e",
    currency="SGD",
    amount_minor=100_00,
    fee=Fee(),
    beneficiary=OWN_ACCOUNT,
    remarks=Remarks(statement_descriptor="UQPAY PAYOUT", internal_note="Payment to supplier"),
    rail="sandbox",
    created_ms=CREATED_MS,
    state=State.RESERVED,
)
WHEN = st.integers(1_288_834_974_657, 4_000_000_000_000)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80)


def shown(payout: Payout) -> dict[str, Any]:
    """As a caller reads it: through the bytes."""
    answer: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(payout_object(payout)))
    return answer


@st.composite
def payouts(draw: st.DrawFn) -> Payout:
    """Any payout of any dialect, also in combinations that the core would not make."""
    amount = draw(st.integers(1, MAX_AMOUNT_MINOR))
    returned = draw(st.just(0) | st.just(amount) | st.integers(0, amount))
    returns = (Return(1, "R1", returned, draw(WHEN)),) if returned and draw(st.booleans()) else ()
    remarks = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "statement_descriptor": WORDS.map(lambda text: text[:15]),
                "internal_note": WORDS,
                "description": WORDS,
            },
        )
    )
    return Payout(
        account_id=draw(st.uuids()),
        payout_id=draw(st.integers(1, MAX_ID)),
        reference=draw(WORDS),
        currency=draw(st.sampled_from(sorted(EXPONENTS))),
        amount_minor=amount,
        fee=Fee(),
        beneficiary=payee(draw(st.sampled_from(DestinationKind)), name="Anna"),
        remarks=Remarks(**remarks),
        rail="sandbox",
        created_ms=draw(WHEN),
        state=draw(st.sampled_from(State)),
        completed_ms=draw(st.none() | WHEN),
        returned_minor=returned,
        returns=returns,
    )


def test_the_seed_page_is_reproduced_key_by_key() -> None:
    answer = shown(PAYOUT)
    assert answer == SEED
    assert list(answer) == list(SEED)


@given(payouts())
def test_any_payout_is_shown_with_the_documented_types(payout: Payout) -> None:
    answer = shown(payout)
    assert list(answer) == list(SEED)
    assert all(isinstance(value, str) for value in answer.values())
    assert read_payout_id(answer["payout_id"]) == payout.payout_id
    assert parse_amount(answer["payout_amount"], EXPONENTS[payout.currency]) == payout.amount_minor
    assert 1 <= len(answer["statement_descriptor"]) <= 15
    assert answer["payout_status"] in set(PayoutStatus)
    time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00"
    assert re.fullmatch(time, answer["create_time"])
    assert re.fullmatch(f"({time})?", answer["completed_time"])
    if answer["payout_status"] in {"INITIATED", "PROCESSING"}:
        assert answer["completed_time"] == ""


def test_what_is_not_final_has_no_time_of_its_end() -> None:
    for state in (State.IN_REVIEW, State.RESERVED, State.PROCESSING):
        assert shown(replace(PAYOUT, state=state, completed_ms=LATER_MS))["completed_time"] == ""


def test_a_partial_return_does_not_change_the_word_nor_the_time() -> None:
    partly = replace(
        PAYOUT,
        state=State.PAID,
        completed_ms=LATER_MS,
        returned_minor=99_99,
        returns=(Return(1, "R1", 99_99, LATER_MS + 5_000),),
    )
    assert shown(partly) == shown(replace(PAYOUT, state=State.PAID, completed_ms=LATER_MS))


def test_a_full_return_is_shown_with_the_time_of_the_last_part() -> None:
    wholly = replace(
        PAYOUT,
        state=State.PAID,
        completed_ms=LATER_MS,
        returned_minor=100_00,
        returns=(Return(1, "R1", 99_99, LATER_MS + 5_000), Return(2, "R2", 1, LATER_MS + 9_000)),
    )
    answer = shown(wholly)
    assert answer["payout_status"] == "FAILED_REFUNDED"
    assert answer["completed_time"] == "2025-09-19T15:47:50+08:00"


def test_a_payout_of_another_dialect_is_described_by_its_reference() -> None:
    foreign = replace(
        PAYOUT,
        remarks=Remarks(description="rent"),
        reference="ORDER-2025-000123456",
        beneficiary=payee(DestinationKind.PIX, name="Anna", account_number="a@b.br"),
    )
    answer = shown(foreign)
    assert answer["statement_descriptor"] == "ORDER-2025-0001"
    assert answer["internal_note"] == ""


def test_what_there_is_no_destination_for_is_not_written() -> None:
    to_a_card = Beneficiary(destination=Card(number="4111111111111111"))
    assert write_order(Order(reference="R", currency="SGD", amount_minor=1, beneficiary=to_a_card)) is None


def test_times_are_cut_to_seconds() -> None:
    assert write_time(CREATED_MS + 999) == "2025-09-18T15:47:41+08:00"
    assert write_time(1_767_196_799_999) == "2025-12-31T23:59:59+08:00"


@given(st.sampled_from(sorted(EXPONENTS)), st.integers(0, 10**17), st.integers(0, 10**17))
def test_what_is_payable_and_what_is_pending_make_what_is_available(currency: str, free: int, held: int) -> None:
    answer = balance_object(ACCOUNT_ID, Balance(currency, free, held))

    def minor(text: str) -> int:
        whole, _, fraction = text.partition(".")
        assert len(fraction) == EXPONENTS[currency]
        return int(whole + fraction)

    assert minor(answer.payable_balance) == free
    assert minor(answer.pending_balance) == held
    assert minor(answer.available_balance) == free + held
    assert {minor(answer.reserved_balance), minor(answer.margin_balance), minor(answer.frozen_balance)} == {0}
    assert UUID(answer.balance_id).version == 5


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def as_text(value: Any) -> str:
    return json.dumps(value)


@given(st.dictionaries(st.text(), JSON, max_size=4), st.dictionaries(st.text(), JSON, max_size=4))
def test_digests_are_equal_exactly_where_the_contents_are(one: dict[str, Any], other: dict[str, Any]) -> None:
    def typed(value: Any) -> Any:
        # Python takes True for 1; JSON does not.
        if isinstance(value, dict):
            return {key: typed(item) for key, item in value.items()}
        return [typed(item) for item in value] if isinstance(value, list) else (type(value).__name__, value)

    same = content_digest(parse_object(as_text(one).encode())) == content_digest(parse_object(as_text(other).encode()))
    assert same == (typed(one) == typed(other))
    shuffled = dict(reversed(one.items()))
    assert content_digest(parse_object(as_text(one).encode())) == content_digest(
        parse_object(as_text(shuffled).encode())
    )
