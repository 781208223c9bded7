"""LessPay's payout side as its documents have it: valid requests, fields, answers, codes. Written from the documents,
without looking at what Outlay makes of them.
"""

from __future__ import annotations

from random import Random
from typing import Annotated, Any, Literal
from uuid import uuid4

import msgspec
from msgspec import Meta, Struct

from tests.apis.lesspay.merchant import lesspay_signature
from tests.apis.software import now_ms
from tests.fuzz.attacks import Attack, Waiting
from tests.fuzz.drafts import Draft, Field, Target, Tree
from tests.fuzz.senders import Keys, Signed
from tests.fuzz.stage import ENDINGS

Money = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]*)(\.[0-9]+)?$")]
Milliseconds = Annotated[str, Meta(pattern="^[0-9]{13}$")]


class Detail(Struct, forbid_unknown_fields=True):
    payout_order_detail_id: Annotated[str, Meta(pattern="^POD[0-9]{19}$")]
    mch_order_id: Annotated[str, Meta(min_length=1, max_length=64)]
    amount: Money
    actual_amount: Money | None
    status: Literal["CREATED", "PROCESSING", "SUCCEEDED", "FAILED", "CANCELED", "REFUNDED", "CLOSED"]
    audit_state: Literal["PENDING", "APPROVED", "REJECTED"]
    fail_reason: str | None
    rejected_reason: str | None
    channel_order_no: str | None
    bank_account_no: Annotated[str, Meta(pattern=r"^(.{4}\*{4}.{4}|\*{4}.{0,2})?$")]
    bank_account_name: Annotated[str, Meta(pattern=r"^(.\*{4}.)?$")]
    bank_account_type: Literal["individual", "business"] | None
    bank_name: str | None
    bank_country_code: Annotated[str, Meta(pattern="^[A-Z]{2}$")] | None
    bank_swift_code: str | None
    success_time: Milliseconds | None


class Order(Struct, forbid_unknown_fields=True):
    pay_order_id: Annotated[str, Meta(pattern="^PO[0-9]{19}$")]
    request_id: Annotated[str, Meta(min_length=1, max_length=64)]
    order_status: Literal[
        "PENDING_CONFIRM", "PENDING_PAY", "SUCCEED", "FAILED", "CANCELED", "REFUND", "CLOSED", "PARTIAL_SUCCESS"
    ]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3,4}$")]
    total_amount: Money
    decimal_places: Annotated[int, Meta(ge=0, le=8)]
    fail_reason: str | None
    created_at: Milliseconds
    details: Annotated[list[Detail], Meta(min_length=1, max_length=1000)]


class Bank(Struct, forbid_unknown_fields=True):
    bank_code: str
    bank_name: str
    destination_type: Literal["bank", "ewallet"]


class Balance(Struct, forbid_unknown_fields=True):
    currency: str
    way_code: str
    total_balance: Money
    frozen_balance: Money
    available_balance: Money


class _Success(Struct, forbid_unknown_fields=True):
    code: Literal[0]
    msg: Literal["SUCCESS"]
    encryptData: Literal[""]


class OrderAnswer(_Success, forbid_unknown_fields=True):
    data: Order
    sign: Annotated[str, Meta(pattern="^[0-9A-F]{64}$")]


class BalanceAnswer(_Success, forbid_unknown_fields=True):
    data: Balance
    sign: Annotated[str, Meta(pattern="^[0-9A-F]{64}$")]


class BanksAnswer(_Success, forbid_unknown_fields=True):
    data: list[Bank]
    sign: Literal[""]


class Error(Struct, forbid_unknown_fields=True):
    code: int
    msg: Annotated[str, Meta(min_length=1, max_length=300)]
    data: None
    encryptData: Literal[""]
    sign: Literal[""]


def money(rng: Random, decimals: int) -> str:
    """1 to 60 major units; the last two digits choose what the sandbox's bank does."""
    ending = rng.choice(["00", "71", "73", "81", "82", "83", f"{rng.randrange(100):02d}"])
    whole = str(rng.randint(1, 60))
    if decimals == 0:
        return whole + ending
    return f"{whole}.{ending.rjust(decimals, '0')}"


def reference(prefix: str) -> str:
    return f"{prefix}-{uuid4().hex[:24]}"


_INFO: Tree = {
    "first_name": "João",
    "last_name": "da Silva",
    "email": "joao@merchant.example",
    "date_of_birth": "1991-03-07",
    "nationality": "BR",
    "tax_id": "11144477735",
    "national_id": "AB-1",
    "phone": {"calling_code": "55", "number": "11999990000"},
    "address": {"country": "BR", "state": "SP", "city": "São Paulo", "postal_code": "01000", "line1": "1", "line2": ""},
}
_BANKS: list[Tree] = [
    {
        "account_number": "1234567890123",
        "bank_name": "BDO Unibank",
        "account_type": "savings",
        "country": "PH",
        "bank_province": "Cebu",
        "bank_city": "Cebu",
        "branch_name": "Main",
        "purpose_code": "P1",
        "bank_codes": {"bank_code": "BDO", "swift_code": "BNORPHMM", "branch_code": "001"},
    },
    {"iban": "GB29NWBK60161331926819", "bank_codes": {"sort_code": "601613"}},
    {"account_number": "00112233445566", "iban": "an iban that nobody checks", "bank_codes": {"bank_code": "BFTV"}},
]
_PIX: list[tuple[str, str]] = [
    ("cpf", "11144477735"),
    ("cnpj", "11222333000181"),
    ("email", "maria@merchant.example"),
    ("phone", "+5511999990000"),
    ("random", "7d9f0335-8dcc-4054-9bf9-0dbd61d36906"),
]
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
ETHEREUM = "0x" + "5a" * 20


def _destination(rng: Random) -> tuple[str, int, Tree]:
    """Currency, its decimals, and a destination in it."""
    match rng.choice(["bank", "bank_account", "pix", "wallet", "crypto"]):
        case "bank" | "bank_account" as kind:
            currency, decimals = rng.choice([("PHP", 2), ("JPY", 0), ("USD", 2)])
            return currency, decimals, {"type": kind, "bank": rng.choice(_BANKS)}
        case "pix":
            kind, key = rng.choice(_PIX)
            wallet = {"ewallet_provider": "PIX", "account_type": kind, "account_number": key}
            return "BRL", 2, {"type": "ewallet", "e_wallet": wallet}
        case "wallet":
            wallet = {"ewallet_provider": "GCash", "account_number": "09170000002"}
            return "PHP", 2, {"type": "ewallet", "e_wallet": wallet}
    network = rng.choice(["TRC20", "ERC20", "BEP20"])
    address = rng.choice([TRON if network == "TRC20" else ETHEREUM, "TXYZabcdefghijklmnopqrstuvwxyz123456"])
    return "USDT", 6, {"type": "crypto_wallet", "crypto_wallet": {"network": network, "wallet_address": address}}


def _post(path: str, body: Tree, what: str = "") -> Draft:
    return Draft("POST", path, "lesspay", body=body, what=what)


def _create(rng: Random, _stage: Any) -> Draft:
    currency, decimals, destination = _destination(rng)
    info = rng.choice([_INFO, {"name": "Padaria Sol Ltda", "date_of_birth": "07-03-1991"}, {"name": "John Doe"}])
    body: Tree = {
        "request_id": reference("L"),
        "amount": money(rng, decimals),
        "currency": currency,
        "way_code": "PAYRETAILERS_PAYOUT",
        "way_type": "BANK_TRANSFER",
        "product_name": "Wages",
        "description": rng.choice(["January", "January:\n\tsalary\n\tbonus"]),
        "purpose": "PYR001",
        "expired_time": 86400,
        "notify_url": "https://merchant.example/lesspay/notify?a=1&b=2",
        "beneficiary": {
            "beneficiary_type": rng.choice(["individual", "business"]),
            "beneficiary_info": info,
            "destination": destination,
        },
    }
    if rng.random() < 0.3:
        body["transaction_type"] = "payout"
    return _post(CREATE.path, body, destination["type"])


def _detail(rng: Random, kind: str, ordinal: int, decimals: int) -> Tree:
    detail: Tree = {"mch_order_id": f"SAL-{ordinal}", "amount": money(rng, decimals)}
    if kind == "ewallet":
        detail["e_wallet"] = {
            "account_name": "Ana Reyes",
            "account_type": "individual",
            "account_number": "09170000002",
            "provider": "GCash",
        }
        return detail
    detail |= {
        "bank_account_no": TRON if kind == "crypto_wallet" else f"00123456789{ordinal}",
        "bank_account_name": "Juan dela Cruz",
        "bank_account_type": rng.choice(["individual", "business"]),
        "bank_name": "BDO Unibank",
        "bank_country_code": "PH",
        "bank_swift_code": "BNORPHMM",
    }
    return detail


def _batch(rng: Random, _stage: Any) -> Draft:
    kind = rng.choice(["bank", "bank", "ewallet", "crypto_wallet"])
    currency, decimals = ("USDT", 6) if kind == "crypto_wallet" else rng.choice([("PHP", 2), ("JPY", 0)])
    count = rng.choice([1, 2, 3, 5])
    details = [_detail(rng, kind, ordinal, decimals) for ordinal in range(count)]
    units = sum(int(detail["amount"].replace(".", "")) for detail in details)
    total = str(units).rjust(decimals + 1, "0")
    body: Tree = {
        "request_id": reference("LB"),
        "currency": currency,
        "total_amount": f"{total[:-decimals]}.{total[-decimals:]}" if decimals else total,
        "way_code": "TAZAPAY_PAYOUT",
        "way_type": "BANK_TRANSFER",
        "destination_type": kind,
        "notify_url": "https://merchant.example/lesspay/notify",
        "product_name": "Wages",
        "description": "January",
        "expired_time": 86400,
        "payout_order_details": details,
    }
    if kind == "crypto_wallet":
        body["transaction_network"] = "TRC20"
    return _post(BATCH.path, body, kind)


def _query(rng: Random, stage: Any) -> Draft:
    request_id, pay_order_id = rng.choice(stage.pools["lesspay"])
    body: Tree = rng.choice(
        [
            {"request_id": request_id},
            {"pay_order_id": pay_order_id},
            {"request_id": request_id, "pay_order_id": pay_order_id},
        ]
    )
    return _post(QUERY.path, dict(body))


def _banks(rng: Random, _stage: Any) -> Draft:
    country, currency = rng.choice([("PH", "PHP"), ("BR", "BRL"), ("ID", "IDR"), ("PK", "PKR"), ("TH", "THB")])
    way = rng.choice(["TAZAPAY_PAYOUT", "PAYRETAILERS_PAYOUT", "AWEPAY_PAYOUT", "TEEMOPAY_PAYOUT", "UNHEARD_OF"])
    return _post(BANKS.path, {"bank_country_code": country, "currency": currency, "way_code": way})


def _balance(rng: Random, _stage: Any) -> Draft:
    currency = rng.choice(["BRL", "PHP", "JPY", "USD", "USDT"])
    return _post(BALANCE.path, {"currency": currency, "way_code": "EPAY_PAYOUT"})


_FIELD_FAULTS = {30000, 30001, 30004, 30005, 30006, 30008, 30009}
_MAKING = _FIELD_FAULTS | {30010, 30011, 9999}
_SHARED_FIELDS = (
    Field("request_id", 64, required=True),
    Field("currency", 255, required=True),
    Field("way_code", 64),
    Field("way_type", 64),
    Field("product_name", 255),
    Field("description", 255),
    Field("notify_url", 255),
)
_B = "beneficiary"
_I = f"{_B}.beneficiary_info"

CREATE = Target(
    name="lesspay create",
    api="lesspay",
    method="POST",
    path="/api/global/payout/create-order",
    valid=_create,
    answer=OrderAnswer,
    codes=frozenset(_MAKING),
    free_field="description",
    fields=(
        *_SHARED_FIELDS,
        Field("amount", required=True),
        Field("purpose", 255),
        Field(_B, required=True),
        Field(f"{_B}.beneficiary_type", required=True),
        Field(_I, required=True),
        Field(f"{_I}.name", 255),
        Field(f"{_I}.first_name", 255),
        Field(f"{_I}.last_name", 255),
        Field(f"{_I}.email", 255),
        Field(f"{_I}.tax_id", 255),
        Field(f"{_I}.national_id", 255),
        Field(f"{_I}.phone.calling_code", 5),
        Field(f"{_I}.phone.number", 20),
        Field(f"{_I}.address.city", 255),
        Field(f"{_B}.destination", required=True),
        Field(f"{_B}.destination.type", required=True),
        Field(f"{_B}.destination.bank.account_number", 64),
        Field(f"{_B}.destination.bank.iban", 64),
        Field(f"{_B}.destination.bank.bank_name", 255),
        Field(f"{_B}.destination.bank.bank_codes.bank_code", 255),
        Field(f"{_B}.destination.e_wallet.ewallet_provider", 255, required=True),
        Field(f"{_B}.destination.e_wallet.account_number", 64),
        Field(f"{_B}.destination.crypto_wallet.wallet_address", 64, required=True),
        Field(f"{_B}.destination.crypto_wallet.network", required=True),
    ),
    made_in="payouts",
    made_id=lambda answer: answer["data"]["pay_order_id"],
    reference=lambda draft: (draft.body or {}).get("request_id", ""),
)
_D = "payout_order_details"


def _details_of(draft: Draft) -> int:
    details = (draft.body or {}).get(_D)
    return len(details) if isinstance(details, list) else 1


BATCH = Target(
    name="lesspay batch",
    api="lesspay",
    method="POST",
    path="/api/global/payout/batch/create-order",
    valid=_batch,
    answer=OrderAnswer,
    codes=frozenset(_MAKING | {30002, 30007}),
    free_field="description",
    made_of=_details_of,
    fields=(
        *_SHARED_FIELDS,
        Field("total_amount", required=True),
        Field(_D, required=True),
        Field(f"{_D}.0.mch_order_id", 64, required=True),
        Field(f"{_D}.0.amount", required=True),
        Field(f"{_D}.0.bank_account_no", 64, required=True),
        Field(f"{_D}.0.bank_name", 255),
        Field(f"{_D}.0.e_wallet", required=True),
        Field(f"{_D}.0.e_wallet.account_name", 255, required=True),
        Field(f"{_D}.0.e_wallet.provider", 255, required=True),
    ),
    made_in="payouts",
    made_id=lambda answer: answer["data"]["pay_order_id"],
    reference=lambda draft: (draft.body or {}).get("request_id", ""),
)
QUERY = Target(
    name="lesspay query",
    api="lesspay",
    method="POST",
    path="/api/global/payout/query",
    valid=_query,
    answer=OrderAnswer,
    codes=frozenset({30000, 30008, 30020}),
    fields=(Field("request_id", 64), Field("pay_order_id")),
)
BANKS = Target(
    name="lesspay banks",
    api="lesspay",
    method="POST",
    path="/api/global/payout/bank",
    valid=_banks,
    answer=BanksAnswer,
    codes=frozenset({30000, 30001, 30005, 30008}),
    fields=(
        Field("bank_country_code", required=True),
        Field("currency", required=True),
        Field("way_code", 64, required=True),
    ),
)
BALANCE = Target(
    name="lesspay balance",
    api="lesspay",
    method="POST",
    path="/api/global/payout/balance",
    valid=_balance,
    answer=BalanceAnswer,
    codes=frozenset({30000, 30001, 30008, 9999}),
    fields=(Field("currency", required=True), Field("way_code", 64, required=True)),
)
TARGETS = (CREATE, BATCH, QUERY, BANKS, BALANCE)


# -- what a merchant does ---------------------------------------------------------------------------------------------


def _signed(draft: Draft, keys: Keys) -> Signed:
    body = draft.text().encode() if draft.raw is None else draft.raw
    headers = {
        "x-auth-appid": keys.shown["app_id"],
        "X-Auth-Timestamp": str(now_ms()),
        "x-auth-signature": _signature(body, keys.shown["app_secret"]),
    }
    return headers, body


def _signature(body: bytes, secret: str) -> str:
    """Of a body that cannot be read no signature is asked for; any will do."""
    try:
        return lesspay_signature(body.decode("utf-8"), secret)
    except (ValueError, RecursionError, AttributeError):
        return "0" * 64


def _order(stage: Any, draft: Draft) -> int:
    """Its id."""
    assert draft.body is not None
    pay_order_id: str = stage.ask(draft)["data"]["pay_order_id"]
    stage.pools["lesspay"].append((draft.body["request_id"], pay_order_id))
    return int(pay_order_id.removeprefix("PO"))


def _order_ending(rng: Random, stage: Any, ending: str, **fields: Any) -> int:
    draft = CREATE.valid(rng, stage)
    assert draft.body is not None
    draft.body |= {"amount": draft.body["amount"][:-2] + ending, **fields}
    made = _order(stage, draft)
    stage.payouts.append(made)
    return made


def _wait(stage: Any, rng: Random) -> Waiting:
    """Five, and one that will expire."""
    made = [_order_ending(rng, stage, "00") for _ in range(5)]
    _order_ending(rng, stage, "00", expired_time=1)
    return Waiting(made, [_order(stage, BATCH.valid(rng, stage))])


def _play(stage: Any, rng: Random) -> None:
    for ending in ENDINGS:
        _order_ending(rng, stage, ending)
    _order(stage, BATCH.valid(rng, stage))


ATTACK = Attack(
    targets=TARGETS,
    sign=_signed,
    error=lambda body: msgspec.json.decode(body, type=Error).code,
    statuses=frozenset({200}),
    who="lesspay",
    holder="ana",
    pools=list,
    wait=_wait,
    play=_play,
)
"""`pools`: references of orders with their ids."""
