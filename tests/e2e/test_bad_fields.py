"""Bad fields, well signed: each gets its API's documented code, changes nothing and is logged without what was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest

from tests.apis.software import as_bytes
from tests.e2e.raw_http import Call
from tests.e2e.scene import Refused, Scene

pytestmark = pytest.mark.slow

GONE = object()
NUL = "a\x00b"
SURROGATE = "a\ud800b"
PIX_KEY = "beneficiary.destination.e_wallet.account_number"

# Texts that some parser somewhere takes for a number, and numbers that are none.
BAD_AMOUNTS: Mapping[str, Any] = {
    "exponent": "1e3",
    "negative": "-1",
    "plus": "+1",
    "three decimals": "1.234",
    "NaN": "NaN",
    "infinity": "Infinity",
    "full-width digits": "１００",
    "full-width dot": "1．00",
    "Arabic digits": "١٠٠",
    "leading zero": "01",
    "zero": "0",
    "zero with decimals": "0.00",
    "empty": "",
    "blank": " ",
    "no whole part": ".50",
    "no fraction": "1.",
    "comma": "1,00",
    "thousands": "1,000.00",
    "underscore": "1_000",
    "leading space": " 1.00",
    "trailing line break": "1.00\n",
    "trailing no-break space": "1.00\u00a0",
    "hexadecimal": "0x10",
    "two dots": "1.0.0",
    "a word": "one",
    "NUL": "1.00\x00",
    "surrogate": "1\ud800",
    "huge": "9" * 19,
    "huge with decimals": "99999999999999999.99",
    "5,000 digits": "9" * 5_000,
    "true": True,
    "null": None,
    "an array": ["1.00"],
    "an object": {"value": "1.00"},
    "a huge number": 10**400,
    "a negative number": -1,
}
# In JSON numbers are no amounts, but for UQPAY whose documents disagree: there their digits count.
NUMBERS: Mapping[str, Any] = {"a number": 100, "a float": 100.5, "zero as a number": 0}


def altered(body: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The body with one field, named by its path, of another value, or gone."""
    changed = deepcopy(dict(body))
    *parents, name = path.split(".")
    place = changed
    for parent in parents:
        place = place.setdefault(parent, {})
    if value is GONE:
        del place[name]
    else:
        place[name] = value
    return changed


def described(value: Any) -> str:
    if value is GONE:
        return "missing"
    return json.dumps(value)[:24] if not isinstance(value, str) or len(value) <= 24 else f"{len(value)} characters"


# -- LessPay --------------------------------------------------------------------------------------------------------

INFO = "beneficiary.beneficiary_info"
WALLET = "beneficiary.destination.e_wallet"
LESSPAY_FIELDS: list[tuple[str, Any, int]] = [
    *(
        ("request_id", value, 30000)
        for value in (GONE, None, "", " ", "r" * 65, NUL, SURROGATE, "a\u2028", 5, 5.5, True)
    ),
    *(("request_id", value, 30000) for value in ([], {}, ["a"], {"a": "b"}, 10**400)),
    *(
        ("currency", value, 30001)
        for value in (GONE, "", "ZZZ", "brl", "BRLL", "R$", "ＢＲＬ", NUL, 986, None, ["BRL"])
    ),
    *(("currency", value, 30001) for value in ("CNH", "XAU")),
    *(("way_code", value, 30000) for value in (GONE, "", "w" * 65, 5, NUL, ["a"])),
    *(("way_type", value, 30000) for value in ("w" * 65, 5, NUL)),
    *(("description", value, 30000) for value in ("d" * 256, NUL, SURROGATE, 5, {"a": 1})),
    *(("notify_url", value, 30000) for value in ("ftp://a", "javascript:alert(1)", "http://", "h" * 256, "http://a\n")),
    *(("expired_time", value, 30000) for value in (0, -1, "86400", 1.5, 10**30, True, [], 1e300)),
    *(("beneficiary", value, 30000) for value in (GONE, None, "x", [], ["x"], 5)),
    *(("beneficiary.beneficiary_type", value, 30004) for value in (GONE, "", "robot", 5, None, NUL)),
    *((INFO, value, 30000) for value in (GONE, None, "x", [])),
    *((f"{INFO}.first_name", value, 30000) for value in (GONE, "", "n" * 256, NUL, SURROGATE, 5)),
    *((f"{INFO}.email", value, 30000) for value in ("nobody", "a@b@c.d", NUL)),
    *((f"{INFO}.date_of_birth", value, 30000) for value in ("07.03.1991", "1991-02-30", "１９９１-03-07", 1991)),
    *((f"{INFO}.nationality", value, 30005) for value in ("Brazil", "br", "ＢＲ", "ZZ", "UK", 5)),
    *((f"{INFO}.address.country", value, 30005) for value in ("Brazil", "br", "XX", NUL)),
    *((f"{INFO}.address", value, 30000) for value in ("Rua A", ["x"])),
    *((f"{INFO}.phone.number", value, 30000) for value in ("+55", "9" * 21, "１２３", "1\u200b", 5)),
    *(("beneficiary.destination", value, 30000) for value in (GONE, None, "bank", [])),
    *(("beneficiary.destination.type", value, 30000) for value in (GONE, "", "cash", "e_wallet", 5)),
    ("beneficiary.destination.type", "bank", 30000),
    ("beneficiary.destination.type", "crypto_wallet", 30000),
    *((WALLET, value, 30000) for value in (GONE, None, "x", [])),
    *((f"{WALLET}.ewallet_provider", value, 30000) for value in (GONE, "", 5, NUL)),
    *((f"{WALLET}.account_type", value, 30000) for value in (GONE, "iban", 5)),
    *(
        (PIX_KEY, value, 30006)
        for value in (GONE, "", "k" * 65, NUL, 11144477735, "1114447773", "１１１４４４７７７３５", "11144477735\u200b")
    ),
    (f"{WALLET}.deposit_key", "22233344405", 30006),
    *(("transaction_type", value, 30008) for value in ("PAY_IN", "payin", 5, ["payout"], NUL)),
]
LESSPAY_QUERIES: list[tuple[dict[str, Any], int]] = [
    ({}, 30000),
    ({"request_id": "", "pay_order_id": ""}, 30000),
    ({"request_id": None, "pay_order_id": " "}, 30000),
    ({"request_id": 5}, 30000),
    ({"request_id": ["a"]}, 30000),
    ({"request_id": "r" * 65}, 30000),
    ({"request_id": NUL}, 30000),
    ({"request_id": SURROGATE}, 30000),
    ({"pay_order_id": 2010543497457831010}, 30000),
    ({"pay_order_id": NUL}, 30000),
    ({"pay_order_id": "PO9999999999999999999"}, 30020),
    ({"pay_order_id": "PO" + "０" * 19}, 30020),
    ({"pay_order_id": "' or '1'='1"}, 30020),
    ({"request_id": "nobody-ordered-this"}, 30020),
    ({"request_id": "a", "transaction_type": "PAY_IN"}, 30008),
    ({"request_id": "a", "@type": "java.lang.Class"}, 30000),
    ({"request_id": "a", "extra": [{"$ref": "$"}]}, 30000),
]


def lesspay_order(scene: Scene, path: str, value: Any) -> Call:
    speaker = scene.merchant.lesspay
    return speaker.call(speaker.CREATE, altered(speaker.order("1.00"), path, value))


@pytest.mark.parametrize(("path", "value", "code"), LESSPAY_FIELDS, ids=described)
def test_lesspay_names_what_is_wrong_with_a_field(scene: Scene, path: str, value: Any, code: int) -> None:
    answer = scene.refuse("lesspay", lesspay_order(scene, path, value), Refused(200, code))
    if path.startswith("request_id") or code != 30000:
        assert path.encode() in answer.body


@pytest.mark.parametrize("amount", [*BAD_AMOUNTS.values(), *NUMBERS.values()], ids=[*BAD_AMOUNTS, *NUMBERS])
def test_lesspay_takes_no_amount_but_a_plain_decimal_text(scene: Scene, amount: Any) -> None:
    scene.refuse("lesspay", lesspay_order(scene, "amount", amount), Refused(200, 30009))


def test_lesspay_takes_no_decimals_where_the_currency_has_none(scene: Scene) -> None:
    for currency, amount in (("JPY", "1.0"), ("JPY", "1.00"), ("BHD", "1.0000"), ("USDT", "0.0000001")):
        speaker = scene.merchant.lesspay
        body = speaker.order(amount, currency=currency)
        scene.refuse("lesspay", speaker.call(speaker.CREATE, body), Refused(200, 30009))


@pytest.mark.parametrize("key", ["@type", "$ref"])
def test_lesspay_refuses_keys_that_the_vendors_parser_obeys(scene: Scene, key: str) -> None:
    for path in (key, f"beneficiary.{key}"):
        scene.refuse("lesspay", lesspay_order(scene, path, "java.lang.Class"), Refused(200, 30000))


@pytest.mark.parametrize(("asked", "code"), LESSPAY_QUERIES, ids=described)
def test_lesspay_refuses_a_query_that_names_no_order(scene: Scene, asked: dict[str, Any], code: int) -> None:
    speaker = scene.merchant.lesspay
    scene.refuse("lesspay", speaker.call(speaker.QUERY, asked), Refused(200, code))


# -- TeemoPay -------------------------------------------------------------------------------------------------------

NOT_A_NUMBER_OF_OURS = (
    GONE,
    None,
    "",
    " ",
    "o" * 33,
    NUL,
    SURROGATE,
    "a b",
    "a/b",
    "ção",
    "１２",
    "a\n",
    5,
    True,
    [],
    {},
)
TEEMOPAY_FIELDS: list[tuple[str, Any, int]] = [
    *(("merchantOrderNo", value, 414) for value in NOT_A_NUMBER_OF_OURS),
    *(("amount", value, 414) for value in ("100000000.00", "0" * 21, 1e300)),
    *(("accountType", value, 414) for value in (GONE, None, "", "401", 401.0, True, [], {}, [401])),
    *(("accountType", value, 455) for value in (400, 406, -401, 0, 10**400)),
    *(("bankAccount", value, 414) for value in (GONE, None, "", " ", "b" * 256, NUL, SURROGATE, 11144477735, [])),
    *(
        ("bankAccount", value, 482)
        for value in ("1114447773", "111.444.777-35", "１１１４４４７７７３５", "1" * 12, "x")
    ),
    *(("realName", value, 414) for value in (GONE, "", "n" * 256, NUL, SURROGATE, "a\u0085b", 5, [])),
    *(("idCardNumber", value, 414) for value in (GONE, "", "9" * 51, NUL, 11144477735)),
    *(("idCardNumber", value, 476) for value in ("1114447773", "11222333000181", "0" * 12, "x")),
    *(("idType", value, 414) for value in (GONE, "", "C" * 33, NUL, 1)),
    *(("idType", value, 475) for value in ("RG", "cpf", "DNI")),
    *(("bankCode", value, 414) for value in ("b" * 51, NUL, 5)),
    *(("bankName", value, 414) for value in ("b" * 51, NUL, SURROGATE, 5)),
    *(("callbackUrl", value, 414) for value in ("ftp://a", "//a", "https://a b", "https://" + "a" * 200, NUL, 5)),
    *(("extra", value, 414) for value in ({"a": "b"}, ["a"], [[]], {})),
]
OTHER_KEYS: list[tuple[int, str]] = [
    (402, "1122233300018"),
    (402, "11144477735"),
    (403, "11987654321"),
    (403, "+551198765432"),
    (403, "+5511 987654321"),
    (404, "maria"),
    (404, "maria@ex@ample.com"),
    (404, "m@" + "e" * 80 + ".com"),
    (404, "MARİA@example.com"),
    (405, "7d9f0335-8dcc-4054-9bf9-0dbd61d3690"),
    (405, "{7d9f0335-8dcc-4054-9bf9-0dbd61d36906}"),
    (405, "7d9f03358dcc40549bf90dbd61d36906"),
]


def teemopay_order(scene: Scene, path: str, value: Any) -> Call:
    speaker = scene.merchant.teemopay
    return speaker.call(speaker.CREATE, altered(speaker.order("1.00"), path, value))


@pytest.mark.parametrize(("path", "value", "code"), TEEMOPAY_FIELDS, ids=described)
def test_teemopay_refuses_a_bad_field_with_its_code(scene: Scene, path: str, value: Any, code: int) -> None:
    scene.refuse("teemopay", teemopay_order(scene, path, value), Refused(200, code))


@pytest.mark.parametrize("amount", [*BAD_AMOUNTS.values(), *NUMBERS.values()], ids=[*BAD_AMOUNTS, *NUMBERS])
def test_teemopay_takes_no_amount_but_a_plain_decimal_text(scene: Scene, amount: Any) -> None:
    scene.refuse("teemopay", teemopay_order(scene, "amount", amount), Refused(200, 414))


@pytest.mark.parametrize(("kind", "key"), OTHER_KEYS)
def test_teemopay_refuses_a_pix_key_that_is_not_of_its_kind(scene: Scene, kind: int, key: str) -> None:
    speaker = scene.merchant.teemopay
    body = speaker.order("1.00", accountType=kind, bankAccount=key)
    scene.refuse("teemopay", speaker.call(speaker.CREATE, body), Refused(200, 482))


@pytest.mark.parametrize("value", NOT_A_NUMBER_OF_OURS, ids=described)
def test_teemopay_refuses_a_query_without_a_number_in_its_form(scene: Scene, value: Any) -> None:
    speaker = scene.merchant.teemopay
    body = altered({"merchantOrderNo": "x"}, "merchantOrderNo", value)
    scene.refuse("teemopay", speaker.call(speaker.QUERY, body), Refused(200, 414))


def test_teemopay_does_not_find_a_number_that_nobody_ordered(scene: Scene) -> None:
    speaker = scene.merchant.teemopay
    for number in ("nobody-ordered-this", scene.payout_id, scene.order_id):
        scene.refuse("teemopay", speaker.call(speaker.QUERY, {"merchantOrderNo": number}), Refused(200, 400))


# -- UQPAY ----------------------------------------------------------------------------------------------------------

MISSING = ("invalid_request_error", "missing_parameter")
INVALID = ("invalid_request_error", "invalid_parameter")
AMOUNT = ("payout_error", "invalid_amount")
CURRENCY = ("payout_error", "invalid_currency")
UQPAY_FIELDS: list[tuple[str, Any, tuple[str, str]]] = [
    *(("payout_currency", value, MISSING) for value in (GONE, None, "", "  ")),
    *(("payout_currency", value, INVALID) for value in (5, True, ["BRL"], {}, NUL, SURROGATE, "B" * 256)),
    *(("payout_currency", value, CURRENCY) for value in ("ZZZ", "brl", "BRLL", "ＢＲＬ", "USDT", "BRL ")),
    *(("statement_descriptor", value, MISSING) for value in (GONE, None, "", "  ")),
    *(
        ("statement_descriptor", value, INVALID)
        for value in ("d" * 16, NUL, SURROGATE, "a\nb", "💸", "a\u200bb", "R€", 5, [])
    ),
    *(("internal_note", value, INVALID) for value in ("n" * 256, NUL, SURROGATE, "a\rb", 5, ["a"], {"a": "b"})),
    *(("payout_account_id", value, INVALID) for value in ("a" * 65, NUL, 5, [])),
    ("payout_account_id", "7b0d1e44-52c8-4b39-9d7e-0c6f5a1e2d33", ("account_error", "account_not_found")),
]
UQPAY_AMOUNTS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("empty", "blank", "null"), MISSING),
    **dict.fromkeys(("true", "an array", "an object"), INVALID),
}


def uqpay_order(scene: Scene, path: str, value: Any) -> Call:
    speaker = scene.merchant.uqpay
    return speaker.call(speaker.CREATE, altered(speaker.order("1.00"), path, value))


@pytest.mark.parametrize(("path", "value", "code"), UQPAY_FIELDS, ids=described)
def test_uqpay_names_the_field_that_is_wrong(scene: Scene, path: str, value: Any, code: tuple[str, str]) -> None:
    answer = scene.refuse("uqpay", uqpay_order(scene, path, value), Refused(400, code))
    assert path in answer.json()["message"]


@pytest.mark.parametrize("amount", BAD_AMOUNTS)
def test_uqpay_takes_no_amount_but_a_plain_decimal(scene: Scene, amount: str) -> None:
    code = UQPAY_AMOUNTS.get(amount, AMOUNT)
    scene.refuse("uqpay", uqpay_order(scene, "payout_amount", BAD_AMOUNTS[amount]), Refused(400, code))


@pytest.mark.parametrize(
    "literal", ["0", "-1", "1E400", "1e-3", "100.555", "-1e2", "0e5", "1" + "0" * 400, "-0", "0.0"]
)
def test_uqpay_reads_a_number_by_its_digits(scene: Scene, literal: str) -> None:
    speaker = scene.merchant.uqpay
    body = as_bytes(speaker.order("@")).replace(b'"@"', literal.encode())
    scene.refuse("uqpay", speaker.call(speaker.CREATE, body), Refused(400, AMOUNT))


NO_PAYOUTS = ("PO1", "1", "PO", "po1", "PO01", "PO-1", "PO" + "9" * 30, "PO%00", "%00", "%F0%9F%92%B8", "x" * 9_000)


@pytest.mark.parametrize("payout_id", NO_PAYOUTS, ids=described)
def test_uqpay_does_not_find_what_is_no_payout(scene: Scene, payout_id: str) -> None:
    call = scene.merchant.uqpay.call(scene.merchant.uqpay.PAYOUT + payout_id)
    scene.refuse("uqpay", call, Refused(400, ("not_found", "payout_not_found")))


def test_uqpay_finds_a_payout_however_its_path_is_spelt_and_no_other(scene: Scene) -> None:
    speaker = scene.merchant.uqpay
    escaped = speaker.PAYOUT + "".join(f"%{ord(char):02X}" for char in scene.payout_id)
    assert speaker.get(escaped)["payout_id"] == scene.payout_id
    twice = speaker.PAYOUT + scene.payout_id.replace("PO", "%2550%254F")
    scene.refuse("uqpay", speaker.call(twice), Refused(400, ("not_found", "payout_not_found")))


@pytest.mark.parametrize("currency", ["USD", "brl", "ZZZ", "BRL%20", "%00", "B" * 9_000, "%ff"])
def test_uqpay_does_not_find_a_balance_that_was_never_used(scene: Scene, currency: str) -> None:
    call = scene.merchant.uqpay.call(f"{scene.merchant.uqpay.BALANCES}/{currency}")
    scene.refuse("uqpay", call, Refused(400, ("not_found", "balance_not_found")))


NO_PAGES = [
    *(f"page_number={value}" for value in ("0", "-1", "1.5", "a", "1e3", "%EF%BC%91", "1" * 30, "%00")),
    "page_number=1&page_number=1",
    *(f"page_size={value}" for value in ("0", "101", "ten", "9" * 400)),
    "&".join(f"a{number}=1" for number in range(40)),
]


@pytest.mark.parametrize("query", NO_PAGES, ids=described)
def test_uqpay_refuses_a_page_that_cannot_be(scene: Scene, query: str) -> None:
    call = scene.merchant.uqpay.call(f"{scene.merchant.uqpay.BALANCES}?{query}")
    scene.refuse("uqpay", call, Refused(400, INVALID))
