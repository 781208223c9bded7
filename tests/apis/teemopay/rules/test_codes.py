"""TeemoPay's codes and their texts, as far as an endpoint alone decides: each fault that earns one, in every country.

What needs an account, its money or a database is in tests/e2e/test_teemopay_codes.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from outlay.core.asks import OrderPayout, PayoutsListed, Repeated
from outlay.core.refusal import Refusal
from outlay.dialects.teemopay import DIALECT
from outlay.wire.problems import Trouble
from tests.apis.teemopay.faults import FAULTS, LENGTHS_429, STRICT_FAULTS, TEXTS
from tests.apis.teemopay.orders import WAYS, currencies_of, order_in
from tests.apis.teemopay.rules.desk import (
    BALANCE,
    CODE_PLACES,
    CODES_FILE,
    COUNTRIES_FILE,
    CREATE,
    ENTROPY,
    LIST,
    NOW_MS,
    QUERY,
    QUESTIONS,
    No,
    answered,
    asked,
    created,
    credential_in,
    no,
    payout,
    refusal_in,
    row_with,
    sent,
    signature_of,
    signed,
    taken,
    written,
)
from tests.rules.breaks import Break, edit
from tests.rules.claims import claims

API = "teemopay"
CALLERS = "dialects/teemopay/callers.py"
FIELDS = "dialects/teemopay/values/fields.py"
ORDERS = "dialects/teemopay/values/orders.py"
RULES = "dialects/teemopay/tables/rules.py"
SCHEMA = "dialects/teemopay/schema.py"
PATHS = (CREATE, QUERY, BALANCE, LIST)


def refused(country: str, path: str, answer: Any) -> No:
    return refusal_in(written(country, path, answer))


def in_trouble(trouble: Trouble) -> No:
    return refusal_in(DIALECT.write_fault(DIALECT.trouble(trouble), NOW_MS, ENTROPY))


# -- what earns a code ------------------------------------------------------------------------------------------------


def see_faults(code: int, *texts: str) -> None:
    """Every documented fault with this code is told with one of these texts, and the good order beside it is taken."""
    found = set()
    for faults, strict in ((FAULTS, False), (STRICT_FAULTS, True)):
        for country, way, fields, earned in faults:
            if earned == code:
                answer = created(country, order_in(country, way, **fields), strict=strict)
                assert isinstance(answer, No), fields
                assert answer in [no(code, text) for text in texts], (country, fields)
                assert taken(country, order_in(country, way), strict=strict).channel == way.lower()
                found.add(answer.text)
    assert found == set(texts), "each text is earned"


BAD_ANSWERS: Mapping[str, Refusal] = {CREATE: Refusal.INSUFFICIENT_BALANCE, QUERY: Refusal.PAYOUT_NOT_FOUND}


@claims(API, "code 200", edit(CODES_FILE, "200", "0", within="SUCCESS"))
def test_what_was_processed_is_200_at_every_endpoint() -> None:
    made = payout()
    answers: dict[str, Any] = {
        CREATE: made,
        QUERY: made,
        BALANCE: (),
        LIST: PayoutsListed((made,), more=False),
    }
    for path, answer in answers.items():
        shown = answered("BR", path, answer)
        assert (list(shown), shown["code"]) == (["code", "data", "msg", "traceId"], 200)
        assert shown["data"]
    for path, answer in BAD_ANSWERS.items():
        assert answered("BR", path, answer)["code"] != 200


@claims(API, "text 200 success", edit(CODES_FILE, "success", "x", within="SUCCESS_TEXT"))
def test_what_was_processed_says_success() -> None:
    for path, answer in ((QUERY, payout()), (BALANCE, ())):
        assert answered("BR", path, answer)["msg"] == "success"
    for path, no_answer in BAD_ANSWERS.items():
        assert answered("BR", path, no_answer)["msg"] != "success"


NOT_FOUND = {
    400: ("BR CO CL AR KR PK PE BP", "Order not found"),
    434: ("MX ID IN KH", "Merchant order not exist"),
}
"""By the code: the countries whose page has it, and what it says."""
OF_NOT_FOUND: Mapping[int | str, tuple[Break, ...]] = {
    400: (
        edit(CODES_FILE, "400", "999", within="ORDER_NOT_FOUND"),
        edit(CODES_FILE, "400", "999", within="ORDER_NOT_FOUND_TRACED"),
        edit(CODES_FILE, "return app.country.order_not_found", "return ORDER_NOT_EXIST", within="refuse"),
    ),
    434: (
        edit(CODES_FILE, "434", "400", within="ORDER_NOT_EXIST"),
        row_with("IN", order_not_found="codes.ORDER_NOT_FOUND"),
    ),
    "400 Order not found": (
        edit(CODES_FILE, "Order not found", "x", within="ORDER_NOT_FOUND"),
        edit(CODES_FILE, "Order not found", "x", within="ORDER_NOT_FOUND_TRACED"),
    ),
    "434 Merchant order not exist": (edit(CODES_FILE, "Merchant order not exist", "x", within="ORDER_NOT_EXIST"),),
}


def not_found_param(told: int | str, breaks: tuple[Break, ...]) -> Any:
    row = f"code {told}" if isinstance(told, int) else f"text {told}"
    return pytest.param(int(str(told)[:3]), id=row, marks=claims(API, row, *breaks))


@pytest.mark.parametrize("code", [not_found_param(*each) for each in OF_NOT_FOUND.items()])
def test_an_order_is_not_found_with_the_code_and_in_the_words_of_the_countrys_page(code: int) -> None:
    countries, text = NOT_FOUND[code]
    for country in WAYS:
        shown = answered(country, QUERY, Refusal.PAYOUT_NOT_FOUND)
        assert ((shown["code"], shown["msg"]) == (code, text)) is (country in countries.split()), country
        found = answered(country, QUERY, payout(currency=currencies_of(country)[0]))
        assert found["code"] == 200


def ask(path: str, body: Mapping[str, Any], **headers: str | None) -> Any:
    return asked(signed("BR", path, body, **headers), credential_in("BR"))


@claims(
    API,
    "code 414",
    edit(CODES_FILE, "414", "999", within="_PARAMETER"),
    edit(CODES_FILE, "_PARAMETER", "400", within="parameter_fault"),
    edit(
        FIELDS,
        "    if not reader.faults:\n",
        "    if True:\n",
        within="first_fault",
    ),
)
def test_a_parameter_that_is_missing_or_wrong_is_414_whatever_it_is() -> None:
    good = order_in("BR")
    assert isinstance(ask(CREATE, good), OrderPayout)
    missing = ("merchantOrderNo", "amount", "accountType", "bankAccount", "realName", "idCardNumber", "idType")
    for name in missing:
        body = {each: value for each, value in good.items() if each != name}
        assert ask(CREATE, body) == no(414, f"{name} is required")
    for header in ("country", "nonce", "timestamp"):
        assert ask(CREATE, good, **{header: None}) == no(414, f"{header} is required")
    assert asked(sent("BR", CREATE, b"{"), credential_in("BR")) == No(400, 414, "body is not valid JSON")
    for country, way, fields, code in (*FAULTS, *STRICT_FAULTS):
        if code == 414:
            answer = created(country, order_in(country, way, **fields), strict=country == "AR")
            assert isinstance(answer, No)
            assert answer[:2] == (200, 414)
            [name] = fields
            assert answer.text.startswith(f"{name} must "), answer
            assert taken(country, order_in(country, way), strict=country == "AR").channel == way.lower()


# -- codes of create ------------------------------------------------------------------------------------------------

FORGOTTEN = {
    427: edit(ORDERS, "not callback_url and not notify_url", "False", within="read_order"),
    431: row_with("KR", bank_unknown="None"),
    455: edit(
        ORDERS,
        "        faults.append(country.type_unknown)\n",
        "        faults.append(codes.ID_TYPE_WRONG)\n",
        within="read_order",
    ),
    469: edit(ORDERS, "own or country.bank_unknown", "country.bank_unknown", within="_bank_faults"),
    470: row_with("PK", bank_unknown="None"),
    471: row_with("PK", id_type_unknown="codes.ID_TYPE_WRONG"),
    475: edit(ORDERS, "            faults.append(country.id_type_unknown)\n", "            pass\n", within="_faults"),
    476: edit(ORDERS, "            faults.append(codes.ID_NUMBER_WRONG)\n", "            pass\n", within="_faults"),
}
_UNCHECKED = edit(ORDERS, "            faults.append(check.fault)\n", "            pass\n", within="_faults")


def see_callback_missing() -> None:
    for country in WAYS:
        for nothing in (None, "", " "):
            assert created(country, order_in(country, callbackUrl=nothing)) == no(427, TEXTS[427])
        assert taken(country, order_in(country)).notify_url == "https://merchant.example/teemo/callback"


def ascii_id(name: str) -> str:
    return name.encode("ascii", "replace").decode()


def code_params(code: int, place: str) -> tuple[Any, Any]:
    """The row of the code, and that of its text."""
    row, text_row = f"code {code}", f"text {code} {TEXTS[code]}"
    number = edit(CODES_FILE, f"{code},", "999,", within=place)
    text = edit(CODES_FILE, TEXTS[code], "x", within=place)
    return (
        pytest.param(code, id=row, marks=claims(API, row, number, FORGOTTEN.get(code, _UNCHECKED))),
        pytest.param(code, id=ascii_id(text_row), marks=claims(API, text_row, text)),
    )


@pytest.mark.parametrize(
    "code", [param for code, place in CODE_PLACES.items() if code != 429 for param in code_params(code, place)]
)
def test_each_fault_of_a_create_earns_its_code_and_says_what_is_printed(code: int) -> None:
    if code == 427:
        see_callback_missing()
    else:
        see_faults(code, TEXTS[code])


BCP_DIGIT, BCP_LENGTH, YAPE_LENGTH = LENGTHS_429


@claims(
    API,
    "code 429",
    edit(CODES_FILE, "429, ", "999, ", within="CARD_BANK_MISMATCH"),
    edit(CODES_FILE, "429, ", "999, ", within="BCP_DIGIT_WRONG"),
    edit(CODES_FILE, "429, ", "999, ", within="account_length_fault"),
    edit(RULES, "bank.bins and account[:6] not in bank.bins", "False", within="bin_of_bank"),
    edit(RULES, "if length != len(account)", "if False", within="length_of_bank"),
)
def test_an_account_that_does_not_fit_its_bank_is_429_in_mexico_and_peru() -> None:
    see_faults(429, "The card number does not match the bank code.", BCP_DIGIT, BCP_LENGTH, YAPE_LENGTH)


def peru(way: str, account: str, **fields: str) -> Any:
    return created("PE", order_in("PE", way, bankAccount=account, **fields))


@claims(
    API,
    f"text 429 {BCP_DIGIT}",
    edit(CODES_FILE, BCP_DIGIT, "x", within="BCP_DIGIT_WRONG"),
    edit(COUNTRIES_FILE, '"1", -3, "01"', '"1", -3, "012"', within="_PE_BANK_CHECKS"),
    edit(COUNTRIES_FILE, '"1", -3, "01"', '"1", -3, "0"', within="_PE_BANK_CHECKS"),
    edit(COUNTRIES_FILE, '"1", -3, "01"', '"1", -2, "01"', within="_PE_BANK_CHECKS"),
)
def test_the_third_digit_from_the_end_of_a_bcp_account_is_0_or_1() -> None:
    for digit in range(10):
        answer = peru("101", f"12345678901{digit}29")
        assert (answer == no(429, BCP_DIGIT)) if digit > 1 else not isinstance(answer, No), digit
    assert not isinstance(peru("101", "1234567890929", bankCode="2", bankName="INTERBANK"), No), "another bank"


LENGTH_TEXT = 'f"{bank_name} bankAccount length must be {length} digits"'
LENGTH_BREAKS = (
    edit(CODES_FILE, LENGTH_TEXT, '"x"', within="account_length_fault"),
    edit(RULES, "if length != len(account)", "if length > len(account)", within="length_of_bank"),
    edit(RULES, "if length != len(account)", "if length < len(account)", within="length_of_bank"),
)


@pytest.mark.parametrize(
    ("way", "right", "text"),
    [
        pytest.param(way, right, text, id=f"text 429 {text}", marks=claims(API, f"text 429 {text}", *LENGTH_BREAKS))
        for way, right, text in (("101", "12345678901029", BCP_LENGTH), ("103", "912345678", YAPE_LENGTH))
    ],
)
def test_an_account_of_a_bank_of_peru_has_the_banks_number_of_digits(way: str, right: str, text: str) -> None:
    assert not isinstance(peru(way, right), No)
    for wrong in (right[:-1], f"{right}0"):
        assert peru(way, wrong) == no(429, text)


@claims(
    API,
    "code 432",
    edit(CODES_FILE, "432, text", "999, text", within="mismatch"),
    *(row_with(country, bank_unknown="None") for country in ("PE", "CO", "CL", "AR", "ID")),
    edit(RULES, "if account[:3] != bank.bank_code[-3:]", "if False", within="clabe_of_bank"),
    edit(
        ORDERS,
        "        return [*faults, codes.BANK_METHOD_MISMATCH]\n",
        "        return faults\n",
        within="_bank_faults",
    ),
)
def test_account_bank_and_method_that_do_not_fit_together_are_432() -> None:
    see_faults(
        432,
        "bankCode is not in the country's list of banks",
        "bankName is not in the country's list of banks",
        "bankName does not belong to bankCode",
        "bankCode does not take payouts of this accountType",
        "bankAccount does not belong to bankCode",
        "address is none of this chain",
    )


# -- texts of 414 that are no field's -------------------------------------------------------------------------------


STALE = "abs(now_ms - int(head.timestamp)) > schema.TIMESTAMP_TOLERANCE_MS"
WRONG_HEADERS: Mapping[str, tuple[str, tuple[str, ...], tuple[Break, ...]]] = {
    "timestamp expired": (
        "timestamp",
        (str(NOW_MS - 30_001), str(NOW_MS + 30_001)),
        (
            edit(CODES_FILE, "timestamp expired", "x", within="TIMESTAMP_EXPIRED"),
            edit(
                CALLERS, "abs(now_ms - int(head.timestamp)) > schema.TIMESTAMP_TOLERANCE_MS", "False", within="verify"
            ),
        ),
    ),
    "nonce invalid": (
        "nonce",
        ("n" * 31, "n" * 33, "n" * 31 + " "),
        (
            edit(CODES_FILE, "nonce invalid", "x", within="NONCE_INVALID"),
            edit(SCHEMA, "{32}", "{32,33}", within="NONCE_FORM"),
            edit(SCHEMA, "{32}", "{31,32}", within="NONCE_FORM"),
            edit(CALLERS, "not schema.NONCE_FORM.fullmatch(head.nonce)", "False", within="verify"),
        ),
    ),
    "country mismatch": (
        "country",
        ("MX", "br", "BRA"),
        (
            edit(CODES_FILE, "country mismatch", "x", within="COUNTRY_MISMATCH"),
            edit(CALLERS, "head.country != app.country.code", "False", within="verify"),
        ),
    ),
}
"""By what is told of it: the header, values that are wrong, and how that would be forgotten."""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, id=f"text 414 {text}", marks=claims(API, f"text 414 {text}", *breaks))
        for text, (_header, _wrong, breaks) in WRONG_HEADERS.items()
    ],
)
def test_a_header_that_is_wrong_is_told_at_every_endpoint(text: str) -> None:
    header, wrong, _breaks = WRONG_HEADERS[text]
    for path, body in {**QUESTIONS, CREATE: order_in("BR")}.items():
        assert not isinstance(ask(path, body), No)
        for value in wrong:
            assert ask(path, body, **{header: value}) == no(414, text), value


@claims(
    API,
    "text 414 sign verification failed",
    edit(CODES_FILE, "sign verification failed", "x", within="SIGNATURE_WRONG"),
    edit(
        CALLERS,
        "not isinstance(signature, str) or not signing.verify(app.merchant_key, text + head.nonce, signature)",
        "False",
    ),
)
def test_a_wrong_signature_is_told() -> None:
    body = {"merchantOrderNo": "OUT-1"}
    assert not isinstance(ask(QUERY, body), No)
    for sign in (signature_of(body, of_others=True), signature_of({}), "x", 7):
        raw = json.dumps({**body, "sign": sign}).encode()
        assert asked(sent("BR", QUERY, raw), credential_in("BR")) == no(414, "sign verification failed")


@claims(
    API,
    "text 414 Amount must be an integer",
    edit(CODES_FILE, "Amount must be an integer", "x", within="AMOUNT_NOT_WHOLE"),
    edit(FIELDS, "codes.AMOUNT_NOT_WHOLE if fault.rule is _NOT_WHOLE else ", "", within="first_fault"),
)
def test_a_fraction_of_a_whole_currency_is_told_in_the_documents_words() -> None:
    for country in ("CO", "CL", "PK", "ID", "KH", "KR"):
        assert taken(country, order_in(country, amount="1000")).amount_minor
        for amount in ("1000.5", "1000.00"):
            assert created(country, order_in(country, amount=amount)) == no(414, "Amount must be an integer")


# -- texts of what the account, its money or Outlay itself is short of -----------------------------------------------


def see_application(text: str) -> None:
    for path in PATHS:
        for app_code in (None, "", "A2404010004BR009", "' or 1=1 --"):
            assert ask(path, {}, app_code=app_code) == no(416, text)
    assert not isinstance(ask(BALANCE, {}), No)


def see_refusal(code: int, text: str, *refusals: Refusal) -> None:
    for path in PATHS:
        for refusal in refusals:
            assert refused("BR", path, refusal) == no(code, text)
    assert answered("BR", BALANCE, ())["msg"] == "success"


def see_trouble(code: int, text: str, **status_of: int) -> None:
    for trouble in Trouble:
        told = in_trouble(trouble)
        assert (told.text == text) is (trouble.name in status_of), trouble
        assert trouble.name not in status_of or told == No(status_of[trouble.name], code, text)


SHORTAGES: Mapping[tuple[int, str, str], Callable[[str], None]] = {
    (412, "Please try again later", "TRY_LATER"): lambda text: see_trouble(412, text, TOO_MANY_REQUESTS=200),
    (416, "Application not found", "APPLICATION_NOT_FOUND"): see_application,
    (417, "Merchant account not found", "MERCHANT_NOT_FOUND"): lambda text: see_refusal(
        417, text, Refusal.ACCOUNT_NOT_FOUND
    ),
    (418, "Merchant account is closed", "MERCHANT_CLOSED"): lambda text: see_refusal(418, text, Refusal.ACCOUNT_CLOSED),
    (425, "Insufficient merchant balance", "BALANCE_INSUFFICIENT"): lambda text: see_refusal(
        425, text, Refusal.INSUFFICIENT_BALANCE, Refusal.CURRENCY_NOT_HELD
    ),
    (462, "This request failed due to blacklist blocking", "RECIPIENT_BLOCKED"): lambda text: see_refusal(
        462, text, Refusal.RECIPIENT_BLOCKED
    ),
    (500, "Business Error", "INTERNAL_ERROR"): lambda text: see_trouble(500, text, INTERNAL=500),
}


@pytest.mark.parametrize(
    ("text", "see"),
    [
        pytest.param(
            text,
            see,
            id=f"text {code} {text}",
            marks=claims(API, f"text {code} {text}", edit(CODES_FILE, text, "x", within=place)),
        )
        for (code, text, place), see in SHORTAGES.items()
    ],
)
def test_a_shortage_is_told_in_the_printed_words(text: str, see: Callable[[str], None]) -> None:
    see(text)


@claims(
    API,
    "text 421 This payout method is not supported",
    edit(CODES_FILE, "This payout method is not supported", "x", within="METHOD_UNSUPPORTED"),
)
def test_a_method_that_is_switched_off_is_told_in_the_printed_words_where_the_page_has_them() -> None:
    off = {"BP": "chain is switched off"}
    for country in WAYS:
        told = refused(country, CREATE, Refusal.METHOD_OFF)
        if country in ("BR", "MX"):
            assert told == no(421, "This payout method is not supported")
        else:
            assert told == no(414, off.get(country, "accountType is switched off"))


@claims(
    API,
    "text 426 merchant order duplicate",
    edit(CODES_FILE, "merchant order duplicate", "x", within="ORDER_DUPLICATE"),
)
def test_a_number_that_was_used_before_is_told_in_the_printed_words() -> None:
    for same in (True, False):
        for subject in (None, payout()):
            again = Repeated(same=same, same_operation=same, subject=subject)
            assert refused("BR", CREATE, again) == no(426, "merchant order duplicate")
    assert answered("BR", CREATE, payout())["code"] == 200
