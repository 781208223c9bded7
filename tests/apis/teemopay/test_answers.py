"""What teemopay answers about payouts: the documented examples key by key, in their order, and single texts.

That any payout in any state is told truly: tests/apis/test_agreement.py.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from outlay.core.fees import Fee
from outlay.core.payout import Payout
from outlay.core.progress import Return, State
from outlay.core.refusal import Refusal
from outlay.dialects.teemopay.inbound.payouts import query_data
from outlay.dialects.teemopay.tables.countries import COUNTRIES
from tests.apis.teemopay.orders import WAYS, currencies_of
from tests.apis.teemopay.reasons import TEXTS_IN
from tests.apis.teemopay.rules.desk import CREATE, NOW_MS, QUERY, answered, payout, written
from tests.support.rows import each_row

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


PAYOUT = payout(
    payout_id=24052200010000509326631881,  # larger than ours ever get: the digits of the seed's tradeNo
    reference="OrderNoExample",
    amount_minor=30_011,
    fee=Fee(2_001, 500, 50_000),
    state=State.PROCESSING,
    completed_ms=None,
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


def data(of: Payout, country: str = "BR") -> dict[str, Any]:
    """To a query."""
    shown: dict[str, Any] = answered(country, QUERY, of)["data"]
    return shown


# -- the documented examples ----------------------------------------------------------------------------------------


def test_the_seeds_payout_in_progress_is_reproduced_key_by_key_in_its_order() -> None:
    seed, ours = json.loads(SEED_PROCESSING), answered("BR", QUERY, PAYOUT)

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
    partial = replace(
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
    assert list(data(partial).items()) == list(json.loads(expected).items())


def test_the_documented_answer_to_create_and_an_error_are_reproduced_byte_by_byte() -> None:
    made = replace(
        PAYOUT,
        payout_id=26010100010000000000000042,
        reference="OUT-20260417-0001",
        amount_minor=100_001,
        state=State.RESERVED,
    )
    assert written("BR", CREATE, made).body == (
        b'{"code":200,"data":{"merchantOrderNo":"OUT-20260417-0001","tradeNo":"TF2601010001BR0000000000000042",'
        b'"amount":"1000.01","status":1},"msg":"success","traceId":"6b0f6c1e9a2b4c3d8e7f60718293a4b5.1.17763962040002165"}'
    )
    assert written("BR", CREATE, Refusal.INSUFFICIENT_BALANCE).body == (
        b'{"code":425,"data":null,"msg":"Insufficient merchant balance",'
        b'"traceId":"6b0f6c1e9a2b4c3d8e7f60718293a4b5.1.17763962040002165"}'
    )


# -- single texts ---------------------------------------------------------------------------------------------------


@each_row(
    ("at", "shown"),
    [
        ((2026, 4, 17, 2, 59, 59), "2026-04-16 23:59:59"),
        ((2026, 1, 1, 2, 0, 0), "2025-12-31 23:00:00"),
        ((2018, 12, 15, 12, 0, 0), "2018-12-15 09:00:00"),  # Brazil kept summer time then: UTC-2 on the clocks
    ],
)
def test_times_are_local_at_a_fixed_offset_without_summer_time(at: tuple[int, ...], shown: str) -> None:
    assert data(replace(PAYOUT, state=State.PAID, completed_ms=ms(*at) + 999))["completeTime"] == shown


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
    assert query_data(replace(PAYOUT, currency=currency, amount_minor=minor), COUNTRIES["BR"]).amount == shown


@each_row(("ppm", "shown"), [(0, "0.0000"), (50_000, "0.0500"), (1_000_000, "1.0000"), (150, "0.0002")])
def test_the_rate_has_four_decimals(ppm: int, shown: str) -> None:
    assert data(replace(PAYOUT, fee=Fee(0, 0, ppm)))["serviceRate"] == shown


def test_a_failed_payout_costs_nothing_and_one_on_its_way_has_no_end() -> None:
    failed = data(payout(state=State.FAILED))
    assert (failed["serviceAmount"], failed["immService"], failed["serviceRate"]) == ("0.00", "5.00", "0.0500")
    assert failed["completeTime"] == "2026-04-17 00:23:24"
    assert data(payout(state=State.PROCESSING))["completeTime"] is None


def test_mexico_names_the_payment_before_its_receipt_and_none_where_the_rail_has_none() -> None:
    paid = payout(currency="MXN", rail_reference="20260417", receipt_url="https://cep.sandbox.example/20260417")
    names = list(data(paid, "MX"))
    assert names.index("completeTime") < names.index("claveRastreo") < names.index("cepUrl")
    for nothing in ("", None):
        assert data(replace(paid, receipt_url=nothing), "MX")["cepUrl"] is None


@each_row("country", WAYS)
def test_beside_a_refund_only_mexico_names_the_rail_and_brazil_a_receipt_that_is_null(country: str) -> None:
    back = payout(currency=currencies_of(country)[0], returned_minor=1, returns=(Return(1, "R1", 1, NOW_MS),))
    shown = data(replace(back, rail_reference="20260417", receipt_url="https://cep.sandbox.example/1"), country)
    assert "refundDetails" in shown
    named = {name: shown[name] for name in ("claveRastreo", "cepUrl") if name in shown}
    tracked = {"claveRastreo": "20260417", "cepUrl": "https://cep.sandbox.example/1"}
    assert named == {"MX": tracked, "BR": {"cepUrl": None}}.get(country, {})


@each_row(
    ("decided", "code"), [((True, False), 1001), ((False, True), 1024), ((True, False, True), 1024), ((True,), 1024)]
)
def test_of_several_returns_the_latest_says_why(decided: tuple[bool, ...], code: int) -> None:
    returns = tuple(Return(n, f"R{n}", 10_000, NOW_MS + n, each) for n, each in enumerate(decided, 1))
    for country, currency in (("BR", "BRL"), ("MX", "MXN")):
        shown = data(payout(currency=currency, returns=returns, returned_minor=10_000 * len(returns)), country)
        assert (shown["errorCode"], shown["errorMessage"]) == (code, TEXTS_IN[country][code])
