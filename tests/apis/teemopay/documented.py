"""What TeemoPay's documents say of its payout side, for the suite that every dialect must pass: in Brazil, whose rules
are the seed's. What the other countries demand is shown by the rules beside this file.

Sources: the rows beside this file (`rows.py`), each with its own.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from outlay.core.payout import Order
from outlay.core.refusal import Refusal
from outlay.dialects.teemopay.tables.countries import COUNTRIES
from outlay.dialects.teemopay.values.orders import read_order, write_order
from outlay.kit.jsontext import parse_object
from outlay.wire.problems import Trouble
from tests.apis.contract import Body, Caller, Code, Documented, Header, Known, Making, Said, Software, Spoilt, Text
from tests.apis.seen import Seen
from tests.apis.software import CPF, as_bytes, new_reference
from tests.apis.teemopay.merchant import TeemoPayMerchant, teemopay_text
from tests.apis.teemopay.periods import local
from tests.apis.teemopay.reading import read_created, read_query
from tests.apis.teemopay.rows import API
from tests.apis.teemopay.valid_bodies import teemopay_orders
from tests.e2e.raw_http import Answer, Call

COUNTRY, CURRENCY = "BR", "BRL"
BEGUN_MS: Final = 1_760_000_000_000


def parameter(text: str | None = None) -> Said:
    """414: a parameter is missing or wrong; also signature, nonce and timestamp."""
    return Said(200, 414, text)


NO_APPLICATION = Said(200, 416, "Application not found")
BAD_SIGN = parameter("sign verification failed")
SIGN_MISSING = parameter("sign is required")
NONCE_INVALID, NONCE_REPEATED = parameter("nonce invalid"), parameter("nonce repeated")
EXPIRED = parameter("timestamp expired")
TIME_MALFORMED = parameter("timestamp must be Unix milliseconds, 13 digits")
MISMATCH = parameter("country mismatch")
NOT_JSON = Said(400, 414, "Content-Type must be application/json")
UNREADABLE = Said(400, 414)
FUNDS = Said(200, 425)
TRY_LATER = "Please try again later"
MAY_BE_DONE = f"{TRY_LATER}: it may have been carried out, query before sending it again"


class TeemoPaySoftware(Software):
    """Signs with the merchant's own key, as the documents' sample does."""

    def __init__(self, shown: Mapping[str, str], _folder: Path) -> None:
        self._app_code, self._country = shown["app_code"], shown["country"]
        self._key = load_pem_private_key(shown["private_key_pem"].encode(), password=None)
        self.secrets = frozenset(shown["private_key_pem"].splitlines()[1:-1])

    def call(self, making: Making, now_ms: int) -> Call:
        body = making.body or {}
        signed = as_bytes(making.signed_as if making.signed_as is not None else body)
        text = teemopay_text(signed.decode("utf-8", "surrogatepass"), making.once)
        headers = {
            "content-type": "application/json",
            "app_code": self._app_code,
            "country": self._country,
            "nonce": making.once,
            "timestamp": str(now_ms),
        }
        assert isinstance(self._key, RSAPrivateKey)
        signature = self._key.sign(text.encode("utf-8", "replace"), PKCS1v15(), SHA1())  # noqa: S303 (the documents')
        sign = base64.b64encode(signature).decode()
        return Call(making.method, making.path, headers, as_bytes({**body, "sign": sign}))


def create(reference: str, amount: str) -> Making:
    return Making("POST", TeemoPayMerchant.CREATE, TeemoPayMerchant.order(amount, reference), reference=reference)


def query(reference: str, _made: Answer | None) -> Making:
    return Making("POST", TeemoPayMerchant.QUERY, {"merchantOrderNo": reference}, reference=reference)


async def calls(caller: Caller, made: Answer) -> Mapping[str, Callable[[], Making]]:
    reference = made.json()["data"]["merchantOrderNo"]
    now_ms = caller.now_ms()
    span = {"beginTime": local(-1, now_ms), "endTime": local(1, now_ms)}
    return {
        "create": lambda: create(new_reference(), "10.00"),
        "query": lambda: query(reference, None),
        "balance": lambda: Making("POST", TeemoPayMerchant.BALANCE, {}),
        "list": lambda: Making("POST", TeemoPayMerchant.LIST, {"type": "PAYOUT", **span}),
    }


def read_error(answer: Answer) -> tuple[Code, str]:
    envelope = answer.json()
    if envelope["code"] == 400:
        assert envelope == {"code": 400, "msg": "Order not found", "success": False}
    else:
        assert list(envelope) == ["code", "data", "msg", "traceId"], envelope
        assert envelope["data"] is None
        assert re.fullmatch(r"[0-9a-f]{32}\.1\.[0-9]{17}", envelope["traceId"])
    assert envelope["code"] != 200, envelope
    return envelope["code"], envelope["msg"]


def read_made(answer: Answer) -> Seen:
    assert answer.status == 200, answer
    return read_created(answer.json(), COUNTRY, CURRENCY)


def read_found(answer: Answer) -> Seen:
    assert answer.status == 200, answer
    return read_query(answer.json(), COUNTRY, CURRENCY)


def wrong_sign(making: Making, _known: Known) -> None:
    making.signed_as = {**(making.body or {}), "realName": "Somebody Else"}


def field(path: str, value: Any) -> Any:
    return lambda making, _known: making.put(path, value)


def sign_is(value: Any) -> Any:
    """Whatever would be right."""
    return lambda making, _known: setattr(making, "sent_as", as_bytes({**(making.body or {}), "sign": value}))


def unsigned(making: Making, _known: Known) -> None:
    making.sent_as = as_bytes(making.body or {})


def used_before(making: Making, known: Known) -> None:
    making.once = known.used_once


def without(name: str) -> Any:
    return lambda making, _known: making.headers.update({name: None})


def once(value: str) -> Any:
    return lambda making, _known: setattr(making, "once", value)


def texts(names: str, longest: int, **more: Any) -> list[Text]:
    return [Text(name, longest, parameter(), **more) for name in names.split()]


def normal(asked: tuple[str, Body]) -> Body:
    """An account type is a number, an amount has the decimals of its currency's wire, and an e-mail or random key of
    Brazil's is in small letters."""
    country, body = asked
    normal = dict(body)
    if "accountType" in body:
        normal["accountType"] = int(body["accountType"])
    if country == "BR" and normal["accountType"] in (404, 405):
        normal["bankAccount"] = body["bankAccount"].lower()
    return normal | {"amount": float(body["amount"])}


def there_and_back(asked: tuple[str, Body]) -> tuple[Order, Body, Order]:
    country, body = asked
    order = _read(country, body)
    written = write_order(order, COUNTRIES[country])
    return order, written | {"amount": float(written["amount"])}, _read(country, written)


def _read(country: str, body: Body) -> Order:
    fields = parse_object(json.dumps(body).encode())
    order = read_order(body["merchantOrderNo"], fields, COUNTRIES[country], None, strict=False)
    assert isinstance(order, Order), order
    return order


DOCUMENTED = Documented(
    rows=API.rows,
    software=TeemoPaySoftware,
    shown=("app_code", "country", "private_key_pem", "platform_public_key_pem"),
    country=COUNTRY,
    currency=CURRENCY,
    create=create,
    query=query,
    recipient=CPF,
    method="pix",
    key_header="app_code",
    unknown_key="A2404010004BR001",
    hidden=("nonce", "sign"),
    nowhere="/api/pay/nothing",
    is_success=lambda answer: answer.status == 200 and answer.json()["code"] == 200,
    read_error=read_error,
    read_created=read_made,
    read_query=read_found,
    tells_reasons=True,
    calls=calls,
    clock_ms=30_000,
    proofs={
        "none": Spoilt(SIGN_MISSING, unsigned),
        "empty": Spoilt(SIGN_MISSING, sign_is("")),
        "null": Spoilt(SIGN_MISSING, sign_is(None)),
        "a number": Spoilt(BAD_SIGN, sign_is(5)),
        "an object": Spoilt(BAD_SIGN, sign_is({"a": "b"})),
        "another": Spoilt(BAD_SIGN, sign_is(base64.b64encode(b"\x01" * 128).decode())),
        "no base64": Spoilt(BAD_SIGN, sign_is("%" * 172)),
        "not ASCII": Spoilt(BAD_SIGN, sign_is("é" * 172)),
        "10,000 characters": Spoilt(BAD_SIGN, sign_is("A" * 10_000)),
        "a nonce of 31": Spoilt(NONCE_INVALID, once("n" * 31)),
        "a nonce of 33": Spoilt(NONCE_INVALID, once("n" * 33)),
        "a nonce with a blank": Spoilt(NONCE_INVALID, once("n" * 15 + " " + "n" * 16)),
        "a nonce used before": Spoilt(NONCE_REPEATED, used_before),
    },
    headers={
        "app_code": Header(
            NO_APPLICATION,
            dict.fromkeys(("", "A2404010004BR001", "' or 1=1 --", "A1BR1" * 4_000, b"A\xff\xfeBR1"), NO_APPLICATION),
        ),
        "country": Header(parameter("country is required"), dict.fromkeys(("MX", "br"), MISMATCH)),
        "nonce": Header(parameter("nonce is required"), {"n" * 32: BAD_SIGN}),
        "timestamp": Header(
            parameter("timestamp is required"),
            {
                "1760000000": TIME_MALFORMED,
                "１７６０００００００１２３".encode(): TIME_MALFORMED,
                str(BEGUN_MS - 60_000): EXPIRED,
                str(BEGUN_MS + 60_000): EXPIRED,
            },
        ),
        "content-type": Header(NOT_JSON, dict.fromkeys(("text/plain", "application/jsonl"), NOT_JSON)),
    },
    order={
        "path": Spoilt(Said(404, 414)),
        "method": Spoilt(Said(405, 414)),
        "size": Spoilt(Said(413, 414)),
        "no key": Spoilt(NO_APPLICATION, without("app_code")),
        "no country": Spoilt(parameter("country is required"), without("country")),
        "no nonce": Spoilt(parameter("nonce is required"), without("nonce")),
        "no time": Spoilt(parameter("timestamp is required"), without("timestamp")),
        "content type": Spoilt(NOT_JSON),
        "unknown key": Spoilt(NO_APPLICATION),
        "another country": Spoilt(MISMATCH, lambda making, _known: making.headers.update({"country": "MX"})),
        "time": Spoilt(EXPIRED),
        "json": Spoilt(UNREADABLE),
        "proof": Spoilt(BAD_SIGN, wrong_sign),
        "nonce's form": Spoilt(NONCE_INVALID, once("short")),
        "nonce used": Spoilt(NONCE_REPEATED, used_before),
        "no number": Spoilt(parameter(), lambda making, _known: making.put("merchantOrderNo", "")),
        "reused": Spoilt(Said(200, 426)),
        "amount": Spoilt(parameter("amount must be a plain decimal number"), field("amount", "x")),
        "field": Spoilt(parameter()),
        "account type": Spoilt(Said(200, 455), field("accountType", 9)),
        "document": Spoilt(Said(200, 475), field("idType", "RG")),
        "document's number": Spoilt(Said(200, 476), field("idCardNumber", "1")),
        "PIX key": Spoilt(Said(200, 482), field("bankAccount", "1")),
        "funds": Spoilt(FUNDS),
    },
    wrong_field=("callbackUrl", "ftp://a"),
    unreadable=UNREADABLE,
    amount_field="amount",
    amount_codes=frozenset({414}),
    texts=(
        *texts("merchantOrderNo", 32, missing=parameter(), is_free=False),
        *texts("bankAccount realName", 255, missing=parameter(), is_free=False),
        *texts("idCardNumber", 50, missing=parameter(), is_free=False),
        *texts("idType", 32, missing=parameter(), is_free=False),
        *texts("bankCode bankName", 50),
        *texts("callbackUrl", 200, is_free=False),
    ),
    other_fields={
        "accountType": "a number of a list: rules/test_countries.py",
        "phone": "not in Brazil: rules/test_countries.py",
        "sign": "the proof",
    },
    needed={"accountType": parameter()},
    not_found=Said(200, 400, "Order not found"),
    same_again=Said(200, 426),
    other_again=Said(200, 426),
    used_elsewhere=Said(200, 426),
    refusals={
        Refusal.ACCOUNT_CLOSED: Said(200, 418),
        Refusal.CURRENCY_OFF: Said(200, 473),
        Refusal.METHOD_OFF: Said(200, 421),
        Refusal.RECIPIENT_BLOCKED: Said(200, 462),
        Refusal.AMOUNT_TOO_SMALL: parameter("amount is below the smallest amount allowed"),
        Refusal.AMOUNT_TOO_LARGE: parameter("amount is above the largest amount allowed"),
        Refusal.CURRENCY_NOT_HELD: FUNDS,
        Refusal.INSUFFICIENT_BALANCE: FUNDS,
    },
    troubles={
        Trouble.NO_SUCH_PATH: Said(404, 414, "no such path"),
        Trouble.WRONG_METHOD: Said(405, 414, "method must be POST"),
        Trouble.BODY_TOO_LARGE: Said(413, 414, "body too large"),
        Trouble.BODY_ENCODED: Said(415, 414, "body must not be compressed: leave out Content-Encoding"),
        Trouble.NONCE_REPEATED: NONCE_REPEATED,
        Trouble.TOO_MANY_REQUESTS: Said(200, 412, TRY_LATER),
        Trouble.NOT_CARRIED_OUT: Said(200, 412, f"{TRY_LATER}: nothing was done, send it again"),
        Trouble.UNAVAILABLE: Said(
            200, 412, f"{TRY_LATER}: it may have been carried out, query before sending it again"
        ),
        Trouble.INTERNAL: Said(500, 500, "Business Error"),
    },
    is_code=lambda code: f"code {code}" in {row.id for row in API.rows},
    bodies=teemopay_orders,
    there_and_back=there_and_back,
    normal=normal,
)
