"""What a payout looks like to a LessPay caller: the documented objects key by key, and any payout whatever."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.core.account import DEFAULT_TERMS, Account
from outlay.core.asks import FindOrder, Repeated, WholeOrder
from outlay.core.beneficiary import OWN_ACCOUNT, Beneficiary
from outlay.core.currencies import EXPONENTS
from outlay.core.decision import Decision
from outlay.core.destination import DestinationKind
from outlay.core.events import Approve, BeginAttempt, Cancel, Event, Expire, Heard, Reject
from outlay.core.life import order, step
from outlay.core.money import format_amount
from outlay.core.origin import Remarks
from outlay.core.outcome import Accepted, Failure, FailureReason, Paid, Refused, Returned, Unknown
from outlay.core.payout import Order, Payout
from outlay.core.progress import State
from outlay.dialects.lesspay.schema import OrderObject
from outlay.dialects.lesspay.signing import text_of, verify
from outlay.dialects.lesspay.values.orders import masked_account, masked_name, order_object
from outlay.kit.jsontext import JsonObject, parse_object
from outlay.wire.dialect import Asked
from tests.apis.lesspay import bodies
from tests.apis.lesspay.bodies import BANK, changed
from tests.apis.lesspay.desk import BATCH, CREATE, NOW_MS, QUERY, SECRET, asked, envelope, written
from tests.support.payees import payee
from tests.support.rows import each_row

REVIEWED = Account(UUID(int=1), "Acme", "PH", needs_review=True)
UNREVIEWED = Account(UUID(int=1), "Acme", "PH")
PAYOUT_ID = 2010543497457831001
JUAN = payee(
    DestinationKind.BANK,
    name="Juan dela Cruz",
    account_number="001234567890",
    holder="individual",
    country="PH",
    bank_name="BDO Unibank",
    swift_code="BNORPHMM",
)


def made(
    *events: Event,
    what: Order | None = None,
    account: Account = UNREVIEWED,
    payout_id: int = PAYOUT_ID,
    at_ms: int = NOW_MS,
) -> Payout:
    """A payout as the core makes it; an event that the core refuses changes nothing."""
    if what is None:
        what = Order(reference="SP-1", currency="PHP", amount_minor=10050, beneficiary=JUAN)
    decision = order(what, account, DEFAULT_TERMS, payout_id, NOW_MS)
    assert isinstance(decision, Decision)
    payout = decision.payout
    for event in events:
        moved = step(payout, event, at_ms)
        if isinstance(moved, Decision):
            payout = moved.payout
    return payout


SENT = (BeginAttempt(), Heard(1, Accepted("CH-88123")))
PAID = (*SENT, Heard(1, Paid("CH-88123")))
REFUSED = (*SENT, Heard(1, Refused(Failure(FailureReason.ACCOUNT_NOT_FOUND, "account closed"))))


def alone(payout: Payout) -> WholeOrder:
    return WholeOrder(payout.payout_id, payout.reference, payout.created_ms, (payout,))


def order_of(*payouts: Payout) -> OrderObject:
    return order_object(WholeOrder(1, "B", NOW_MS, payouts))


def shown(payout: Payout) -> Any:
    return envelope(written(QUERY, alone(payout)))["data"]


def detail(payout: Payout) -> Any:
    return shown(payout)["details"][0]


def test_the_documented_create_answer_is_reproduced_key_by_key() -> None:
    example = changed(
        changed(BANK, "beneficiary.destination.bank", {"account_number": "1234567890123"}), "way_code", ...
    )
    answer = envelope(written(CREATE, made(what=bodies.order_of(example), account=REVIEWED)))
    signature = answer.pop("sign")
    expected = json.loads(
        """{"code":0,"msg":"SUCCESS","data":{"pay_order_id":"PO2010543497457831001","request_id":"SP-20260105-0001","order_status":"PENDING_CONFIRM",
 "currency":"PHP","total_amount":"100.50","decimal_places":2,"fail_reason":null,"created_at":"1767600000123",
 "details":[{"payout_order_detail_id":"POD2010543497457831001","mch_order_id":"SP-20260105-0001","amount":"100.50","actual_amount":null,
  "status":"CREATED","audit_state":"PENDING","fail_reason":null,"rejected_reason":null,"channel_order_no":null,
  "bank_account_no":"1234****0123","bank_account_name":"L****s","bank_account_type":"individual","bank_name":null,
  "bank_country_code":"PH","bank_swift_code":null,"success_time":null}]},"encryptData":""}"""
    )
    assert answer == expected
    assert list(answer["data"]) == list(expected["data"])
    assert list(answer["data"]["details"][0]) == list(expected["data"]["details"][0])
    assert re.fullmatch("[0-9A-F]{64}", signature)


def test_the_documented_batch_answer_is_reproduced_key_by_key() -> None:
    """One order, one detail paid and one failed."""
    ana = payee(
        DestinationKind.BANK,
        name="Ana Reyes",
        account_number="998877665544",
        holder="individual",
        country="PH",
        bank_name="BPI",
        swift_code="BOPIPHMM",
    )
    first = Order(reference="SAL-001", currency="PHP", amount_minor=100_000, beneficiary=JUAN)
    second = Order(reference="SAL-002", currency="PHP", amount_minor=50_075, beneficiary=ana)
    lost = (BeginAttempt(), Heard(1, Accepted("CH-88124")))
    lost_end = Heard(1, Refused(Failure(FailureReason.ACCOUNT_NOT_FOUND, "account closed")))
    payouts = (
        made(*PAID, what=first, payout_id=2010543497457831011, at_ms=1767603600456),
        made(*lost, lost_end, what=second, payout_id=2010543497457831012),
    )
    data = order_object(WholeOrder(2010543497457831010, "BATCH-20260105-07", NOW_MS, payouts))
    assert {name: getattr(data, name) for name in data.__struct_fields__ if name != "details"} == {
        "pay_order_id": "PO2010543497457831010",
        "request_id": "BATCH-20260105-07",
        "order_status": "PARTIAL_SUCCESS",
        "currency": "PHP",
        "total_amount": "1500.75",
        "decimal_places": 2,
        "fail_reason": "1 of 2 details failed",
        "created_at": "1767600000123",
    }
    rows = [{name: getattr(item, name) for name in item.__struct_fields__} for item in data.details]
    assert rows == json.loads(
        """[
 {"payout_order_detail_id":"POD2010543497457831011","mch_order_id":"SAL-001","amount":"1000.00","actual_amount":"1000.00",
  "status":"SUCCEEDED","audit_state":"APPROVED","fail_reason":null,"rejected_reason":null,
  "channel_order_no":"CH-88123","bank_account_no":"0012****7890","bank_account_name":"J****z","bank_account_type":"individual",
  "bank_name":"BDO Unibank","bank_country_code":"PH","bank_swift_code":"BNORPHMM","success_time":"1767603600456"},
 {"payout_order_detail_id":"POD2010543497457831012","mch_order_id":"SAL-002","amount":"500.75","actual_amount":null,
  "status":"FAILED","audit_state":"APPROVED","fail_reason":"account closed","rejected_reason":null,
  "channel_order_no":"CH-88124","bank_account_no":"9988****5544","bank_account_name":"A****s","bank_account_type":"individual",
  "bank_name":"BPI","bank_country_code":"PH","bank_swift_code":"BOPIPHMM","success_time":null}]"""
    )


SEED = json.loads(
    """{"code": 0, "msg": "", "data": {"pay_order_id": "", "request_id": "", "order_status": "", "currency": "",
        "total_amount": "", "fail_reason": "", "created_at": "", "details": [{"payout_order_detail_id": "",
        "mch_order_id": "", "amount": "", "status": "", "fail_reason": "", "channel_order_no": "",
        "bank_account_no": "", "bank_account_name": ""}]}, "encryptData": "", "sign": ""}"""
)


@pytest.mark.parametrize("events", [(), SENT, PAID, REFUSED], ids=["new", "sent", "paid", "failed"])
def test_the_seed_pages_object_is_there_with_its_types_in_its_order(events: tuple[Event, ...]) -> None:
    answer = envelope(written(QUERY, alone(made(*events))))
    for seed, ours in (
        (SEED, answer),
        (SEED["data"], answer["data"]),
        (SEED["data"]["details"][0], answer["data"]["details"][0]),
    ):
        assert [key for key in ours if key in seed] == list(seed)
        for key, value in seed.items():
            may_be_null = key in {"fail_reason", "channel_order_no"}
            assert isinstance(ours[key], type(value)) or (may_be_null and ours[key] is None), key


@each_row(
    ("account", "events", "order_word", "detail_word", "audit"),
    [
        (REVIEWED, (), "PENDING_CONFIRM", "CREATED", "PENDING"),
        (REVIEWED, (Approve("x"),), "PENDING_PAY", "CREATED", "APPROVED"),
        (REVIEWED, (Reject("x", "no"),), "FAILED", "FAILED", "REJECTED"),
        (REVIEWED, (Cancel("x"),), "CANCELED", "CANCELED", "PENDING"),
        (REVIEWED, (Expire(),), "CLOSED", "CLOSED", "PENDING"),
        (REVIEWED, (Approve("x"), Expire()), "CLOSED", "CLOSED", "APPROVED"),
        (UNREVIEWED, (), "PENDING_PAY", "CREATED", "APPROVED"),
        (UNREVIEWED, (BeginAttempt(),), "PENDING_PAY", "PROCESSING", "APPROVED"),
        (UNREVIEWED, (BeginAttempt(), Heard(1, Unknown("timeout"))), "PENDING_PAY", "PROCESSING", "APPROVED"),
        (UNREVIEWED, SENT, "PENDING_PAY", "PROCESSING", "APPROVED"),
        (UNREVIEWED, PAID, "SUCCEED", "SUCCEEDED", "APPROVED"),
        (UNREVIEWED, REFUSED, "FAILED", "FAILED", "APPROVED"),
        (UNREVIEWED, (Cancel("x"),), "CANCELED", "CANCELED", "APPROVED"),
        (UNREVIEWED, (Expire(),), "CLOSED", "CLOSED", "APPROVED"),
        (UNREVIEWED, (*PAID, Heard(1, Returned("R1", 10050))), "REFUND", "REFUNDED", "APPROVED"),
        (
            UNREVIEWED,
            (*PAID, Heard(1, Returned("R1", 50)), Heard(1, Returned("R2", 10000))),
            "REFUND",
            "REFUNDED",
            "APPROVED",
        ),
        (UNREVIEWED, (*PAID, Heard(1, Returned("R1", 10049))), "SUCCEED", "SUCCEEDED", "APPROVED"),
    ],
)
def test_every_state_has_its_words(
    account: Account, events: tuple[Event, ...], order_word: str, detail_word: str, audit: str
) -> None:
    data = shown(made(*events, account=account))
    assert data["order_status"] == order_word
    assert (data["details"][0]["status"], data["details"][0]["audit_state"]) == (detail_word, audit)


def test_a_paid_payout_shows_what_was_paid_and_when() -> None:
    row = detail(made(*PAID, at_ms=NOW_MS + 5000))
    assert (row["actual_amount"], row["success_time"]) == ("100.50", str(NOW_MS + 5000))
    assert row["channel_order_no"] == "CH-88123"
    assert row["fail_reason"] is None


def test_an_order_in_flight_shows_its_channel_and_no_success() -> None:
    row = detail(made(*SENT))
    assert (row["channel_order_no"], row["actual_amount"], row["success_time"]) == ("CH-88123", None, None)


def test_a_partial_return_lowers_the_actual_amount_and_says_so() -> None:
    data = shown(made(*PAID, Heard(1, Returned("R1", 2001)), Heard(1, Returned("R2", 49))))
    row = data["details"][0]
    assert (row["amount"], row["actual_amount"]) == ("100.50", "80.00")
    assert row["fail_reason"] == "partially returned 20.50"
    assert data["fail_reason"] is None
    assert row["success_time"] == str(NOW_MS)


def test_a_full_return_leaves_nothing_and_no_fail_reason() -> None:
    data = shown(made(*PAID, Heard(1, Returned("R1", 10050))))
    assert data["fail_reason"] is None
    assert data["details"][0]["fail_reason"] is None
    assert data["details"][0]["actual_amount"] == "0.00"


def test_a_failure_tells_the_rails_reason_on_both_levels() -> None:
    data = shown(made(*REFUSED))
    assert data["fail_reason"] == data["details"][0]["fail_reason"] == "account closed"
    assert data["details"][0]["rejected_reason"] is None


def test_a_failure_without_a_text_still_has_a_reason() -> None:
    data = shown(made(*SENT, Heard(1, Refused(Failure(FailureReason.OTHER, "")))))
    assert data["fail_reason"] == data["details"][0]["fail_reason"] == "payout failed"


def test_a_rejection_tells_the_reviewers_words_apart_from_the_reason() -> None:
    data = shown(made(Reject("ann", "name does not match"), account=REVIEWED))
    assert data["fail_reason"] == data["details"][0]["fail_reason"] == "review rejected"
    assert data["details"][0]["rejected_reason"] == "name does not match"
    assert data["details"][0]["audit_state"] == "REJECTED"


@pytest.mark.parametrize(("event", "reason"), [(Cancel("x"), "canceled"), (Expire(), "expired")])
def test_a_stopped_order_says_why_and_its_detail_did_not_fail(event: Event, reason: str) -> None:
    data = shown(made(event))
    assert data["fail_reason"] == reason
    assert data["details"][0]["fail_reason"] is None


@pytest.mark.parametrize(
    ("currency", "minor", "text", "places"),
    [("PHP", 100_000, "1000.00", 2), ("JPY", 1000, "1000", 0), ("BHD", 5, "0.005", 3), ("USDT", 1, "0.000001", 6)],
)
def test_amounts_carry_exactly_the_decimals_of_the_currency(currency: str, minor: int, text: str, places: int) -> None:
    data = shown(made(what=Order(reference="a", currency=currency, amount_minor=minor, beneficiary=JUAN)))
    assert (data["total_amount"], data["details"][0]["amount"], data["decimal_places"]) == (text, text, places)


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("123456789", "1234****6789"),
        ("12345678", "****78"),
        ("123", "****23"),
        ("12", "****"),
        ("1", "****"),
        ("", ""),
        ("liza@example.org", "liza****.org"),
    ],
)
def test_account_numbers_are_masked(number: str, masked: str) -> None:
    assert masked_account(number) == masked


@pytest.mark.slow  # a long search
@given(st.text(min_size=1, max_size=64))
def test_no_mask_shows_a_whole_number(number: str) -> None:
    shown = masked_account(number).replace("****", "", 1)
    assert len(shown) < len(number)


@pytest.mark.parametrize(("name", "masked"), [("Liza Santos", "L****s"), ("李", "李****李"), ("", "")])
def test_names_are_masked(name: str, masked: str) -> None:
    assert masked_name(name) == masked


@pytest.mark.parametrize(
    "payee",
    [
        OWN_ACCOUNT,
        payee(DestinationKind.PIX, account_number="52998224725"),
        payee(DestinationKind.WALLET, name="A", account_number="1"),
        payee(DestinationKind.CRYPTO, account_number="0x52908400098527886E0F7030069857D2E4169EE7"),
    ],
    ids=lambda payee: payee.kind.value,
)
def test_a_payout_ordered_through_another_api_is_shown_with_what_it_has(payee: Beneficiary) -> None:
    row = detail(made(what=Order(reference="TM-1", currency="CNH", amount_minor=5, beneficiary=payee)))
    assert row["bank_account_no"] == masked_account(payee.account_number)
    assert row["bank_account_name"] == masked_name(payee.name)
    for name in ("bank_account_type", "bank_name", "bank_country_code", "bank_swift_code"):
        assert row[name] is None


def test_the_whole_account_number_never_leaves() -> None:
    what = bodies.order_of(BANK)
    for events in ((), PAID, REFUSED):
        body = written(QUERY, alone(made(*events, what=what))).body
        assert b"1234567890123" not in body
        assert b"Liza" not in body
        assert b"PSN-1" not in body


@pytest.mark.parametrize("path", [CREATE, QUERY])
def test_the_envelope_is_signed_over_its_data_as_sent(path: str) -> None:
    payout = made(*PAID)
    answer = payout if path == CREATE else alone(payout)
    tree: JsonObject = parse_object(written(path, answer).body)
    data, signature = tree["data"], tree["sign"]
    assert isinstance(data, dict)
    assert isinstance(signature, str)
    assert verify(text_of(data), SECRET, signature)
    assert not verify(text_of(data), SECRET + "x", signature)


def test_create_and_query_show_the_same_object() -> None:
    payout = made(*SENT)
    assert written(CREATE, payout) == written(QUERY, alone(payout))
    batch = WholeOrder(7, "B", NOW_MS, (payout, made(*PAID)))
    assert written(BATCH, batch) == written(QUERY, batch)


def test_a_batch_is_shown_with_its_own_id_reference_and_time() -> None:
    one, other = made(), made(payout_id=PAYOUT_ID + 1)
    batch = WholeOrder(PAYOUT_ID - 1, "BATCH-1", NOW_MS - 5, (one, other))
    data = envelope(written(BATCH, batch))["data"]
    assert data["pay_order_id"] == f"PO{PAYOUT_ID - 1}"
    assert (data["request_id"], data["created_at"]) == ("BATCH-1", str(NOW_MS - 5))
    assert [row["payout_order_detail_id"] for row in data["details"]] == [f"POD{PAYOUT_ID}", f"POD{PAYOUT_ID + 1}"]
    assert [row["mch_order_id"] for row in data["details"]] == ["SP-1", "SP-1"]


def test_the_id_that_a_create_answers_finds_the_payout() -> None:
    order_id = shown(made())["pay_order_id"]
    assert asked(QUERY, {"pay_order_id": order_id, "request_id": "SP-1"}) == Asked(FindOrder("SP-1", PAYOUT_ID), None)


@pytest.mark.parametrize(
    ("same", "same_operation", "payout", "code"),
    [(True, True, made(), 30011), (False, True, made(), 30010), (False, False, None, 30010)],
)
def test_a_repeated_reference_is_an_error_and_never_a_replay(
    same: bool, same_operation: bool, payout: Payout | None, code: int
) -> None:
    response = written(CREATE, Repeated(same, same_operation, payout))
    answer = envelope(response)
    assert (response.status, answer["code"], answer["data"], answer["sign"]) == (200, code, None, "")


def words(*payouts: Payout) -> str:
    return order_of(*payouts).order_status.value


def test_an_orders_word_is_derived_from_its_details() -> None:
    reviewed, new, sent, paid, failed = made(account=REVIEWED), made(), made(*SENT), made(*PAID), made(*REFUSED)
    cancelled, expired, returned = made(Cancel("x")), made(Expire()), made(*PAID, Heard(1, Returned("R", 10050)))
    partly = made(*PAID, Heard(1, Returned("R", 1)))
    assert words(paid, failed, reviewed) == "PENDING_CONFIRM"
    assert words(paid, new) == words(failed, sent) == words(new, sent) == "PENDING_PAY"
    assert words(paid, partly) == "SUCCEED"
    assert words(paid, failed) == words(paid, returned) == words(partly, cancelled) == "PARTIAL_SUCCESS"
    assert words(failed, returned) == words(returned, expired) == "REFUND"
    assert words(failed, failed) == words(failed, cancelled) == words(cancelled, expired) == "FAILED"
    assert words(expired, expired) == "CLOSED"
    assert words(cancelled, cancelled) == "CANCELED"
    assert words(returned, returned) == "REFUND"


def test_an_order_of_many_details_sums_them_and_counts_what_failed() -> None:
    rejected = made(Reject("x", "no"), account=REVIEWED)
    assert order_of(rejected, rejected).fail_reason == "review rejected"
    assert order_of(rejected, made(*REFUSED)).fail_reason == "2 of 2 details failed"
    assert order_of(made(*PAID), made(Expire()), made(*REFUSED)).fail_reason == "2 of 3 details failed"
    assert order_of(made(*PAID), made(Cancel("x"))).fail_reason == "1 of 2 details failed"
    assert order_of(made(Cancel("x")), made(Expire())).fail_reason == "2 of 2 details failed"
    assert order_of(made(*PAID), made(*PAID)).total_amount == "201.00"
    assert order_of(made(*PAID), made(*PAID)).fail_reason is None


# -- any payout ---------------------------------------------------------------------------------------------------

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_failures = st.builds(Failure, st.sampled_from(FailureReason), _texts)
_amounts = st.integers(1, 10**15)
_events: st.SearchStrategy[Event] = st.one_of(
    st.just(Approve("x")),
    st.builds(Reject, st.just("x"), _texts),
    st.just(Cancel("x")),
    st.just(Expire()),
    st.just(BeginAttempt()),
    st.builds(
        Heard,
        st.just(1),
        st.builds(Accepted, _texts)
        | st.builds(Paid, _texts)
        | st.builds(Refused, _failures)
        | st.builds(Unknown, _texts),
    ),
    st.builds(
        Heard,
        st.just(1),
        st.builds(Returned, st.sampled_from(["R1", "R2", "R3"]), st.integers(1, 10) | _amounts),
    ),
)
# Chance alone hardly ever pays a payout, so some lives begin well known.
_lives = st.builds(
    lambda begun, rest: (*begun, *rest),
    st.sampled_from([(), (), SENT, PAID, REFUSED]),
    st.lists(_events, max_size=6),
)
_payees = st.builds(
    payee,
    kind=st.sampled_from(DestinationKind),
    name=_texts,
    account_number=_texts,
    holder=st.none() | st.sampled_from(["individual", "business"]),
    country=st.none() | _texts,
    bank_name=st.none() | _texts,
    bank_code=st.none() | _texts,
    swift_code=st.none() | _texts,
)
_payouts = st.builds(
    lambda what, account, events, payout_id: made(*events, what=what, account=account, payout_id=payout_id),
    st.builds(
        Order,
        reference=_texts,
        currency=st.sampled_from(sorted(EXPONENTS)),
        amount_minor=_amounts | st.integers(1, 20),
        beneficiary=_payees,
        remarks=st.builds(Remarks, description=_texts, method=_texts, statement_descriptor=_texts),
    ),
    st.sampled_from([REVIEWED, UNREVIEWED]),
    _lives,
    st.integers(0, 2**63 - 1),
)

_TEXT, _NULLABLE = (str,), (str, type(None))
_ORDER_TYPES: dict[str, tuple[type, ...]] = {
    "pay_order_id": _TEXT,
    "request_id": _TEXT,
    "order_status": _TEXT,
    "currency": _TEXT,
    "total_amount": _TEXT,
    "decimal_places": (int,),
    "fail_reason": _NULLABLE,
    "created_at": _TEXT,
    "details": (list,),
}
_DETAIL_TYPES: dict[str, tuple[type, ...]] = {
    "payout_order_detail_id": _TEXT,
    "mch_order_id": _TEXT,
    "amount": _TEXT,
    "actual_amount": _NULLABLE,
    "status": _TEXT,
    "audit_state": _TEXT,
    "fail_reason": _NULLABLE,
    "rejected_reason": _NULLABLE,
    "channel_order_no": _NULLABLE,
    "bank_account_no": _TEXT,
    "bank_account_name": _TEXT,
    "bank_account_type": _NULLABLE,
    "bank_name": _NULLABLE,
    "bank_country_code": _NULLABLE,
    "bank_swift_code": _NULLABLE,
    "success_time": _NULLABLE,
}


@given(_payouts)
def test_any_payout_is_shown_with_the_documented_types_and_a_signature_that_holds(payout: Payout) -> None:
    response = written(QUERY, alone(payout))
    data = envelope(response)["data"]
    assert {name: isinstance(data[name], types) for name, types in _ORDER_TYPES.items()} == dict.fromkeys(data, True)
    row = data["details"][0]
    assert {name: isinstance(row[name], types) for name, types in _DETAIL_TYPES.items()} == dict.fromkeys(row, True)
    assert re.fullmatch("PO[0-9]{19}", data["pay_order_id"])
    assert re.fullmatch("POD[0-9]{19}", row["payout_order_detail_id"])
    tree = parse_object(response.body)
    assert isinstance(tree["data"], dict)
    assert isinstance(tree["sign"], str)
    assert verify(text_of(tree["data"]), SECRET, tree["sign"])


@given(_payouts)
def test_nulls_follow_their_documented_rules(payout: Payout) -> None:
    data = shown(payout)
    row = data["details"][0]
    paid = payout.state is State.PAID
    assert (row["actual_amount"] is not None) == paid
    assert (row["success_time"] is not None) == paid
    assert (row["rejected_reason"] is not None) == (row["audit_state"] == "REJECTED")
    assert (data["fail_reason"] is not None) == (data["order_status"] in {"FAILED", "CANCELED", "CLOSED"})
    partly = 0 < payout.returned_minor < payout.amount_minor
    assert (row["fail_reason"] is not None) == (row["status"] == "FAILED" or partly)
    if paid:
        kept = payout.amount_minor - payout.returned_minor
        assert row["actual_amount"] == format_amount(kept, EXPONENTS[payout.currency])


def test_the_payouts_that_are_made_up_come_to_every_state() -> None:
    """The two properties above would say nothing about a state that never occurs."""
    seen: set[State] = set()

    @settings(derandomize=True, max_examples=100)
    @given(_payouts)
    def look(payout: Payout) -> None:
        seen.add(payout.state)

    look()
    assert seen == set(State)
