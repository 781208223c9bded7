"""What a payout looks like to a LessPay caller: the documented object key by key, its reasons, words and masks."""

from __future__ import annotations

import json
import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.core.account import DEFAULT_TERMS, Account
from outlay.core.asks import WholeOrder
from outlay.core.beneficiary import OWN_ACCOUNT, Beneficiary
from outlay.core.decision import Decision
from outlay.core.destination import DestinationKind
from outlay.core.events import BeginAttempt, Cancel, Event, Expire, Heard, Reject
from outlay.core.life import order, step
from outlay.core.outcome import Accepted, Failure, FailureReason, Paid, Refused, Returned
from outlay.core.payout import Order, Payout
from outlay.dialects.lesspay.schema import OrderObject
from outlay.dialects.lesspay.signing import text_of, verify
from outlay.dialects.lesspay.values.orders import masked_account, masked_name, order_object
from outlay.kit.jsontext import parse_object
from tests.apis.lesspay.desk import BATCH, CREATE, NOW_MS, QUERY, SECRET, envelope, written
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
    answer = envelope(written(BATCH, WholeOrder(2010543497457831010, "BATCH-20260105-07", NOW_MS, payouts)))
    expected = json.loads(
        """{"code":0,"msg":"SUCCESS","data":{"pay_order_id":"PO2010543497457831010","request_id":"BATCH-20260105-07",
 "order_status":"PARTIAL_SUCCESS","currency":"PHP","total_amount":"1500.75","decimal_places":2,
 "fail_reason":"1 of 2 details failed","created_at":"1767600000123","details":[
 {"payout_order_detail_id":"POD2010543497457831011","mch_order_id":"SAL-001","amount":"1000.00","actual_amount":"1000.00",
  "status":"SUCCEEDED","audit_state":"APPROVED","fail_reason":null,"rejected_reason":null,
  "channel_order_no":"CH-88123","bank_account_no":"0012****7890","bank_account_name":"J****z","bank_account_type":"individual",
  "bank_name":"BDO Unibank","bank_country_code":"PH","bank_swift_code":"BNORPHMM","success_time":"1767603600456"},
 {"payout_order_detail_id":"POD2010543497457831012","mch_order_id":"SAL-002","amount":"500.75","actual_amount":null,
  "status":"FAILED","audit_state":"APPROVED","fail_reason":"account closed","rejected_reason":null,
  "channel_order_no":"CH-88124","bank_account_no":"9988****5544","bank_account_name":"A****s","bank_account_type":"individual",
  "bank_name":"BPI","bank_country_code":"PH","bank_swift_code":"BOPIPHMM","success_time":null}]},"encryptData":""}"""
    )
    assert re.fullmatch("[0-9A-F]{64}", answer.pop("sign"))
    assert json.dumps(answer) == json.dumps(expected)


def test_an_id_has_nineteen_digits_however_small_it_is() -> None:
    whole = order_object(WholeOrder(7, "B", NOW_MS, (made(payout_id=8),)))
    [row] = whole.details
    assert (whole.pay_order_id, row.payout_order_detail_id) == ("PO0000000000000000007", "POD0000000000000000008")


BY_REVIEWER = (Reject("ann", "name does not match"),)
SILENT = (*SENT, Heard(1, Refused(Failure(FailureReason.OTHER, ""))))
RETURNED = (*PAID, Heard(1, Returned("R1", 10050)))
PARTLY = (*PAID, Heard(1, Returned("R1", 2001)), Heard(1, Returned("R2", 49)))


@each_row(
    ("account", "events", "of_order", "of_detail", "of_reviewer"),
    [
        (UNREVIEWED, PAID, None, None, None),
        (UNREVIEWED, RETURNED, None, None, None),
        (UNREVIEWED, PARTLY, None, "partially returned 20.50", None),
        (UNREVIEWED, REFUSED, "account closed", "account closed", None),
        (UNREVIEWED, SILENT, "payout failed", "payout failed", None),
        (REVIEWED, BY_REVIEWER, "review rejected", "review rejected", "name does not match"),
        (UNREVIEWED, (Cancel("x"),), "canceled", None, None),
        (REVIEWED, (Expire(),), "expired", None, None),
    ],
)
def test_why_it_failed_is_told_of_the_order_and_of_its_detail(
    account: Account, events: tuple[Event, ...], of_order: str | None, of_detail: str | None, of_reviewer: str | None
) -> None:
    whole = order_of(made(*events, account=account))
    [row] = whole.details
    assert (whole.fail_reason, row.fail_reason, row.rejected_reason) == (of_order, of_detail, of_reviewer)


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
    what = Order(reference="TM-1", currency="CNH", amount_minor=5, beneficiary=payee)
    [row] = order_of(made(what=what)).details
    assert row.bank_account_no == masked_account(payee.account_number)
    assert row.bank_account_name == masked_name(payee.name)
    assert (row.bank_account_type, row.bank_name, row.bank_country_code, row.bank_swift_code) == (None,) * 4


def test_the_envelope_is_signed_over_its_data_as_sent() -> None:
    response = written(CREATE, made(*PAID))
    data = parse_object(response.body)["data"]
    assert isinstance(data, dict)
    assert verify(text_of(data), SECRET, envelope(response)["sign"])


def test_create_and_query_show_the_same_object() -> None:
    payout = made(*SENT)
    assert written(CREATE, payout) == written(QUERY, alone(payout))
    batch = WholeOrder(7, "B", NOW_MS, (payout, made(*PAID)))
    assert written(BATCH, batch) == written(QUERY, batch)


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
