"""The server half of teemopay, driven as pure functions with real signatures: identify, verify, read, write."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from outlay.core.asks import UNCLAIMED, FindPayout, ReadBalances, Repeated
from outlay.core.beneficiary import Beneficiary
from outlay.core.destination import KeyKind, PixKey
from outlay.core.origin import Remarks
from outlay.core.party import Document, DocumentKind, Party, PartyKind
from outlay.core.payout import Order
from outlay.core.refusal import Refusal
from outlay.dialects.teemopay import DIALECT
from outlay.dialects.teemopay.inbound.payouts import _Created
from outlay.wire.dialect import Asked, Verified
from outlay.wire.message import Request
from outlay.wire.problems import Fault, Trouble
from tests.apis.teemopay.desk import (
    BALANCE,
    BODY,
    CNPJ,
    CONTEXT,
    CREATE,
    CREDENTIAL,
    ENTROPY,
    FIELD_FAULTS,
    NONCE,
    NOW_MS,
    OTHER_CPF,
    PATHS,
    PERIOD,
    QUERY,
    ROUTES,
    STRANGERS_KEY,
    ask_in,
    asked,
    create,
    field_fault,
    order_of,
    sent,
    shown,
    signed,
    the,
    written,
)
from tests.apis.teemopay.said import teemopay_details
from tests.support import routes

# -- a good request -------------------------------------------------------------------------------------------------


def test_the_dialect_serves_four_endpoints_under_its_prefix() -> None:
    assert DIALECT.name == "teemopay"
    assert [(route.method, route.path) for route in DIALECT.routes] == [("POST", path) for path in PATHS]
    assert all(path.startswith(DIALECT.prefixes) for path in PATHS)


def test_the_documented_create_orders_a_payout_to_a_pix_key() -> None:
    ask = ask_in(create())

    assert ask.claim.reference == "OUT-20260417-0001"
    assert len(ask.claim.digest) == 32
    assert ask.order == Order(
        reference="OUT-20260417-0001",
        currency="BRL",
        amount_minor=100_001,
        beneficiary=Beneficiary(
            destination=PixKey(key="11144477735", key_kind=KeyKind.CPF, country="BR"),
            party=Party(
                kind=PartyKind.INDIVIDUAL,
                name="Maria Oliveira",
                documents=(Document(DocumentKind.CPF, "11144477735"),),
            ),
        ),
        remarks=Remarks(method="401"),
        notify_url="https://merchant.example/teemo/callback",
        channel="401",
    )


def test_the_answer_to_a_create_may_repeat_its_amount_as_it_was_sent() -> None:
    assert the(Asked, create()).echo == _Created("1000.01", None)


def test_bank_code_and_name_are_kept_and_the_rest_is_ignored() -> None:
    more = {"bankCode": "001", "bankName": "Banco do Brasil", "phone": "+5511987654321", "note": "x", "flag": True}
    order = order_of(more)

    assert (order.beneficiary.bank_code, order.beneficiary.bank_name) == ("001", "Banco do Brasil")
    assert set(teemopay_details(order)) == {"accountType", "idType", "idCardNumber"}


@pytest.mark.parametrize("absent", [None, "", "  "])
@pytest.mark.parametrize("name", ["bankCode", "bankName"])
def test_an_optional_field_may_be_missing_null_or_blank(name: str, absent: str | None) -> None:
    assert order_of({name: absent}) == order_of(without=name)


@pytest.mark.parametrize(
    ("account_type", "key", "kept"),
    [
        (401, OTHER_CPF, OTHER_CPF),
        (402, CNPJ, CNPJ),
        (402, "12ABC34501DE35", "12ABC34501DE35"),
        (403, "+5511987654321", "+5511987654321"),
        (404, "Maria.Oliveira@Example.com.br", "maria.oliveira@example.com.br"),
        (405, "123E4567-E89B-12D3-A456-426655440000", "123e4567-e89b-12d3-a456-426655440000"),
    ],
)
def test_every_kind_of_pix_key_is_taken(account_type: int, key: str, kept: str) -> None:
    order = order_of({"accountType": account_type, "bankAccount": key})

    assert order.beneficiary.account_number == kept
    assert order.remarks.method == str(account_type)


def test_a_company_is_named_by_its_cnpj() -> None:
    order = order_of({"idType": "CNPJ", "idCardNumber": CNPJ})
    assert order.beneficiary.holder == "business"


@pytest.mark.parametrize(
    ("text", "minor"), [("0.01", 1), ("1", 100), ("1.5", 150), ("1000.00", 100_000), ("99999999.99", 9_999_999_999)]
)
def test_amounts_are_taken_from_one_cent_to_the_limit(text: str, minor: int) -> None:
    assert order_of({"amount": text}).amount_minor == minor


def test_equal_content_has_an_equal_digest_and_other_content_another() -> None:
    first = ask_in(create())
    reordered = dict(reversed(BODY.items()))
    again = ask_in(asked(signed(CREATE, json.dumps(reordered).encode(), nonce="0" * 32)))
    other = ask_in(create({"realName": "Mario Oliveira"}))

    assert first.claim.digest == again.claim.digest
    assert first.claim.digest != other.claim.digest
    assert first.claim.operation == again.claim.operation


def test_a_query_asks_by_the_merchants_number() -> None:
    assert asked(signed(QUERY, b'{"merchantOrderNo":"OUT-1"}')) == Asked(FindPayout(reference="OUT-1"), None)


def test_the_balance_is_asked_for_in_reais() -> None:
    assert asked(signed(BALANCE, b"{}")) == Asked(ReadBalances(currency="BRL"), None)


def test_a_good_call_names_its_nonce_for_a_day() -> None:
    verified = the(Verified, routes.proved(ROUTES[BALANCE], signed(BALANCE, b"{}"), CREDENTIAL, NOW_MS))
    assert (verified.nonce, verified.nonce_until_ms) == (NONCE, NOW_MS + 86_400_000)
    assert (list(verified.said.fields), verified.said.text) == (["sign"], "nonce=")


@pytest.mark.parametrize("path", PATHS)
def test_the_content_type_may_name_its_charset(path: str) -> None:
    request = signed(path, json.dumps(BODY | PERIOD).encode(), content_type="application/json; charset=UTF-8")
    assert not isinstance(asked(request), Fault)


# -- headers and proof ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("headers", "code", "text"),
    [
        ({"app_code": None}, 416, "Application not found"),
        ({"app_code": ""}, 416, "Application not found"),
        ({"app_code": "A2404010004BR001"}, 416, "Application not found"),
        ({"app_code": "' or 1=1 --"}, 416, "Application not found"),
        ({"app_code": "A" + "1" * 30 + "BR1"}, 416, "Application not found"),
        ({"country": None}, 414, "country is required"),
        ({"nonce": None}, 414, "nonce is required"),
        ({"timestamp": None}, 414, "timestamp is required"),
        ({"country": "MX"}, 414, "country mismatch"),
        ({"country": "br"}, 414, "country mismatch"),
        ({"timestamp": str(NOW_MS - 30_001)}, 414, "timestamp expired"),
        ({"timestamp": str(NOW_MS + 30_001)}, 414, "timestamp expired"),
        ({"timestamp": str(NOW_MS // 1000)}, 414, "timestamp must be Unix milliseconds, 13 digits"),
        ({"timestamp": f"+{NOW_MS}"[:13]}, 414, "timestamp must be Unix milliseconds, 13 digits"),
        ({"timestamp": "١" * 13}, 414, "timestamp must be Unix milliseconds, 13 digits"),
    ],
)
def test_a_wrong_header_is_told(path: str, headers: dict[str, str | None], code: int, text: str) -> None:
    request = signed(path, json.dumps(BODY).encode())
    fault = the(Fault, asked(sent(path, request.body, **headers)))
    assert (fault.status, fault.code, fault.message) == (200, code, text)


@pytest.mark.parametrize("app_code", ["' or 1=1 --", "A1BR1, A1BR2", "A1BR1\n", "A" + "1" * 30 + "BR1", "é"])
def test_an_app_code_in_another_form_is_never_looked_up(app_code: str) -> None:
    fault = ROUTES[QUERY].proof.identify(signed(QUERY, b"{}", app_code=app_code))
    assert fault == Fault(200, 416, "Application not found")


@pytest.mark.parametrize("off_ms", [-30_000, 30_000])
def test_a_timestamp_thirty_seconds_off_is_still_good(off_ms: int) -> None:
    assert asked(signed(BALANCE, b"{}", timestamp=str(NOW_MS + off_ms))) == Asked(ReadBalances(currency="BRL"), None)


@pytest.mark.parametrize("nonce", ["a" * 31, "a" * 33, "a" * 31 + " ", "a" * 31 + "é", "a" * 31 + "\n"])
def test_a_nonce_must_be_32_visible_characters(nonce: str) -> None:
    fault = the(Fault, asked(signed(BALANCE, b"{}", nonce=nonce)))
    assert (fault.code, fault.message) == (414, "nonce invalid")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_line_breaks_inside_the_signature_are_taken_off_before_it_is_read(path: str, line_break: str) -> None:
    body = json.loads(signed(path, json.dumps(BODY | PERIOD).encode()).body)
    sign = body["sign"]
    for spelling in (f"{sign}{line_break}", line_break.join(sign[at : at + 76] for at in range(0, len(sign), 76))):
        assert not isinstance(asked(sent(path, json.dumps(body | {"sign": spelling}).encode())), Fault)


@pytest.mark.parametrize("spoilt", [" ", "\t", "\x0b", "\u2028", "=", "-"])
def test_a_signature_is_strict_in_everything_else(spoilt: str) -> None:
    body = json.loads(signed(BALANCE, b"{}").body)
    for sign in (body["sign"] + spoilt, spoilt + body["sign"], body["sign"][:76] + spoilt + body["sign"][76:]):
        fault = the(Fault, asked(sent(BALANCE, json.dumps({"sign": sign}).encode())))
        assert (fault.code, fault.message) == (414, "sign verification failed")


@pytest.mark.parametrize("path", PATHS)
def test_a_strangers_signature_is_refused(path: str) -> None:
    fault = the(Fault, asked(signed(path, json.dumps(BODY).encode(), key=STRANGERS_KEY)))
    assert (fault.status, fault.code, fault.message) == (200, 414, "sign verification failed")


def test_a_changed_field_breaks_the_signature() -> None:
    request = signed(CREATE, json.dumps(BODY).encode())
    changed = sent(CREATE, request.body.replace(b"1000.01", b"9000.01"))
    assert the(Fault, asked(changed)).message == "sign verification failed"


def test_a_signature_made_for_another_nonce_is_refused() -> None:
    request = signed(BALANCE, b"{}", nonce="0" * 32)
    assert the(Fault, asked(sent(BALANCE, request.body))).message == "sign verification failed"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"{}", "sign is required"),
        (b'{"sign":null}', "sign is required"),
        (b'{"sign":""}', "sign is required"),
        (b'{"sign":7}', "sign verification failed"),
        (b'{"sign":true}', "sign verification failed"),
        (b'{"sign":{}}', "sign verification failed"),
        ('{"sign":"é"}'.encode(), "sign verification failed"),
        (b'{"sign":"AAAA"}', "sign verification failed"),
        (b'{"sign":"\\n"}', "sign verification failed"),
        (b'{"merchantOrderNo":{"a":1},"sign":"AAAA"}', "a nested value cannot be signed"),
        (b'{"merchantOrderNo":["a"],"sign":"AAAA"}', "a nested value cannot be signed"),
    ],
)
def test_a_missing_or_impossible_signature_is_told(path: str, body: bytes, text: str) -> None:
    fault = the(Fault, asked(sent(path, body)))
    assert (fault.status, fault.code, fault.message) == (200, 414, text)


def test_an_unpaired_surrogate_is_refused_and_breaks_nothing() -> None:
    fault = the(Fault, asked(signed(QUERY, b'{"merchantOrderNo":"\\ud800"}')))
    assert fault.code == 414
    assert field_fault({"realName": "Maria \ud800"}).message == "realName must not contain unpaired surrogates"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"amount":NaN}',
        b'{"amount":"1.00","amount":"2.00"}',
        b'{"realName":"\xff"}',
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"a":' * 20_000,
    ],
)
def test_a_body_that_cannot_be_read_is_told_as_http_400(path: str, body: bytes) -> None:
    fault = the(Fault, asked(sent(path, body)))
    assert (fault.status, fault.code) == (400, 414)


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/x-www-form-urlencoded"])
def test_another_content_type_is_told_as_http_400(content_type: str | None) -> None:
    fault = the(Fault, asked(signed(QUERY, b'{"merchantOrderNo":"OUT-1"}', content_type=content_type)))
    assert (fault.status, fault.code, fault.message) == (400, 414, "Content-Type must be application/json")


# Each makes one fault; they stand in the order in which faults are told.
HEADER_FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("Application not found", {"app_code": None}),
    ("nonce is required", {"nonce_header": None}),
    ("country mismatch", {"country": "MX"}),
    ("timestamp expired", {"timestamp": "1000000000000"}),
    ("sign verification failed", {"key": STRANGERS_KEY}),
    ("nonce invalid", {"nonce": "short"}),
    ("merchantOrderNo is required", {"raw": b'{"amount":"-1"}'}),
]


@pytest.mark.parametrize(
    ("first", "second"), list(itertools.combinations(HEADER_FAULTS, 2)), ids=lambda fault: fault[0]
)
def test_of_two_faults_of_a_call_the_earlier_check_answers(
    first: tuple[str, dict[str, Any]], second: tuple[str, dict[str, Any]]
) -> None:
    how = {"raw": json.dumps(BODY).encode(), **second[1], **first[1]}
    nonce_header = how.pop("nonce_header", how.get("nonce", NONCE))
    request = signed(CREATE, how.pop("raw"), **how)
    headers = {name: text for name, text in request.headers.items() if name != "nonce" or nonce_header}
    assert the(Fault, asked(Request("POST", CREATE, "", headers, request.body))).message == first[0]


@pytest.mark.parametrize("same", [True, False])
def test_a_repeated_number_is_a_duplicate_whether_the_content_is_the_same_or_not(same: bool) -> None:
    assert shown(written(Repeated(same=same, same_operation=same))) == (200, 426, "merchant order duplicate")


def test_an_error_has_null_data_and_a_trace_id() -> None:
    response = written(Refusal.INSUFFICIENT_BALANCE)

    assert response.body == (
        b'{"code":425,"data":null,"msg":"Insufficient merchant balance",'
        b'"traceId":"6b0f6c1e9a2b4c3d8e7f60718293a4b5.1.17763962040002165"}'
    )


def test_an_order_that_is_not_found_has_the_seeds_form_and_nothing_else() -> None:
    response = written(Refusal.PAYOUT_NOT_FOUND)
    assert (response.status, response.body) == (200, b'{"code":400,"msg":"Order not found","success":false}')
    fault = DIALECT.refuse(Refusal.PAYOUT_NOT_FOUND, FindPayout(reference="OUT-1"), CREDENTIAL.opened)
    assert DIALECT.write_fault(fault, NOW_MS, ENTROPY) == response


def test_a_fault_is_written_as_it_stands() -> None:
    fault = the(Fault, asked(sent(QUERY, b"{")))
    assert shown(DIALECT.write_fault(fault, NOW_MS, ENTROPY)) == (400, 414, "body is not valid JSON")


def test_what_is_wrong_with_the_fields_of_a_new_order_is_written_as_it_stands() -> None:
    assert shown(written(UNCLAIMED, create({"accountType": 101}))) == (200, 455, "The account type error.")


@pytest.mark.parametrize("path", PATHS)
def test_every_endpoint_writes_every_kind_of_no(path: str) -> None:
    question = the(Asked, asked(signed(path, json.dumps(BODY | PERIOD).encode())))
    noes: list[Any] = [*Refusal, Fault(200, 414, "x")]
    noes += [Repeated(same=True, same_operation=True, subject=None)] if path == CREATE else []
    for no in noes:
        assert json.loads(routes.told(DIALECT, ROUTES[path], question, no, CONTEXT).body)["code"] != 200


def test_every_documented_code_of_these_endpoints_can_be_reached() -> None:
    noes: list[Any] = [*Refusal, *(field_fault(changes) for _, changes in FIELD_FAULTS)]
    noes += [the(Fault, asked(sent(QUERY, b"{}", app_code=None))), *(DIALECT.trouble(each) for each in Trouble)]
    noes += [Repeated(same=True, same_operation=True), field_fault(without="callbackUrl")]
    reached = {json.loads(written(no).body)["code"] for no in noes}
    assert reached == {400, 412, 414, 416, 417, 418, 421, 425, 426, 427, 455, 462, 473, 475, 476, 482, 500}
