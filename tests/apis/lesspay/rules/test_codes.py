"""LessPay's codes that the fields of a request earn: every fault that has the code, in whole words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest

from outlay.core.account import DEFAULT_TERMS, Account
from outlay.core.asks import WholeOrder
from outlay.core.decision import Decision
from outlay.core.life import order
from outlay.core.payout import Payout
from tests.apis.lesspay.desk import BALANCE, BANKS, BATCH, CREATE, NOW_MS, QUERY, signed
from tests.apis.lesspay.rules.desk import (
    BANKS_BATCH,
    CRYPTO_BATCH,
    GONE,
    TO_BANK,
    TO_CRYPTO,
    TO_PIX,
    TO_WALLET,
    WALLETS_BATCH,
    Body,
    Changes,
    No,
    answered,
    asked,
    changed,
    envelope_of,
    orders_of,
    served,
    taken,
)
from tests.rules.breaks import Break, append, edit
from tests.rules.claims import claims

CODES = "dialects/lesspay/codes.py"
DETAILS = "payout_order_details"
_THIRD = BANKS_BATCH[DETAILS][1] | {"mch_order_id": "SAL-003", "amount": "1.00"}
THREE_BANKS: Body = BANKS_BATCH | {"total_amount": "1501.75", DETAILS: [*BANKS_BATCH[DETAILS], _THIRD]}
"""The first and the last are no neighbours."""
INFO = "beneficiary.beneficiary_info"
BANK = "beneficiary.destination.bank"
CRYPTO = "beneficiary.destination.crypto_wallet"
WALLET = "beneficiary.destination.e_wallet"
DETAIL = "payout_order_details[1]"
OF_BATCH = f"{DETAIL}.e_wallet"
MONEY = {"currency": "PHP", "way_code": "EPAY_PAYOUT"}
QUESTION = MONEY | {"bank_country_code": "PH"}
IDS = {"request_id": "SP-1"}

Fault = tuple[str, Body, Changes, str]
"""An endpoint, a body that is good for it, what makes it bad, and the words that this earns."""


def fault(path: str, body: Body, name: str, value: Any, rule: str) -> Fault:
    return path, body, {name: value}, f"{name} {rule}"


COUNTRY_RULE = "must be an assigned ISO 3166-1 alpha-2 code in upper case"
HOLDER_RULE = "must be one of individual, business"
AMOUNT_RULE = "must be a positive decimal string in major units with at most 2 decimals"
LONG = "must be at most 64 characters"
UNSEEN = "must not contain invisible characters"
NEEDED = "is required"
BANK_CODES = ("swift_code", "ifsc_code", "aba_code", "sort_code", "branch_code", "bsb_code", "bank_code", "cnaps")
ENDPOINTS = ((CREATE, TO_BANK), (BATCH, BANKS_BATCH), (QUERY, IDS), (BANKS, QUESTION), (BALANCE, MONEY))
NUMBERS = (
    (CREATE, TO_BANK, f"{BANK}.account_number"),
    (CREATE, TO_BANK, f"{BANK}.iban"),
    (CREATE, TO_WALLET, f"{WALLET}.account_number"),
    (CREATE, TO_WALLET, f"{WALLET}.deposit_key"),
    (CREATE, TO_CRYPTO, f"{CRYPTO}.wallet_address"),
    (BATCH, BANKS_BATCH, f"{DETAIL}.bank_account_no"),
    (BATCH, CRYPTO_BATCH, f"{DETAIL}.bank_account_no"),
    (BATCH, WALLETS_BATCH, f"{OF_BATCH}.account_number"),
    (BATCH, WALLETS_BATCH, f"{OF_BATCH}.deposit_key"),
)
COUNTRIES = (
    (CREATE, TO_BANK, f"{INFO}.nationality"),
    (CREATE, TO_BANK, f"{INFO}.address.country"),
    (CREATE, TO_BANK, f"{BANK}.country"),
    (BATCH, BANKS_BATCH, f"{DETAIL}.bank_country_code"),
    (BANKS, QUESTION, "bank_country_code"),
)
HOLDERS = (
    (CREATE, TO_BANK, "beneficiary.beneficiary_type"),
    (BATCH, BANKS_BATCH, f"{DETAIL}.bank_account_type"),
    (BATCH, WALLETS_BATCH, f"{OF_BATCH}.account_type"),
)
AMOUNTS = ((CREATE, TO_BANK, "amount"), (BATCH, BANKS_BATCH, "total_amount"), (BATCH, BANKS_BATCH, f"{DETAIL}.amount"))
SUM_RULE = "must equal the sum of the amounts of payout_order_details"
KEY_RULE = "must be a PIX key of the kind in account_type"

FAULTS: dict[int, list[Fault]] = {
    30000: [
        *(fault(path, body, "request_id", GONE, NEEDED) for path, body in ENDPOINTS[:2]),
        *(fault(path, body, "request_id", "r" * 65, LONG) for path, body in ENDPOINTS[:3]),
        *(fault(path, body, "notify_url", 7, "must be a string") for path, body in ENDPOINTS[:2]),
        *(fault(path, body, "way_code", "w" * 65, LONG) for path, body in (*ENDPOINTS[:2], *ENDPOINTS[3:])),
        *(fault(path, body, "way_code", "", NEEDED) for path, body in ENDPOINTS[3:]),
        fault(CREATE, TO_BANK, f"{INFO}.phone.number", "9\u200b9", UNSEEN),
        fault(CREATE, TO_BANK, "beneficiary", GONE, NEEDED),
        fault(CREATE, TO_CRYPTO, f"{CRYPTO}.network", "SOL", "must be one of TRC20, ERC20, BEP20"),
        fault(BATCH, BANKS_BATCH, f"{DETAIL}.mch_order_id", GONE, NEEDED),
        (QUERY, IDS, {"request_id": ""}, "request_id or pay_order_id is required"),
    ],
    30002: [fault(BATCH, BANKS_BATCH, "total_amount", other, SUM_RULE) for other in ("1500.74", "1500.76", "150075")],
    30004: [
        fault(path, body, name, value, rule)
        for path, body, name in HOLDERS
        for value, rule in (("robot", HOLDER_RULE), ("Business", HOLDER_RULE), (GONE, NEEDED), (7, "must be a string"))
    ],
    30005: [
        *(
            fault(path, body, name, value, COUNTRY_RULE)
            for path, body, name in COUNTRIES
            for value in ("ZZ", "UK", "ph", "PHL")
        ),
        *(fault(path, body, name, GONE, NEEDED) for path, body, name in COUNTRIES[3:]),
    ],
    30006: [
        *(
            fault(path, body, name, value, rule)
            for path, body, name in NUMBERS
            for value, rule in (("9" * 65, LONG), ("9\u200b9", UNSEEN), ("9\u00a09", UNSEEN), (7, "must be a string"))
        ),
        *(fault(CREATE, TO_BANK, f"{BANK}.bank_codes.{name}", "B\u200bPHMMXX", UNSEEN) for name in BANK_CODES),
        fault(BATCH, BANKS_BATCH, f"{DETAIL}.bank_swift_code", "B\u200bPHMMXX", UNSEEN),
        fault(CREATE, TO_PIX, f"{WALLET}.account_number", "1114447773", KEY_RULE),
        (
            CREATE,
            TO_BANK,
            {f"{BANK}.account_number": GONE, f"{BANK}.iban": GONE},
            f"{BANK}.account_number or iban is required",
        ),
        fault(BATCH, BANKS_BATCH, f"{DETAIL}.bank_account_no", GONE, NEEDED),
        fault(CREATE, TO_CRYPTO, f"{CRYPTO}.wallet_address", GONE, NEEDED),
    ],
    30007: [
        fault(BATCH, body, f"{DETAIL}.mch_order_id", "SAL-001", "must be unique in the batch")
        for body in (BANKS_BATCH, WALLETS_BATCH)
    ]
    + [fault(BATCH, THREE_BANKS, f"{DETAILS}[2].mch_order_id", "SAL-001", "must be unique in the batch")],
    30008: [
        fault(path, body, "transaction_type", value, "must be payout")
        for path, body in ENDPOINTS
        for value in ("pay_in", "payouts", "payin", 7, ["payout"])
    ],
    30009: [
        fault(path, body, name, value, rule)
        for path, body, name in AMOUNTS
        for value, rule in (
            (GONE, NEEDED),
            ("0", AMOUNT_RULE),
            ("-1", AMOUNT_RULE),
            ("1.001", AMOUNT_RULE),
            ("1e3", AMOUNT_RULE),
            (100, "must be a string"),
            ("1\u200b", UNSEEN),
            ("1" * 20, "is larger than any amount that is accepted"),
        )
    ],
}


BREAKS: dict[int, tuple[Break, ...]] = {
    30000: (
        edit(CODES, "PARAMETER = 30000", "PARAMETER = 39999"),
        edit(CODES, "_CODE_OF_FIELD.get(path, Code.PARAMETER)", "_CODE_OF_FIELD.get(path, Code.ACCOUNT)"),
        edit(CODES, "Code.PARAMETER", "Code.CUSTOM", within="unsignable"),
    ),
    30002: (
        edit(CODES, "TOTAL = 30002", "TOTAL = 30092"),
        edit(CODES, "schema.TOTAL_RULE: Code.TOTAL, ", ""),
        edit("dialects/lesspay/schema.py", "must equal the sum of the amounts of payout_order_details", "x"),
    ),
    30004: (
        edit(CODES, "BENEFICIARY_TYPE = 30004", "BENEFICIARY_TYPE = 30094"),
        *(append(CODES, f"_CODE_OF_FIELD.pop({name.replace('[1]', '[]')!r})") for _, _, name in HOLDERS),
    ),
    30005: (
        edit(CODES, "COUNTRY = 30005", "COUNTRY = 30095"),
        *(append(CODES, f"_CODE_OF_FIELD.pop({name.replace('[1]', '[]')!r})") for _, _, name in COUNTRIES),
    ),
    30006: (
        edit(CODES, "ACCOUNT = 30006", "ACCOUNT = 30096"),
        *(
            append(CODES, f"_CODE_OF_FIELD.pop({name!r})")
            for name in dict.fromkeys(name.replace("[1]", "[]") for _, _, name in NUMBERS)
        ),
        edit(CODES, "if path in _BANK_CODES and fault.rule in UNCLEAN_RULES:", "if False:"),
    ),
    30007: (
        edit(CODES, "TWICE_IN_BATCH = 30007", "TWICE_IN_BATCH = 30097"),
        edit(CODES, ", schema.UNIQUE_RULE: Code.TWICE_IN_BATCH", ""),
        edit("dialects/lesspay/values/batches.py", "if order.reference in taken:", "if False:"),
        edit("dialects/lesspay/values/batches.py", "taken.add(order.reference)", "taken = {order.reference}"),
    ),
    30008: (
        edit(CODES, "TRANSACTION_TYPE = 30008", "TRANSACTION_TYPE = 30098"),
        edit("dialects/lesspay/values/fields.py", 'if reader.has("transaction_type") and', "if False and"),
        edit("dialects/lesspay/values/fields.py", "value.lower() == schema", "value == schema"),
        *(
            edit(f"dialects/lesspay/{file}.py", "check_transaction_type(reader)", "pass", within=within)
            for file, within in (
                ("values/orders", "read_order"),
                ("values/batches", "_read_orders"),
                ("inbound/payouts", "read_query"),
                ("inbound/banks", "read"),
                ("inbound/balances", "read"),
            )
        ),
    ),
    30009: (
        edit(CODES, "AMOUNT = 30009", "AMOUNT = 30099"),
        *(append(CODES, f"_CODE_OF_FIELD.pop({name.replace('[1]', '[]')!r})") for _, _, name in AMOUNTS),
    ),
}


def show(code: int) -> None:
    for path, body, changes, text in FAULTS[code]:
        taken(path, body)
        assert asked(path, changed(body, changes)) == No(200, code, text), (path, changes)


@claims("lesspay", "code 30000", *BREAKS[30000])
def test_what_is_missing_or_malformed_and_has_no_narrower_code_is_30000() -> None:
    show(30000)
    for path, body in ENDPOINTS:
        for special in ({"@type": "x"}, {"x": {"$ref": "$"}}, {"x": [{"@type": ""}]}):
            answer = asked(path, body | special, x_auth_signature="A" * 64)
            assert answer == No(200, 30000, "the keys @type and $ref are not allowed"), path


@claims("lesspay", "code 30008", *BREAKS[30008])
def test_an_order_of_another_kind_is_30008_in_whatever_case_payout_is_written() -> None:
    show(30008)
    for path, body in ENDPOINTS:
        for good in ("payout", "PAYOUT", "Payout", "", None):
            taken(path, body | {"transaction_type": good})


NARROW = [code for code in FAULTS if code not in (30000, 30008)]


@pytest.mark.parametrize(
    "code",
    [pytest.param(code, id=f"code {code}", marks=claims("lesspay", f"code {code}", *BREAKS[code])) for code in NARROW],
)
def test_each_fault_of_a_field_earns_the_code_that_is_documented_for_it(code: int) -> None:
    show(code)


# -- 0 --------------------------------------------------------------------------------------------------------------


def payout_of(body: Body) -> Payout:
    made = order(orders_of(taken(CREATE, body))[0], Account(UUID(int=1), "Acme", "PH"), DEFAULT_TERMS, 7, NOW_MS)
    assert isinstance(made, Decision)
    return made.payout


@claims(
    "lesspay",
    "code 0",
    edit(CODES, "OK = 0", "OK = 1", within="Code"),
    edit(CODES, '"SUCCESS"', '"OK"', within="OK_MESSAGE"),
)
def test_every_endpoint_says_0_and_success_where_it_did_what_was_asked() -> None:
    payout = payout_of(TO_BANK)
    whole = WholeOrder(7, "SP-20260105-0001", NOW_MS, (payout,))
    done = (
        (CREATE, TO_BANK, payout),
        (BATCH, BANKS_BATCH, whole),
        (QUERY, IDS, whole),
        (BANKS, QUESTION, None),
        (BALANCE, MONEY, ()),
    )
    for path, body, answer in done:
        response = answered(path, body, answer)
        envelope = envelope_of(response)
        assert (response.status, envelope["code"], envelope["msg"]) == (200, 0, "SUCCESS"), path
        assert envelope["data"]
        refused = asked(path, body | {"transaction_type": "pay_in"})
        assert refused == No(200, 30008, "transaction_type must be payout")


# -- 400 ------------------------------------------------------------------------------------------------------------

NO_OBJECT: Sequence[tuple[bytes, str]] = (
    *((raw, "body is not valid JSON") for raw in (b"", b"{", b'{"a":1,}', b'{"a":1}x', b'{"a":"\n"}', b"a=1")),
    *((raw, "body must be a JSON object") for raw in (b"[]", b'"text"', b"null", b"7", b"true")),
    (b'{"request_id":"a","request_id":"a"}', "body repeats a key"),
    (b'{"request_id":"\xff"}', "body is not valid UTF-8"),
    (b'{"amount":NaN}', "NaN is not JSON"),
    (b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", "body is nested too deeply"),
)
MALFORMED = {
    "code 400": (
        edit(CODES, "_transport(400, message)", "Fault(400, 30000, message)"),
        edit("kit/jsontext.py", "if not isinstance(tree, dict):", "if False:"),
    ),
    "http 400": (
        edit(CODES, "_transport(400, message)", "Fault(200, 400, message)"),
        edit(CODES, "_transport(400, message)", "_transport(422, message)"),
    ),
}


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=row, marks=claims("lesspay", row, *breaks)) for row, breaks in MALFORMED.items()]
)
def test_a_body_that_is_no_json_object_is_a_400_at_every_endpoint(row: str) -> None:
    for path, body in ENDPOINTS:
        good = signed(path, body)
        for raw, text in NO_OBJECT:
            assert served(msgspec.structs.replace(good, body=raw)) == No(400, 400, text), (path, raw)
        taken(path, body)
