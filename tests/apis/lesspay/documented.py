"""What LessPay 2.0's documents say of its payout side, for the suite that every dialect must pass.

Sources: the rows beside this file (`rows.py`), each with its own.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from outlay.core.payout import Order
from outlay.core.refusal import Refusal
from outlay.dialects.lesspay.values import orders
from outlay.kit.jsontext import parse_object
from outlay.wire.problems import Trouble
from tests.apis.contract import Body, Caller, Code, Documented, Header, Known, Making, Said, Software, Spoilt, Text
from tests.apis.lesspay.merchant import LessPayMerchant, lesspay_signature
from tests.apis.lesspay.orders import bank_detail, batch
from tests.apis.lesspay.reading import read_order
from tests.apis.lesspay.rows import API
from tests.apis.lesspay.valid_bodies import lesspay_payouts
from tests.apis.seen import SeenOrder
from tests.apis.software import CPF, as_bytes, new_reference
from tests.e2e.raw_http import Answer, Call

APPID, TIME, SIGNATURE = "x-auth-appid", "x-auth-timestamp", "x-auth-signature"
INFO = "beneficiary.beneficiary_info"
BANK, WALLET, CRYPTO = (f"beneficiary.destination.{kind}" for kind in ("bank", "e_wallet", "crypto_wallet"))
BEGUN_MS = 1_760_000_000_000
FULL_WIDTH = "１７６００００００００００".encode()

NO_APPID = Said(401, 401, "invalid appid")
NO_TIME = Said(401, 401, "invalid timestamp")
NO_SIGNATURE = Said(401, 401, "invalid signature")
NOT_JSON = Said(400, 400, "Content-Type must be application/json")
UNREADABLE = Said(400, 400)
PARAMETER = Said(200, 30000)
COUNTRY = Said(200, 30005)
ACCOUNT = Said(200, 30006)
UNAVAILABLE = Said(503, 503)
CODES = {0, 10, 9999, 401, 403, 404, 405, 413, 415, 503}
"""Those that stand on no page of payouts: of the system (docs 7883854m0), and HTTP's own."""


class LessPaySoftware(Software):
    """Signs a body as the documents' sample does."""

    def __init__(self, shown: Mapping[str, str], _folder: Path) -> None:
        self._app_id, self._secret = shown["app_id"], shown["app_secret"]
        self.secrets = frozenset({self._secret})

    def call(self, making: Making, now_ms: int) -> Call:
        signed = as_bytes(making.signed_as if making.signed_as is not None else making.body or {})
        headers = {
            APPID: self._app_id,
            TIME: str(now_ms),
            SIGNATURE: lesspay_signature(signed.decode("utf-8", "surrogatepass"), self._secret),
            "content-type": "application/json",
        }
        return Call(making.method, making.path, headers, as_bytes(making.body or {}))


def create(reference: str, amount: str) -> Making:
    return Making("POST", LessPayMerchant.CREATE, LessPayMerchant.order(amount, reference), reference=reference)


def query(reference: str, _made: Answer | None) -> Making:
    return Making("POST", LessPayMerchant.QUERY, {"request_id": reference}, reference=reference)


async def calls(_caller: Caller, made: Answer) -> Mapping[str, Callable[[], Making]]:
    reference = made.json()["data"]["request_id"]

    def post(path: str, body: Body) -> Callable[[], Making]:
        return lambda: Making("POST", path, body)

    return {
        "create": lambda: create(new_reference(), "10.00"),
        "batch": lambda: Making("POST", LessPayMerchant.BATCH, batch([bank_detail("5.00")], currency="BRL")),
        "query": lambda: query(reference, None),
        "banks": post(LessPayMerchant.BANKS, {"bank_country_code": "BR", "currency": "BRL", "way_code": "PIX"}),
        "balance": post(LessPayMerchant.BALANCE, {"currency": "BRL", "way_code": "PIX"}),
    }


def read_error(answer: Answer) -> tuple[Code, str]:
    envelope = answer.json()
    assert list(envelope) == ["code", "msg", "data", "encryptData", "sign"], envelope
    assert (envelope["data"], envelope["encryptData"], envelope["sign"]) == (None, "", ""), envelope
    assert envelope["code"] != 0, envelope
    return envelope["code"], envelope["msg"]


def read_answer(answer: Answer) -> SeenOrder:
    assert answer.status == 200, answer
    return read_order(answer.json())


def wrong_signature(making: Making, _known: Known) -> None:
    making.headers[SIGNATURE] = "0" * 64


def field(path: str, value: Any) -> Any:
    """The numerically lowest code is told (decision)."""
    return lambda making, _known: making.put(path, value)


def headed(name: str, value: str | None) -> Any:
    return lambda making, _known: making.headers.update({name: value})


def in_small_letters(making: Making, _known: Known) -> None:
    making.headers[SIGNATURE] = "ab" * 32


def changed_after_signing(making: Making, _known: Known) -> None:
    making.signed_as = {**(making.body or {}), "description": "changed"}


def texts(said: Said, names: str, longest: int = 255, **more: Any) -> list[Text]:
    return [Text(name, longest, said, **more) for name in names.split()]


SHOWN_BY_RULES = f"""
expired_time beneficiary.beneficiary_type beneficiary.destination beneficiary.destination.type
{INFO}.name {INFO}.email {INFO}.nationality {INFO}.tax_id {INFO}.national_id {INFO}.date_of_birth
{INFO}.phone {INFO}.phone.calling_code {INFO}.phone.number
{INFO}.address {INFO}.address.country {INFO}.address.state {INFO}.address.city {INFO}.address.postal_code
{INFO}.address.line1 {INFO}.address.line2
{BANK} {BANK}.account_number {BANK}.iban {BANK}.account_type {BANK}.country {BANK}.bank_name {BANK}.bank_province
{BANK}.bank_city {BANK}.branch_name {BANK}.purpose_code {BANK}.bank_codes {BANK}.bank_codes.swift_code
{BANK}.bank_codes.ifsc_code {BANK}.bank_codes.aba_code {BANK}.bank_codes.sort_code {BANK}.bank_codes.bsb_code
{BANK}.bank_codes.cnaps {BANK}.bank_codes.bank_code {BANK}.bank_codes.branch_code
{WALLET} {WALLET}.ewallet_provider {WALLET}.account_type {WALLET}.account_number {WALLET}.deposit_key
{CRYPTO} {CRYPTO}.wallet_address {CRYPTO}.network
""".split()
"""Each has a rule of its own, and a claim with both sides of it."""


def normal(body: Body) -> Body:
    """ "bank_account" is "bank"; a day is YYYY-MM-DD; a name that is only its parts, and the second field and other
    spelling of a PIX key's wallet, are not kept."""
    normal = copy.deepcopy(body)
    info, destination = normal["beneficiary"]["beneficiary_info"], normal["beneficiary"]["destination"]
    if destination["type"] == "bank_account":
        destination["type"] = "bank"
    if "date_of_birth" in info and info["date_of_birth"][2] == "-":
        info["date_of_birth"] = "-".join(reversed(info["date_of_birth"].split("-")))
    if info.get("name") == f"{info.get('first_name')} {info.get('last_name')}":
        del info["name"]
    wallet = destination.get("e_wallet", {})
    if wallet.get("ewallet_provider", "").upper() == "PIX":
        wallet["ewallet_provider"] = "PIX"
        wallet["account_number"] = wallet.get("account_number") or wallet["deposit_key"]
        wallet.pop("deposit_key", None)
    return normal


def there_and_back(body: Body) -> tuple[Order, Body | None, Order]:
    order = _read(body)
    written = orders.write_order(order, BEGUN_MS)
    assert written is not None
    return order, written, _read(written)


def _read(body: Body) -> Order:
    order = orders.read_order(body["request_id"], parse_object(json.dumps(body).encode()), BEGUN_MS, strict=False)
    assert isinstance(order, Order), order
    return order


DOCUMENTED = Documented(
    rows=API.rows,
    software=LessPaySoftware,
    shown=("app_id", "app_secret"),
    country="BR",
    currency="BRL",
    create=create,
    query=query,
    recipient=CPF,
    method="pix",
    key_header=APPID,
    unknown_key="0" * 24,
    hidden=(SIGNATURE,),
    nowhere="/api/global/nothing",
    is_success=lambda answer: answer.status == 200 and answer.json()["code"] == 0,
    read_error=read_error,
    read_created=read_answer,
    read_query=read_answer,
    tells_reasons=True,
    calls=calls,
    clock_ms=300_000,
    proofs={
        "in small letters": Spoilt(NO_SIGNATURE, in_small_letters),
        "changed after signing": Spoilt(NO_SIGNATURE, changed_after_signing),
    },
    headers={
        APPID: Header(NO_APPID, dict.fromkeys(("", "0" * 24, "A" * 24, "a" * 20_000, "é".encode() * 12), NO_APPID)),
        TIME: Header(
            NO_TIME,
            dict.fromkeys(
                ("", "1760000000", "-760000000000", FULL_WIDTH, str(BEGUN_MS - 360_000), str(BEGUN_MS + 360_000)),
                NO_TIME,
            ),
        ),
        SIGNATURE: Header(NO_SIGNATURE, dict.fromkeys(("", "0" * 64, "x", b"\xff" * 64), NO_SIGNATURE)),
        "content-type": Header(
            NOT_JSON, dict.fromkeys(("text/plain", "application/jsonl", "a; charset=utf-16"), NOT_JSON)
        ),
    },
    order={
        "path": Spoilt(Said(404, 404)),
        "method": Spoilt(Said(405, 405)),
        "size": Spoilt(Said(413, 413)),
        "no key": Spoilt(NO_APPID, headed(APPID, None)),
        "time's form": Spoilt(NO_TIME, headed(TIME, "1")),
        "signature's form": Spoilt(NO_SIGNATURE, headed(SIGNATURE, "x")),
        "content type": Spoilt(NOT_JSON),
        "unknown key": Spoilt(NO_APPID),
        "time": Spoilt(NO_TIME),
        "json": Spoilt(UNREADABLE),
        "proof": Spoilt(NO_SIGNATURE, wrong_signature),
        "no reference": Spoilt(PARAMETER, lambda making, _known: making.put("request_id", "")),
        "reused": Spoilt(Said(200, 30010)),
        "field": Spoilt(PARAMETER),
        "currency": Spoilt(Said(200, 30001), field("currency", "ZZZ")),
        "holder": Spoilt(Said(200, 30004), field("beneficiary.beneficiary_type", "robot")),
        "country": Spoilt(COUNTRY, field(f"{INFO}.nationality", "ph")),
        "account": Spoilt(ACCOUNT, field(f"{WALLET}.account_number", "1")),
        "kind of order": Spoilt(Said(200, 30008), field("transaction_type", "PAY_IN")),
        "amount": Spoilt(Said(200, 30009), field("amount", "x")),
        "funds": Spoilt(Said(200, 9999, "insufficient balance")),
    },
    wrong_field=("way_code", 5),
    unreadable=UNREADABLE,
    amount_field="amount",
    amount_codes=frozenset({30009}),
    texts=(
        Text("request_id", 64, PARAMETER, missing=PARAMETER, is_free=False),
        *texts(PARAMETER, "way_code way_type", 64),
        *texts(PARAMETER, "product_name description purpose"),
        Text("notify_url", 255, PARAMETER, is_free=False),
        *texts(PARAMETER, f"{INFO}.first_name {INFO}.last_name"),
    ),
    other_fields=dict.fromkeys(SHOWN_BY_RULES, "rules/test_payout_fields.py"),
    needed={"currency": Said(200, 30001), "beneficiary": PARAMETER, f"{INFO}": PARAMETER},
    not_found=Said(200, 30020),
    same_again=Said(200, 30011),
    other_again=Said(200, 30010),
    used_elsewhere=Said(200, 30010),
    refusals={
        Refusal.ACCOUNT_CLOSED: Said(403, 403),
        Refusal.CURRENCY_OFF: Said(200, 30001),
        Refusal.METHOD_OFF: Said(200, 30001),
        Refusal.RECIPIENT_BLOCKED: Said(200, 9999, "the beneficiary is blocked"),
        Refusal.AMOUNT_TOO_SMALL: Said(200, 9999, "amount is below the smallest allowed"),
        Refusal.AMOUNT_TOO_LARGE: Said(200, 9999, "amount is above the largest allowed"),
        Refusal.CURRENCY_NOT_HELD: Said(200, 9999, "insufficient balance"),
        Refusal.INSUFFICIENT_BALANCE: Said(200, 9999, "insufficient balance"),
    },
    troubles={
        Trouble.NO_SUCH_PATH: Said(404, 404),
        Trouble.WRONG_METHOD: Said(405, 405),
        Trouble.BODY_TOO_LARGE: Said(413, 413),
        Trouble.BODY_ENCODED: Said(415, 415),
        Trouble.NONCE_REPEATED: Said(401, 401),
        Trouble.TOO_MANY_REQUESTS: UNAVAILABLE,
        Trouble.NOT_CARRIED_OUT: UNAVAILABLE,
        Trouble.UNAVAILABLE: UNAVAILABLE,
        Trouble.INTERNAL: Said(500, 10),
    },
    is_code=lambda code: code in CODES or f"code {code}" in {row.id for row in API.rows},
    bodies=lesspay_payouts,
    there_and_back=there_and_back,
    normal=normal,
)
