"""Every documented value of LessPay's fields is taken for what it is, and what is nearly one of them is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.apis.lesspay.desk import BATCH, CREATE
from tests.apis.lesspay.rules.desk import (
    CRYPTO_BATCH,
    GONE,
    ONE_BANK_BATCH,
    TO_BANK,
    TO_CRYPTO,
    TO_PIX,
    TO_WALLET,
    WALLETS_BATCH,
    Body,
    Changes,
    at,
    changed,
)
from tests.apis.lesspay.rules.fields import (
    ACCOUNT,
    AMOUNT,
    CURRENCY,
    HOLDER,
    PARAMETER,
    Refused,
    Rule,
    Taken,
    cases_with_claims,
    show_both_sides,
)
from tests.apis.lesspay.rules.money import SCHEMA, not_an_amount, smallest, without_currency
from tests.apis.lesspay.rules.ways import WAYS, banks_of, name_of
from tests.rules.breaks import Break, append, edit, field

DESTINATION = "beneficiary.destination"
TYPE = f"{DESTINATION}.type"
ONE = "payout_order_details[0]"
BENEFICIARIES, BATCHES, TABLE = (
    f"dialects/lesspay/{name}.py" for name in ("values/beneficiaries", "values/batches", "tables/banks")
)


def word(
    path: str,
    value: str,
    body: Body,
    listed: Sequence[str],
    near: Sequence[str],
    taken: tuple[Taken, ...],
    *others: Refused,
    code: int = PARAMETER,
    breaks: tuple[Break, ...] = (),
) -> Rule:
    """One word of a short list: taken as it stands, and nothing that only looks like it."""
    told = f"{path} must be one of {', '.join(listed)}"
    return Rule(
        row=f"{path} {value}",
        body=body,
        taken=taken,
        refused=(*(({path: other}, code, told) for other in near), *others),
        breaks=(field(path, choices=tuple(each for each in listed if each != value)), *breaks),
    )


def near(value: str) -> tuple[str, ...]:
    return (value.swapcase(), f"{value}s", value[:-1])


# -- a single payout ------------------------------------------------------------------------------------------------

HOLDERS = ("individual", "business")
HOLDER_PATH = "beneficiary.beneficiary_type"
PERSONS = [
    word(
        HOLDER_PATH, value, TO_BANK, HOLDERS, near(value), (({HOLDER_PATH: value}, "payee.holder", value),), code=HOLDER
    )
    for value in HOLDERS
]

TYPES = ("bank", "bank_account", "crypto_wallet", "ewallet")


def of_type(value: str, part: str, body: Body, kind: str, number: str, inside: Break) -> Rule:
    """`part`: the object that this type needs."""
    path = f"{DESTINATION}.{part}"
    whole = at(body, DESTINATION) | {"type": value}
    return word(
        TYPE,
        value,
        TO_BANK,
        TYPES,
        near(value),
        (({DESTINATION: whole}, "payee.destination", kind), ({DESTINATION: whole}, "payee.account_number", number)),
        ({DESTINATION: {"type": value}}, PARAMETER, f"{path} is required"),
        breaks=(inside,),
    )


NO_BANK_TYPE = 'BANK_TYPES = BANK_TYPES - {{"{}"}}'
KINDS = [
    of_type("bank", "bank", TO_BANK, "bank", "1234567890123", append(SCHEMA, NO_BANK_TYPE.format("bank"))),
    of_type(
        "bank_account", "bank", TO_BANK, "bank", "1234567890123", append(SCHEMA, NO_BANK_TYPE.format("bank_account"))
    ),
    of_type(
        "crypto_wallet",
        "crypto_wallet",
        TO_CRYPTO,
        "crypto",
        "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC",
        edit(BENEFICIARIES, 'if kind == "crypto_wallet":', "if not kind:"),
    ),
    of_type(
        "ewallet",
        "e_wallet",
        TO_WALLET,
        "wallet",
        "09170000002",
        edit(BENEFICIARIES, 'if kind == "ewallet":', "if not kind:"),
    ),
]

ACCOUNT_TYPE = f"{DESTINATION}.bank.account_type"
ACCOUNT_TYPES = ("savings", "checking", "payment")
NETWORK = f"{DESTINATION}.crypto_wallet.network"
NETWORKS = ("TRC20", "ERC20", "BEP20")
PLAIN = [
    *(
        word(
            ACCOUNT_TYPE,
            value,
            TO_BANK,
            ACCOUNT_TYPES,
            near(value),
            (({ACCOUNT_TYPE: value}, "details.bank.account_type", value),),
        )
        for value in ACCOUNT_TYPES
    ),
    *(
        word(
            NETWORK,
            value,
            TO_CRYPTO,
            NETWORKS,
            near(value),
            (({NETWORK: value}, "details.crypto_wallet.network", value),),
        )
        for value in NETWORKS
    ),
]

KIND = f"{DESTINATION}.e_wallet.account_type"
KEY = f"{DESTINATION}.e_wallet.account_number"
KEY_KINDS = ("cpf", "cnpj", "email", "phone", "random")
KEYS: dict[str, tuple[Sequence[str], Sequence[str], str]] = {
    "cpf": (("11144477735", "00000000000"), ("1114447773", "111444777355", "111.444.777-35"), "CNPJ"),
    "cnpj": (("11222333000181", "12ABC34501DE35"), ("1122233300018", "112223330001811", "11.222.333/0001-81"), "CPF"),
    "email": (("liza@example.org", "a" * 59 + "@b.co"), ("liza", "liza@org", "a b@example.org"), "PHONE"),
    "phone": (("+5511987654321",), ("5511987654321", "+551198765432", "+55119876543210", "+6311987654321"), "EMAIL"),
    "random": (
        ("7d9f0335-8dcc-4054-9bf9-0dbd61d36906", "7D9F0335-8DCC-4054-9BF9-0DBD61D36906"),
        (
            "7d9f03358dcc40549bf90dbd61d36906",
            "7d9f0335-8dcc-4054-9bf9-0dbd61d3690",
            "7g9f0335-8dcc-4054-9bf9-0dbd61d36906",
        ),
        "CPF",
    ),
}
"""Of each kind: keys, texts that are none, and a kind whose keys look otherwise."""
KIND_RULE = f"{KEY} must be a PIX key of the kind in account_type"
PIX_KEYS = [
    word(
        KIND,
        kind,
        TO_PIX,
        KEY_KINDS,
        near(kind),
        (
            *(({KIND: kind, KEY: key}, "details.e_wallet.account_type", kind) for key in good),
            *(({KIND: kind, KEY: key}, "payee.account_number", key) for key in good),
            *(({KIND: kind, KEY: key}, "payee.destination", "pix") for key in good),
        ),
        *(({KIND: kind, KEY: key}, ACCOUNT, KIND_RULE) for key in bad),
        breaks=(append(BENEFICIARIES, f'_PIX_KINDS["{kind}"] = PixKeyKind.{other}'),),
    )
    for kind, (good, bad, other) in KEYS.items()
]

SINGLE = [*PERSONS, *KINDS, *PLAIN, *PIX_KEYS]


@pytest.mark.parametrize("rule", cases_with_claims(f"value POST {CREATE}", SINGLE))
def test_a_word_of_a_payout_is_taken_and_its_like_is_refused(rule: Rule) -> None:
    show_both_sides(CREATE, rule)


# -- ways -----------------------------------------------------------------------------------------------------------


def way_cases() -> list[Any]:
    rules = [
        Rule(
            row=f"way_code {way}",
            body=TO_BANK,
            taken=(({"way_code": way}, "order.channel", way), ({"way_code": way}, "memo.way_code", way)),
            refused=(),
            breaks=(
                append(TABLE, f'_TABLE = {{key: banks for key, banks in _TABLE.items() if key[2] != "{way}"}}'),
                field("way_code", longest=len(way) - 1),
            ),
        )
        for way in WAYS
    ]
    return cases_with_claims(f"value POST {CREATE}", rules)


@pytest.mark.parametrize("rule", way_cases())
def test_a_way_is_taken_and_its_banks_are_listed_and_its_likes_are_not(rule: Rule) -> None:
    show_both_sides(CREATE, rule)
    way = rule.row.partition(" ")[2]
    for country, currency, count, code, name in WAYS[way]:
        banks = banks_of(country, currency, way)
        assert (len(banks), name_of(code, banks)) == (count, [name])
        for like in (way.lower(), way[:-1], f"{way}S"):
            assert banks_of(country, currency, like) == []


# -- everywhere -----------------------------------------------------------------------------------------------------

BORN = "beneficiary.beneficiary_info.date_of_birth"
DATE_RULE = f"{BORN} must be a date, YYYY-MM-DD or DD-MM-YYYY"


def of_crypto(code: str, decimals: int) -> Rule:
    changes = {"currency": code, "amount": smallest(decimals)}
    too_fine = {"currency": code, "amount": smallest(decimals + 1)}
    return Rule(
        row=f"currency {code}",
        body=TO_CRYPTO,
        taken=((changes, "order.currency", code), (changes, "order.amount_minor", 1)),
        refused=(
            (too_fine, AMOUNT, f"amount {not_an_amount(decimals)}"),
            *(
                ({"currency": other}, CURRENCY, "currency is not supported")
                for other in (code.lower(), f"{code}S", code[1:])
            ),
        ),
        breaks=(
            without_currency(code),
            append("core/currencies.py", f'EXPONENTS["{code}"] = {decimals + 1}'),
        ),
    )


def year_first(date: str) -> str:
    return date if date[4] == "-" else "-".join(reversed(date.split("-")))


def of_date(form: str, good: Sequence[str], bad: Sequence[str], how: Break) -> Rule:
    return Rule(
        row=f"date_of_birth {form}",
        body=TO_BANK,
        taken=tuple(({BORN: date}, "details.date_of_birth", year_first(date)) for date in good),
        refused=tuple(({BORN: date}, PARAMETER, DATE_RULE) for date in bad),
        breaks=(
            how,
            edit(BENEFICIARIES, "return False\n            return True", "return True\n            return True"),
        ),
    )


ANYWHERE = [
    *(of_crypto(code, decimals) for code, decimals in (("USDT", 6), ("USDC", 6), ("BTC", 8), ("ETH", 8))),
    of_date(
        "YYYY-MM-DD",
        ("1991-03-07", "2000-02-29", "1999-12-31"),
        ("1991-02-29", "1991-13-01", "1991-00-10", "1991-03-00", "991-03-07", "1991-3-7", "19910307", "1991/03/07"),
        append(SCHEMA, "DATE_FORMS = DATE_FORMS[:1]"),
    ),
    of_date(
        "DD-MM-YYYY",
        ("07-03-1991", "29-02-2000", "31-12-1999"),
        ("29-02-1991", "01-13-1991", "10-00-1991", "00-03-1991", "07-03-91", "7-3-1991", "07031991", "07/03/1991"),
        append(SCHEMA, "DATE_FORMS = DATE_FORMS[1:]"),
    ),
]


@pytest.mark.parametrize("rule", cases_with_claims("value", ANYWHERE))
def test_a_currency_of_crypto_and_a_form_of_a_date_are_taken_and_their_likes_refused(rule: Rule) -> None:
    show_both_sides(CREATE, rule)


# -- a batch --------------------------------------------------------------------------------------------------------

BATCH_TYPES = ("bank", "crypto_wallet", "ewallet")
BATCH_HOLDER = f"{ONE}.bank_account_type"
WALLET = f"{ONE}.e_wallet"
WALLET_HOLDER = f"{WALLET}.account_type"
KEY_TYPE = f"{WALLET}.deposit_key_type"
KEY_TYPES = ("random", "pix_key", "upi_handle", "phone")


def of_batch_type(value: str, body: Body, kind: str, missing: tuple[Changes, int, str], inside: Break) -> Rule:
    """With this type, this is missing where it is gone."""
    changes, code, text = missing
    details = {"payout_order_details": changed(body, changes)["payout_order_details"]}
    whole = {name: body[name] for name in ("payout_order_details", "total_amount", "destination_type")}
    return word(
        "destination_type",
        value,
        ONE_BANK_BATCH,
        BATCH_TYPES,
        near(value),
        ((whole, "payee.destination", kind), (whole | {"destination_type": value}, "payee.destination", kind)),
        (whole | details, code, text),
        breaks=(inside,),
    )


Key = tuple[str, str]
"""A provider, and what stands in deposit_key."""
EVP = "7d9f0335-8dcc-4054-9bf9-0dbd61d36906"
PIX_RULE = "must be a PIX key of the kind in deposit_key_type"


def key_type(value: str, good: Sequence[Key], bad: Sequence[Key], rule: str, inside: Break) -> Rule:
    """Keys of this type, with no account number besides."""

    def of(key: Key) -> Changes:
        number = {f"{WALLET}.deposit_key": key[1], f"{WALLET}.account_number": GONE}
        return {KEY_TYPE: value, f"{WALLET}.provider": key[0]} | number

    def is_pix(key: Key) -> bool:
        return key[0] == "PIX" or value == "pix_key"

    return word(
        KEY_TYPE,
        value,
        WALLETS_BATCH,
        KEY_TYPES,
        near(value),
        (
            *((of(key), "payee.account_number", key[1]) for key in good),
            *((of(key), "payee.destination", "pix" if is_pix(key) else "wallet") for key in good),
            *((of(key), "details.e_wallet.deposit_key_type", value) for key in good),
        ),
        *((of(key), ACCOUNT, f"{WALLET}.deposit_key {PIX_RULE if is_pix(key) else rule}") for key in bad),
        breaks=(inside,),
    )


IN_BATCH = [
    of_batch_type(
        "bank",
        ONE_BANK_BATCH,
        "bank",
        ({f"{ONE}.bank_name": GONE}, PARAMETER, f"{ONE}.bank_name is required"),
        edit(BATCHES, 'to_bank = kind == "bank"', "to_bank = False"),
    ),
    of_batch_type(
        "crypto_wallet",
        CRYPTO_BATCH,
        "crypto",
        ({f"{ONE}.bank_account_no": GONE}, ACCOUNT, f"{ONE}.bank_account_no is required"),
        edit(BATCHES, 'required=to_bank or kind == "crypto_wallet"', "required=to_bank"),
    ),
    of_batch_type(
        "ewallet",
        WALLETS_BATCH,
        "wallet",
        ({f"{WALLET}.provider": GONE}, PARAMETER, f"{WALLET}.provider is required"),
        edit(BATCHES, 'if kind == "ewallet":', "if not kind:"),
    ),
    *(
        word(path, value, body, HOLDERS, near(value), (({path: value}, "payee.holder", value),), code=HOLDER)
        for path, body in ((BATCH_HOLDER, ONE_BANK_BATCH), (WALLET_HOLDER, WALLETS_BATCH))
        for value in HOLDERS
    ),
    key_type(
        "random",
        (("GCash", "a" * 64), ("PIX", EVP)),
        (("PIX", "11144477735"), ("PIX", EVP[:-1])),
        "",
        append(BATCHES, '_PIX_KINDS["random"] = tuple(PixKeyKind)'),
    ),
    key_type(
        "pix_key",
        (
            *(("GCash", key) for key in ("11144477735", "11222333000181", "liza@example.org", "+5511987654321")),
            ("pix", EVP),
        ),
        (("GCash", "nobody"), ("PIX", "+551198765432")),
        "",
        append(BATCHES, '_PIX_KINDS["pix_key"] = (PixKeyKind.CPF,)'),
    ),
    key_type(
        "upi_handle",
        (("UPI", "ana.reyes-1_a@okaxis"), ("UPI", "ab@ab")),
        (("UPI", "ana"), ("UPI", "a@ab"), ("UPI", "ab@a"), ("UPI", "ana@ok-axis"), ("UPI", "a na@okaxis")),
        "must be a UPI handle, name@bank",
        edit(BATCHES, 'if key_type == "upi_handle" and', "if False and"),
    ),
    key_type(
        "phone",
        (("GCash", "999999"), ("GCash", "+" + "9" * 20), ("PIX", "+5511987654321")),
        (("GCash", "99999"), ("GCash", "9" * 21), ("GCash", "call me"), ("PIX", "+551198765432")),
        "must be 6 to 20 digits, with or without + before them",
        edit(BATCHES, 'elif key_type == "phone" and', "elif False and"),
    ),
]


@pytest.mark.parametrize("rule", cases_with_claims(f"value POST {BATCH}", IN_BATCH))
def test_a_word_of_a_batch_is_taken_and_its_like_is_refused(rule: Rule) -> None:
    show_both_sides(BATCH, rule)
