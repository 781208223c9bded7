"""Requests with two faults, requests that come twice, and many at once.

Which of two faults is told is decided for each API, once and for all; and a resend of an order that was accepted never
earns an answer that sounds final, whatever else has changed meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.apis.found import all_names
from tests.apis.software import BRL_FEE, CPF, new_reference, now_ms
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.observer import wait_for
from tests.e2e.raw_http import Answer, Call, send
from tests.e2e.scene import GOOD, Refused, Scene, is_accepted
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

AT_ONCE = 20
HOUR_MS = 3_600_000
TOO_MUCH = "999999.00"
LARGE = b" " * 200_000


# -- duplicates -----------------------------------------------------------------------------------------------------


def test_a_repeated_order_is_told_from_another_one_under_its_reference(scene: Scene) -> None:
    lesspay, teemopay, uqpay = scene.merchant.lesspay, scene.merchant.teemopay, scene.merchant.uqpay
    body = scene.bodies["lesspay"]
    scene.refuse("lesspay", lesspay.call(lesspay.CREATE, body), Refused(200, 30011))
    for changes in (
        {"amount": "10.01"},
        {"amount": "x"},
        {"beneficiary": {}},
        {"currency": "JPY"},
        {"amount": TOO_MUCH},
    ):
        scene.refuse("lesspay", lesspay.call(lesspay.CREATE, {**body, **changes}), Refused(200, 30010))
    body = scene.bodies["teemopay"]
    for changes in ({}, {"amount": "10.01"}, {"amount": "x"}, {"accountType": 9}, {"amount": TOO_MUCH}):
        scene.refuse("teemopay", teemopay.call(teemopay.CREATE, {**body, **changes}), Refused(200, 426))
    body, key = scene.bodies["uqpay"], scene.references["uqpay"]
    conflict = Refused(400, ("idempotency_error", "key_mismatch_body"))
    for changes in ({"payout_amount": "10.01"}, {"payout_amount": "x"}, {"payout_amount": 10.00}, {"more": 1}):
        scene.refuse("uqpay", uqpay.call(uqpay.CREATE, {**body, **changes}, key=key), conflict)
    scene.refuse("uqpay", uqpay.call(uqpay.CREATE, b"{", key=key), conflict)
    again = uqpay.ask(uqpay.CREATE, body, key=key).json()
    assert (again["payout_id"], again["payout_status"]) == (scene.payout_id, "COMPLETED")
    assert scene.changes() == {}


def test_a_reference_of_one_api_is_taken_in_the_others(scene: Scene) -> None:
    merchant, references = scene.merchant, scene.references
    for api in ("teemopay", "uqpay"):
        body = merchant.lesspay.order("10.00", references[api])
        scene.refuse("lesspay", merchant.lesspay.call(merchant.lesspay.CREATE, body), Refused(200, 30010))
    for api in ("lesspay", "uqpay"):
        body = merchant.teemopay.order("10.00", references[api])
        scene.refuse("teemopay", merchant.teemopay.call(merchant.teemopay.CREATE, body), Refused(200, 426))
    for api in ("lesspay", "teemopay"):
        call = merchant.uqpay.call(merchant.uqpay.CREATE, merchant.uqpay.order("10.00"), key=references[api])
        scene.refuse("uqpay", call, Refused(400, ("idempotency_error", "key_mismatch_api")))


def test_more_than_the_balance_is_refused_in_every_api(scene: Scene) -> None:
    merchant = scene.merchant
    scene.settle()  # what other tests have ordered is paid, or its money has come back
    available = merchant.teemopay.balance()["availAmount"]
    assert float(available) > 100
    # Enough for the amount, but not for its fee.
    for amount in (available, TOO_MUCH):
        body = merchant.lesspay.order(amount)
        refused = Refused(200, 9999, "insufficient balance")
        scene.refuse("lesspay", merchant.lesspay.call(merchant.lesspay.CREATE, body), refused)
        body = merchant.teemopay.order(amount)
        scene.refuse("teemopay", merchant.teemopay.call(merchant.teemopay.CREATE, body), Refused(200, 425))
        call = merchant.uqpay.call(merchant.uqpay.CREATE, merchant.uqpay.order(amount))
        scene.refuse("uqpay", call, Refused(400, ("payout_error", "insufficient_balance")))
    # A currency in which there never was any money.
    call = merchant.uqpay.call(merchant.uqpay.CREATE, merchant.uqpay.order("1.00", payout_currency="USD"))
    scene.refuse("uqpay", call, Refused(400, ("payout_error", "invalid_currency")))


# -- precedence -----------------------------------------------------------------------------------------------------

Bad = Callable[[Scene], Call]


def lesspay(*, headers: Mapping[str, str | None] | None = None, path: str = "", **fields: Any) -> Bad:
    """An order with these headers and fields, signed as it is."""

    def call(scene: Scene) -> Call:
        speaker = scene.merchant.lesspay
        return speaker.call(path or speaker.CREATE, {**speaker.order("1.00"), **fields}).headed(headers or {})

    return call


def known_lesspay(**fields: Any) -> Bad:
    return lambda scene: lesspay(request_id=scene.references["lesspay"], **fields)(scene)


def stale() -> str:
    return str(now_ms() - HOUR_MS)


ROBOT = {"beneficiary": {"beneficiary_type": "robot"}}
LESSPAY_TWICE: Mapping[str, tuple[Bad, Refused]] = {
    "method, then everything": (lambda scene: Call("GET", scene.merchant.lesspay.CREATE, {}), Refused(405, 405)),
    "path, then everything": (lambda scene: Call("GET", "/api/global/x", {}), Refused(404, 404)),
    "path before size": (lambda scene: Call("POST", "/api/global/x", {}, LARGE), Refused(404, 404)),
    "method before size": (lambda scene: Call("PUT", scene.merchant.lesspay.CREATE, {}, LARGE), Refused(405, 405)),
    "size before headers": (lambda scene: Call("POST", scene.merchant.lesspay.CREATE, {}, LARGE), Refused(413, 413)),
    "headers before JSON": (
        lambda scene: Call("POST", scene.merchant.lesspay.CREATE, {}, b"{"),
        Refused(401, 401, "invalid appid"),
    ),
    "headers before content type": (
        lesspay(headers={"x-auth-signature": "x", "Content-Type": "text/plain"}),
        Refused(401, 401, "invalid signature"),
    ),
    "content type before appid": (
        lesspay(headers={"x-auth-appid": "0" * 24, "Content-Type": "text/plain"}),
        Refused(400, 400, "Content-Type must be application/json"),
    ),
    "appid before JSON": (
        lambda scene: lesspay(headers={"x-auth-appid": "0" * 24})(scene).but(body=b"{"),
        Refused(401, 401, "invalid appid"),
    ),
    "time before JSON": (
        lambda scene: lesspay(headers={"X-Auth-Timestamp": "1000000000000"})(scene).but(body=b"{"),
        Refused(401, 401, "invalid timestamp"),
    ),
    "JSON before signature": (
        lambda scene: lesspay(headers={"x-auth-signature": "0" * 64})(scene).but(body=b"{"),
        Refused(400, 400, "body is not valid JSON"),
    ),
    "appid before time": (
        lesspay(headers={"x-auth-appid": "0" * 24, "X-Auth-Timestamp": "1000000000000"}),
        Refused(401, 401, "invalid appid"),
    ),
    "time before signature": (
        lesspay(headers={"X-Auth-Timestamp": "1000000000000", "x-auth-signature": "0" * 64}),
        Refused(401, 401, "invalid timestamp"),
    ),
    "signature before fields": (
        lesspay(headers={"x-auth-signature": "0" * 64}, request_id="", amount="x"),
        Refused(401, 401, "invalid signature"),
    ),
    "form of request_id before all fields": (
        lesspay(request_id="", amount="x", currency="ZZZ"),
        Refused(200, 30000, "request_id is required"),
    ),
    "duplicate before fields": (known_lesspay(amount="x", currency="ZZZ"), Refused(200, 30010)),
    "duplicate before balance": (known_lesspay(amount=TOO_MUCH), Refused(200, 30010)),
    "the lowest code first: 30000 before 30001": (lesspay(way_code="", currency="ZZZ"), Refused(200, 30000)),
    "30001 before 30009": (lesspay(currency="ZZZ", amount="x"), Refused(200, 30001)),
    "30004 before 30009": (
        lambda scene: lesspay(
            amount="x",
            beneficiary={**scene.merchant.lesspay.order("1")["beneficiary"], "beneficiary_type": "robot"},
        )(scene),
        Refused(200, 30004),
    ),
    "30008 before 30009": (lesspay(transaction_type="PAY_IN", amount="x"), Refused(200, 30008)),
    "30000 of two": (lesspay(**ROBOT), Refused(200, 30000)),
    "fields before balance": (lesspay(amount=TOO_MUCH, way_code=""), Refused(200, 30000)),
}


@pytest.mark.parametrize("faults", LESSPAY_TWICE)
def test_of_two_faults_lesspay_always_tells_the_same(scene: Scene, faults: str) -> None:
    bad, refused = LESSPAY_TWICE[faults]
    scene.refuse("lesspay", bad(scene), refused)


def teemopay(*, headers: Mapping[str, str | None] | None = None, nonce: str | None = None, **fields: Any) -> Bad:
    def call(scene: Scene) -> Call:
        speaker = scene.merchant.teemopay
        return speaker.call(speaker.CREATE, {**speaker.order("1.00"), **fields}, nonce=nonce).headed(headers or {})

    return call


def known_teemopay(**fields: Any) -> Bad:
    return lambda scene: teemopay(merchantOrderNo=scene.references["teemopay"], **fields)(scene)


def spent_nonce(scene: Scene) -> str:
    asked = GOOD["teemopay-balance"](scene)
    assert is_accepted("teemopay-balance", send(scene.outlay.base_url, asked))
    return str(asked.headers["nonce"])


def spoilt_sign(bad: Bad) -> Bad:
    def call(scene: Scene) -> Call:
        made = bad(scene)
        return made.but(body=made.body.replace(b'"realName"', b'"realname"'))

    return call


TEEMOPAY_TWICE: Mapping[str, tuple[Bad, Refused]] = {
    "method, then everything": (lambda scene: Call("GET", scene.merchant.teemopay.CREATE, {}), Refused(405, 414)),
    "path before size": (lambda scene: Call("POST", "/api/pay/x", {}, LARGE), Refused(404, 414)),
    "size before headers": (lambda scene: Call("POST", scene.merchant.teemopay.CREATE, {}, LARGE), Refused(413, 414)),
    "app_code missing before country missing": (
        teemopay(headers={"app_code": None, "country": None}),
        Refused(200, 416),
    ),
    "country missing before nonce missing": (
        teemopay(headers={"country": None, "nonce": None}),
        Refused(200, 414, "country is required"),
    ),
    "headers before JSON": (
        lambda scene: teemopay(headers={"nonce": None})(scene).but(body=b"{"),
        Refused(200, 414, "nonce is required"),
    ),
    "headers before content type": (
        teemopay(headers={"timestamp": None, "Content-Type": "text/plain"}),
        Refused(200, 414, "timestamp is required"),
    ),
    "content type before app_code": (
        teemopay(headers={"app_code": "A1BR1", "Content-Type": "text/plain"}),
        Refused(400, 414, "Content-Type must be application/json"),
    ),
    "app_code before JSON": (
        lambda scene: teemopay(headers={"app_code": "A1BR1"})(scene).but(body=b"{"),
        Refused(200, 416),
    ),
    "country before JSON": (
        lambda scene: teemopay(headers={"country": "MX"})(scene).but(body=b"{"),
        Refused(200, 414, "country mismatch"),
    ),
    "time before JSON": (
        lambda scene: teemopay(headers={"timestamp": "1000000000000"})(scene).but(body=b"{"),
        Refused(200, 414, "timestamp expired"),
    ),
    "JSON before sign": (
        lambda scene: spoilt_sign(teemopay())(scene).but(body=b"{"),
        Refused(400, 414, "body is not valid JSON"),
    ),
    "app_code before country": (teemopay(headers={"app_code": "A1BR1", "country": "MX"}), Refused(200, 416)),
    "country before time": (
        teemopay(headers={"country": "MX", "timestamp": "1000000000000"}),
        Refused(200, 414, "country mismatch"),
    ),
    "time before sign": (
        spoilt_sign(teemopay(headers={"timestamp": "1000000000000"})),
        Refused(200, 414, "timestamp expired"),
    ),
    "sign before the nonce's form": (
        spoilt_sign(teemopay(nonce="short")),
        Refused(200, 414, "sign verification failed"),
    ),
    "sign before the nonce's reuse": (
        lambda scene: spoilt_sign(teemopay(nonce=spent_nonce(scene)))(scene),
        Refused(200, 414, "sign verification failed"),
    ),
    "nonce's form before fields": (
        teemopay(nonce="short", merchantOrderNo=""),
        Refused(200, 414, "nonce invalid"),
    ),
    "nonce's reuse before fields": (
        lambda scene: teemopay(nonce=spent_nonce(scene), amount="x")(scene),
        Refused(200, 414, "nonce repeated"),
    ),
    "nonce's reuse before the number's form": (
        lambda scene: teemopay(nonce=spent_nonce(scene), merchantOrderNo="")(scene),
        Refused(200, 414, "nonce repeated"),
    ),
    "nonce's reuse before the duplicate": (
        lambda scene: teemopay(nonce=spent_nonce(scene), merchantOrderNo=scene.references["teemopay"])(scene),
        Refused(200, 414, "nonce repeated"),
    ),
    "duplicate before fields": (known_teemopay(amount="x", accountType=9), Refused(200, 426)),
    "duplicate before balance": (known_teemopay(amount=TOO_MUCH), Refused(200, 426)),
    "of two 414 the first field": (
        teemopay(idType="", amount="x"),
        Refused(200, 414, "amount must be a plain decimal number"),
    ),
    "414 before 455": (teemopay(callbackUrl="ftp://a", accountType=9), Refused(200, 414)),
    "455 before 475": (teemopay(accountType=9, idType="RG"), Refused(200, 455)),
    "475 before 476": (teemopay(idType="RG", idCardNumber="1"), Refused(200, 475)),
    "476 before 482": (teemopay(idCardNumber="1", bankAccount="1"), Refused(200, 476)),
    "482 before 425": (teemopay(bankAccount="1", amount=TOO_MUCH), Refused(200, 482)),
}


@pytest.mark.parametrize("faults", TEEMOPAY_TWICE)
def test_of_two_faults_teemopay_always_tells_the_same(scene: Scene, faults: str) -> None:
    bad, refused = TEEMOPAY_TWICE[faults]
    scene.refuse("teemopay", bad(scene), refused)


def uqpay(*, headers: Mapping[str, str | None] | None = None, **fields: Any) -> Bad:
    def call(scene: Scene) -> Call:
        speaker = scene.merchant.uqpay
        return speaker.call(speaker.CREATE, {**speaker.order("1.00"), **fields}).headed(headers or {})

    return call


def known_uqpay(**fields: Any) -> Bad:
    return lambda scene: uqpay(headers={"x-idempotency-key": scene.references["uqpay"]}, **fields)(scene)


KEY_FORM = Refused(400, ("idempotency_error", "invalid_key_format"))
NO_SUB_ACCOUNT = Refused(400, ("account_error", "sub_account_not_found"))
OTHER_BODY = Refused(400, ("idempotency_error", "key_mismatch_body"))
INVALID = Refused(400, ("invalid_request_error", "invalid_parameter"))
UQPAY_TWICE: Mapping[str, tuple[Bad, Refused]] = {
    "method, then everything": (lambda scene: Call("PUT", scene.merchant.uqpay.CREATE, {}), Refused(405, 405)),
    "path before size": (lambda scene: Call("POST", "/api/v2/x", {}, LARGE), Refused(404, 404)),
    "size before token": (lambda scene: Call("POST", scene.merchant.uqpay.CREATE, {}, LARGE), Refused(413, 413)),
    "token before client id": (
        uqpay(headers={"x-auth-token": "Bearer x", "x-client-id": "x"}),
        Refused(401, "token has expired"),
    ),
    "client id before key": (uqpay(headers={"x-client-id": "x", "x-idempotency-key": "a b"}), INVALID),
    "key's form before account": (uqpay(headers={"x-idempotency-key": "a b", "x-on-behalf-of": "x"}), KEY_FORM),
    "account before known key": (
        lambda scene: known_uqpay()(scene).headed({"x-on-behalf-of": str(uuid4())}),
        NO_SUB_ACCOUNT,
    ),
    "account before body": (
        lambda scene: uqpay(headers={"x-on-behalf-of": str(uuid4())})(scene).but(body=b"{"),
        NO_SUB_ACCOUNT,
    ),
    "account before fields": (uqpay(headers={"x-on-behalf-of": str(uuid4())}, payout_amount="x"), NO_SUB_ACCOUNT),
    "known key before content type": (
        lambda scene: known_uqpay(payout_amount="9.00")(scene).headed({"Content-Type": "text/plain"}),
        OTHER_BODY,
    ),
    "known key before fields": (known_uqpay(payout_currency="ZZZ"), OTHER_BODY),
    "known key before balance": (known_uqpay(payout_amount=TOO_MUCH), OTHER_BODY),
    "currency before amount": (
        uqpay(payout_amount="x", payout_currency="ZZZ"),
        Refused(400, ("payout_error", "invalid_currency")),
    ),
    "amount before descriptor": (
        uqpay(payout_amount="x", statement_descriptor=""),
        Refused(400, ("payout_error", "invalid_amount")),
    ),
    "descriptor before note": (uqpay(statement_descriptor="d" * 16, internal_note="n" * 256), INVALID),
    "note before transfer": (uqpay(internal_note="n" * 256, payout_account_id="x"), INVALID),
    "transfer before balance": (
        uqpay(payout_account_id="x", payout_amount=TOO_MUCH),
        Refused(400, ("account_error", "account_not_found")),
    ),
}


@pytest.mark.parametrize("faults", UQPAY_TWICE)
def test_of_two_faults_uqpay_always_tells_the_same(scene: Scene, faults: str) -> None:
    bad, refused = UQPAY_TWICE[faults]
    scene.refuse("uqpay", bad(scene), refused)


# -- nonces ---------------------------------------------------------------------------------------------------------


def test_a_nonce_is_spent_by_a_good_signature_only_and_then_whatever_follows(scene: Scene) -> None:
    speaker = scene.merchant.teemopay
    body = {"merchantOrderNo": scene.references["teemopay"]}
    good = speaker.call(speaker.QUERY, body)
    bad = good.but(body=good.body.replace(b'"merchantOrderNo"', b'"merchantorderno"'))
    for _ in range(2):
        scene.refuse("teemopay", bad, Refused(200, 414, "sign verification failed"))
    assert is_accepted("teemopay-query", send(scene.outlay.base_url, good))
    # Well signed but wrong in a field: the nonce is spent all the same.
    wrong = speaker.call(speaker.QUERY, {"merchantOrderNo": "a b"})
    scene.refuse("teemopay", wrong, Refused(200, 414, "merchantOrderNo must be letters, digits, _ and - only"))
    scene.refuse("teemopay", wrong, Refused(200, 414, "nonce repeated"))


def test_a_nonce_of_one_application_is_free_in_another(scene: Scene) -> None:
    nonce = uuid4().hex
    for speaker in (scene.merchant.teemopay, scene.stranger.teemopay):
        call = speaker.call(speaker.BALANCE, {}, nonce=nonce)
        assert is_accepted("teemopay-balance", send(scene.outlay.base_url, call))


def all_at_once(scene: Scene, calls: list[Call]) -> list[Answer]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: send(scene.outlay.base_url, call), calls))


@pytest.mark.parametrize("endpoint", ["teemopay-create", "teemopay-query", "teemopay-balance"])
def test_of_many_sends_of_one_signed_request_exactly_one_is_accepted(scene: Scene, endpoint: str) -> None:
    before = scene.observer.count("payouts")
    answers = all_at_once(scene, [GOOD[endpoint](scene)] * AT_ONCE)
    codes = Counter((answer.json()["code"], answer.json()["msg"]) for answer in answers)
    assert codes == {(200, "success"): 1, (414, "nonce repeated"): AT_ONCE - 1}
    assert scene.observer.count("payouts") == before + (endpoint == "teemopay-create")
    scene.settle()


def test_of_many_orders_with_one_reference_exactly_one_is_accepted(scene: Scene) -> None:
    """Each is signed anew, so no nonce protects; the reference does."""
    merchant, before = scene.merchant, scene.observer.count("payouts")
    body: dict[str, Any] = merchant.teemopay.order("1.00")
    answers = all_at_once(scene, [merchant.teemopay.call(merchant.teemopay.CREATE, body) for _ in range(AT_ONCE)])
    assert Counter(answer.json()["code"] for answer in answers) == {200: 1, 426: AT_ONCE - 1}
    body = merchant.lesspay.order("1.00")
    answers = all_at_once(scene, [merchant.lesspay.call(merchant.lesspay.CREATE, body)] * AT_ONCE)
    assert Counter(answer.json()["code"] for answer in answers) == {0: 1, 30011: AT_ONCE - 1}
    call = merchant.uqpay.call(merchant.uqpay.CREATE, merchant.uqpay.order("1.00"))
    answers = all_at_once(scene, [call] * AT_ONCE)
    made = [answer.json()["payout_id"] for answer in answers if answer.status == 200]
    assert len(set(made)) == 1
    running = {"code": 400, "message": "request is processing"}
    assert all(answer.status == 200 or answer.json() == running for answer in answers)
    assert scene.observer.count("payouts") == before + 3
    scene.settle()


# -- a resend -------------------------------------------------------------------------------------------------------


def test_a_resend_without_money_left_is_a_duplicate_and_never_a_refusal(outlay: Server, tmp_path: Path) -> None:
    merchant = open_merchant(outlay, tmp_path, dialects=all_names(), funds={"BRL": "30.00"})
    lesspay_body, teemopay_body = merchant.lesspay.order("10.00"), merchant.teemopay.order("10.00")
    uqpay_body, key = merchant.uqpay.order("10.00"), str(uuid4())
    merchant.lesspay.create(lesspay_body)
    merchant.teemopay.create(teemopay_body)
    created = merchant.uqpay.ask(merchant.uqpay.CREATE, uqpay_body, key=key).json()
    assert merchant.teemopay.balance()["availAmount"] == "0.00"
    assert merchant.lesspay.ask(merchant.lesspay.CREATE, merchant.lesspay.order("0.01")).json()["code"] == 9999

    def codes() -> tuple[int, int, str]:
        lesspay_code = merchant.lesspay.ask(merchant.lesspay.CREATE, lesspay_body).json()["code"]
        teemopay_code = merchant.teemopay.ask(merchant.teemopay.CREATE, teemopay_body).json()["code"]
        payout_id = merchant.uqpay.ask(merchant.uqpay.CREATE, uqpay_body, key=key).json()["payout_id"]
        return lesspay_code, teemopay_code, payout_id

    assert codes() == (30011, 426, created["payout_id"])
    payout = merchant.uqpay.PAYOUT + created["payout_id"]
    wait_for(lambda: merchant.uqpay.get(payout)["payout_status"] == "COMPLETED")
    assert codes() == (30011, 426, created["payout_id"])


# -- one account, three APIs ----------------------------------------------------------------------------------------


class Views:
    """One payout as each API shows it."""

    def __init__(self, merchant: Merchant, reference: str, number: str) -> None:
        self._merchant, self._reference, self._number = merchant, reference, number

    def lesspay(self) -> dict[str, Any]:
        both = {"request_id": self._reference, "pay_order_id": f"PO{self._number}"}
        return self._merchant.lesspay.query(**both)

    def teemopay(self) -> dict[str, Any]:
        return self._merchant.teemopay.query(self._reference)

    def uqpay(self) -> dict[str, Any]:
        return self._merchant.uqpay.get(f"{self._merchant.uqpay.PAYOUT}PO{self._number}")

    def words(self) -> tuple[str, int, str]:
        return self.lesspay()["order_status"], self.teemopay()["status"], self.uqpay()["payout_status"]


@pytest.fixture(scope="module")
def trilingual(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    folder = tmp_path_factory.mktemp("keys")
    return open_merchant(outlay, folder, dialects=all_names(), funds={"BRL": "5000.00"}, fees=BRL_FEE)


def ordered_by(merchant: Merchant, api: str, amount: str) -> Views:
    reference = new_reference()
    if api == "lesspay":
        number = merchant.lesspay.create(merchant.lesspay.order(amount, reference))["pay_order_id"][2:]
    elif api == "teemopay":
        trade_no = merchant.teemopay.create(merchant.teemopay.order(amount, reference))["tradeNo"]
        number = str(int(trade_no[2:12] + trade_no[14:]))
    else:
        answer = merchant.uqpay.ask(merchant.uqpay.CREATE, merchant.uqpay.order(amount), key=reference)
        number = answer.json()["payout_id"][2:]
    return Views(merchant, reference, number)


ENDS = {
    "300.11": ("SUCCEED", 2, "COMPLETED"),
    "10.71": ("FAILED", 3, "FAILED"),
    "10.82": ("REFUND", 4, "FAILED_REFUNDED"),
    "10.83": ("SUCCEED", 5, "COMPLETED"),
}


@pytest.mark.parametrize("amount", ENDS)
@pytest.mark.parametrize("api", ["lesspay", "teemopay", "uqpay"])
def test_one_payout_is_the_same_in_every_api_of_its_account(trilingual: Merchant, api: str, amount: str) -> None:
    views = ordered_by(trilingual, api, amount)
    wait_for(lambda: views.words() == ENDS[amount])
    lesspay, teemopay, uqpay = views.lesspay(), views.teemopay(), views.uqpay()
    assert lesspay["total_amount"] == teemopay["amount"] == uqpay["payout_amount"] == amount
    assert lesspay["currency"] == uqpay["payout_currency"] == "BRL"
    assert lesspay["request_id"] == teemopay["merchantOrderNo"]
    # Whoever orders, the same fee is taken.
    assert teemopay["serviceAmount"] == {"300.11": "20.01", "10.71": "0.00"}.get(amount, "5.54")
    if api == "uqpay":
        assert lesspay["details"][0]["bank_account_no"] == ""  # nobody is named
    else:
        assert lesspay["details"][0]["bank_account_no"] == f"{CPF[:4]}****{CPF[-4:]}"


def test_every_api_shows_the_same_money(trilingual: Merchant) -> None:
    def shown() -> tuple[dict[str, str], tuple[str, str, str]]:
        alone = trilingual.uqpay.get(f"{trilingual.uqpay.BALANCES}/BRL")
        money = (alone["available_balance"], alone["pending_balance"], alone["payable_balance"])
        return trilingual.teemopay.balance(), money

    for api in ("lesspay", "teemopay", "uqpay"):
        ordered_by(trilingual, api, "20.74")  # which the bank keeps in processing
        teemopay, (total, frozen, available) = shown()
        assert teemopay == {"totalAmount": total, "frozenAmount": frozen, "availAmount": available}
    assert frozen == "80.34"  # three times 20.74 + 5.00 + 1.037 half up
