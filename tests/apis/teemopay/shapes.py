"""TeemoPay's payout side in all of its countries, as its documents have it: valid requests, fields, answers, codes.
Written from the documents.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Annotated, Any, Literal
from uuid import uuid4

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from tests.apis.software import now_ms
from tests.apis.teemopay.faults import FAULTS
from tests.apis.teemopay.merchant import plain_signature, teemopay_text
from tests.apis.teemopay.orders import CALLBACK, WAYS, order_in
from tests.apis.teemopay.periods import period
from tests.apis.teemopay.reading import LOCAL_CURRENCIES, LOCAL_HOURS
from tests.fuzz.attacks import Attack
from tests.fuzz.drafts import Draft, Field, Target, Tree, first_that_fits
from tests.fuzz.senders import Keys, Signed
from tests.fuzz.stage import ENDINGS

Money = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]*)\.[0-9]{2,8}$")]
AnyMoney = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]*)(\.[0-9]{1,8})?$")]
TradeNumber = Annotated[str, Meta(pattern="^TF[0-9]{10}[A-Z]{2}[0-9]{16}$")]
OrderNumber = Annotated[str, Meta(min_length=1)]
Time = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$")]
Trace = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\.1\.[0-9]{17}$")]


class Created(Struct, forbid_unknown_fields=True):
    merchantOrderNo: OrderNumber
    tradeNo: TradeNumber
    amount: AnyMoney
    status: Literal[1, 3]


class Refund(Struct, forbid_unknown_fields=True):
    refundNo: Annotated[str, Meta(pattern="^T[0-9]{3}-.{1,59}$")]
    refundAmount: Money
    refundStatus: Literal[2]
    refundTime: Time


class Queried(Struct, forbid_unknown_fields=True):
    merchantOrderNo: OrderNumber
    tradeNo: TradeNumber
    amount: Money
    status: Literal[1, 2, 3, 4, 5]
    serviceRate: Annotated[str, Meta(pattern=r"^[01]\.[0-9]{4}$")]
    serviceAmount: Money
    immService: Money
    completeTime: Time | None
    errorCode: int | None
    errorMessage: str | None
    claveRastreo: str | UnsetType | None = UNSET
    cepUrl: str | UnsetType | None = UNSET
    totalRefundAmount: Money | UnsetType = UNSET
    refundDetails: list[Refund] | UnsetType = UNSET


class Balance(Struct, forbid_unknown_fields=True):
    totalAmount: Money
    frozenAmount: Money
    availAmount: Money


class Record(Struct, forbid_unknown_fields=True):
    type: Literal["PAYOUT"]
    merchantOrderNo: OrderNumber
    tradeNo: TradeNumber
    amount: Money
    transactionAmount: Money
    serviceAmount: Money
    status: Literal[1, 2, 3, 4, 5]
    settleStatus: Literal[0, 1] | None
    createTime: Time
    completeTime: Time | None
    settleTime: Time | None
    failReason: str | None
    paymentList: Annotated[list[str], Meta(max_length=0)] | UnsetType = UNSET


class Page(Struct, forbid_unknown_fields=True):
    pageIndex: Annotated[str, Meta(min_length=1)] | None
    records: Annotated[list[Record], Meta(max_length=1000)]


class _Success(Struct, forbid_unknown_fields=True):
    code: Literal[200]
    msg: Literal["success"]
    traceId: Trace


class CreateAnswer(_Success, forbid_unknown_fields=True):
    data: Created


class QueryAnswer(_Success, forbid_unknown_fields=True):
    data: Queried


class BalanceAnswer(_Success, forbid_unknown_fields=True):
    data: Balance


class ListAnswer(_Success, forbid_unknown_fields=True):
    data: Page


class Error(Struct, forbid_unknown_fields=True):
    code: int
    data: None
    msg: Annotated[str, Meta(min_length=1, max_length=300)]
    traceId: Trace


class NotFound(Struct, forbid_unknown_fields=True):
    code: Literal[400]
    msg: Literal["Order not found"]
    success: Literal[False]


class TracedNotFound(Struct, forbid_unknown_fields=True):
    code: Literal[400]
    msg: Literal["Order not found"]
    traceId: Trace


# -- what create demands in each country ------------------------------------------------------------------------------

_EVERYWHERE = frozenset({412, 414, 417, 418, 425, 426, 427, 432, 462, 473})
_METHOD_OFF = {"BR", "MX"}


def _create_codes(country: str) -> frozenset[int]:
    own = {code for place, _way, _fields, code in FAULTS if place == country and code}
    return _EVERYWHERE | own | ({421} if country in _METHOD_OFF else set())


def _post(country: str, path: str, body: Tree, what: str = "") -> Draft:
    return Draft("POST", path, f"teemopay {country}", body=body, what=what)


def _creator(country: str) -> Callable[[Random, Any], Draft]:
    def create(rng: Random, _stage: Any) -> Draft:
        whole = str(rng.randint(100, 160))
        ending = rng.choice(["00", "71", "73", "81", "82", "83", f"{rng.randrange(100):02d}"])
        way = rng.choice(list(WAYS[country]))
        amount = whole if "." not in WAYS[country][way].amount else f"{whole}.{ending}"
        body: Tree = order_in(country, way, amount=amount, callbackUrl=f"{CALLBACK}?a=1&b=2")
        if "realName" in body:
            body["realName"] = "Maria Oliveira"  # accents come from the attack, so that it finds what breaks on them
        return _post(country, CREATE_PATH, body, str(body.get("accountType", "")))

    return create


def _query(rng: Random, stage: Any) -> Draft:
    country, number = rng.choice(stage.pools["teemopay"].orders)
    return _post(country, QUERY_PATH, {"merchantOrderNo": number})


def _balance(rng: Random, _stage: Any) -> Draft:
    return _post(rng.choice(list(WAYS)), BALANCE_PATH, {})


def _list(rng: Random, stage: Any) -> Draft:
    country = rng.choice(["BR", "BR", *WAYS])
    now = datetime.now(UTC) + timedelta(hours=LOCAL_HOURS[country]) + timedelta(milliseconds=stage.offset_ms)
    begin = now - timedelta(days=rng.choice([0.5, 1, 20, 30]))
    body: Tree = {
        "type": rng.choice(["PAYOUT", "PAYOUT", "PAYOUT", "PAYIN"]),
        "beginTime": f"{begin:%Y-%m-%d %H:%M:%S}.000",
        "endTime": f"{now:%Y-%m-%d %H:%M:%S}.999",
    }
    if rng.random() < 0.7:
        body["pageSize"] = rng.choice([1, 2, 10, 1000, "2"])
    if rng.random() < 0.5:
        body["status"] = rng.choice([1, 2, 3, 4, 5, "1", "2"])
    if country == "BR" and rng.random() < 0.4:
        body["pageIndex"] = rng.choice(stage.pools["teemopay"].cursors)
    return _post(country, LIST_PATH, body)


CREATE_PATH = "/api/pay/payout/create/v1"
QUERY_PATH = "/api/pay/payout/query/v1"
BALANCE_PATH = "/api/pay/merchant/balance"
LIST_PATH = "/api/pay/transaction/queryList"
_ANY_QUERY = frozenset({412, 414, 416, 417, 418, 434})
_CREATE_FIELDS = (
    Field("merchantOrderNo", 32, required=True),
    Field("amount", 20, required=True),
    Field("callbackUrl", 200),
)
_COUNTRY_FIELDS = {
    "BR": (Field("realName", 255, required=True), Field("idCardNumber", 50, required=True), Field("bankAccount", 255)),
    "MX": (Field("realName", 40, required=True), Field("bankCode", 50, required=True), Field("bankAccount", 50)),
    "PE": (Field("realName", 50, required=True), Field("cciNumber", 20, required=True)),
    "CO": (Field("realName", 40, required=True), Field("email", 64)),
    "CL": (Field("realName", 40, required=True), Field("email", 64, required=True), Field("phone", required=True)),
    "AR": (Field("realName", 40, required=True), Field("bankAccount", 22, required=True)),
    "PK": (Field("realName", 255, required=True), Field("phone", 10, required=True)),
    "IN": (Field("realName", 40, required=True), Field("phone", 10, required=True)),
    "ID": (Field("realName", 255, required=True), Field("email", 64, required=True)),
    "KH": (Field("realName", 255, required=True), Field("idCardNumber", 50, required=True)),
    "KR": (Field("realName", 40, required=True), Field("bankAccount", 50, required=True)),
    "BP": (Field("chain", 50, required=True), Field("address", required=True)),
}

CREATES = tuple(
    Target(
        name=f"teemopay create {country}",
        api="teemopay",
        method="POST",
        path=CREATE_PATH,
        valid=_creator(country),
        answer=CreateAnswer,
        codes=_create_codes(country),
        fields=_CREATE_FIELDS + _COUNTRY_FIELDS[country],
        made_in="payouts",
        made_id=lambda answer: answer["data"]["tradeNo"],
        claimed_on=lambda stage, draft: stage.accounts[draft.who],
        free_field="callbackUrl",
        reference=lambda draft: (draft.body or {}).get("merchantOrderNo", ""),
        weight=1.0 if country == "BR" else 0.3,
    )
    for country in WAYS
)
TARGETS = (
    *CREATES,
    Target(
        name="teemopay query",
        api="teemopay",
        method="POST",
        path=QUERY_PATH,
        valid=_query,
        answer=QueryAnswer,
        codes=_ANY_QUERY | {400},
        fields=(Field("merchantOrderNo", 32, required=True),),
    ),
    Target(
        name="teemopay balance",
        api="teemopay",
        method="POST",
        path=BALANCE_PATH,
        valid=_balance,
        answer=BalanceAnswer,
        codes=_ANY_QUERY - {434},
        weight=0.5,
    ),
    Target(
        name="teemopay list",
        api="teemopay",
        method="POST",
        path=LIST_PATH,
        valid=_list,
        answer=ListAnswer,
        codes=(_ANY_QUERY - {434}) | set(range(600, 607)),
        fields=(
            Field("type", required=True),
            Field("beginTime", required=True),
            Field("endTime", required=True),
        ),
    ),
)


# -- what a merchant does ---------------------------------------------------------------------------------------------


class Pools:
    def __init__(self) -> None:
        self.orders: list[tuple[str, str]] = []
        """Country and number."""
        self.cursors: list[str] = []
        """Of Brazil's list."""


def _signed(draft: Draft, keys: Keys) -> Signed:
    """By arithmetic instead of the openssl command line tool: a process for each of thousands of requests would take
    longer than all else."""
    nonce = uuid4().hex
    body = _with_sign(draft.text(), nonce, keys).encode() if draft.raw is None else draft.raw
    country = draft.who.partition(" ")[2]
    headers = {"app_code": keys.shown["app_code"], "country": country, "nonce": nonce, "timestamp": str(now_ms())}
    return headers, body


def _with_sign(text: str, nonce: str, keys: Keys) -> str:
    """The body with its `sign`."""
    assert keys.key_file is not None
    try:
        to_sign = teemopay_text(text, nonce)
    except (ValueError, RecursionError, AttributeError):
        to_sign = ""
    sign = plain_signature(to_sign, keys.key_file)
    comma = "" if text == "{}" else ","
    return f'{text[:-1]}{comma}"sign":"{sign}"}}'


def _error_code(body: bytes) -> int:
    error = first_that_fits(body, Error, NotFound, TracedNotFound)
    # 400 has shapes of its own, and they have no other code.
    if (error.code == 400) == isinstance(error, Error):
        raise msgspec.ValidationError(f"code {error.code} in the wrong shape")
    code: int = error.code
    return code


def _play(stage: Any, rng: Random) -> None:
    for target in CREATES:
        for ending in ENDINGS:
            draft = target.valid(rng, stage)
            assert draft.body is not None
            amount = draft.body["amount"]
            draft.body["amount"] = amount[:-2] + (ending if "." in amount else ending.rjust(2, "0"))
            stage.ask(draft)
            stage.pools["teemopay"].orders.append((draft.who.partition(" ")[2], draft.body["merchantOrderNo"]))


def _look(stage: Any, _rng: Random) -> None:
    draft = _post("BR", LIST_PATH, period(pageSize=2))
    assert draft.body is not None
    for _ in range(3):
        cursor = stage.ask(draft)["data"]["pageIndex"]
        if cursor is None:
            break
        stage.pools["teemopay"].cursors.append(cursor)
        draft.body["pageIndex"] = cursor


_BAD_PROOF = {"sign verification failed", "timestamp expired", "nonce invalid", "nonce repeated"}
ATTACK = Attack(
    targets=TARGETS,
    sign=_signed,
    error=_error_code,
    statuses=frozenset({200}),
    denies_proof=lambda _status, document: document.get("msg") in _BAD_PROOF,
    who="teemopay BR",
    others={f"teemopay {name}": (name, currencies) for name, currencies in LOCAL_CURRENCIES.items() if name != "BR"},
    pools=Pools,
    play=_play,
    look=_look,
)
