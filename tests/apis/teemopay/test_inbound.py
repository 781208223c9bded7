"""The server half of teemopay, driven as pure functions with real signatures: identify, verify, read, write."""

from __future__ import annotations

import json
from typing import Any

import pytest

from outlay.core.asks import FindPayout, Repeated
from outlay.core.beneficiary import Beneficiary
from outlay.core.destination import KeyKind, PixKey
from outlay.core.origin import Remarks
from outlay.core.party import Document, DocumentKind, Party, PartyKind
from outlay.core.payout import Order
from outlay.core.refusal import Refusal
from outlay.dialects.teemopay import DIALECT
from outlay.dialects.teemopay.inbound.payouts import _Created
from outlay.wire.dialect import Asked
from outlay.wire.problems import Fault, Trouble
from tests.apis.teemopay.desk import (
    BALANCE,
    BODY,
    CREATE,
    CREDENTIAL,
    ENTROPY,
    FIELD_FAULTS,
    NOW_MS,
    PATHS,
    PERIOD,
    QUERY,
    ROUTES,
    ask_in,
    asked,
    create,
    field_fault,
    sent,
    signed,
    the,
    written,
)
from tests.support.rows import each_row

# -- a good request -------------------------------------------------------------------------------------------------


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


def test_equal_content_has_an_equal_digest_and_other_content_another() -> None:
    first = ask_in(create())
    reordered = dict(reversed(BODY.items()))
    again = ask_in(asked(signed(CREATE, json.dumps(reordered).encode(), nonce="0" * 32)))
    other = ask_in(create({"realName": "Mario Oliveira"}))

    assert first.claim.digest == again.claim.digest
    assert first.claim.digest != other.claim.digest
    assert first.claim.operation == again.claim.operation


# -- headers and proof ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("app_code", ["' or 1=1 --", "A1BR1, A1BR2", "A1BR1\n", "A" + "1" * 30 + "BR1", "é"])
def test_an_app_code_in_another_form_is_never_looked_up(app_code: str) -> None:
    fault = ROUTES[QUERY].proof.identify(signed(QUERY, b"{}", app_code=app_code))
    assert fault == Fault(200, 416, "Application not found")


@each_row("path", PATHS)
@each_row("line_break", ["\n", "\r\n", "\r"])
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


@each_row("path", PATHS)
@each_row(
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


def test_every_documented_code_of_these_endpoints_can_be_reached() -> None:
    noes: list[Any] = [*Refusal, *(field_fault(changes) for _, changes in FIELD_FAULTS)]
    noes += [the(Fault, asked(sent(QUERY, b"{}", app_code=None))), *(DIALECT.trouble(each) for each in Trouble)]
    noes += [Repeated(same=True, same_operation=True), field_fault(without="callbackUrl")]
    reached = {json.loads(written(no).body)["code"] for no in noes}
    assert reached == {400, 412, 414, 416, 417, 418, 421, 425, 426, 427, 455, 462, 473, 475, 476, 482, 500}
