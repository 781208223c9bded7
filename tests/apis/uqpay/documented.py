"""What UQPAY's documents say of its payout side, for the suite that every dialect must pass.

Sources: the rows beside this file (`rows.py`), each with its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from outlay.core.payout import Order
from outlay.core.refusal import Refusal
from outlay.dialects.uqpay.values.orders import read_order, write_order
from outlay.kit.jsontext import parse_object
from outlay.wire.problems import Trouble
from tests.apis.contract import Body, Caller, Code, Documented, Header, Known, Making, Said, Software, Spoilt, Text
from tests.apis.seen import Seen
from tests.apis.software import as_bytes, new_reference
from tests.apis.uqpay.calls import bank_account, transfer
from tests.apis.uqpay.merchant import UqpayMerchant
from tests.apis.uqpay.reading import read_payout
from tests.apis.uqpay.rows import API
from tests.apis.uqpay.tokens import token_of
from tests.apis.uqpay.valid_bodies import uqpay_orders
from tests.e2e.raw_http import Answer, Call

TOKEN, KEY, CLIENT, BEHALF = "x-auth-token", "x-idempotency-key", "x-client-id", "x-on-behalf-of"


def invalid(text: str | None = None) -> Said:
    return Said(400, ("invalid_request_error", "invalid_parameter"), text)


def payout_error(code: str) -> Said:
    return Said(400, ("payout_error", code))


def unavailable(text: str) -> Said:
    """A fault of ours has the same code."""
    return Said(500, ("api_error", "api_error"), f"temporarily unavailable, {text}")


UNAUTHORIZED = Said(401, ("unauthorized_error", "unauthorized_error"), "invalid auth token format")
EXPIRED = Said(401, "token has expired")
NO_CLIENT, WRONG_KEY = Said(400, "Invalid client id"), Said(401, "invalid api key")
MISSING = Said(400, ("invalid_request_error", "missing_parameter"))
KEY_FORM = Said(400, ("idempotency_error", "invalid_key_format"))
NO_ACCOUNT = Said(400, ("account_error", "sub_account_not_found"))
OTHER_BODY = Said(400, ("idempotency_error", "key_mismatch_body"))
FUNDS = payout_error("insufficient_balance")


class UqpaySoftware(Software):
    """Takes a token, and shows it with every call."""

    def __init__(self, shown: Mapping[str, str], _folder: Path) -> None:
        self._client_id, self._api_key = shown["client_id"], shown["api_key"]
        self._token = ""
        self.secrets = frozenset({self._api_key, shown["webhook_secret"]})

    def opening(self) -> Call:
        return Call("POST", UqpayMerchant.TOKEN, {CLIENT: self._client_id, "x-api-key": self._api_key})

    def open(self, answer: Answer) -> None:
        self._token = answer.json()["auth_token"]
        self.secrets |= {self._token}

    def call(self, making: Making, _now_ms: int) -> Call:
        headers: dict[str, str | bytes] = {TOKEN: f"Bearer {self._token}", CLIENT: self._client_id}
        if making.body is None:
            return Call(making.method, making.path, headers)
        headers |= {KEY: making.reference, "content-type": "application/json"}
        return Call(making.method, making.path, headers, as_bytes(making.body))


def create(reference: str, amount: str) -> Making:
    return Making("POST", UqpayMerchant.CREATE, UqpayMerchant.order(amount), reference=reference)


def query(_reference: str, made: Answer | None) -> Making:
    payout_id = made.json()["payout_id"] if made is not None else "PO2010543497457831001"
    return Making("GET", UqpayMerchant.PAYOUT + payout_id)


async def calls(caller: Caller, made: Answer) -> Mapping[str, Callable[[], Making]]:
    added = await caller.send(post(UqpayMerchant.BANK_ACCOUNT_CREATE, bank_account(), str(uuid4())))
    assert added.status == 200, added
    own, other = str(caller.account_id), await caller.sub_account()
    moved = await caller.send(post(UqpayMerchant.TRANSFERS, transfer(own, other, "1.00"), str(uuid4())))
    assert moved.status == 200, moved
    paths = {
        "retrieve": UqpayMerchant.PAYOUT + made.json()["payout_id"],
        "list": UqpayMerchant.LIST,
        "balances": UqpayMerchant.BALANCES,
        "balance": f"{UqpayMerchant.BALANCES}/BRL",
        "bank accounts": UqpayMerchant.BANK_ACCOUNTS,
        "bank account": f"{UqpayMerchant.BANK_ACCOUNTS}/{added.json()['id']}",
        "transfers": UqpayMerchant.TRANSFERS,
        "transfer": f"{UqpayMerchant.TRANSFERS}/{moved.json()['transfer_id']}",
        "accounts": UqpayMerchant.ACCOUNTS,
        "account": f"{UqpayMerchant.ACCOUNTS}/{other}",
    }
    bodies = {
        "add bank account": (UqpayMerchant.BANK_ACCOUNT_CREATE, bank_account("SGD")),
        "change bank account": (f"{UqpayMerchant.BANK_ACCOUNTS}/{added.json()['id']}", {"bank_name": "Itau"}),
        "order transfer": (UqpayMerchant.TRANSFERS, transfer(own, other, "1.00")),
    }
    return {
        "create": lambda: create(new_reference(), "10.00"),
        **{name: partial(Making, "GET", path) for name, path in paths.items()},
        **{name: lambda path=path, body=body: post(path, body, str(uuid4())) for name, (path, body) in bodies.items()},
    }


def post(path: str, body: Body, key: str) -> Making:
    return Making("POST", path, body, reference=key)


def read_error(answer: Answer) -> tuple[Code, str]:
    error = answer.json()
    match list(error):
        case ["error"]:
            return error["error"], error["error"]
        case ["code", "message"]:
            assert isinstance(error["code"], int)
            return error["code"], error["message"]
        case ["type", "code", "message"]:
            return (error["type"], error["code"]), error["message"]
    raise AssertionError(f"no documented error: {error}")


def read_answer(answer: Answer) -> Seen:
    assert answer.status == 200, answer
    return read_payout(answer.json())


def forged(making: Making, _known: Known) -> None:
    making.headers[TOKEN] = "Bearer uqtok_" + "A" * 200


def of_client(client_id: str) -> Any:
    """A token that nobody gave."""
    return headed(TOKEN, f"Bearer {token_of(client_id, 'uqkey_nobody', 4_000_000_000)}")


def field(path: str, value: Any) -> Any:
    return lambda making, _known: making.put(path, value)


def headed(name: str, value: str) -> Any:
    return lambda making, _known: making.headers.update({name: value})


def there_and_back(body: Body) -> tuple[Order, Body | None, Order]:
    order = _read(body)
    written = write_order(order)
    assert written is not None
    return order, written, _read(written)


def _read(body: Body) -> Order:
    order = read_order("a-key", parse_object(json.dumps(body).encode()))
    assert isinstance(order, Order), order
    return order


CODES = {row.id for row in API.rows}


def is_code(code: Code) -> bool:
    words = " ".join(code) if isinstance(code, tuple) else str(code)
    return any(words in row for row in CODES)


DOCUMENTED = Documented(
    rows=API.rows,
    software=UqpaySoftware,
    shown=("client_id", "api_key", "webhook_secret", "account_id"),
    country="BR",
    currency="BRL",
    create=create,
    query=query,
    recipient="",
    method="own_account",
    key_header=CLIENT,
    unknown_key="0" * 24,
    reference_header=KEY,
    hidden=(TOKEN, "x-api-key"),
    nowhere="/api/v2/nothing",
    is_success=lambda answer: answer.status == 200 and "code" not in answer.json(),
    read_error=read_error,
    read_created=read_answer,
    read_query=read_answer,
    tells_reasons=False,
    calls=calls,
    clock_ms=None,
    proofs={
        "nobody's": Spoilt(EXPIRED, of_client("nobody")),
        "nonsense's": Spoilt(EXPIRED, of_client("\x00a")),
    },
    headers={
        TOKEN: Header(
            UNAUTHORIZED,
            {
                **dict.fromkeys(
                    ("", "Bearer", "Basic abc", "Bearer  abc", "Bearer a b", b"Bearer \xff\xfe"), UNAUTHORIZED
                ),
                **dict.fromkeys(("Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc", "Bearer uqtok_" + "A" * 20_000), EXPIRED),
            },
        ),
        CLIENT: Header(None, dict.fromkeys(("x", "0" * 24), invalid())),
        KEY: Header(MISSING, dict.fromkeys(("", "k" * 65, "a b", "é".encode()), KEY_FORM), only="POST"),
        BEHALF: Header(None, dict.fromkeys((str(uuid4()), "{00000000}", b"\xff" * 36), NO_ACCOUNT)),
        "content-type": Header(invalid(), dict.fromkeys(("text/plain", "application/jsonl"), invalid()), only="POST"),
    },
    opening_headers={
        CLIENT: Header(NO_CLIENT, dict.fromkeys(("0" * 24, "a" * 20_000, b"\xff" * 24), NO_CLIENT)),
        "x-api-key": Header(WRONG_KEY, dict.fromkeys(("uqkey_" + "A" * 43, b"\xff" * 49), WRONG_KEY)),
    },
    order={
        "path": Spoilt(Said(404, 404)),
        "method": Spoilt(Said(405, 405)),
        "size": Spoilt(Said(413, 413)),
        "proof": Spoilt(EXPIRED, forged),
        "unknown key": Spoilt(invalid()),
        "key's form": Spoilt(KEY_FORM, headed(KEY, "a b")),
        "account's form": Spoilt(NO_ACCOUNT, headed(BEHALF, "x")),
        "account": Spoilt(NO_ACCOUNT, headed(BEHALF, "7b0d1e44-52c8-4b39-9d7e-0c6f5a1e2d33")),
        "reused": Spoilt(OTHER_BODY),
        "content type": Spoilt(invalid()),
        "json": Spoilt(invalid()),
        "currency": Spoilt(payout_error("invalid_currency"), field("payout_currency", "ZZZ")),
        "amount": Spoilt(payout_error("invalid_amount"), field("payout_amount", "x")),
        "descriptor": Spoilt(MISSING, field("statement_descriptor", "")),
        "field": Spoilt(invalid("internal_note must be at most 255 characters")),
        "payee": Spoilt(Said(400, ("account_error", "account_not_found")), field("payout_account_id", "x")),
        "funds": Spoilt(FUNDS),
    },
    impossible={"time": "a token has its end in it: rules/test_callers.py"},
    wrong_field=("internal_note", "n" * 256),
    unreadable=invalid(),
    amount_field="payout_amount",
    amount_codes=frozenset({payout_error("invalid_amount").code, MISSING.code, invalid().code}),
    texts=(
        Text("statement_descriptor", 15, invalid(), missing=MISSING),
        Text("internal_note", 255, invalid()),
        Text("payout_account_id", 64, invalid(), is_free=False),
    ),
    needed={"payout_currency": MISSING},
    not_found=Said(400, ("not_found", "payout_not_found")),
    same_again=None,
    still_running=Said(400, 400, "request is processing"),
    other_again=OTHER_BODY,
    used_elsewhere=Said(400, ("idempotency_error", "key_mismatch_api")),
    refusals={
        Refusal.ACCOUNT_CLOSED: Said(400, ("account_error", "account_not_found")),
        Refusal.CURRENCY_OFF: payout_error("payout_disabled"),
        Refusal.METHOD_OFF: payout_error("disabled_transfer_type"),
        Refusal.AMOUNT_TOO_SMALL: payout_error("invalid_amount"),
        Refusal.AMOUNT_TOO_LARGE: payout_error("invalid_amount"),
        Refusal.CURRENCY_NOT_HELD: payout_error("invalid_currency"),
        Refusal.INSUFFICIENT_BALANCE: FUNDS,
    },
    troubles={
        Trouble.NO_SUCH_PATH: Said(404, 404),
        Trouble.WRONG_METHOD: Said(405, 405),
        Trouble.BODY_TOO_LARGE: Said(413, 413),
        Trouble.BODY_ENCODED: Said(415, 415),
        Trouble.NONCE_REPEATED: invalid(),
        Trouble.TOO_MANY_REQUESTS: Said(429, ("api_error", "velocity_limit_exceeded")),
        Trouble.NOT_CARRIED_OUT: unavailable("nothing was done: send it again with the same key"),
        Trouble.UNAVAILABLE: unavailable("the outcome is unknown: repeat with the same key"),
        Trouble.INTERNAL: Said(500, ("api_error", "api_error")),
    },
    is_code=is_code,
    bodies=uqpay_orders,
    there_and_back=there_and_back,
    normal=lambda body: body,
)
