"""UQPAY's payout side as its documents have it: valid requests, fields, answers, codes. Written from the documents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Annotated, Any, Literal
from uuid import uuid4

from msgspec import Meta, Struct

from tests.fuzz.attacks import Attack
from tests.fuzz.drafts import Draft, Field, Raw, Target, Tree, first_that_fits
from tests.fuzz.senders import Keys, Signed, send, signed

Money = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]*)(\.[0-9]+)?$")]
Uuid = Annotated[str, Meta(pattern="^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
Time = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+08:00$")]
TimeOrNone = Annotated[str, Meta(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+08:00)?$")]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3,4}$")]
Count = Annotated[int, Meta(ge=0)]
OneUpTo15 = Annotated[str, Meta(min_length=1, max_length=15)]


class Token(Struct, forbid_unknown_fields=True):
    auth_token: Annotated[str, Meta(min_length=20)]
    expired_at: Annotated[int, Meta(ge=10**9, lt=10**10)]


class Payout(Struct, forbid_unknown_fields=True):
    payout_id: Annotated[str, Meta(pattern="^PO[0-9]{19}$")]
    payout_currency: Currency
    payout_amount: Money
    statement_descriptor: OneUpTo15
    payout_status: Literal["INITIATED", "PROCESSING", "COMPLETED", "FAILED", "FAILED_REFUNDED"]
    create_time: Time
    internal_note: Annotated[str, Meta(max_length=255)]
    completed_time: TimeOrNone


class Payouts(Struct, forbid_unknown_fields=True):
    total_pages: Count
    total_items: Count
    data: Annotated[list[Payout], Meta(max_length=100)]


class Balance(Struct, forbid_unknown_fields=True):
    balance_id: Uuid
    currency: Currency
    available_balance: Money
    payable_balance: Money
    pending_balance: Money
    reserved_balance: Money
    margin_balance: Money
    frozen_balance: Money


class Balances(Struct, forbid_unknown_fields=True):
    total_pages: Count
    total_items: Count
    data: Annotated[list[Balance], Meta(max_length=100)]


class BankAccount(Struct, forbid_unknown_fields=True):
    id: Uuid
    account_name: str
    account_number: Annotated[str, Meta(min_length=5, max_length=60)]
    bank_name: str
    bank_address: str
    swift_code: Annotated[str, Meta(min_length=8, max_length=11)]
    bank_country_code: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
    currency: Currency
    bank_code_type: Literal["", "aba", "bank_code", "sort_code", "bsb_code", "ifsc", "cnaps_number"]
    bank_code_value: str
    bank_branch_code: str
    account_status: Literal["Valid", "Invalid"]


class BankAccounts(Struct, forbid_unknown_fields=True):
    total_pages: Count
    total_items: Count
    data: Annotated[list[BankAccount], Meta(max_length=100)]


class TransferCreated(Struct, forbid_unknown_fields=True):
    transfer_id: Uuid
    short_reference_id: Annotated[str, Meta(min_length=1)]


class Transfer(Struct, forbid_unknown_fields=True):
    transfer_id: Uuid
    short_reference_id: str
    reference_id: str
    source_account_name: str
    destination_account_name: str
    transfer_currency: Currency
    transfer_amount: Money
    transfer_status: Literal["completed", "failed"]
    create_time: Time
    complete_time: TimeOrNone
    created_by: str
    transfer_reason: Annotated[str, Meta(min_length=1, max_length=255)]


class Transfers(Struct, forbid_unknown_fields=True):
    total_pages: Count
    total_items: Count
    data: Annotated[list[Transfer], Meta(max_length=100)]


ShortId = Annotated[str, Meta(pattern="^A[0-9A-F]{12}$")]


class Contact(Struct, forbid_unknown_fields=True):
    email: str
    phone: str


class Connected(Struct, forbid_unknown_fields=True, kw_only=True):
    account_id: Uuid
    short_reference_id: ShortId
    business_code: list[Literal["ACQUIRING"]]
    email: str
    account_name: str
    status: Literal["ACTIVE", "INACTIVE", "CLOSED"]
    verification_status: Literal["APPROVED"]
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
    entity_type: Literal["COMPANY"]
    contact_details: Contact


class ConnectedAlone(Connected, forbid_unknown_fields=True, kw_only=True):
    review_reason: str


class ConnectedOnes(Struct, forbid_unknown_fields=True):
    total_pages: Count
    total_items: Count
    data: Annotated[list[Connected], Meta(max_length=100)]


class TypedError(Struct, forbid_unknown_fields=True):
    type: str
    code: str
    message: Annotated[str, Meta(min_length=1, max_length=300)]


class NumberedError(Struct, forbid_unknown_fields=True):
    code: int
    message: Annotated[str, Meta(min_length=1, max_length=300)]


class GatewayError(Struct, forbid_unknown_fields=True):
    error: Annotated[str, Meta(min_length=1, max_length=300)]


KEY, BEHALF, TOKEN_PATH = "x-idempotency-key", "x-on-behalf-of", "/api/v1/connect/token"
WHO, OPENING = "uqpay", "uqpay opening"


def _behalf(rng: Random, stage: Any, share: float) -> dict[str, str | bytes]:
    """Now and then for a connected account; an empty header is the master itself."""
    if rng.random() > share:
        return {}
    return {BEHALF: rng.choice([stage.sub_account_id, stage.sub_account_short, ""])}


def _get(path: str, stage: Any, rng: Random, *, behalf: float = 0.0, **parts: Any) -> Draft:
    headers = _behalf(rng, stage, behalf)
    if rng.random() < 0.5:
        headers[KEY] = str(uuid4())
    return Draft("GET", path, WHO, headers=headers, content_type=None, **parts)


def _post(path: str, stage: Any, rng: Random, body: Tree, *, behalf: float = 0.0, **parts: Any) -> Draft:
    headers = _behalf(rng, stage, behalf) | {KEY: str(uuid4())}
    return Draft("POST", path, WHO, headers=headers, body=body, **parts)


def _token(rng: Random, _stage: Any) -> Draft:
    body: Tree | None = rng.choice([None, {}])
    return Draft("POST", TOKEN_PATH, OPENING, body=body, raw=b"" if body is None else None)


def _create(rng: Random, stage: Any) -> Draft:
    currency, ending = rng.choice([("BRL", True), ("SGD", True), ("JPY", False)])
    cents = rng.choice(["00", "71", "73", "81", "82", "83", f"{rng.randrange(100):02d}"])
    amount = f"{rng.randint(1, 60)}.{cents}" if ending else f"{rng.randint(1, 60)}{cents}"
    body: Tree = {
        "payout_currency": currency,
        "payout_amount": Raw(rng.choice([amount, f"{amount}E+0"])) if rng.random() < 0.2 else amount,
        "statement_descriptor": rng.choice(["OUTLAY 0042", "กขค", "X"]),
    }
    if rng.random() < 0.5:
        body["internal_note"] = rng.choice(["January rent", "January\n\trent"])
    what = "own bank account"
    if rng.random() < 0.3:
        accounts = [stage.sub_account_id, stage.sub_account_short, stage.account_id]
        body["payout_account_id"] = rng.choice(accounts)
        return _post("/api/v2/payment/payout/create", stage, rng, body, what="connected account")
    return _post("/api/v2/payment/payout/create", stage, rng, body, behalf=0.2, what=what)


def _retrieve(rng: Random, stage: Any) -> Draft:
    parameters = {"payout_id": rng.choice(stage.pools["uqpay"]["payouts"])}
    return _get("/api/v2/payment/payout/{payout_id}", stage, rng, parameters=parameters)


def _pages(rng: Random) -> list[tuple[str, str]]:
    return [("page_number", rng.choice(["1", "2", "999999999"])), ("page_size", rng.choice(["1", "10", "100"]))]


def _span(rng: Random, stage: Any) -> list[tuple[str, str]]:
    now = datetime.now(UTC) + timedelta(hours=8, milliseconds=stage.offset_ms)
    begin = now - timedelta(days=rng.randint(1, 27))
    form = rng.choice(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S+08:00"])
    return [("start_time", begin.strftime(form)), ("end_time", now.strftime(form))]


def _list(rng: Random, stage: Any) -> Draft:
    query = _pages(rng)
    if rng.random() < 0.5:
        query += _span(rng, stage)
    if rng.random() < 0.5:
        words = ["INITIATED", "PROCESSING", "COMPLETED", "FAILED", "FAILED_REFUNDED"]
        query.append(("payout_status", rng.choice(words)))
    return _get("/api/v2/payment/payout", stage, rng, behalf=0.2, query=query)


def _balances(rng: Random, stage: Any) -> Draft:
    return _get("/api/v2/payment/balances", stage, rng, behalf=0.2, query=_pages(rng))


def _balance(rng: Random, stage: Any) -> Draft:
    parameters = {"currency": rng.choice(["BRL", "SGD", "JPY", "USDT"])}
    return _get("/api/v2/payment/balances/{currency}", stage, rng, parameters=parameters)


_NATIONAL_CODES = [
    ("SGD", "SG", None, None),
    ("USD", "US", "aba", "021000021"),
    ("HKD", "HK", "bank_code", "004"),
    ("GBP", "GB", "sort_code", "601613"),
    ("AUD", "AU", "bsb_code", "062000"),
    ("INR", "IN", "ifsc", "HDFC0001234"),
    ("CNH", "CN", "cnaps_number", "102100099996"),
    ("CAD", "CA", "bank_code", "004"),
]


def _account_body(rng: Random) -> Tree:
    currency, country, kind, value = rng.choice(_NATIONAL_CODES)
    body: Tree = {
        "account_number": f"{rng.randrange(10**9):09d}",
        "bank_name": "Bank of Example",
        "bank_address": "1 Example Street",
        "swift_code": rng.choice(["EXAMSGSG", "EXAMSGSGXXX"]),
        "bank_country_code": country,
        "currency": currency,
    }
    if kind is not None:
        body |= {"bank_code_type": kind, "bank_code_value": value}
    if currency == "CAD":
        body["bank_branch_code"] = "00010"
    return body


def _add_account(rng: Random, stage: Any) -> Draft:
    return _post("/api/v2/payment/bankaccount/create", stage, rng, _account_body(rng), behalf=0.1)


def _change_account(rng: Random, stage: Any) -> Draft:
    body = {"bank_address": f"{rng.randint(1, 99)} Example Street", "account_number": f"{rng.randrange(10**9):09d}"}
    parameters = {"id": rng.choice(stage.pools["uqpay"]["bank_accounts"])}
    return _post("/api/v2/payment/bankaccount/{id}", stage, rng, body, parameters=parameters)


def _show_account(rng: Random, stage: Any) -> Draft:
    parameters = {"id": rng.choice(stage.pools["uqpay"]["bank_accounts"])}
    return _get("/api/v2/payment/bankaccount/{id}", stage, rng, parameters=parameters)


def _list_accounts(rng: Random, stage: Any) -> Draft:
    return _get("/api/v2/payment/bankaccount", stage, rng, behalf=0.2, query=_pages(rng))


def _transfer(rng: Random, stage: Any) -> Draft:
    currency = rng.choice(["BRL", "SGD"])
    source, target = stage.account_id, rng.choice([stage.sub_account_id, stage.sub_account_short])
    if rng.random() < 0.3 and currency == "BRL":
        source, target = stage.sub_account_id, stage.account_id
    body: Tree = {
        "source_account_id": source,
        "target_account_id": target,
        "currency": currency,
        "amount": f"{rng.randint(1, 9)}.{rng.randrange(100):02d}",
        "reason": "rent",
    }
    return _post("/api/v1/transfer", stage, rng, body)


def _show_transfer(rng: Random, stage: Any) -> Draft:
    return _get("/api/v1/transfer/{id}", stage, rng, parameters={"id": rng.choice(stage.pools["uqpay"]["transfers"])})


def _list_transfers(rng: Random, stage: Any) -> Draft:
    query = _pages(rng)
    if rng.random() < 0.4:
        query += _span(rng, stage)
    if rng.random() < 0.4:
        query.append(("transfer_status", rng.choice(["completed", "failed"])))
    if rng.random() < 0.4:
        query.append(("currency", rng.choice(["BRL", "SGD", "USD,SGD"])))
    return _get("/api/v1/transfer", stage, rng, behalf=0.2, query=query)


def _list_connected(rng: Random, stage: Any) -> Draft:
    query = _pages(rng)
    if rng.random() < 0.5:
        query.append(("status", rng.choice(["ACTIVE", "CLOSED", "PROCESSING"])))
    return _get("/api/v1/accounts", stage, rng, behalf=0.2, query=query)


def _show_connected(rng: Random, stage: Any) -> Draft:
    parameters = {"id": rng.choice([stage.sub_account_id, stage.sub_account_short, stage.account_id])}
    query = [("business_code", "ACQUIRING")] if rng.random() < 0.5 else []
    return _get("/api/v1/accounts/{id}", stage, rng, behalf=0.1, parameters=parameters, query=query)


def _key(draft: Draft) -> str:
    key = draft.headers.get(KEY, "")
    return key if isinstance(key, str) else key.decode("latin-1")


_INVALID = {("invalid_request_error", "missing_parameter"), ("invalid_request_error", "invalid_parameter")}
_SUB = {("account_error", "sub_account_not_found")}
_ANY = _INVALID | _SUB | {("idempotency_error", "invalid_key_format"), ("account_error", "account_not_found")}
_MAKING = _ANY | {
    ("idempotency_error", word) for word in ("key_mismatch_api", "key_mismatch_account", "key_mismatch_body")
}
_PAYOUT_ERRORS = {
    ("payout_error", word)
    for word in (
        "payout_disabled", "disabled_transfer_type", "invalid_currency", "invalid_amount", "invalid_parameter",
        "insufficient_balance", "bank_account_not_found",
    )
}  # fmt: skip
IN_PROGRESS = 400
"""The code of envelope B while the first request with a key is still running."""
_PAGE_FIELDS = ("page_number", "page_size")


def _target(name: str, method: str, path: str, valid: Callable[..., Draft], answer: type, **rest: Any) -> Target:
    codes = frozenset(rest.pop("codes", _ANY))
    headers = {"key_header": KEY, "account_header": BEHALF} if path != TOKEN_PATH else {}
    rest = {"claimed_on": _account_of} | headers | rest
    return Target(
        name=f"uqpay {name}", api="uqpay", method=method, path=path, valid=valid, answer=answer, codes=codes, **rest
    )


def _account_of(stage: Any, draft: Draft) -> str:
    account: str = stage.sub_account_id if draft.headers.get(BEHALF) else stage.account_id
    return account


def _giver_of(stage: Any, draft: Draft) -> str:
    source: str = (draft.body or {})["source_account_id"]
    account: str = stage.account_id if source.lower() == stage.account_id else stage.sub_account_id
    return account


def _not_found(code: str) -> set[tuple[str, str]]:
    return _ANY | {("not_found", code)}


_PAYOUTS = "/api/v2/payment/payout"
_ACCOUNTS = "/api/v2/payment/bankaccount"
_BALANCES = "/api/v2/payment/balances"
_TRANSFERS = "/api/v1/transfer"
_ACCOUNT_FIELDS = (
    Field("account_number", 60, required=True),
    Field("bank_name", 255, required=True),
    Field("bank_address", 255, required=True),
    Field("swift_code", 11, required=True),
    Field("bank_country_code", 2, required=True),
    Field("currency", required=True),
)
TARGETS = (
    _target("token", "POST", TOKEN_PATH, _token, Token, codes=(), reads_body=False, weight=0.6),
    _target(
        "create", "POST", f"{_PAYOUTS}/create", _create, Payout,
        codes=_MAKING | _PAYOUT_ERRORS,
        fields=(
            Field("payout_currency", required=True),
            Field("payout_amount", required=True),
            Field("statement_descriptor", 15, required=True),
            Field("internal_note", 255),
            Field("payout_account_id", 64),
        ),
        made_in="payouts", made_id=lambda answer: answer["payout_id"], reference=_key, free_field="internal_note",
    ),
    _target(
        "retrieve", "GET", _PAYOUTS + "/{payout_id}", _retrieve, Payout, codes=_not_found("payout_not_found")
    ),
    _target(
        "list", "GET", _PAYOUTS, _list, Payouts,
        query_fields=(*_PAGE_FIELDS, "start_time", "end_time", "payout_status"),
    ),
    _target("balances", "GET", _BALANCES, _balances, Balances, query_fields=_PAGE_FIELDS),
    _target("balance", "GET", _BALANCES + "/{currency}", _balance, Balance, codes=_not_found("balance_not_found")),
    _target(
        "add bank account", "POST", f"{_ACCOUNTS}/create", _add_account, BankAccount,
        codes=_MAKING, fields=_ACCOUNT_FIELDS, free_field="bank_address",
        made_in="bank_accounts", made_id=lambda answer: answer["id"], reference=_key,
    ),
    _target(
        "change bank account", "POST", _ACCOUNTS + "/{id}", _change_account, BankAccount,
        codes=_MAKING | {("not_found", "bank_account_not_found")},
        fields=(Field("account_number", 60), Field("bank_address", 255)),
        made_in="bank_accounts",
        made_id=lambda answer: answer["id"],
        reference=_key,
        free_field="bank_address",
    ),
    _target(
        "show bank account", "GET", _ACCOUNTS + "/{id}", _show_account, BankAccount,
        codes=_not_found("bank_account_not_found"), weight=0.6,
    ),
    _target(
        "list bank accounts", "GET", _ACCOUNTS, _list_accounts, BankAccounts,
        query_fields=_PAGE_FIELDS, weight=0.6,
    ),
    _target(
        "transfer", "POST", _TRANSFERS, _transfer, TransferCreated,
        codes=_MAKING | _PAYOUT_ERRORS | {("account_error", "account_not_found")},
        fields=(
            Field("source_account_id", 64, required=True),
            Field("target_account_id", 64, required=True),
            Field("currency", required=True),
            Field("amount", required=True),
            Field("reason", 255, required=True),
        ),
        made_in="transfers", made_id=lambda answer: answer["transfer_id"], reference=_key,
        claimed_on=_giver_of, free_field="reason",
    ),
    _target(
        "show transfer", "GET", _TRANSFERS + "/{id}", _show_transfer, Transfer,
        codes=_not_found("transfer_not_found"), weight=0.6,
    ),
    _target(
        "list transfers", "GET", _TRANSFERS, _list_transfers, Transfers,
        query_fields=(*_PAGE_FIELDS, "start_time", "end_time", "transfer_status", "currency"),
    ),
    _target(
        "list connected accounts", "GET", "/api/v1/accounts", _list_connected, ConnectedOnes,
        codes=_ANY | {400}, query_fields=(*_PAGE_FIELDS, "status"), weight=0.6,
    ),
    _target(
        "show connected account", "GET", "/api/v1/accounts/{id}", _show_connected, ConnectedAlone,
        codes=_ANY | {400}, query_fields=("business_code",), weight=0.6,
    ),
)  # fmt: skip


# -- what a merchant does ---------------------------------------------------------------------------------------------


def _signed(draft: Draft, keys: Keys) -> Signed:
    text = draft.text().encode() if draft.body is not None and draft.raw is None else draft.raw or b""
    if draft.who == OPENING:
        return {"x-client-id": keys.shown["client_id"], "x-api-key": keys.shown["api_key"]}, text
    return {"x-auth-token": f"Bearer {keys.token}"}, text


def _error_code(body: bytes) -> Any:
    error = first_that_fits(body, TypedError, NumberedError, GatewayError)
    if isinstance(error, TypedError):
        return error.type, error.code
    return error.code if isinstance(error, NumberedError) else error.error


def _begin(stage: Any) -> None:
    document = stage.ask(Draft("POST", TOKEN_PATH, OPENING, raw=b""))
    stage.keys[WHO] = Keys(stage.keys[WHO].shown, token=document["auth_token"])


def _play(stage: Any, rng: Random) -> None:
    for target in TARGETS:
        if target.made_in is not None and target.made_id is not None and "{" not in target.path:
            made = [target.made_id(stage.ask(target.valid(rng, stage))) for _ in range(8)]
            stage.pools["uqpay"][target.made_in] += made


def _look(stage: Any, _rng: Random) -> None:
    """Those on the connected account are not the master's to see."""
    pool = stage.pools["uqpay"]
    pool["payouts"] += [f"PO{payout_id}" for payout_id in stage.payouts]
    paths = {"payouts": (_PAYOUTS + "/{payout_id}", "payout_id"), "bank_accounts": (_ACCOUNTS + "/{id}", "id")}
    for kind, (path, parameter) in paths.items():
        pool[kind] = [each for each in pool[kind] if _is_found(stage, path, {parameter: each})]


def _is_found(stage: Any, path: str, parameters: dict[str, str]) -> bool:
    draft = Draft("GET", path, WHO, parameters=parameters, content_type=None)
    return send(stage.server.base_url, signed(draft, stage.keys[WHO])).status == 200


ATTACK = Attack(
    targets=TARGETS,
    sign=_signed,
    error=_error_code,
    statuses=frozenset({400}),
    running=frozenset({(400, IN_PROGRESS)}),
    who=WHO,
    also=(OPENING,),
    pools=lambda: {"payouts": [], "bank_accounts": [], "transfers": []},
    begin=_begin,
    play=_play,
    look=_look,
)
"""`pools`: ids of what can be asked for, by the table that they are made in."""
