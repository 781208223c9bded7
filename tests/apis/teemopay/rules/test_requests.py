"""TeemoPay's headers and the fields of its four requests: taken at the limit and carried, refused past it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from outlay.core.asks import Ask, FindPayout, ListPayouts, OrderPayout, ReadBalances
from outlay.core.payout import Order
from tests.apis.teemopay.orders import CALLBACK, CPF, order_in
from tests.apis.teemopay.rules.desk import (
    APP_CODE,
    BALANCE,
    COUNTRIES_FILE,
    CREATE,
    LIST,
    NOW_MS,
    QUERY,
    QUESTIONS,
    No,
    asked,
    created,
    credential_in,
    no,
    row_with,
    sent,
    signature_of,
    signed,
    taken,
    types_with,
    without_checks,
)
from tests.apis.teemopay.said import teemopay_details
from tests.rules.breaks import append, edit, field
from tests.rules.claims import claims

API = "teemopay"
SCHEMA = "dialects/teemopay/schema.py"
CALLERS = "dialects/teemopay/callers.py"
FIELDS = "dialects/teemopay/values/fields.py"
ORDERS = "dialects/teemopay/values/orders.py"
LISTING = "dialects/teemopay/inbound/transactions.py"
READER = "wire/fields.py"
BEGIN_MS = 1_776_308_400_000  # midnight of the 16th in Brazil
LISTED = ListPayouts(currencies=frozenset({"BRL"}), from_ms=BEGIN_MS, to_ms=BEGIN_MS + 86_399_999, limit=500)
BODIES: Mapping[str, Mapping[str, Any]] = {CREATE: order_in("BR", reference="OUT-1"), **QUESTIONS}
RIGHT: Mapping[str, Ask[Any]] = {
    QUERY: FindPayout(reference=QUESTIONS[QUERY]["merchantOrderNo"]),
    BALANCE: ReadBalances(currency="BRL"),
    LIST: LISTED,
}
NO_APPLICATION = no(416, "Application not found")
BAD_SIGN = no(414, "sign verification failed")


def ask(path: str, body: Mapping[str, Any] | None = None, **headers: str | None) -> Any:
    request = signed("BR", path, BODIES[path] if body is None else body, **headers)
    return asked(request, credential_in("BR"))


def is_right(path: str, found: Any) -> bool:
    """Whether the good body of the endpoint has become what it asks for."""
    if path == CREATE:
        return isinstance(found, OrderPayout) and found.order is not None and found.order.reference == "OUT-1"
    return bool(found == RIGHT[path])


# -- headers --------------------------------------------------------------------------------------------------------


@claims(
    API,
    "header app_code",
    edit(SCHEMA, "{1,32}", "{1,33}", within="APP_CODE_FORM"),
    edit(SCHEMA, "{1,32}", "{1,31}", within="APP_CODE_FORM"),
    edit(CALLERS, "not schema.APP_CODE_FORM.fullmatch(app_code)", "False", within="identify"),
    edit(
        CALLERS,
        "        return codes.APPLICATION_NOT_FOUND  # (docs)",
        "        return codes.COUNTRY_MISSING  # (docs)",
        within="identify",
    ),
)
def test_an_app_code_of_32_characters_names_the_application_and_a_longer_one_none() -> None:
    longest = "A" * 28 + "._-1"
    for path in BODIES:
        request = signed("BR", path, BODIES[path], app_code=longest)
        assert is_right(path, asked(request, replace(credential_in("BR"), key_id=longest)))
        for wrong in ("A" * 33, "' or 1=1 --", "A1BR1, A1BR2", "\u00e9", "A1\n"):
            request = signed("BR", path, BODIES[path], app_code=wrong)
            assert asked(request, replace(credential_in("BR"), key_id=wrong)) == NO_APPLICATION, wrong
        for unknown in (None, "", f"{APP_CODE}0", APP_CODE.lower()):
            assert ask(path, app_code=unknown) == NO_APPLICATION, unknown


@claims(
    API,
    "header country",
    edit(CALLERS, "head.country != app.country.code", "False", within="verify"),
    edit(CALLERS, "    if not country:\n        return codes.COUNTRY_MISSING\n", "", within="identify"),
    edit("dialects/teemopay/codes.py", "country mismatch", "x", within="COUNTRY_MISMATCH"),
)
def test_the_country_is_that_of_the_application_in_two_capitals() -> None:
    for path in BODIES:
        assert is_right(path, ask(path, country="BR"))
        for other in ("MX", "br", "BRA", "Br", "B"):
            assert ask(path, country=other) == no(414, "country mismatch"), other
        for nothing in (None, ""):
            assert ask(path, country=nothing) == no(414, "country is required")


@claims(
    API,
    "header timestamp",
    edit(SCHEMA, "30_000", "30_001", within="TIMESTAMP_TOLERANCE_MS"),
    edit(SCHEMA, "30_000", "29_999", within="TIMESTAMP_TOLERANCE_MS"),
    edit(SCHEMA, "{13}", "+", within="TIMESTAMP_FORM"),
    edit(CALLERS, "    if not timestamp:\n        return codes.TIMESTAMP_MISSING\n", "", within="identify"),
)
def test_a_timestamp_has_13_digits_and_is_at_most_30_seconds_off() -> None:
    for path in BODIES:
        for off_ms in (-30_000, 0, 30_000):
            assert is_right(path, ask(path, timestamp=str(NOW_MS + off_ms))), off_ms
        for off_ms in (-30_001, 30_001):
            assert ask(path, timestamp=str(NOW_MS + off_ms)) == no(414, "timestamp expired"), off_ms
        for text in (str(NOW_MS)[:12], f"{NOW_MS}0", f"0{NOW_MS}", f"+{NOW_MS}"[:13], "\u0661" * 13, "now"):
            malformed = no(414, "timestamp must be Unix milliseconds, 13 digits")
            assert ask(path, timestamp=text) == malformed, text
        assert ask(path, timestamp=None) == no(414, "timestamp is required")


@claims(
    API,
    "header content-type",
    edit(CALLERS, "if not is_json_type(request):", "if False:"),
    edit(READER, "Content-Type must be application/json", "x", within="CONTENT_TYPE_RULE"),
    edit(READER, "application/json(", "[a-z]+/[a-z]+(", within="_JSON_TYPE"),
)
def test_the_content_type_is_json() -> None:
    for path in BODIES:
        for good in ("application/json", "application/json; charset=UTF-8", "Application/JSON"):
            assert is_right(path, ask(path, content_type=good)), good
        for bad in (None, "", "text/plain", "application/jsonl", "application/json; charset=utf-16"):
            assert ask(path, content_type=bad) == No(400, 414, "Content-Type must be application/json"), bad


# -- the signature of each request ----------------------------------------------------------------------------------

SIGN_BREAKS = (
    edit(
        CALLERS,
        "not isinstance(signature, str) or not signing.verify(app.merchant_key, text + head.nonce, signature)",
        "False",
    ),
    edit(CALLERS, 'signature is None or signature == ""', "False", within="verify"),
    edit("dialects/teemopay/codes.py", "sign verification failed", "x", within="SIGNATURE_WRONG"),
    edit("dialects/teemopay/signing.py", ' if name != "sign" and ', " if ", within="text_of"),
)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=f"request POST {path} sign", marks=claims(API, f"request POST {path} sign", *SIGN_BREAKS))
        for path in BODIES
    ],
)
def test_a_request_is_signed_by_the_application_over_its_fields_and_its_nonce(path: str) -> None:
    body = BODIES[path]
    good = signature_of(body)
    assert len(good) == 172

    def with_sign(sign: Any, **changed: Any) -> Any:
        raw = json.dumps({**body, **changed, "sign": sign}).encode()
        return asked(sent("BR", path, raw), credential_in("BR"))

    assert is_right(path, with_sign(good))
    assert is_right(path, with_sign("\n".join((good[:76], good[76:]))))
    for nothing in (None, ""):
        assert with_sign(nothing) == no(414, "sign is required")
    assert asked(sent("BR", path, json.dumps(body).encode()), credential_in("BR")) == no(414, "sign is required")
    wrong = (
        signature_of(body, of_others=True),
        signature_of(body, "0" * 32),
        signature_of({**body, "more": "1"}),
        good[:-1],
        "A" * 172,
        "x",
        7,
        True,
    )
    for sign in wrong:
        assert with_sign(sign) == BAD_SIGN, sign
    assert with_sign(good, more="1") == BAD_SIGN
    assert with_sign(good, more={"a": "1"}) == no(414, "a nested value cannot be signed")


# -- create ---------------------------------------------------------------------------------------------------------


def create(country: str = "BR", way: str | None = None, **fields: Any) -> Order | No:
    return created(country, order_in(country, way, **fields))


def ordered(country: str = "BR", way: str | None = None, **fields: Any) -> Order:
    return taken(country, order_in(country, way, **fields))


def row(path: str, name: str) -> str:
    return f"request POST {path} {name}"


@claims(
    API,
    row(CREATE, "amount"),
    field("amount", longest=21),
    field("amount", longest=19),
    field("amount", required=False),
    edit(COUNTRIES_FILE, "99_999_999_99", "100_000_000_00", within="_LARGEST_ON_THE_WIRE"),
    edit(COUNTRIES_FILE, "99_999_999_99", "99_999_999_98", within="_LARGEST_ON_THE_WIRE"),
    row_with("BR", money="_money('BRL', 1)"),
    row_with("BP", money="_money('USDT', 3)"),
    edit(FIELDS, "if not money.smallest_minor <= minor <= money.largest_minor:", "if False:", within="read_amount"),
)
def test_an_amount_is_a_text_with_the_decimals_of_its_currency() -> None:
    for text, minor in (("0.01", 1), ("1", 100), ("1.5", 150), ("1000.00", 100_000), ("99999999.99", 9_999_999_999)):
        assert ordered(amount=text).amount_minor == minor
    assert ordered("BP", amount="1.01").amount_minor == 1_010_000
    too_many, outside = no(414, "amount has too many decimals"), no(414, "amount is outside the amounts allowed")
    refused: dict[Any, No] = {
        "1.001": too_many,
        "1.000": too_many,
        "100000000": outside,
        "100000000.00": outside,
        "1" * 20: outside,
        "1" * 21: no(414, "amount must be at most 20 characters"),
        "0": no(414, "amount must be greater than zero"),
        "0.00": no(414, "amount must be greater than zero"),
        10: no(414, "amount must be a string"),
        " ": no(414, "amount is required"),
    }
    refused |= dict.fromkeys(
        ("1e3", "-1", "+1", "01", "1,00", ".5", "1.", "NaN"), no(414, "amount must be a plain decimal number")
    )
    for text, expected in refused.items():
        assert create(amount=text) == expected, text
    assert create("BP", amount="1.001") == too_many
    for nothing in (None, ""):
        assert created("BR", order_in("BR") | {"amount": nothing}) == no(414, "amount is required")


def bank_param(name: str, bad: str, rule: str) -> Any:
    breaks = field(name, longest=51), field(name, longest=49), field(name, required=True)
    return pytest.param(name, bad, rule, id=row(CREATE, name), marks=claims(API, row(CREATE, name), *breaks))


@pytest.mark.parametrize(
    ("name", "bad", "rule"),
    [
        bank_param("bankCode", "1\u200b1", "must not contain invisible characters"),
        bank_param("bankName", "a\x07b", "must not contain control characters"),
    ],
)
def test_code_and_name_of_a_bank_may_be_missing_in_brazil_and_have_at_most_50_characters(
    name: str, bad: str, rule: str
) -> None:
    def kept(order: Order) -> str | None:
        return order.beneficiary.bank_code if name == "bankCode" else order.beneficiary.bank_name

    assert kept(ordered(**{name: "1" * 50})) == "1" * 50
    assert create(**{name: "1" * 51}) == no(414, f"{name} must be at most 50 characters")
    assert create(**{name: bad}) == no(414, f"{name} {rule}")
    for nothing in (None, "", " "):
        fields: dict[str, Any] = {name: nothing}
        assert kept(ordered(**fields)) is None
        assert create("CL", **fields) == no(414, f"{name} is required")


@claims(
    API,
    row(CREATE, "accountType"),
    append(COUNTRIES_FILE, "del COUNTRIES['BR'].account_types['405']"),
    append(COUNTRIES_FILE, "COUNTRIES['BR'].account_types['400'] = COUNTRIES['BR'].account_types['401']"),
    row_with("BR", type_may_be_text="True"),
    edit(ORDERS, '"is required", missing=True', '"must be an integer"', within="_note_account_type"),
)
def test_an_account_type_is_an_integer_of_the_countrys_list() -> None:
    for way in ("401", "402", "403", "404", "405"):
        order = ordered(way=way)
        assert (order.channel, order.remarks.method) == (way, way)
    for number in (0, 400, 406, 4010, -401, 101, 10**40):
        assert create(accountType=number) == no(455, "The account type error."), number
    for value in ("401", 401.0, 401.5, True, "x"):
        assert create(accountType=value) == no(414, "accountType must be an integer"), value
    for nothing in (None, "", " "):
        assert create(accountType=nothing) == no(414, "accountType is required")


UNFIT = no(482, "The bank account does not meet the requirements.")


@claims(
    API,
    row(CREATE, "bankAccount"),
    field("bankAccount", longest=256),
    field("bankAccount", longest=254),
    field("bankAccount", required=False),
    types_with("BR", "checks=()"),
    types_with("BR", "lower=False"),
)
def test_an_account_is_demanded_in_the_form_of_its_type() -> None:
    assert ordered(bankAccount=CPF).beneficiary.account_number == CPF
    assert ordered(way="404", bankAccount="Maria@Example.com").beneficiary.account_number == "maria@example.com"
    assert create(bankAccount="1" * 255) == UNFIT
    assert create(bankAccount="1" * 256) == no(414, "bankAccount must be at most 255 characters")
    longest = "a" * 243 + "@example.com"
    assert ordered("CO", "204", bankAccount=longest).beneficiary.account_number == longest
    for wrong in ("1" * 10, "1" * 12, "111.444.777-35"):
        assert create(bankAccount=wrong) == UNFIT, wrong
    for nothing in (None, "", " "):
        assert create(bankAccount=nothing) == no(414, "bankAccount is required")


@claims(
    API,
    row(CREATE, "realName"),
    field("realName", longest=256),
    field("realName", longest=254),
    field("realName", required=False),
    field("realName", content="REMARK"),
)
def test_a_name_is_demanded_and_has_at_most_255_characters() -> None:
    for name in ("A", "\u00e9" * 255, "A\u200bB"):
        assert ordered(realName=name).beneficiary.name == name
    assert create(realName="A" * 256) == no(414, "realName must be at most 255 characters")
    assert create(realName="A\nB") == no(414, "realName must not contain control characters")
    assert create(realName="A\u202eB") == no(414, "realName must not contain marks that turn the direction of writing")
    for nothing in (None, "", " "):
        assert create(realName=nothing) == no(414, "realName is required")


@claims(
    API,
    row(CREATE, "idCardNumber"),
    field("idCardNumber", longest=51),
    field("idCardNumber", longest=49),
    field("idCardNumber", required=False),
    edit(
        ORDERS,
        "        return False\n    if not said.strict",
        "        return True\n    if not said.strict",
        within="_id_number_fits",
    ),
)
def test_the_number_of_the_document_is_demanded_in_the_form_of_its_kind() -> None:
    assert teemopay_details(ordered(idCardNumber="52998224725"))["idCardNumber"] == "52998224725"
    wrong = no(476, "The id card number is error")
    for number in ("1" * 10, "1" * 12, "1" * 50):
        assert create(idCardNumber=number) == wrong, number
    assert create(idCardNumber="1" * 51) == no(414, "idCardNumber must be at most 50 characters")
    for nothing in (None, "", " "):
        assert create(idCardNumber=nothing) == no(414, "idCardNumber is required")


@claims(
    API,
    row(CREATE, "idType"),
    field("idType", longest=33),
    field("idType", longest=31),
    field("idType", required=False),
    row_with("BR", id_types="{**row.id_types, 'cpf': row.id_types['CPF']}"),
    edit(ORDERS, "            faults.append(country.id_type_unknown)\n", "            pass\n", within="_faults"),
)
def test_the_kind_of_the_document_is_a_word_of_the_countrys_list() -> None:
    assert teemopay_details(ordered(idType="CPF"))["idType"] == "CPF"
    assert ordered(idType="CNPJ", idCardNumber="11222333000181").beneficiary.holder == "business"
    for word in ("DNI", "cpf", "CPF ", "W" * 32):
        assert create(idType=word) == no(475, "The id card type is error"), word
    assert create(idType="W" * 33) == no(414, "idType must be at most 32 characters")
    for nothing in (None, "", " "):
        assert create(idType=nothing) == no(414, "idType is required")


NO_CALLBACK = no(427, "The callback notification address for collection must not be empty.")


@claims(
    API,
    row(CREATE, "callbackUrl"),
    edit(SCHEMA, "200", "201", within="CALLBACK_URL_LENGTH"),
    edit(SCHEMA, "200", "199", within="CALLBACK_URL_LENGTH"),
    field("callbackUrl", pattern=None),
    field("callbackUrl", required=True),
    edit(ORDERS, "not callback_url and not notify_url", "False", within="read_order"),
)
def test_a_callback_address_has_at_most_200_characters_and_may_be_the_accounts() -> None:
    for url in (CALLBACK, "https://merchant.example/".ljust(200, "a"), "HTTP://merchant.example"):
        assert ordered(callbackUrl=url).notify_url == url
    too_long = create(callbackUrl="https://merchant.example/".ljust(201, "a"))
    assert too_long == no(414, "callbackUrl must be at most 200 characters")
    rule = (
        "must be an http or https URL in ASCII (a host of other letters as xn--...), without a name or password in it"
    )
    for bad in ("merchant.example", "ftp://merchant.example", "https://", "http://a b", "https://a:b@c.example"):
        assert create(callbackUrl=bad) == no(414, f"callbackUrl {rule}"), bad
    for nothing in (None, "", " "):
        assert create(callbackUrl=nothing) == NO_CALLBACK
        order = created("BR", order_in("BR", callbackUrl=nothing), notify_url="https://merchant.example/usual")
        assert isinstance(order, Order)
        assert order.notify_url is None


@claims(
    API,
    row(CREATE, "phone"),
    field("phone", longest=51),
    field("phone", longest=49),
    field("phone", required=False),
    without_checks("CL", "phone"),
)
def test_a_phone_is_demanded_where_the_page_says_so_and_passed_over_in_brazil() -> None:
    rule = no(414, "phone must be 9 digits")
    assert teemopay_details(ordered("CL", phone="912345678"))["phone"] == "912345678"
    for phone in ("12345678", "1234567890", "91234567x", "1" * 50):
        assert create("CL", phone=phone) == rule, phone
    assert create("CL", phone="1" * 51) == no(414, "phone must be at most 50 characters")
    for nothing in (None, "", " "):
        assert create("CL", phone=nothing) == no(414, "phone is required")
        assert "phone" not in teemopay_details(ordered("CO", phone=nothing))
    for anything in (None, "+5511987654321", "x" * 300, 7):
        assert "phone" not in teemopay_details(ordered("BR", phone=anything))


# -- query ----------------------------------------------------------------------------------------------------------


@claims(
    API,
    row(QUERY, "merchantOrderNo"),
    edit(SCHEMA, "32", "33", within="MERCHANT_ORDER_NO_LENGTH"),
    edit(SCHEMA, "32", "31", within="MERCHANT_ORDER_NO_LENGTH"),
    field("merchantOrderNo", required=False),
    field("merchantOrderNo", pattern=None),
)
def test_a_query_asks_by_a_number_of_at_most_32_letters_digits_underscores_and_hyphens() -> None:
    for number in ("A", "_-09azAZ", "x" * 32):
        assert ask(QUERY, {"merchantOrderNo": number}) == FindPayout(reference=number)
    too_long = no(414, "merchantOrderNo must be at most 32 characters")
    assert ask(QUERY, {"merchantOrderNo": "x" * 33}) == too_long
    for bad in ("a b", "a/b", "a.b", "\u00e9", "\u0663"):
        rule = no(414, "merchantOrderNo must be letters, digits, _ and - only")
        assert ask(QUERY, {"merchantOrderNo": bad}) == rule, bad
    assert ask(QUERY, {"merchantOrderNo": 7}) == no(414, "merchantOrderNo must be a string")
    for body in ({"merchantOrderNo": None}, {"merchantOrderNo": ""}, {"merchantOrderNo": " "}, {"tradeNo": "X"}):
        assert ask(QUERY, body) == no(414, "merchantOrderNo is required"), body
