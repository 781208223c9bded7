"""What the document says of Harbour Pay, for the suite of all dialects."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from outlay.core.payout import Order
from outlay.core.refusal import Refusal
from outlay.dialects.harbour import values
from outlay.kit.jsontext import parse_object
from outlay.wire.fields import FieldReader
from outlay.wire.problems import Trouble
from tests.apis.contract import Body, Caller, Code, Documented, Header, Known, Making, Said, Spoilt, Text
from tests.apis.harbour import reading
from tests.apis.harbour.merchant import HarbourSoftware
from tests.apis.harbour.rows import API
from tests.apis.harbour.valid_bodies import BODIES
from tests.apis.seen import decimals_of
from tests.apis.software import new_reference
from tests.e2e.raw_http import Answer

PATH: Final = "/harbour/v1/payouts"
IBAN: Final = "DE89370400440532013000"
CLIENT, TIME, PROOF = Said(401, "client"), Said(401, "time"), Said(401, "proof")
JSON, OFF = Said(400, "json"), Said(403, "off")
AMOUNT, FUNDS = Said(422, "amount"), Said(402, "funds")
OTHER_HEX: Final = "0123456789abcdef" * 4
CODES: Final = {row.id.split()[-1] for row in API.rows if row.id.startswith("code ")}


def field(path: str) -> Said:
    return Said(400, (path, "field"))


def create(reference: str, amount: str) -> Making:
    to = {"iban": IBAN, "name": "Anna Schmidt"}
    body = {"ref": reference, "currency": "EUR", "amount": amount, "to": to, "note": "for May"}
    return Making("POST", PATH, body, reference=reference)


def query(reference: str, _made: Answer | None) -> Making:
    return Making("GET", f"{PATH}/{reference}", reference=reference)


async def calls(_caller: Caller, answer: Answer) -> Mapping[str, Callable[[], Making]]:
    reference = answer.json()["ref"]
    return {"create": lambda: create(new_reference(), "10.00"), "query": lambda: query(reference, None)}


def is_code(code: Code) -> bool:
    return code[1] == "field" if isinstance(code, tuple) else code in CODES - {"field"}


def headed(name: str, value: str) -> Callable[[Making, Known], None]:
    return lambda making, _known: making.headers.update({name: value})


def changed_after_signing(making: Making, _known: Known) -> None:
    making.signed_as = {"ref": "another"}


def text(path: str, longest: int, *, is_needed: bool = True, is_free: bool = False) -> Text:
    return Text(path, longest, field(path), field(path) if is_needed else None, is_free)


def there_and_back(body: Body) -> tuple[Order, Body, Order]:
    order = _read(body)
    written = _written(order)
    return order, written, _read(written)


def _read(body: Body) -> Order:
    order = values.read_order(FieldReader(parse_object(json.dumps(body).encode())), body["ref"])
    assert isinstance(order, Order), order
    return order


def _written(order: Order) -> Body:
    """No answer shows where a payout went, so the dialect writes no order: this is from its neutral form."""
    decimals = decimals_of(order.currency)
    digits = str(order.amount_minor).rjust(decimals + 1, "0")
    amount = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    to = {"iban": order.beneficiary.account_number, "name": order.beneficiary.name}
    note = {"note": order.remarks.description} if order.remarks.description else {}
    return {"ref": order.reference, "currency": order.currency, "amount": amount, "to": to, **note}


DOCUMENTED = Documented(
    rows=API.rows,
    software=lambda shown, _folder: HarbourSoftware(shown),
    shown=("client", "secret"),
    hidden=("harbour-proof",),
    is_success=lambda answer: answer.status == 200,
    used_elsewhere=Said(409, "ref_used"),
    country="DE",
    currency="EUR",
    create=create,
    query=query,
    recipient=IBAN,
    method="bank",
    key_header="harbour-client",
    unknown_key="hb_" + "0" * 20,
    nowhere="/harbour/v1/nowhere",
    read_error=reading.error,
    read_created=reading.payout,
    read_query=reading.payout,
    calls=calls,
    headers={
        "harbour-client": Header(CLIENT, {"": CLIENT, "hb_" + "A" * 20: CLIENT, "hb_123": CLIENT, b"\xff": CLIENT}),
        "harbour-time": Header(TIME, {"": TIME, "176000000": TIME, "1.76000000": TIME, b"\xb2" * 10: TIME}),
        "harbour-proof": Header(PROOF, {"": PROOF, OTHER_HEX: PROOF, "no hex": PROOF, b"\xff": PROOF}),
        "content-type": Header(JSON, {"": JSON, "text/plain": JSON, "application/json;charset=latin-1": JSON}, "POST"),
    },
    proofs={"changed after signing": Spoilt(PROOF, changed_after_signing)},
    clock_ms=60_000,
    order={
        "path": Spoilt(Said(404, "path")),
        "method": Spoilt(Said(405, "method")),
        "size": Spoilt(Said(413, "size")),
        "encoding": Spoilt(Said(415, "encoding"), headed("content-encoding", "gzip")),
        "unknown key": Spoilt(CLIENT),
        "time": Spoilt(TIME),
        "proof": Spoilt(PROOF, headed("harbour-proof", OTHER_HEX)),
        "content type": Spoilt(JSON),
        "json": Spoilt(JSON),
        "reused": Spoilt(Said(409, "ref_used")),
        "field": Spoilt(field("to.iban")),
        "funds": Spoilt(FUNDS),
    },
    wrong_field=("to.iban", "DE88370400440532013000"),
    unreadable=JSON,
    texts=(
        text("ref", 40),
        text("currency", 3),
        text("to.iban", 34),
        text("to.name", 70, is_free=True),
        text("note", 140, is_needed=False, is_free=True),
    ),
    amount_field="amount",
    amount_codes=frozenset({("amount", "field")}),
    tells_reasons=True,
    not_found=Said(404, "unknown"),
    same_again=None,
    other_again=Said(409, "ref_used"),
    refusals={
        Refusal.ACCOUNT_CLOSED: Said(403, "closed"),
        Refusal.CURRENCY_OFF: OFF,
        Refusal.METHOD_OFF: OFF,
        Refusal.RECIPIENT_BLOCKED: OFF,
        Refusal.AMOUNT_TOO_SMALL: AMOUNT,
        Refusal.AMOUNT_TOO_LARGE: AMOUNT,
        Refusal.CURRENCY_NOT_HELD: FUNDS,
        Refusal.INSUFFICIENT_BALANCE: FUNDS,
    },
    troubles={
        Trouble.NO_SUCH_PATH: Said(404, "path"),
        Trouble.WRONG_METHOD: Said(405, "method"),
        Trouble.BODY_TOO_LARGE: Said(413, "size"),
        Trouble.BODY_ENCODED: Said(415, "encoding"),
        Trouble.NONCE_REPEATED: PROOF,
        Trouble.TOO_MANY_REQUESTS: Said(429, "slowly"),
        Trouble.NOT_CARRIED_OUT: Said(503, "later"),
        Trouble.UNAVAILABLE: Said(503, "unknown_outcome"),
        Trouble.INTERNAL: Said(500, "unknown_outcome"),
    },
    is_code=is_code,
    bodies=BODIES,
    there_and_back=there_and_back,
    normal=lambda body: body,
)
