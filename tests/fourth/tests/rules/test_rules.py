"""The pure functions of the dialect, from the bytes of a request to an order or the bytes of an error."""

from __future__ import annotations

from typing import Any

import pytest

from outlay.core.asks import FindPayout, Greet, Repeated
from outlay.core.payout import Order
from outlay.core.refusal import Refusal
from outlay.dialects.harbour import DIALECT
from outlay.wire.dialect import Asked, Call
from outlay.wire.message import Request
from outlay.wire.problems import Trouble
from tests.apis.contract import GONE
from tests.apis.harbour.documented import create, query
from tests.apis.harbour.rows import POST
from tests.apis.harbour.rules.desk import (
    ASKING,
    CLIENT,
    KEY,
    NOW_MS,
    ORDERING,
    error_of,
    outcome,
    request_of,
    told_bytes,
)
from tests.rules.breaks import Break, edit, field
from tests.rules.claims import claims
from tests.support.routes import asked

CALLERS, CODES, VALUES = "dialects/harbour/callers.py", "dialects/harbour/codes.py", "dialects/harbour/values.py"
SCHEMA, INBOUND = "dialects/harbour/schema.py", "dialects/harbour/inbound.py"
UNKNOWN_CLIENT = (401, "client", None, "no such client")
WRONG_TIME = (401, "time", None, "harbour-time must be Unix seconds, within 60 seconds of ours")
WRONG_PROOF = (401, "proof", None, "harbour-proof is wrong")
NOT_JSON = (400, "json", None, "Content-Type must be application/json")


def order(path: str = "", value: Any = None) -> Any:
    making = create("R-1", "10.00")
    if path:
        making.put(path, value)
    return outcome(making)


def headed(name: str, value: str | None, *, off_ms: int = 0) -> Any:
    making = create("R-1", "10.00")
    making.off_ms = off_ms
    making.headers[name] = value
    return outcome(making)


def refused(refusal: Refusal) -> tuple[Any, ...]:
    return error_of(*told_bytes(ASKING, Asked(FindPayout(reference="R-1"), None), refusal))


def in_trouble(what: Trouble) -> tuple[Any, ...]:
    response = DIALECT.write_fault(DIALECT.trouble(what), NOW_MS, bytes(16))
    return error_of(response.status, response.body)


# -- headers --------------------------------------------------------------------------------------------------------


NOBODY = ORDERING.proof.identify(Request("POST", "/", "", {}, b""))


@claims("harbour", "header harbour-client", edit(SCHEMA, "{20}", "{19,21}", within="CLIENT_FORM"))
def test_a_client_has_twenty_small_hexadecimal_digits() -> None:
    assert isinstance(order(), Order)
    for wrong in (None, "", CLIENT.upper(), CLIENT[:-1], f"{CLIENT}0", f"{CLIENT}\n"):
        making = create("R-1", "10.00")
        making.headers["harbour-client"] = wrong
        assert asked(ORDERING, request_of(making), KEY, NOW_MS, look_up=False) == NOBODY, wrong


@claims(
    "harbour",
    "header harbour-time",
    edit(SCHEMA, "60", "61", within="CLOCK_S"),
    edit(SCHEMA, "60", "59", within="CLOCK_S"),
    edit(SCHEMA, "{10}", "{9,11}", within="TIME_FORM"),
)
def test_a_time_is_ten_digits_and_a_minute_off_at_most() -> None:
    for off_ms in (-60_000, 60_000):
        assert isinstance(headed("x", None, off_ms=off_ms), Order)
        assert headed("x", None, off_ms=off_ms * 61 // 60) == WRONG_TIME
    for wrong in (None, "", "1.76000000", f"0{NOW_MS // 1000}"):
        assert headed("harbour-time", wrong) == WRONG_TIME, wrong


@claims(
    "harbour",
    "header harbour-proof",
    edit("dialects/harbour/signing.py", "path.encode(), ", "", within="proof_of"),
    edit(CALLERS, "hmac.compare_digest(told, wanted.encode())", "True", within="verify"),
)
def test_a_proof_is_over_method_path_time_and_body_in_small_letters() -> None:
    good = request_of(create("R-1", "10.00")).headers["harbour-proof"]
    assert isinstance(headed("x", None, off_ms=-1_000), Order)
    assert isinstance(headed("harbour-proof", good), Order)
    for wrong in (None, "", good.upper(), good[:-1], "é"):
        assert headed("harbour-proof", wrong) == WRONG_PROOF, wrong


@claims("harbour", "header content-type", edit(INBOUND, "not is_json_type(request)", "False", within="read_order"))
def test_a_body_is_sent_as_json() -> None:
    assert isinstance(headed("content-type", "application/json; charset=utf-8"), Order)
    for wrong in (None, "", "text/plain", "application/json; charset=latin-1"):
        assert headed("content-type", wrong) == NOT_JSON, wrong


# -- fields ---------------------------------------------------------------------------------------------------------

NOT_SO_LONG = "must be at most {} characters"
NO_IBAN = "must be an IBAN"
FIELDS: dict[str, tuple[tuple[Any, ...], dict[Any, str], tuple[Break, ...]]] = {
    "ref": (
        ("a", "Z-9", "a" * 40),
        {"a" * 41: NOT_SO_LONG.format(40), "a.b": "must be letters, digits and hyphens", GONE: "is required"},
        (field("ref", longest=41), field("ref", longest=39), field("ref", pattern=None)),
    ),
    "currency": (
        ("EUR", "USD"),
        {"eur": "must be of ISO 4217", "BTC": "must be of ISO 4217", "CNH": "must be of ISO 4217", GONE: "is required"},
        (field("currency", choices=("EUR", "USD", "CNH")), field("currency", required=False)),
    ),
    "amount": (
        ("0.01", "10", "10.5"),
        {
            "0.001": "is more decimals than the currency has",
            "1e3": "is not a plain decimal number",
            GONE: "is required",
        },
        (edit(VALUES, "EXPONENTS[currency])", "3)", within="_read_amount"), field("amount", required=False)),
    ),
    "to.iban": (
        ("DE89370400440532013000", "MT84MALT011000012345MTLCAST001S"),
        {"DE88370400440532013000": NO_IBAN, "de89370400440532013000": NO_IBAN, "DE89": NO_IBAN, GONE: "is required"},
        (edit(VALUES, "% 97 == 1", "% 97 >= 0", within="_Iban"), field("to.iban", required=False)),
    ),
    "to.name": (
        ("A", "李" * 70),
        {"a" * 71: NOT_SO_LONG.format(70), GONE: "is required"},
        (field("to.name", longest=71), field("to.name", longest=69), field("to.name", required=False)),
    ),
    "note": (
        (GONE, "", "two\nlines", "é" * 140),
        {"a" * 141: NOT_SO_LONG.format(140), "a\x00b": "must not contain control characters"},
        (field("note", longest=141), field("note", longest=139), field("note", required=True)),
    ),
}


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=f"request {POST} {path}", marks=claims("harbour", f"request {POST} {path}", *breaks))
        for path, (_, _, breaks) in FIELDS.items()
    ],
)
def test_a_field_is_taken_up_to_its_limit_and_named_past_it(path: str) -> None:
    good, wrong, _ = FIELDS[path]
    for value in good:
        assert isinstance(order(path, value), Order), value
    for value, rule in wrong.items():
        assert order(path, value) == (400, "field", path, f"{path} {rule}"), value


# -- codes ----------------------------------------------------------------------------------------------------------


def repeated(*, same: bool) -> tuple[Any, ...]:
    found = asked(ORDERING, request_of(create("R-1", "10.00")), KEY, NOW_MS)
    assert isinstance(found, Asked)
    return error_of(*told_bytes(ORDERING, found, Repeated(same, True)))


def unreadable() -> Any:
    making = create("R-1", "10.00")
    making.sent_as = b"["
    return outcome(making)


def somebody_else() -> tuple[Any, ...]:
    call = ORDERING.proof.identify(request_of(create("R-1", "10.00")))
    assert isinstance(call, Call)
    return error_of(*told_bytes(ORDERING, Asked(Greet(), None), call.if_unknown))


TOLD: dict[str, tuple[Any, Any]] = {
    "400 json": (unreadable, (None, "body is not valid JSON")),
    "400 field": (lambda: order("note", 5), ("note", "note must be a string")),
    "401 client": (somebody_else, UNKNOWN_CLIENT[2:]),
    "401 time": (lambda: headed("harbour-time", "x"), WRONG_TIME[2:]),
    "401 proof": (lambda: headed("harbour-proof", "x"), WRONG_PROOF[2:]),
    "402 funds": (
        lambda: refused(Refusal.INSUFFICIENT_BALANCE),
        (None, "the account has not so much money in this currency"),
    ),
    "403 closed": (lambda: refused(Refusal.ACCOUNT_CLOSED), (None, "the account is closed")),
    "403 off": (lambda: refused(Refusal.METHOD_OFF), (None, "such payouts are switched off")),
    "404 path": (lambda: in_trouble(Trouble.NO_SUCH_PATH), (None, "there is no such path")),
    "404 unknown": (lambda: refused(Refusal.PAYOUT_NOT_FOUND), (None, "no payout has this ref")),
    "405 method": (lambda: in_trouble(Trouble.WRONG_METHOD), (None, "the path does not take this method")),
    "409 ref_used": (lambda: repeated(same=False), (None, "ref was used for another payout")),
    "413 size": (lambda: in_trouble(Trouble.BODY_TOO_LARGE), (None, "the body is too long")),
    "415 encoding": (lambda: in_trouble(Trouble.BODY_ENCODED), (None, "the body must not be compressed")),
    "422 amount": (
        lambda: refused(Refusal.AMOUNT_TOO_LARGE),
        (None, "the amount is outside of what the account may pay at once"),
    ),
    "429 slowly": (lambda: in_trouble(Trouble.TOO_MANY_REQUESTS), (None, "too many calls")),
    "500 unknown_outcome": (
        lambda: in_trouble(Trouble.INTERNAL),
        (None, "a fault of ours: ask before you send it again"),
    ),
    "503 later": (lambda: in_trouble(Trouble.NOT_CARRIED_OUT), (None, "nothing was done: send it again later")),
    "503 unknown_outcome": (
        lambda: in_trouble(Trouble.UNAVAILABLE),
        (None, "it may have been done: ask before you send it again"),
    ),
}


def breaks_of(code: str) -> Break:
    """Its text is another one: every fault stands once in codes.py, but for those that say what was wrong."""
    if code == "400 json":
        return edit(CODES, '"json", why', '"field", why', within="bad_json")
    if code == "400 field":
        return edit(CODES, '"field", str', '"json", str', within="wrong_field")
    status, word = code.split()
    return edit(CODES, f'{status}, "{word}"', f'418, "{word}"')


@pytest.mark.parametrize(
    "code",
    [pytest.param(code, id=f"code {code}", marks=claims("harbour", f"code {code}", breaks_of(code))) for code in TOLD],
)
def test_a_no_has_its_status_code_field_and_text(code: str) -> None:
    say, (named, text) = TOLD[code]
    status, word = code.split()
    assert say() == (int(status), word, named, text)
    assert outcome(query("R-1", None)) == FindPayout(reference="R-1")
