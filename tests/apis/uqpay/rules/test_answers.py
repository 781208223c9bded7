"""Every "no" of UQPAY, written out whole, by the type of its envelope and by its HTTP status; and every "yes".

Which request earns which answer is shown where the rule lives: in the other files beside this one, and over HTTP for
what only the books can tell. Here it is seen that no answer has another type, status, code or text than these.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from outlay.core.asks import Balance, Counted, ListAccounts, PayoutsListed, Repeated
from outlay.core.refusal import Refusal
from outlay.dialects.uqpay import DIALECT
from outlay.wire.problems import Trouble
from tests.apis.uqpay.desk import (
    A_BANK_ACCOUNT,
    A_TRANSFER,
    ACCOUNT,
    ACCOUNT_BY_ID,
    ACCOUNTS,
    BALANCE,
    BALANCES,
    BANK_ACCOUNT,
    BANK_ACCOUNT_CREATE,
    BANK_ACCOUNT_UPDATE,
    BANK_ACCOUNTS,
    CREATE,
    LIST,
    RETRIEVE,
    TOKEN,
    TRANSFER,
    TRANSFER_CREATE,
    TRANSFERS,
    WRITES,
    a_payout,
    request,
)
from tests.apis.uqpay.rules.desk import answered, numbered, outcome, queried, refusal, told
from tests.rules.breaks import Break, edit
from tests.rules.claims import claims

CODES = "dialects/uqpay/codes.py"
ENVELOPE = "dialects/uqpay/envelope.py"

# HTTP status, code and text of every answer, by the type of the first envelope.
TYPED: dict[str, set[tuple[int, str, str]]] = {
    "invalid_request_error": {
        (400, "missing_parameter", "x-idempotency-key is required"),
        (400, "missing_parameter", "payout_currency is required"),
        (400, "missing_parameter", "account_number is required"),
        (400, "missing_parameter", "source_account_id is required"),
        (400, "invalid_parameter", "x-client-id must be the client id that the token was issued to"),
        (400, "invalid_parameter", "Content-Type must be application/json"),
        (400, "invalid_parameter", "body is not valid JSON"),
        (400, "invalid_parameter", "body is not valid UTF-8"),
        (400, "invalid_parameter", "body must be a JSON object"),
        (400, "invalid_parameter", "body repeats a key"),
        (400, "invalid_parameter", "statement_descriptor must be at most 15 characters"),
        (400, "invalid_parameter", "swift_code must be 8 to 11 letters and digits"),
        (400, "invalid_parameter", "currency of a bank account cannot be changed"),
        (400, "invalid_parameter", "amount is not greater than zero"),
        (400, "invalid_parameter", "page_size must be an integer from 1 to 100"),
        (400, "invalid_parameter", "query must have at most 32 fields"),
        (400, "invalid_parameter", "the request was sent before"),
    },
    "idempotency_error": {
        (400, "invalid_key_format", "x-idempotency-key must be 1 to 64 visible ASCII characters"),
        (400, "key_mismatch_body", "x-idempotency-key was used before with another body"),
        (400, "key_mismatch_api", "x-idempotency-key was used before on another endpoint"),
        (400, "key_mismatch_account", "x-idempotency-key was used before on another account"),
    },
    "account_error": {
        (400, "sub_account_not_found", "x-on-behalf-of must be the account_id of a connected account of yours"),
        (400, "account_not_found", "the account is not active"),
        (400, "account_not_found", "payout_account_id must be the calling account or another one of yours"),
        (400, "account_not_found", "source_account_id and target_account_id must be two accounts of yours"),
    },
    "payout_error": {
        (400, "invalid_currency", "payout_currency must be an ISO 4217 code of three capital letters"),
        (400, "invalid_currency", "no balance is held in this currency"),
        (400, "invalid_amount", "payout_amount is not greater than zero"),
        (400, "invalid_amount", "payout_amount is below the account's smallest payout"),
        (400, "invalid_amount", "payout_amount is above the account's largest payout"),
        (400, "bank_account_not_found", "no valid bank account is registered in payout_currency"),
        (400, "payout_disabled", "payouts in payout_currency are not available"),
        (400, "payout_disabled", "payouts to this recipient are not available"),
        (400, "disabled_transfer_type", "this way of paying out is switched off for the account"),
        (400, "insufficient_balance", "the amount and its fee exceed the payable balance"),
    },
    "not_found": {
        (400, "payout_not_found", "payout_id names no payout of this account"),
        (400, "balance_not_found", "currency names no balance of this account"),
        (400, "bank_account_not_found", "there is no such bank account on this account"),
        (400, "transfer_not_found", "id names no transfer of this account"),
    },
    "unauthorized_error": {(401, "unauthorized_error", "invalid auth token format")},
    "api_error": {
        (429, "velocity_limit_exceeded", "too many requests, see Retry-After"),
        (500, "api_error", "internal error, the outcome is unknown: repeat with the same key"),
        (500, "api_error", "temporarily unavailable, nothing was done: send it again with the same key"),
        (500, "api_error", "temporarily unavailable, the outcome is unknown: repeat with the same key"),
    },
}
NUMBERED: set[tuple[int, int, str]] = {
    (400, 400, "account not found"),
    (400, 400, "request is processing"),
    (400, 400, "page_size must be an integer from 1 to 100"),
    (400, 400, "page_number must be an integer from 1 to 999999999"),
    (400, 400, "status must be given once"),
    (400, 400, "query must have at most 32 fields"),
    (404, 404, "no such path"),
    (405, 405, "method not allowed on this path"),
    (413, 413, "body is too large"),
    (415, 415, "body must not be compressed: leave out Content-Encoding"),
}
GATEWAY: set[tuple[int, str]] = {
    (400, "Invalid client id"),
    (401, "invalid api key"),
    (401, "token has expired"),
}
MANY = "&".join(f"x{number}=1" for number in range(33))


def of_callers() -> Iterator[tuple[int, Any]]:
    """What a request earns before anybody looks at its body."""
    yield outcome(TOKEN, request(TOKEN, x_client_id="somebody"))
    yield outcome(TOKEN, request(TOKEN, x_api_key="wrong"))
    yield outcome(LIST, request(LIST, x_auth_token=None))
    yield outcome(LIST, request(LIST, x_auth_token="nonsense"))
    yield outcome(LIST, request(LIST, x_client_id="somebody"))
    yield outcome(LIST, request(LIST, x_on_behalf_of="nobody"))
    for endpoint in WRITES:
        yield outcome(endpoint, request(endpoint, x_idempotency_key=None))
        yield outcome(endpoint, request(endpoint, x_idempotency_key="x" * 65))


def of_fields() -> Iterator[tuple[int, Any]]:
    for endpoint in WRITES:
        yield outcome(endpoint, request(endpoint, content_type="text/plain"))
        for body in (b"{", b"[]", b"\xff", b'{"a": 1, "a": 1}'):
            yield outcome(endpoint, request(endpoint, body=body))
    yield outcome(CREATE, request(CREATE, body=b"{}"))
    yield outcome(BANK_ACCOUNT_CREATE, request(BANK_ACCOUNT_CREATE, body=b"{}"))
    yield outcome(TRANSFER_CREATE, request(TRANSFER_CREATE, body=b"{}"))
    yield told(CREATE, {"statement_descriptor": "x" * 16})
    yield told(CREATE, {"payout_currency": "sgd"})
    yield told(CREATE, {"payout_amount": "0"})
    yield told(BANK_ACCOUNT_CREATE, {"swift_code": "FIRSUS3"})
    yield told(BANK_ACCOUNT_UPDATE, {"currency": "SGD"})
    yield told(TRANSFER_CREATE, {"amount": "0"})
    for endpoint in (LIST, BALANCES, BANK_ACCOUNTS, TRANSFERS, ACCOUNTS):
        yield queried(endpoint, "page_size=101")
        yield queried(endpoint, MANY)
    yield queried(ACCOUNTS, "page_number=0")
    yield queried(ACCOUNTS, "status=ACTIVE&status=ACTIVE")
    yield queried(ACCOUNT_BY_ID, "business_code=BANKING")


def of_the_books() -> Iterator[tuple[int, Any]]:
    """What the core, the service and the gateway say no to."""
    yield outcome(RETRIEVE, request(RETRIEVE, parameters={"payout_id": "1"}))
    yield outcome(BALANCE, request(BALANCE, parameters={"currency": "sgd"}))
    yield answered(BALANCE, ())
    yield answered(ACCOUNT_BY_ID, Refusal.TARGET_NOT_FOUND)
    yield answered(CREATE, Repeated(same=False, same_operation=True))
    yield answered(CREATE, Repeated(same=False, same_operation=False))
    for refused in Refusal:
        yield answered(CREATE, refused)
        yield answered(TRANSFER_CREATE, refused)
    for trouble in Trouble:
        yield refusal(DIALECT.trouble(trouble))


def every_no() -> list[tuple[int, Any]]:
    return [*of_callers(), *of_fields(), *of_the_books()]


def typed() -> dict[str, set[tuple[int, str, str]]]:
    found: dict[str, set[tuple[int, str, str]]] = {}
    for status, document in every_no():
        if list(document) == ["type", "code", "message"]:
            found.setdefault(document["type"], set()).add((status, document["code"], document["message"]))
    return found


def others() -> tuple[set[tuple[int, int, str]], set[tuple[int, str]]]:
    """The answers of the two envelopes that have no type."""
    numbered, gateway = set(), set()
    for status, document in every_no():
        if list(document) == ["code", "message"]:
            numbered.add((status, document["code"], document["message"]))
        elif list(document) == ["error"]:
            gateway.add((status, document["error"]))
    return numbered, gateway


# -- types and codes --------------------------------------------------------------------------------------------------

_KINDS = {
    "invalid_request_error": "_INVALID_REQUEST",
    "idempotency_error": "_IDEMPOTENCY",
    "account_error": "_ACCOUNT",
    "payout_error": "_PAYOUT",
    "not_found": "_NOT_FOUND",
    "unauthorized_error": "_UNAUTHORIZED",
    "api_error": "_API",
}
_ALSO: dict[str, Break] = {
    "invalid_request_error": edit(CODES, "_INVALID_REQUEST", "_PAYOUT", within="KEY_MISSING"),
    "idempotency_error": edit(CODES, "_IDEMPOTENCY", "_INVALID_REQUEST", within="KEY_OTHER_BODY"),
    "account_error": edit(CODES, "_ACCOUNT\n", "_PAYOUT\n", within="_ACCOUNT_CLOSED"),
    "payout_error": edit(CODES, "_PAYOUT\n", "_ACCOUNT\n", within="_INSUFFICIENT"),
    "not_found": edit(CODES, "_NOT_FOUND\n", "_PAYOUT\n", within="BALANCE_NOT_FOUND"),
    "unauthorized_error": edit(CODES, 'format", _UNAUTHORIZED', 'format", _ACCOUNT', within="TOKEN_MALFORMED"),
    "api_error": edit(CODES, "_API\n", "_PAYOUT\n", within="_UNAVAILABLE"),
}


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(
            kind,
            id=f"code {kind}",
            marks=claims("uqpay", f"code {kind}", edit(CODES, f'"{kind}"', '"x"', within=name), _ALSO[kind]),
        )
        for kind, name in _KINDS.items()
    ],
)
def test_a_type_of_errors_has_its_codes_and_texts_and_no_others(kind: str) -> None:
    found = typed()
    assert found.keys() == TYPED.keys()
    assert found[kind] == TYPED[kind]


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            "missing_parameter",
            id="code invalid_request_error missing_parameter",
            marks=claims(
                "uqpay",
                "code invalid_request_error missing_parameter",
                edit(CODES, '"missing_parameter" if fault.missing', '"x" if fault.missing', within="bad_field"),
                edit(CODES, "missing_parameter", "x", within="KEY_MISSING"),
                edit("wire/fields.py", '"is required"', '"x"', within="FieldReader.text"),
                edit("dialects/uqpay/callers.py", "codes.KEY_MISSING", "codes.KEY_MALFORMED", within="verify_post"),
            ),
        ),
        pytest.param(
            "invalid_parameter",
            id="code invalid_request_error invalid_parameter",
            marks=claims(
                "uqpay",
                "code invalid_request_error invalid_parameter",
                edit(CODES, 'else "invalid_parameter"', 'else "x"', within="bad_field"),
                edit(CODES, "invalid_parameter", "x", within="bad_body"),
                edit(CODES, "invalid_parameter", "x", within="CLIENT_ID_FOREIGN"),
            ),
        ),
    ],
)
def test_what_is_missing_and_what_is_wrong_are_told_apart(code: str) -> None:
    mine = {each for each in TYPED["invalid_request_error"] if each[1] == code}
    assert {each for each in typed()["invalid_request_error"] if each[1] == code} == mine
    for endpoint in WRITES:
        assert isinstance(outcome(endpoint, request(endpoint)), dict)


@claims(
    "uqpay",
    "code 400",
    edit(CODES, "400, 400,", "400, 404,", within="bad_account_field"),
    edit(CODES, "400, 400,", "400, 404,", within="CONNECTED_ACCOUNT_NOT_FOUND"),
    edit(CODES, "400, 400,", "400, 409,", within="KEY_IN_PROGRESS"),
    edit(
        CODES,
        "    (FindAccount, Refusal.TARGET_NOT_FOUND): CONNECTED_ACCOUNT_NOT_FOUND,\n",
        "",
        within="_REFUSALS_OF",
    ),
    edit("dialects/uqpay/values/lists.py", "bad_account_field(page)", "bad_field(page)", within="read_accounts_query"),
)
def test_errors_about_connected_accounts_have_the_number_400() -> None:
    assert others()[0] == NUMBERED
    assert answered(ACCOUNT_BY_ID, Refusal.TARGET_NOT_FOUND) == numbered(400, "account not found")
    assert answered(CREATE, Refusal.STILL_RUNNING) == numbered(400, "request is processing")
    assert queried(ACCOUNTS, "page_size=101") == numbered(400, "page_size must be an integer from 1 to 100")
    assert queried(ACCOUNTS) == ListAccounts(opened=True, closed=True, skip=0, limit=10)
    assert answered(ACCOUNT_BY_ID, ACCOUNT)[0] == 200


# -- HTTP status ------------------------------------------------------------------------------------------------------

YES: dict[str, Any] = {
    TOKEN: None,
    CREATE: a_payout(),
    RETRIEVE: a_payout(),
    LIST: PayoutsListed((a_payout(),), more=False, total=1),
    BALANCES: (Balance("SGD", 1, 0),),
    BALANCE: (Balance("SGD", 1, 0),),
    BANK_ACCOUNT_CREATE: A_BANK_ACCOUNT,
    BANK_ACCOUNT_UPDATE: A_BANK_ACCOUNT,
    BANK_ACCOUNTS: Counted((A_BANK_ACCOUNT,), 1),
    BANK_ACCOUNT: A_BANK_ACCOUNT,
    TRANSFER_CREATE: A_TRANSFER,
    TRANSFERS: Counted((A_TRANSFER,), 1),
    TRANSFER: A_TRANSFER,
    ACCOUNTS: Counted((ACCOUNT,), 1),
    ACCOUNT_BY_ID: ACCOUNT,
}
AGAIN = {CREATE: a_payout(), BANK_ACCOUNT_CREATE: A_BANK_ACCOUNT, TRANSFER_CREATE: A_TRANSFER}


def with_status(wanted: int) -> list[Any]:
    return [document for status, document in every_no() if status == wanted]


@claims(
    "uqpay",
    "http 200",
    edit(ENVELOPE, "Response(200,", "Response(201,", within="success"),
    edit(ENVELOPE, "if answer.same and", "if False and", within="_write_repeated"),
    edit(ENVELOPE, "Response(fault.status,", "Response(200,", within="write_fault"),
)
def test_every_yes_is_200_also_a_repeated_one_and_no_refusal_is() -> None:
    for endpoint, answer in YES.items():
        assert answered(endpoint, answer)[0] == 200, endpoint
    for endpoint, made in AGAIN.items():
        first = answered(endpoint, YES[endpoint])
        assert answered(endpoint, Repeated(same=True, same_operation=True, subject=made)) == first
    assert with_status(200) == []


@claims(
    "uqpay",
    "http 400",
    edit(CODES, "400,", "404,", within="PAYOUT_NOT_FOUND"),
    edit(CODES, "400,", "404,", within="BANK_ACCOUNT_NOT_FOUND"),
    edit(CODES, "400, 400,", "404, 400,", within="CONNECTED_ACCOUNT_NOT_FOUND"),
    edit(CODES, "Fault(400,", "Fault(422,", within="bad_field"),
    edit(CODES, "400,", "402,", within="_INSUFFICIENT"),
    edit(CODES, "400, 400,", "409, 400,", within="KEY_IN_PROGRESS"),
    edit(CODES, "400,", "401,", within="CLIENT_ID_UNKNOWN"),
)
def test_whatever_is_wrong_with_a_request_is_400_also_what_is_not_found() -> None:
    expected: list[dict[str, Any]] = [
        {"type": kind, "code": code, "message": message}
        for kind, answers in TYPED.items()
        for status, code, message in answers
        if status == 400
    ]
    expected += [{"code": code, "message": message} for status, code, message in NUMBERED if status == 400]
    expected += [{"error": message} for status, message in GATEWAY if status == 400]
    found = with_status(400)
    assert [document for document in expected if document not in found] == []
    assert [document for document in found if document not in expected] == []


@claims(
    "uqpay",
    "http 401",
    edit(CODES, "401,", "403,", within="TOKEN_MALFORMED"),
    edit(CODES, "401,", "403,", within="TOKEN_EXPIRED"),
    edit(CODES, "401,", "403,", within="API_KEY_WRONG"),
)
def test_who_does_not_prove_themselves_is_401_and_nobody_else() -> None:
    malformed = {"type": "unauthorized_error", "code": "unauthorized_error", "message": "invalid auth token format"}
    assert outcome(TOKEN, request(TOKEN, x_api_key="wrong")) == (401, {"error": "invalid api key"})
    assert outcome(LIST, request(LIST, x_auth_token="nonsense")) == (401, {"error": "token has expired"})
    assert outcome(LIST, request(LIST, x_auth_token=None)) == (401, malformed)
    assert len(with_status(401)) == 3
    assert not isinstance(queried(LIST), tuple)
