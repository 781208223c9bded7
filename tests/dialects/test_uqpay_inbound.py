"""The server half of uqpay, driven as pure functions with real tokens: identify, verify, read, write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from outlay.core.account import DEFAULT_TERMS, Account
from outlay.core.beneficiary import DestinationKind
from outlay.core.payout import Decision, Order, Payout, order
from outlay.core.refusal import Refusal
from outlay.dialects.uqpay import DIALECT
from outlay.dialects.uqpay.signing import new_token
from outlay.kit.secret import Secret
from outlay.wire.dialect import (
    BadCredentialRequest,
    Call,
    Context,
    Credential,
    CredentialRequest,
    IssuedCredential,
    Route,
    Verified,
)
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault
from outlay.wire.usecases import (
    Answer,
    Balance,
    BalancesRead,
    FindPayout,
    Found,
    Greet,
    Greeted,
    Ordered,
    OrderPayout,
    ReadBalances,
    Repeated,
)

NOW_MS = 1_767_600_000_123
ACCOUNT = Account(UUID("7b0d1e44-52c8-4b39-9d7e-0c6f5a1e2d33"), "Kopi & Co Pte Ltd", "SG")
SUB_ACCOUNT = "0c9be0c4-1111-4222-8333-944455556666"
PAYOUT_ID = 2010543497457831001
KEY = "5f0c2c1e-7a53-4e7e-9d1b-0f1a2b3c4d5e"
BODY = {
    "payout_currency": "SGD",
    "payout_amount": "250.00",
    "statement_descriptor": "OUTLAY 0042",
    "internal_note": "January rent",
}

TOKEN = "/api/v1/connect/token"
CREATE = "/api/v2/payment/payout/create"
RETRIEVE = "/api/v2/payment/payout/{payout_id}"
BALANCES = "/api/v2/payment/balances"
BALANCE = "/api/v2/payment/balances/{currency}"
WITH_TOKEN = (CREATE, RETRIEVE, BALANCES, BALANCE)
PARAMETERS = {RETRIEVE: {"payout_id": f"PO{PAYOUT_ID}"}, BALANCE: {"currency": "SGD"}}

MALFORMED_TOKEN = (
    401,
    {"type": "unauthorized_error", "code": "unauthorized_error", "message": "invalid auth token format"},
)
EXPIRED_TOKEN = (401, {"error": "token has expired"})


def issued(entropy: bytes = bytes(range(64))) -> IssuedCredential:
    return DIALECT.issue_credential(CredentialRequest(ACCOUNT, entropy, NOW_MS))


def credential_of(new: IssuedCredential) -> Credential:
    opened = DIALECT.open_credential({name: Secret(text) for name, text in new.sealed.items()})
    return Credential(key_id=new.key_id, account=ACCOUNT, version=1, opened=opened)


ISSUED = issued()
CREDENTIAL = credential_of(ISSUED)


def route(path: str) -> Route:
    (found,) = [each for each in DIALECT.routes if each.path == path]
    return found


def token(lifetime_s: int = 1800) -> str:
    return new_token(ISSUED.key_id, ISSUED.shown["api_key"], NOW_MS // 1000 + lifetime_s, bytes(16))


def request(
    path: str,
    *,
    body: bytes | Mapping[str, Any] = b"",
    query: str = "",
    parameters: Mapping[str, str] | None = None,
    **headers: str | None,
) -> Request:
    """A correct request to `path`; `headers` with underscores for hyphens change it, None takes one away."""
    chosen = PARAMETERS.get(path, {}) if parameters is None else parameters
    every: dict[str, str | None] = {"x-auth-token": f"Bearer {token()}"}
    if path == CREATE:
        body = body or BODY
        every |= {"x-idempotency-key": KEY, "content-type": "application/json"}
    if path == TOKEN:
        every = {"x-client-id": ISSUED.key_id, "x-api-key": ISSUED.shown["api_key"]}
    every |= {name.replace("_", "-"): text for name, text in headers.items()}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    kept = {name: text for name, text in every.items() if text is not None}
    return Request(route(path).method, path.format(**chosen), query, kept, raw, chosen)


def asked(path: str, sent: Request) -> tuple[Call, Any]:
    """Drives a request to its Ask, or to the first Fault."""
    call = route(path).identify(sent)
    assert isinstance(call, Call)
    assert call.key_id == ISSUED.key_id
    verified = route(path).verify(call, CREDENTIAL, NOW_MS)
    if isinstance(verified, Fault):
        return call, verified
    return call, route(path).read(call, CREDENTIAL, NOW_MS)


def verified(path: str, sent: Request) -> Verified | Fault:
    call = route(path).identify(sent)
    return call if isinstance(call, Fault) else route(path).verify(call, CREDENTIAL, NOW_MS)


def written(path: str, answer: Answer, call: Call | None = None) -> tuple[int, Any]:
    call = call or asked(path, request(path))[0]
    context = Context(CREDENTIAL, call, ACCOUNT.account_id, NOW_MS, bytes(16))
    return shown(route(path).write(answer, context))


def shown(response: Response) -> tuple[int, Any]:
    assert ("content-type", "application/json") in response.headers or response.headers == ()
    return response.status, json.loads(response.body)


def refused(path: str, sent: Request) -> tuple[int, Any]:
    """What a request is answered that fails before or in `read`; of an order's fault, as if its key were new."""
    call = route(path).identify(sent)
    result: Any = call
    if isinstance(call, Call):
        result = route(path).verify(call, CREDENTIAL, NOW_MS)
        if not isinstance(result, Fault):
            result = route(path).read(call, CREDENTIAL, NOW_MS)
    if isinstance(result, OrderPayout):
        result = result.order
    assert isinstance(result, Fault), result
    return shown(DIALECT.write_fault(result, NOW_MS, bytes(16)))


def code_of(answer: tuple[int, Any]) -> tuple[int, str, str]:
    status, body = answer
    assert set(body) == {"type", "code", "message"}
    return status, body["type"], body["code"]


def created(changes: Mapping[str, Any] | None = None, **headers: str | None) -> OrderPayout:
    _, ask = asked(CREATE, request(CREATE, body={**BODY, **(changes or {})}, **headers))
    assert isinstance(ask, OrderPayout)
    return ask


def fault_of_field(changes: Mapping[str, Any]) -> Fault:
    fault = created(changes).order
    assert isinstance(fault, Fault), fault
    return fault


def a_payout() -> Payout:
    ask = created()
    assert isinstance(ask.order, Order)
    decision = order(ask.order, ACCOUNT, DEFAULT_TERMS, PAYOUT_ID, 1_767_600_000_000)
    assert isinstance(decision, Decision)
    return decision.payout


# -- credentials and tokens -------------------------------------------------------------------------------------------


def test_a_new_credential_shows_what_the_official_client_needs() -> None:
    assert set(ISSUED.shown) == {"client_id", "api_key", "webhook_secret", "account_id"}
    assert ISSUED.shown["client_id"] == ISSUED.key_id
    assert ISSUED.shown["account_id"] == str(ACCOUNT.account_id)
    assert set(ISSUED.sealed) == {"api_key", "webhook_secret"}


def test_two_credentials_share_no_text() -> None:
    other = issued(bytes(range(64, 128)))
    mine = {ISSUED.shown[name] for name in ("client_id", "api_key", "webhook_secret")}
    assert mine.isdisjoint(other.shown.values())


def test_an_opened_credential_never_shows_its_secrets() -> None:
    text = repr(CREDENTIAL)
    assert ISSUED.shown["api_key"] not in text
    assert ISSUED.shown["webhook_secret"] not in text


def test_a_credential_takes_no_public_key_and_enough_entropy() -> None:
    with pytest.raises(BadCredentialRequest):
        DIALECT.issue_credential(CredentialRequest(ACCOUNT, bytes(64), NOW_MS, "-----BEGIN PUBLIC KEY-----"))
    with pytest.raises(BadCredentialRequest):
        issued(bytes(32))


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_a_token_call_gives_a_token_that_the_other_endpoints_accept(body: bytes) -> None:
    call, ask = asked(TOKEN, request(TOKEN, body=body, content_type="application/json"))
    assert ask == Greet()
    status, answer = written(TOKEN, Greeted(), call)
    assert status == 200
    assert list(answer) == ["auth_token", "expired_at"]
    assert answer["expired_at"] == NOW_MS // 1000 + 1800
    for path in WITH_TOKEN:
        assert verified(path, request(path, x_auth_token=f"Bearer {answer['auth_token']}")) == Verified()


@pytest.mark.parametrize("api_key", [None, "", "wrong", "ключ", ISSUED.shown["api_key"].upper(), "\udcff"])
def test_a_wrong_api_key_is_told_in_the_gateway_form(api_key: str | None) -> None:
    assert refused(TOKEN, request(TOKEN, x_api_key=api_key)) == (401, {"error": "invalid api key"})


@pytest.mark.parametrize("client_id", [None, "", "a b", "a\x00b", "ключ", "x" * 129])
def test_a_token_call_without_a_usable_client_id_is_told_like_an_unknown_one(client_id: str | None) -> None:
    call = route(TOKEN).identify(request(TOKEN))
    assert isinstance(call, Call)
    unknown = shown(DIALECT.write_fault(call.if_unknown, NOW_MS, bytes(16)))
    assert unknown == (400, {"error": "Invalid client id"})
    assert refused(TOKEN, request(TOKEN, x_client_id=client_id)) == unknown


@pytest.mark.parametrize("path", WITH_TOKEN)
@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "bearer {0}", "{0}", "Bearer  {0}", "Bearer {0} ", "Basic {0}"]
)
def test_a_missing_or_malformed_token_header_is_told_as_such(path: str, header: str | None) -> None:
    text = None if header is None else header.format(token())
    assert refused(path, request(path, x_auth_token=text)) == MALFORMED_TOKEN


@pytest.mark.parametrize("path", WITH_TOKEN)
def test_a_token_that_ran_out_is_told_in_the_words_on_which_clients_refresh(path: str) -> None:
    assert refused(path, request(path, x_auth_token=f"Bearer {token(-1)}")) == EXPIRED_TOKEN
    assert verified(path, request(path, x_auth_token=f"Bearer {token(60)}")) == Verified()


def test_a_token_dies_after_its_thirty_minutes() -> None:
    call = route(BALANCES).identify(request(BALANCES))
    assert isinstance(call, Call)
    verify = route(BALANCES).verify
    assert verify(call, CREDENTIAL, NOW_MS + 1_799_000) == Verified()
    dead = verify(call, CREDENTIAL, NOW_MS + 1_801_000)
    assert isinstance(dead, Fault)
    assert dead.message == "token has expired"


@pytest.mark.parametrize("path", WITH_TOKEN)
def test_a_forged_token_is_told_like_an_expired_one(path: str) -> None:
    forged = new_token(ISSUED.key_id, "another key", NOW_MS // 1000 + 1800, bytes(16))
    assert refused(path, request(path, x_auth_token=f"Bearer {forged}")) == EXPIRED_TOKEN


@pytest.mark.parametrize("nonsense", ["x", "a.b.c", "....", "A" * 5000, "uqtok_5Q2m0d8vJcT3rYkL1nWbXz7HsEaF9PgU"])
def test_a_token_that_is_none_of_ours_is_told_like_an_expired_one(nonsense: str) -> None:
    assert refused(BALANCES, request(BALANCES, x_auth_token=f"Bearer {nonsense}")) == EXPIRED_TOKEN


@pytest.mark.parametrize("client_id", ["a\x00b", "a b", "ключ"])
def test_a_token_may_not_claim_a_client_id_that_cannot_be_looked_up(client_id: str) -> None:
    forged = new_token(client_id, "any key", NOW_MS // 1000 + 1800, bytes(16))
    assert refused(BALANCES, request(BALANCES, x_auth_token=f"Bearer {forged}")) == EXPIRED_TOKEN
    assert isinstance(route(BALANCES).identify(request(BALANCES, x_auth_token=f"Bearer {forged}")), Fault)


def test_a_token_of_a_credential_that_is_gone_is_told_like_an_expired_one() -> None:
    call = route(BALANCES).identify(request(BALANCES))
    assert isinstance(call, Call)
    assert shown(DIALECT.write_fault(call.if_unknown, NOW_MS, bytes(16))) == EXPIRED_TOKEN


# -- the other headers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", WITH_TOKEN)
def test_a_client_id_may_be_sent_if_it_is_the_tokens(path: str) -> None:
    for own in (ISSUED.key_id, "", None):
        assert verified(path, request(path, x_client_id=own)) == Verified()
    foreign = refused(path, request(path, x_client_id="somebody"))
    assert code_of(foreign) == (400, "invalid_request_error", "invalid_parameter")
    assert "x-client-id" in foreign[1]["message"]


@pytest.mark.parametrize("path", WITH_TOKEN)
@pytest.mark.parametrize("key", ["", "a b", "k" * 65, "schlüssel", "１２３", "tab\there"])
def test_a_key_of_the_wrong_form_is_refused_on_every_method(path: str, key: str) -> None:
    assert code_of(refused(path, request(path, x_idempotency_key=key))) == (
        400,
        "idempotency_error",
        "invalid_key_format",
    )


@pytest.mark.parametrize("path", WITH_TOKEN)
@pytest.mark.parametrize("key", ["k", "k" * 64, "~!{}\"'", KEY])
def test_a_key_of_the_right_form_is_accepted_on_every_method(path: str, key: str) -> None:
    assert verified(path, request(path, x_idempotency_key=key)) == Verified()


def test_a_key_is_required_on_post_only() -> None:
    missing = refused(CREATE, request(CREATE, x_idempotency_key=None))
    assert code_of(missing) == (400, "invalid_request_error", "missing_parameter")
    assert "x-idempotency-key" in missing[1]["message"]
    for path in (RETRIEVE, BALANCES, BALANCE):
        assert verified(path, request(path, x_idempotency_key=None)) == Verified()


@pytest.mark.parametrize("path", WITH_TOKEN)
def test_the_account_addressed_is_handed_on(path: str) -> None:
    assert verified(path, request(path, x_on_behalf_of="")) == Verified()
    for spelling in (SUB_ACCOUNT, SUB_ACCOUNT.upper()):
        assert verified(path, request(path, x_on_behalf_of=spelling)) == Verified(on_behalf_of=UUID(SUB_ACCOUNT))


@pytest.mark.parametrize("path", WITH_TOKEN)
@pytest.mark.parametrize(
    "account",
    ["x", " ", SUB_ACCOUNT[:-1], f"{{{SUB_ACCOUNT}}}", SUB_ACCOUNT.replace("-", ""), f"urn:uuid:{SUB_ACCOUNT}"],
)
def test_an_account_that_cannot_exist_is_told_like_a_foreign_one(path: str, account: str) -> None:
    answer = refused(path, request(path, x_on_behalf_of=account))
    assert code_of(answer) == (400, "account_error", "sub_account_not_found")
    assert answer == written(path, Refusal.ACCOUNT_NOT_FOUND)


def test_faults_are_told_in_the_documented_order() -> None:
    """Each step repairs the fault that was told and finds the next one."""
    wrong: dict[str, str | None] = {
        "x_auth_token": "bare",
        "x_client_id": "somebody",
        "x_idempotency_key": "not visible",
        "x_on_behalf_of": "nobody",
        "content_type": "text/plain",
    }
    body: bytes | dict[str, Any] = b"{"
    steps: list[tuple[str, str | None, str]] = [
        ("x_auth_token", f"Bearer {token(-1)}", "invalid auth token format"),
        ("x_auth_token", f"Bearer {token()}", "token has expired"),
        ("x_client_id", None, "x-client-id must be the client id that the token was issued to"),
        ("x_idempotency_key", KEY, "x-idempotency-key must be 1 to 64 visible ASCII characters"),
        ("x_on_behalf_of", None, "x-on-behalf-of must be the account_id of a connected account of yours"),
        ("content_type", "application/json", "Content-Type must be application/json"),
    ]
    for header, repaired, message in steps:
        _, answer = refused(CREATE, request(CREATE, body=body, **wrong))
        assert answer.get("message", answer.get("error")) == message
        wrong[header] = repaired
    assert refused(CREATE, request(CREATE, body=body, **wrong))[1]["message"] == "body is not valid JSON"


# -- create -----------------------------------------------------------------------------------------------------------


def test_an_order_is_read_into_the_core() -> None:
    ask = created()
    assert (ask.reference, ask.operation, len(ask.digest)) == (KEY, "uqpay.payout.create", 32)
    assert isinstance(ask.order, Order)
    assert (ask.order.reference, ask.order.currency, ask.order.amount_minor) == (KEY, "SGD", 250_00)
    assert ask.order.beneficiary.destination is DestinationKind.OWN_ACCOUNT
    assert ask.order.memo == {"statement_descriptor": "OUTLAY 0042", "internal_note": "January rent"}


def test_a_create_is_answered_with_the_documented_example() -> None:
    assert written(CREATE, Ordered(a_payout())) == (
        200,
        {
            "payout_id": "PO2010543497457831001",
            "payout_currency": "SGD",
            "payout_amount": "250.00",
            "statement_descriptor": "OUTLAY 0042",
            "payout_status": "INITIATED",
            "create_time": "2026-01-05T16:00:00+08:00",
            "internal_note": "January rent",
            "completed_time": "",
        },
    )


def test_a_repeat_is_answered_with_the_payout() -> None:
    replay = Repeated(same=True, same_operation=True, payout=a_payout())
    assert written(CREATE, replay) == written(CREATE, Ordered(a_payout()))


@pytest.mark.parametrize(
    ("same", "same_operation", "there", "code"),
    [
        (False, True, True, "key_mismatch_body"),
        (False, False, True, "key_mismatch_api"),
        (False, False, False, "key_mismatch_api"),
        (True, False, False, "key_mismatch_api"),
    ],
)
def test_a_key_that_was_used_otherwise_is_a_mismatch(same: bool, same_operation: bool, there: bool, code: str) -> None:
    answer = written(CREATE, Repeated(same, same_operation, a_payout() if there else None))
    assert code_of(answer) == (400, "idempotency_error", code)


@pytest.mark.parametrize(
    ("amount", "minor"),
    [("0.01", 1), ("250", 250_00), ("250.5", 250_50), ("250.50", 250_50), ("10000000000000.00", 10**15)],
)
def test_an_amount_is_read_from_a_string_or_by_the_digits_of_a_number(amount: str, minor: int) -> None:
    as_text = created({"payout_amount": amount}).order
    raw = json.dumps({**BODY, "payout_amount": "AMOUNT"}).replace('"AMOUNT"', amount).encode()
    _, ask = asked(CREATE, request(CREATE, body=raw))
    assert isinstance(as_text, Order)
    assert isinstance(ask.order, Order)
    assert as_text.amount_minor == ask.order.amount_minor == minor


@pytest.mark.parametrize(
    "amount",
    [
        "1e3",
        "1E3",
        "-1",
        "+1",
        "1.234",
        "NaN",
        "Infinity",
        "１００",
        "00",
        "01.00",
        "007",
        "0",
        "0.00",
        ".5",
        "5.",
        "1,000",
        "1 000",
        " 1",
        "1\xa0",
        "0x10",
        "1_000",
        "10000000000000.01",
        "9" * 400,
        "1.2.3",
        "SGD 1",
    ],
)
def test_a_text_that_is_no_amount_is_refused(amount: str) -> None:
    fault = fault_of_field({"payout_amount": amount})
    assert (fault.status, fault.kind, fault.code) == (400, "payout_error", "invalid_amount")
    assert fault.message.startswith("payout_amount is ")
    assert amount == "0" or amount not in fault.message


@pytest.mark.parametrize("literal", ["1e3", "1E-2", "2.5e2", "-1", "-0", "0", "1.234", "1e999999999", "9" * 400])
def test_a_number_that_is_no_amount_is_refused(literal: str) -> None:
    raw = json.dumps({**BODY, "payout_amount": "AMOUNT"}).replace('"AMOUNT"', literal).encode()
    assert code_of(refused(CREATE, request(CREATE, body=raw))) == (400, "payout_error", "invalid_amount")


def test_a_currency_without_decimals_takes_none() -> None:
    whole = created({"payout_currency": "JPY", "payout_amount": "500"}).order
    assert isinstance(whole, Order)
    assert whole.amount_minor == 500
    assert fault_of_field({"payout_currency": "JPY", "payout_amount": "500.0"}).code == "invalid_amount"


@pytest.mark.parametrize("currency", ["sgd", "XXX", "SG", "SGDD", "USDT", "BTC", "ＳＧＤ", "S$D", " SGD"])
def test_a_currency_that_is_unknown_is_refused(currency: str) -> None:
    fault = fault_of_field({"payout_currency": currency})
    assert (fault.status, fault.kind, fault.code) == (400, "payout_error", "invalid_currency")
    assert "payout_currency" in fault.message


def test_the_offshore_yuan_is_known() -> None:
    assert isinstance(created({"payout_currency": "CNH"}).order, Order)


REQUIRED = ("payout_currency", "payout_amount", "statement_descriptor")
OPTIONAL = ("internal_note", "payout_account_id")


@pytest.mark.parametrize("field", REQUIRED)
@pytest.mark.parametrize("value", ["absent", None, "", "  "])
def test_a_required_field_that_is_missing_is_named(field: str, value: str | None) -> None:
    body = {name: text for name, text in BODY.items() if name != field}
    if value != "absent":
        body[field] = value
    answer = refused(CREATE, request(CREATE, body=body))
    assert code_of(answer) == (400, "invalid_request_error", "missing_parameter")
    assert answer[1]["message"] == f"{field} is required"


@pytest.mark.parametrize("field", OPTIONAL)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_optional_field_may_be_empty(field: str, value: str | None) -> None:
    assert isinstance(created({field: value}).order, Order)


@pytest.mark.parametrize("field", REQUIRED + OPTIONAL)
@pytest.mark.parametrize("value", [True, False, [], ["x"], {}, {"x": "y"}])
def test_a_field_of_the_wrong_type_is_named(field: str, value: Any) -> None:
    fault = fault_of_field({field: value})
    assert (fault.kind, fault.code) == ("invalid_request_error", "invalid_parameter")
    assert field in fault.message


@pytest.mark.parametrize("field", [name for name in REQUIRED + OPTIONAL if name != "payout_amount"])
def test_a_text_field_takes_no_number(field: str) -> None:
    assert fault_of_field({field: 5}).code == "invalid_parameter"


@pytest.mark.parametrize(("field", "longest"), [("statement_descriptor", 15), ("internal_note", 255)])
def test_a_text_may_be_as_long_as_documented_and_no_longer(field: str, longest: int) -> None:
    assert isinstance(created({field: "x" * longest}).order, Order)
    fault = fault_of_field({field: "x" * (longest + 1)})
    assert fault.code == "invalid_parameter"
    assert field in fault.message
    assert str(longest) in fault.message


@pytest.mark.parametrize("field", ["statement_descriptor", "internal_note", "payout_account_id"])
@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "a\x7f", "a\u2028b", "\ud800"])
def test_a_text_with_control_characters_is_refused(field: str, text: str) -> None:
    assert fault_of_field({field: text}).code == "invalid_parameter"


@pytest.mark.parametrize("text", ["OUTLAY 0042", "~!@#$%^&*()", "工资发放", "Überweisung", "ค่าเช่า", "किराया", "Ю"])
def test_a_descriptor_is_printable_ascii_or_letters(text: str) -> None:
    ordered = created({"statement_descriptor": text}).order
    assert isinstance(ordered, Order)
    assert ordered.memo["statement_descriptor"] == text


@pytest.mark.parametrize("text", ["Miete 💸", "１２３", "a\u00a0b", "½", "a\u200bb", "€5"])
def test_a_descriptor_of_other_characters_is_refused(text: str) -> None:
    fault = fault_of_field({"statement_descriptor": text})
    assert (fault.code, fault.message) == (
        "invalid_parameter",
        "statement_descriptor must be printable ASCII or letters",
    )


def test_an_order_without_a_note_keeps_none() -> None:
    ordered = created({"internal_note": ""}).order
    assert isinstance(ordered, Order)
    assert ordered.memo == {"statement_descriptor": "OUTLAY 0042"}


def test_an_internal_transfer_is_off() -> None:
    fault = fault_of_field({"payout_account_id": SUB_ACCOUNT})
    assert (fault.status, fault.kind, fault.code) == (400, "payout_error", "disabled_transfer_type")


def test_of_several_wrong_fields_the_first_in_the_documented_order_is_told() -> None:
    body: dict[str, Any] = dict.fromkeys(reversed(REQUIRED + OPTIONAL), True)
    for field in REQUIRED + OPTIONAL:
        _, answer = refused(CREATE, request(CREATE, body=body))
        assert field in answer["message"]
        body[field] = {**BODY, "payout_account_id": SUB_ACCOUNT}[field]
    assert code_of(refused(CREATE, request(CREATE, body=body)))[2] == "disabled_transfer_type"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"{", "body is not valid JSON"),
        (b'{"payout_currency":"SGD",}', "body is not valid JSON"),
        (b"[]", "body must be a JSON object"),
        (b'"text"', "body must be a JSON object"),
        (b'{"a":1,"a":1}', "body repeats a key"),
        (b'{"payout_amount":NaN}', "NaN is not JSON"),
        (b'{"a":"\xff"}', "body is not valid UTF-8"),
        ('{"a":"é"}'.encode("latin-1"), "body is not valid UTF-8"),
        (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", "body is nested too deeply"),
    ],
)
def test_a_body_that_cannot_be_read_is_told_only_under_a_new_key(raw: bytes, message: str) -> None:
    _, ask = asked(CREATE, request(CREATE, body=raw))
    assert isinstance(ask, OrderPayout)
    assert ask.reference == KEY
    assert ask.digest != created().digest
    assert refused(CREATE, request(CREATE, body=raw)) == (
        400,
        {"type": "invalid_request_error", "code": "invalid_parameter", "message": message},
    )


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_a_body_of_another_content_type_is_refused_but_still_the_same_content(content_type: str | None) -> None:
    ask = created(content_type=content_type)
    assert isinstance(ask.order, Fault)
    assert ask.order.message == "Content-Type must be application/json"
    assert ask.digest == created().digest


def test_the_content_type_may_name_its_charset() -> None:
    assert isinstance(created(content_type="Application/JSON; charset=UTF-8").order, Order)


def digest_of(raw: str) -> bytes:
    _, ask = asked(CREATE, request(CREATE, body=raw.encode()))
    assert isinstance(ask, OrderPayout)
    return ask.digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a":"1","b":"2"}', '{ "b" : "2",\n"a":"1" }'),
        ('{"a":"é/"}', '{"a":"\\u00e9\\/"}'),
        ('{"a":100}', '{"a":100.00}'),
        ('{"a":1.50}', '{"a":1.5}'),
        ('{"a":{"x":1,"y":[1.0]}}', '{"a":{"y":[1],"x":1.000}}'),
    ],
)
def test_equal_content_has_equal_digests(one: str, other: str) -> None:
    assert digest_of(one) == digest_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a":"100.00"}', '{"a":100.00}'),
        ('{"a":"100.00"}', '{"a":"100.0"}'),
        ('{"a":100}', '{"a":10}'),
        ('{"a":100}', '{"a":1}'),
        ('{"a":1}', '{"a":-1}'),
        ('{"a":true}', '{"a":"true"}'),
        ('{"a":null}', '{"a":""}'),
        ('{"a":null}', "{}"),
        ('{"a":["1","2"]}', '{"a":["2","1"]}'),
        ('{"a":["1,2"]}', '{"a":["1","2"]}'),
        ('{"a":"1","b":"2"}', '{"a":"2","b":"1"}'),
        ('{"a":"A"}', '{"a":"a"}'),
        ('{"a":"1\\",\\"b\\":\\"2"}', '{"a":"1","b":"2"}'),
        ("{", "{ "),
    ],
)
def test_other_content_has_another_digest(one: str, other: str) -> None:
    assert digest_of(one) != digest_of(other)


def test_a_huge_exponent_costs_nothing() -> None:
    assert digest_of('{"a":1e999999999}') != digest_of('{"a":1e999999998}')


# -- retrieve ---------------------------------------------------------------------------------------------------------


def test_a_payout_is_found_by_its_number() -> None:
    _, ask = asked(RETRIEVE, request(RETRIEVE))
    assert ask == FindPayout(payout_id=PAYOUT_ID)
    assert written(RETRIEVE, Found(a_payout())) == written(CREATE, Ordered(a_payout()))


@pytest.mark.parametrize(
    "payout_id",
    [
        "",
        "PO",
        "PO0",
        "PO01",
        "po1",
        "1",
        "PO-1",
        "PO1.0",
        "PO 1",
        "PO1 ",
        "PO１",
        "PO9223372036854775808",
        "PO" + "9" * 400,
        "create",
        "PO1%20",
        "PO1\n",
    ],
)
def test_an_id_that_we_never_wrote_is_told_like_an_unknown_one(payout_id: str) -> None:
    answer = refused(RETRIEVE, request(RETRIEVE, parameters={"payout_id": payout_id}))
    assert code_of(answer) == (400, "not_found", "payout_not_found")
    assert answer == written(RETRIEVE, Refusal.PAYOUT_NOT_FOUND)


def test_the_largest_id_is_read() -> None:
    _, ask = asked(RETRIEVE, request(RETRIEVE, parameters={"payout_id": "PO9223372036854775807"}))
    assert ask == FindPayout(payout_id=2**63 - 1)


# -- balances ---------------------------------------------------------------------------------------------------------

THREE = BalancesRead((Balance("JPY", 5000, 0), Balance("SGD", 750_00, 250_00), Balance("USDT", 1_500_000, 0)))


def page(query: str) -> tuple[int, Any]:
    call, ask = asked(BALANCES, request(BALANCES, query=query))
    assert ask == ReadBalances()
    return written(BALANCES, THREE, call)


def test_one_balance_is_answered_as_documented() -> None:
    _, ask = asked(BALANCE, request(BALANCE))
    assert ask == ReadBalances(currency="SGD")
    status, answer = written(BALANCE, BalancesRead((Balance("SGD", 750_00, 250_00),)))
    assert status == 200
    assert UUID(answer.pop("balance_id")).version == 5
    assert answer == {
        "currency": "SGD",
        "available_balance": "1000.00",
        "payable_balance": "750.00",
        "pending_balance": "250.00",
        "reserved_balance": "0.00",
        "margin_balance": "0.00",
        "frozen_balance": "0.00",
    }


@pytest.mark.parametrize("currency", ["XXX", "sgd", "", "SGD ", "ＳＧＤ"])
def test_a_currency_that_the_account_never_used_is_not_found(currency: str) -> None:
    never = (400, "not_found", "balance_not_found")
    assert code_of(refused(BALANCE, request(BALANCE, parameters={"currency": currency}))) == never
    assert code_of(written(BALANCE, BalancesRead(()))) == never
    assert code_of(written(BALANCE, Refusal.BALANCE_NOT_FOUND)) == never


def test_all_balances_come_in_pages() -> None:
    status, answer = page("")
    assert status == 200
    assert list(answer) == ["total_pages", "total_items", "data"]
    assert (answer["total_pages"], answer["total_items"]) == (1, 3)
    assert [each["currency"] for each in answer["data"]] == ["JPY", "SGD", "USDT"]
    assert [each["frozen_balance"] for each in answer["data"]] == ["0", "0.00", "0.000000"]


@pytest.mark.parametrize(
    ("query", "pages", "currencies"),
    [
        ("page_number=1&page_size=10", 1, ["JPY", "SGD", "USDT"]),
        ("page_number=1&page_size=2", 2, ["JPY", "SGD"]),
        ("page_number=2&page_size=2", 2, ["USDT"]),
        ("page_number=3&page_size=2", 2, []),
        ("page_size=1", 3, ["JPY"]),
        ("page_number=999999999&page_size=100", 1, []),
        ("page_number=&page_size=", 1, ["JPY", "SGD", "USDT"]),
        ("other=1&page_size=1", 3, ["JPY"]),
    ],
)
def test_a_page_is_cut_as_asked(query: str, pages: int, currencies: list[str]) -> None:
    _, answer = page(query)
    assert (answer["total_pages"], answer["total_items"]) == (pages, 3)
    assert [each["currency"] for each in answer["data"]] == currencies


def test_an_account_without_balances_has_an_empty_list() -> None:
    assert written(BALANCES, BalancesRead(())) == (200, {"total_pages": 0, "total_items": 0, "data": []})


@pytest.mark.parametrize("field", ["page_number", "page_size"])
@pytest.mark.parametrize(
    "value", ["0", "-1", "+1", "1.0", "x", "01", "１", "1e1", "%00", "1000000000", "9" * 400, "1&{0}=2", "%FF"]
)
def test_a_page_that_cannot_be_is_named(field: str, value: str) -> None:
    answer = refused(BALANCES, request(BALANCES, query=f"{field}={value.format(field)}"))
    assert code_of(answer) == (400, "invalid_request_error", "invalid_parameter")
    assert answer[1]["message"].startswith(field)


def test_a_page_has_at_most_a_hundred_items() -> None:
    assert page("page_size=100")[0] == 200
    assert code_of(refused(BALANCES, request(BALANCES, query="page_size=101")))[2] == "invalid_parameter"


def test_a_query_of_many_fields_is_refused() -> None:
    answer = refused(BALANCES, request(BALANCES, query="&".join(["a=1"] * 10_000)))
    assert code_of(answer) == (400, "invalid_request_error", "invalid_parameter")


def test_a_bad_page_is_told_only_to_a_caller_who_is_known() -> None:
    sent = request(BALANCES, query="page_size=0", x_auth_token=f"Bearer {token(-1)}")
    assert refused(BALANCES, sent) == EXPIRED_TOKEN


def test_a_balance_keeps_its_id_and_shares_it_with_no_other() -> None:
    first = [each["balance_id"] for each in page("")[1]["data"]]
    assert first == [each["balance_id"] for each in page("")[1]["data"]]
    assert len(set(first)) == 3
