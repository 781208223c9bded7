"""What teemopay answers about payouts and balances: the documented examples key by key, and any payout in any state."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from outlay.core.account import Account
from outlay.core.asks import Balance, Claim, FindPayout, OrderPayout, ReadBalances
from outlay.core.attempt import Attempt, AttemptState
from outlay.core.beneficiary import OWN_ACCOUNT
from outlay.core.currencies import EXPONENTS
from outlay.core.destination import DestinationKind
from outlay.core.fees import Fee
from outlay.core.origin import Remarks
from outlay.core.outcome import Failure, FailureReason
from outlay.core.payout import Payout
from outlay.core.progress import Return, State
from outlay.core.refusal import Refusal
from outlay.dialects.teemopay import DIALECT
from outlay.dialects.teemopay.callers import App
from outlay.dialects.teemopay.inbound.payouts import _Created, query_data
from outlay.dialects.teemopay.tables.countries import COUNTRIES
from outlay.kit.secret import Secret
from outlay.wire.dialect import AnyRoute, Asked, Context, Credential, CredentialRequest
from tests.support.payees import payee
from tests.support.routes import told
from tests.support.rows import each_row

NOW_MS = 1_776_396_210_500
ENTROPY = bytes.fromhex("6b0f6c1e9a2b4c3d8e7f60718293a4b5")
ACCOUNT = Account(UUID("7b0d1e44-52c8-4b39-9d7e-0c6f5a1e2d33"), "Padaria Ltda", "BR")
ISSUED = DIALECT.issue_credential(CredentialRequest(ACCOUNT, bytes(64), NOW_MS))
CREDENTIAL = Credential(
    ISSUED.key_id, ACCOUNT, 1, DIALECT.open_credential({name: Secret(text) for name, text in ISSUED.sealed.items()})
)
CONTEXT = Context(CREDENTIAL, ACCOUNT.account_id, NOW_MS, ENTROPY)
CREATE, QUERY, BALANCE, LIST = DIALECT.routes
BRAZIL = COUNTRIES["BR"]

SEED_PROCESSING = """{
"code": 200,
"data": {
"merchantOrderNo": "OrderNoExample",
"tradeNo": "TF2405220001BR0000509326631881",
"amount": "300.11",
"status": 1,
"serviceRate": "0.0500",
"serviceAmount": "20.01",
"immService": "5.00",
"completeTime": null,
"errorCode": null,
"errorMessage": null
},
"msg": "success",
"traceId": "2e0e38e3e9a24b60b4f57c6d2ced196a.115.17744291515713103"
}"""

SEED_REFUNDED = """{
"code": 200,
"data": {
"merchantOrderNo": "OrderNoExample",
"tradeNo": "TF2405220001BR0000509326631881",
"errorMessage": "FINAL_FAILURE_MANUAL",
"amount": "1000.00",
"status": 4,
"serviceRate": "0.0500",
"serviceAmount": "55.00",
"immService": "5.00",
"completeTime": "2026-04-17 00:23:24",
"errorCode": 1024,
"cepUrl": null,
"totalRefundAmount": "1000.00",
"refundDetails": [
{
"refundNo": "T001-20260417002149463108",
"refundAmount": "500.00",
"refundStatus": 2,
"refundTime": "2026-04-17 00:21:50"
},
{
"refundNo": "T001-20260417002149463108123123",
"refundAmount": "500.00",
"refundStatus": 2,
"refundTime": "2026-04-17 00:21:50"
}
]
},
"msg": "success",
"traceId": "dcf1aee524564c5485a655d09a02aa02.86.17766720253031143"
}"""


def ms(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp() * 1000)


PIX = payee(DestinationKind.PIX, name="Maria Oliveira", account_number="11144477735", country="BR")
PAYOUT = Payout(
    account_id=ACCOUNT.account_id,
    payout_id=24052200010000509326631881,  # larger than ours ever get: the digits of the seed's tradeNo
    reference="OrderNoExample",
    currency="BRL",
    amount_minor=30_011,
    fee=Fee(2_001, 500, 50_000),
    beneficiary=PIX,
    rail="sandbox",
    created_ms=ms(2026, 4, 17, 3, 20, 0),
    state=State.PROCESSING,
)
REFUND_MS = ms(2026, 4, 17, 3, 21, 50)
REFUNDED = replace(
    PAYOUT,
    amount_minor=100_000,
    fee=Fee(5_500, 500, 50_000),
    state=State.PAID,
    completed_ms=ms(2026, 4, 17, 3, 23, 24),
    returned_minor=100_000,
    returns=(Return(1, "R-1", 50_000, REFUND_MS, True), Return(2, "R-2", 50_000, REFUND_MS, True)),
)


def answered(route: AnyRoute, asked: Asked[Any, Any], answer: Any, context: Context[App]) -> bytes:
    response = told(DIALECT, route, asked, answer, context)
    assert response.status == 200
    return response.body


def created(payout: Payout, context: Context[App] = CONTEXT, *, sent: str | None = None) -> bytes:
    """`sent`: the amount as the caller wrote it."""
    asked = Asked(OrderPayout(Claim(payout.reference, "create", bytes(32)), None), _Created(sent, None))
    return answered(CREATE, asked, payout, context)


def created_data(payout: Payout, context: Context[App] = CONTEXT, *, sent: str | None = None) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(created(payout, context, sent=sent))["data"]
    return tree


def balance(*balances: Balance) -> bytes:
    return answered(BALANCE, Asked(ReadBalances("BRL"), None), balances, CONTEXT)


def body(answer: Payout | Refusal, context: Context[App] = CONTEXT) -> dict[str, Any]:
    """To a query."""
    tree: dict[str, Any] = json.loads(answered(QUERY, Asked(FindPayout("OUT-1"), None), answer, context))
    return tree


def data(payout: Payout) -> dict[str, Any]:
    tree: dict[str, Any] = body(payout)["data"]
    return tree


# -- the documented examples ----------------------------------------------------------------------------------------


def test_the_seeds_payout_in_progress_is_reproduced_key_by_key_in_its_order() -> None:
    seed, ours = json.loads(SEED_PROCESSING), body(PAYOUT)

    assert list(ours) == list(seed)
    assert list(ours["data"].items()) == list(seed["data"].items())
    assert (ours["code"], ours["msg"]) == (seed["code"], seed["msg"])


def test_the_seeds_refunded_payout_is_reproduced_but_for_its_refund_numbers() -> None:
    seed, ours = json.loads(SEED_REFUNDED)["data"], data(REFUNDED)

    assert set(ours) == set(seed)
    assert ours | {"refundDetails": []} == seed | {"refundDetails": []}
    for our_refund, seed_refund in zip(ours["refundDetails"], seed["refundDetails"], strict=True):
        assert list(our_refund) == list(seed_refund)
        assert our_refund | {"refundNo": seed_refund["refundNo"]} == seed_refund
    assert [refund["refundNo"] for refund in ours["refundDetails"]] == [
        "T001-TF2405220001BR0000509326631881",
        "T002-TF2405220001BR0000509326631881",
    ]


def test_the_documented_partial_refund_is_reproduced() -> None:
    payout = replace(
        PAYOUT,
        payout_id=26010100010000000000000043,
        reference="OUT-20260417-0007",
        amount_minor=30_000,
        fee=Fee(2_000, 500, 50_000),
        state=State.PAID,
        completed_ms=ms(2026, 4, 20, 7, 10, 2),
        returned_minor=20_000,
        returns=(Return(1, "R-1", 20_000, ms(2026, 4, 20, 7, 17, 29)),),
    )
    expected = (
        '{"merchantOrderNo":"OUT-20260417-0007","tradeNo":"TF2601010001BR0000000000000043","amount":"300.00",'
        '"status":5,"serviceRate":"0.0500","serviceAmount":"20.00","immService":"5.00",'
        '"completeTime":"2026-04-20 04:10:02","errorCode":1001,"errorMessage":"Return","cepUrl":null,'
        '"totalRefundAmount":"200.00","refundDetails":[{"refundNo":"T001-TF2601010001BR0000000000000043",'
        '"refundAmount":"200.00","refundStatus":2,"refundTime":"2026-04-20 04:17:29"}]}'
    )
    assert list(data(payout).items()) == list(json.loads(expected).items())


def test_the_documented_answer_to_create_is_reproduced_byte_by_byte() -> None:
    payout = replace(
        PAYOUT,
        payout_id=26010100010000000000000042,
        reference="OUT-20260417-0001",
        amount_minor=100_001,
        state=State.RESERVED,
    )
    assert created(payout) == (
        b'{"code":200,"data":{"merchantOrderNo":"OUT-20260417-0001","tradeNo":"TF2601010001BR0000000000000042",'
        b'"amount":"1000.01","status":1},"msg":"success","traceId":"6b0f6c1e9a2b4c3d8e7f60718293a4b5.1.17763962105002165"}'
    )


def test_the_documented_balance_is_reproduced() -> None:
    assert balance(Balance("BRL", 1_000_000, 200_000)).startswith(
        b'{"code":200,"data":{"totalAmount":"12000.00","frozenAmount":"2000.00","availAmount":"10000.00"},'
        b'"msg":"success","traceId":"'
    )


# -- single rules ---------------------------------------------------------------------------------------------------


def test_a_balance_that_was_never_used_is_zero() -> None:
    zeros = {"totalAmount": "0.00", "frozenAmount": "0.00", "availAmount": "0.00"}
    assert json.loads(balance())["data"] == zeros
    assert json.loads(balance(Balance("USD", 5, 6)))["data"] == zeros


@each_row(
    ("state", "returned_minor", "status"),
    [
        (State.IN_REVIEW, 0, 1),
        (State.RESERVED, 0, 1),
        (State.PROCESSING, 0, 1),
        (State.PAID, 0, 2),
        (State.FAILED, 0, 3),
        (State.CANCELLED, 0, 3),
        (State.EXPIRED, 0, 3),
        (State.PAID, 30_011, 4),
        (State.PAID, 30_010, 5),
        (State.PAID, 1, 5),
    ],
)
def test_every_state_has_its_documented_status(state: State, returned_minor: int, status: int) -> None:
    payout = replace(PAYOUT, state=state, returned_minor=returned_minor, completed_ms=NOW_MS)
    assert data(payout)["status"] == status
    assert created_data(payout)["status"] == status


def test_the_table_of_states_is_complete() -> None:
    assert {data(replace(PAYOUT, state=state, completed_ms=NOW_MS))["status"] for state in State} == {1, 2, 3}


def test_an_attempt_of_unknown_outcome_is_processing_and_never_failed() -> None:
    attempt = Attempt(1, "sandbox", "OUT1A1", AttemptState.UNKNOWN, NOW_MS, NOW_MS)
    shown = data(replace(PAYOUT, attempts=(attempt,)))
    assert (shown["status"], shown["completeTime"], shown["errorCode"]) == (1, None, None)


@each_row(
    ("failure", "code", "text"),
    [
        (Failure(FailureReason.ACCOUNT_NOT_FOUND, "AC03"), 1000, "The account does not exist or is restricted"),
        (Failure(FailureReason.REVIEW_REJECTED, "no"), 9999, "Others"),
        (Failure(FailureReason.OTHER, "no"), 9999, "Others"),
        (None, 9999, "Others"),
    ],
)
@each_row("state", [State.FAILED, State.CANCELLED, State.EXPIRED])
def test_a_failed_payout_tells_its_documented_reason_and_costs_nothing(
    state: State, failure: Failure | None, code: int, text: str
) -> None:
    shown = data(replace(PAYOUT, state=state, failure=failure, completed_ms=ms(2026, 4, 17, 3, 26, 40)))
    assert (shown["errorCode"], shown["errorMessage"]) == (code, text)
    assert (shown["serviceAmount"], shown["immService"], shown["serviceRate"]) == ("0.00", "5.00", "0.0500")
    assert shown["completeTime"] == "2026-04-17 00:26:40"
    assert not {"cepUrl", "totalRefundAmount", "refundDetails"} & set(shown)


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        ((2026, 4, 17, 2, 59, 59), "2026-04-16 23:59:59"),
        ((2026, 1, 1, 2, 0, 0), "2025-12-31 23:00:00"),
        ((2018, 12, 15, 12, 0, 0), "2018-12-15 09:00:00"),  # Brazil kept summer time then: UTC-2 on the clocks
    ],
)
def test_times_are_local_at_a_fixed_offset_without_summer_time(at: tuple[int, ...], shown: str) -> None:
    assert data(replace(PAYOUT, state=State.PAID, completed_ms=ms(*at) + 999))["completeTime"] == shown


def context_in(country: str) -> Context[App]:
    opened = replace(CREDENTIAL.opened, country=COUNTRIES[country])
    return replace(CONTEXT, credential=replace(CREDENTIAL, opened=opened))


IN_COUNTRIES = {country: replace(PAYOUT, currency=row.money.currency) for country, row in COUNTRIES.items()}
DOLLARS = replace(PAYOUT, currency="USD")


@each_row("country", COUNTRIES)
@each_row("sent", ["1000", "1000.00", "1000.5"])
def test_create_answers_with_the_amount_as_it_was_sent_or_with_two_decimals(country: str, sent: str) -> None:
    exponent = EXPONENTS[IN_COUNTRIES[country].currency]
    payout = replace(IN_COUNTRIES[country], amount_minor=int(Decimal(sent) * 10**exponent))
    answer = created_data(payout, context_in(country), sent=sent)["amount"]
    two_decimals = "1000.00" if exponent == 0 else f"{Decimal(sent):.2f}"
    assert answer == (sent if country in {"CO", "CL", "KH", "PK"} else two_decimals)


def test_dollars_of_cambodia_are_answered_as_they_were_sent() -> None:
    for sent in ("10.50", "10.5", "10"):
        payout = replace(DOLLARS, amount_minor=1050)
        assert created_data(payout, context_in("KH"), sent=sent)["amount"] == sent


@each_row("country", COUNTRIES)
def test_a_query_prints_two_decimals_also_where_create_answers_as_sent(country: str) -> None:
    payout = IN_COUNTRIES[country]
    minor = 1000 * 10 ** EXPONENTS[payout.currency]
    shown = body(replace(payout, amount_minor=minor), context_in(country))["data"]
    assert shown["amount"] == "1000.00"


PAID_AT_THE_RAIL = replace(
    IN_COUNTRIES["MX"],
    rail_reference="202604170000009000000000000000",
    receipt_url="https://cep.sandbox.example/202604170000009000000000000000",
    completed_ms=NOW_MS,
)


@each_row("state", State)
@each_row("returned", [0, 1, PAYOUT.amount_minor])
def test_mexico_names_the_payment_at_the_rail_and_its_receipt_once_it_was_paid(state: State, returned: int) -> None:
    returns = (Return(1, "R1", returned, NOW_MS),) if returned else ()
    payout = replace(PAID_AT_THE_RAIL, state=state, returned_minor=returned, returns=returns)
    shown = body(payout, context_in("MX"))["data"]
    names = list(shown)
    assert names.index("completeTime") < names.index("claveRastreo") < names.index("cepUrl")
    paid = state is State.PAID
    assert shown["claveRastreo"] == (payout.rail_reference if paid else None)
    assert shown["cepUrl"] == (payout.receipt_url if paid else None)
    assert ("refundDetails" in shown) is (paid and returned > 0)


@pytest.mark.parametrize("nothing", ["", None])
def test_mexico_has_no_receipt_where_the_rail_has_none(nothing: str | None) -> None:
    payout = replace(PAID_AT_THE_RAIL, state=State.PAID, receipt_url=nothing)
    assert body(payout, context_in("MX"))["data"]["cepUrl"] is None


@each_row("country", [country for country in COUNTRIES if country != "MX"])
def test_no_other_country_names_the_rail(country: str) -> None:
    paid = replace(PAID_AT_THE_RAIL, currency=COUNTRIES[country].money.currency, state=State.PAID)
    assert not {"claveRastreo", "cepUrl"} & set(body(paid, context_in(country))["data"])
    back = replace(paid, returned_minor=1, returns=(Return(1, "R1", 1, NOW_MS),))
    shown = body(back, context_in(country))["data"]
    assert "refundDetails" in shown
    assert {name: shown[name] for name in ("claveRastreo", "cepUrl") if name in shown} == (
        {"cepUrl": None} if country == "BR" else {}
    )


@each_row("country", COUNTRIES)
@each_row("currency", ["BRL", "USD", "KHR", "USDT", "EUR", "MXN"])
def test_a_payout_in_another_countrys_currency_is_not_found(country: str, currency: str) -> None:
    context = context_in(country)
    answer = body(replace(PAYOUT, currency=currency), context)
    if currency in COUNTRIES[country].currencies:
        assert answer["code"] == 200
    else:
        assert answer == body(Refusal.PAYOUT_NOT_FOUND, context)
        assert answer["code"] in (400, 434)


@each_row(
    ("currency", "minor", "shown"),
    [
        ("BRL", 1, "0.01"),
        ("BRL", 10**15, "10000000000000.00"),
        ("JPY", 5, "5.00"),
        ("KWD", 1_234, "1.234"),
        ("USDT", 1, "0.000001"),
        ("USDT", 10_010_000, "10.01"),
        ("USDT", 10_000_000, "10.00"),
        ("USDT", 10_012_000, "10.012"),
    ],
)
def test_amounts_have_two_decimals_and_lose_no_digit(currency: str, minor: int, shown: str) -> None:
    assert query_data(replace(PAYOUT, currency=currency, amount_minor=minor), BRAZIL).amount == shown


@pytest.mark.parametrize(("ppm", "shown"), [(0, "0.0000"), (50_000, "0.0500"), (1_000_000, "1.0000"), (150, "0.0002")])
def test_the_rate_has_four_decimals(ppm: int, shown: str) -> None:
    assert data(replace(PAYOUT, fee=Fee(0, 0, ppm)))["serviceRate"] == shown


@pytest.mark.parametrize("payout_id", [1, 2010543497457831001, 2**63 - 1])
def test_a_trade_number_has_thirty_characters_and_holds_our_number(payout_id: int) -> None:
    number = data(replace(PAYOUT, payout_id=payout_id))["tradeNo"]
    assert re.fullmatch(r"TF[0-9]{10}BR[0-9]{16}", number)
    assert int(number[2:12] + number[14:]) == payout_id


def test_two_answers_have_two_trace_ids() -> None:
    other = msgspec.structs.replace(CONTEXT, entropy=bytes(range(16)))
    assert body(PAYOUT)["traceId"] != body(PAYOUT, other)["traceId"]


# -- any payout -----------------------------------------------------------------------------------------------------

MONEY = st.integers(min_value=1, max_value=10**15)
TIMES = st.integers(min_value=0, max_value=ms(2100, 1, 1, 0, 0, 0))
TEXTS = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=64)


@st.composite
def payouts(draw: st.DrawFn) -> Payout:
    amount_minor = draw(MONEY)
    parts = draw(st.lists(st.integers(min_value=1, max_value=amount_minor), max_size=4))
    while sum(parts) > amount_minor:
        parts.pop()
    pays_own = st.just(OWN_ACCOUNT)
    kinds = st.builds(payee, kind=st.sampled_from(DestinationKind), name=TEXTS, account_number=TEXTS)
    failures = st.builds(Failure, reason=st.sampled_from(FailureReason), text=TEXTS)
    return Payout(
        account_id=ACCOUNT.account_id,
        payout_id=draw(st.integers(min_value=1, max_value=2**63 - 1)),
        batch_id=draw(st.none() | st.integers(min_value=1, max_value=2**63 - 1)),
        reference=draw(TEXTS),
        currency="BRL",
        amount_minor=amount_minor,
        fee=draw(st.builds(Fee, MONEY, MONEY, st.integers(min_value=0, max_value=2_000_000))),
        beneficiary=draw(pays_own | kinds),
        remarks=Remarks(description=draw(TEXTS), method=draw(TEXTS)),
        rail="sandbox",
        created_ms=draw(TIMES),
        state=draw(st.sampled_from(State)),
        failure=draw(st.none() | failures),
        completed_ms=draw(st.none() | TIMES),
        returned_minor=sum(parts),
        returns=tuple(Return(n, f"R{n}", part, draw(TIMES)) for n, part in enumerate(parts, start=1)),
    )


MONEY_TEXT = re.compile(r"(0|[1-9][0-9]*)\.[0-9]{2,8}")
TIME_TEXT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


@given(payouts())
def test_any_payout_in_any_state_is_answered_with_the_documented_types(payout: Payout) -> None:
    shown = data(payout)

    assert shown["merchantOrderNo"] == payout.reference
    assert type(shown["status"]) is int
    assert shown["status"] in {1, 2, 3, 4, 5}
    for name in ("amount", "serviceAmount", "immService"):
        assert MONEY_TEXT.fullmatch(shown[name])
    assert re.fullmatch(r"[0-9]+\.[0-9]{4}", shown["serviceRate"])
    has_reason = shown["status"] in {3, 4, 5}
    assert (type(shown["errorCode"]) is int) is has_reason
    assert (type(shown["errorMessage"]) is str) is has_reason
    assert has_reason or shown["errorCode"] is shown["errorMessage"] is None
    assert shown["completeTime"] is None or TIME_TEXT.fullmatch(shown["completeTime"])
    assert shown["status"] != 1 or shown["completeTime"] is None


@given(payouts())
def test_refund_fields_are_there_exactly_with_a_refund_and_add_up(payout: Payout) -> None:
    shown = data(payout)
    refunded = shown["status"] in {4, 5}

    assert {"cepUrl", "totalRefundAmount", "refundDetails"} & set(shown) == (
        {"cepUrl", "totalRefundAmount", "refundDetails"} if refunded else set()
    )
    if refunded:
        amounts = [Decimal(refund["refundAmount"]) for refund in shown["refundDetails"]]
        assert sum(amounts) == Decimal(shown["totalRefundAmount"])
        assert (shown["totalRefundAmount"] == shown["amount"]) is (shown["status"] == 4)
        numbers = [refund["refundNo"] for refund in shown["refundDetails"]]
        assert len(set(numbers)) == len(numbers)
        assert all(refund["refundStatus"] == 2 for refund in shown["refundDetails"])
        assert all(TIME_TEXT.fullmatch(refund["refundTime"]) for refund in shown["refundDetails"])


@given(payouts(), st.binary(min_size=16, max_size=16))
def test_any_payout_can_be_the_answer_to_create(payout: Payout, entropy: bytes) -> None:
    tree = json.loads(created(payout, msgspec.structs.replace(CONTEXT, entropy=entropy)))
    assert list(tree["data"]) == ["merchantOrderNo", "tradeNo", "amount", "status"]
    assert re.fullmatch(r"[0-9a-f]{32}\.[0-9]+\.[0-9]{17}", tree["traceId"])
