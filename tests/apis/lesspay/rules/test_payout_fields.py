"""Every field of a single payout: kept as it came up to its limit, refused past it with its code and whole words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apis.lesspay.desk import CREATE
from tests.apis.lesspay.rules.desk import GONE, TO_BANK, TO_CRYPTO, TO_WALLET, TRON, at
from tests.apis.lesspay.rules.fields import (
    ACCOUNT,
    AMOUNT,
    HOLDER,
    NO_WAY,
    NOTIFY_RULE,
    ONE_WAY,
    PARAMETER,
    SWIFT,
    Needed,
    Rule,
    Text,
    cases_with_claims,
    country,
    expired_time_rule,
    part,
    show_both_sides,
    words,
)
from tests.apis.lesspay.rules.money import CURRENCIES, amount_rule, currency_rule, every_currency, not_an_amount
from tests.rules.breaks import Break, edit

INFO = "beneficiary.beneficiary_info"
DESTINATION = "beneficiary.destination"
BANK = f"{DESTINATION}.bank"
CODES = f"{BANK}.bank_codes"
CRYPTO = f"{DESTINATION}.crypto_wallet"
WALLET = f"{DESTINATION}.e_wallet"
BENEFICIARIES = "dialects/lesspay/values/beneficiaries.py"


def free(path: str, kept: str, **more: Any) -> Text:
    """Any text; what it is kept as."""
    return Text(path=path, kept=kept, body=TO_BANK, **more)


def of_person(name: str, **more: Any) -> Text:
    return free(f"{INFO}.{name}", f"details.{name}", **more)


def of_bank(name: str, **more: Any) -> Text:
    return free(f"{BANK}.{name}", f"details.bank.{name}", **more)


def bank_code(name: str, **more: Any) -> Text:
    kept = f"details.bank_codes.{name}"
    return free(f"{CODES}.{name}", kept, content="NUMBER", unseen=ACCOUNT, **more)


ONE_NAME = f"{INFO}.name or first_name and last_name are required"
NO_NAME = edit(
    BENEFICIARIES, 'if not info.has("name") and not (info.has("first_name") and info.has("last_name")):', "if False:"
)
ONE_NUMBER = f"{BANK}.account_number or iban is required"
NO_NUMBER = edit(
    BENEFICIARIES, 'if not bank.has("account_number") and not bank.has("iban"):', "if False:", within="_read_bank"
)
ONE_KEY = f"{WALLET}.account_number or deposit_key is required"
NO_KEY = edit(
    BENEFICIARIES,
    'if not wallet.has("account_number") and not wallet.has("deposit_key"):',
    "if False:",
    within="_read_e_wallet",
)
IBAN_RULE = f"{BANK}.iban must be a valid IBAN, in upper case and without blanks"
TAX_RULE = f"{INFO}.tax_id must be a valid CPF or CNPJ where BRL is paid"
ADDRESS_RULE = f"{CRYPTO}.wallet_address must be an address of the network in network"
PIX = {
    f"{WALLET}.ewallet_provider": "PIX",
    f"{WALLET}.account_type": "cpf",
    f"{WALLET}.account_number": "11144477735",
}

ORDER = [
    free(
        "request_id",
        "claim.reference",
        longest=64,
        needed=True,
        also_taken=(({}, "order.reference", "SP-20260105-0001"),),
    ),
    free(
        "way_code",
        "memo.way_code",
        longest=64,
        needed=Needed(("way_type",), ONE_WAY, NO_WAY),
        also_taken=(({"way_code": "w" * 64}, "order.channel", "w" * 64),),
    ),
    free(
        "way_type",
        "memo.way_type",
        longest=64,
        needed=Needed(("way_code",), ONE_WAY, NO_WAY),
        also_taken=(({"way_code": GONE}, "order.channel", "BANK_TRANSFER"),),
    ),
    free("product_name", "memo.product_name", content="REMARK"),
    free("description", "memo.description", content="REMARK"),
    free("purpose", "memo.purpose"),
    free(
        "notify_url",
        "memo.notify_url",
        form=NOTIFY_RULE,
        good=("http://h/" + "x" * 246, "https://merchant.example/n?a=1", "HTTP://127.0.0.1:65535/a", "http://[::1]/"),
        wrong=(
            "ftp://h/",
            "h/n",
            "https://",
            "https://ann@h/",
            "https://h:65536/",
            "https://é.example/",
            "http://a b/",
        ),
    ),
    words(
        "beneficiary.beneficiary_type",
        "payee.holder",
        TO_BANK,
        ("individual", "business"),
        ("Individual", "person"),
        code=HOLDER,
        needed=True,
    ),
]
PERSON = [
    free(
        f"{INFO}.name",
        "payee.name",
        needed=Needed((f"{INFO}.first_name",), ONE_NAME, NO_NAME),
        absent="Liza Reyes",
    ),
    of_person("first_name", needed=Needed((f"{INFO}.name",), ONE_NAME, NO_NAME)),
    of_person("last_name", needed=Needed((f"{INFO}.name",), ONE_NAME, NO_NAME)),
    of_person(
        "email",
        form="must be an e-mail address",
        good=("a@b.co", "a" * 250 + "@b.co"),
        wrong=("a", "a@b", "@b.co", "a b@c.co", "a@b@c.co"),
    ),
    of_person(
        "phone.calling_code",
        content="NUMBER",
        form="must be 1 to 5 digits without +",
        good=("1", "12345"),
        wrong=("123456", "+63", "6a"),
    ),
    of_person(
        "phone.number",
        content="NUMBER",
        form="must be 1 to 20 digits",
        good=("9", "9" * 20),
        wrong=("9" * 21, "+639170000002", "917-000"),
    ),
    country(f"{INFO}.address.country", "details.address.country", TO_BANK),
    *(of_person(f"address.{name}") for name in ("state", "city", "postal_code", "line1", "line2")),
    of_person(
        "tax_id",
        content="NUMBER",
        strict=tuple(
            ({f"{INFO}.tax_id": wrong, "currency": "BRL"}, PARAMETER, TAX_RULE) for wrong in ("1", "111.444.777-34")
        ),
    ),
    country(f"{INFO}.nationality", "details.nationality", TO_BANK),
    of_person("national_id", content="NUMBER"),
    of_person(
        "date_of_birth",
        form="must be a date, YYYY-MM-DD or DD-MM-YYYY",
        good=("1991-03-07", "2000-02-29"),
        also_taken=(({f"{INFO}.date_of_birth": "07-03-1991"}, "details.date_of_birth", "1991-03-07"),),
        wrong=("1991-02-29", "1991-13-01", "91-03-07", "1991-3-7", "1991/03/07", "1991-03-07T00:00"),
        form_forgotten=edit(BENEFICIARIES, "if born and not _is_date(born):", "if False:"),
    ),
]
TO = [
    free(
        f"{DESTINATION}.type",
        "payee.destination",
        form="must be one of bank, bank_account, crypto_wallet, ewallet",
        good=("bank",),
        wrong=("BANK", "e_wallet", "crypto", "card"),
        needed=True,
        also_taken=(
            ({f"{DESTINATION}.type": "bank_account"}, "payee.destination", "bank"),
            ({DESTINATION: at(TO_WALLET, DESTINATION)}, "payee.destination", "wallet"),
            ({DESTINATION: at(TO_CRYPTO, DESTINATION)}, "payee.destination", "crypto"),
        ),
    ),
    words(
        f"{BANK}.account_type",
        "details.bank.account_type",
        TO_BANK,
        ("savings", "checking", "payment"),
        ("Savings", "current"),
    ),
    country(
        f"{BANK}.country",
        "details.bank.country",
        TO_BANK,
        also_taken=(
            ({f"{BANK}.country": "JP"}, "payee.country", "JP"),
            ({f"{BANK}.country": GONE}, "payee.country", "PH"),
        ),
    ),
    of_bank("bank_province"),
    of_bank("bank_city"),
    of_bank("bank_name", also_taken=(({}, "payee.bank_name", "BDO Unibank"),)),
    of_bank(
        "account_number",
        longest=64,
        code=ACCOUNT,
        content="NUMBER",
        needed=Needed((f"{BANK}.iban",), ONE_NUMBER, NO_NUMBER),
        also_taken=(({f"{BANK}.account_number": "9" * 64}, "payee.account_number", "9" * 64),),
    ),
    of_bank(
        "iban",
        longest=64,
        code=ACCOUNT,
        content="NUMBER",
        needed=Needed((f"{BANK}.account_number",), ONE_NUMBER, NO_NUMBER),
        also_taken=(({f"{BANK}.account_number": GONE}, "payee.account_number", "GB82WEST12345698765432"),),
        strict=tuple(
            ({f"{BANK}.iban": wrong}, ACCOUNT, IBAN_RULE)
            for wrong in ("GB82WEST12345698765433", "gb82WEST12345698765432")
        ),
    ),
    bank_code(
        "swift_code",
        also_taken=(({}, "payee.swift_code", "BNORPHMM"),),
        **SWIFT,
    ),
    *(bank_code(name) for name in ("ifsc_code", "aba_code", "sort_code", "branch_code", "bsb_code", "cnaps")),
    bank_code("bank_code", also_taken=(({}, "payee.bank_code", "SMBP"),)),
    of_bank("purpose_code"),
    of_bank("branch_name"),
]
OTHER_WAYS = [
    Text(
        path=f"{CRYPTO}.wallet_address",
        kept="payee.account_number",
        body=TO_CRYPTO,
        longest=64,
        code=ACCOUNT,
        content="NUMBER",
        needed=True,
        strict=(
            (
                {f"{CRYPTO}.wallet_address": TRON[:-1]},
                ACCOUNT,
                f"{CRYPTO}.wallet_address must be an address of the network in network",
            ),
        ),
    ),
    words(
        f"{CRYPTO}.network",
        "details.crypto_wallet.network",
        TO_CRYPTO,
        ("TRC20", "ERC20", "BEP20"),
        ("trc20", "SOL"),
        needed=True,
    ),
    Text(
        path=f"{WALLET}.ewallet_provider",
        kept="details.e_wallet.ewallet_provider",
        body=TO_WALLET,
        needed=True,
        also_taken=(({}, "payee.destination", "wallet"),),
    ),
    Text(
        path=f"{WALLET}.account_number",
        kept="details.e_wallet.account_number",
        body=TO_WALLET,
        longest=64,
        code=ACCOUNT,
        content="NUMBER",
        needed=Needed((f"{WALLET}.deposit_key",), ONE_KEY, NO_KEY),
        also_taken=(({f"{WALLET}.account_number": "9" * 64}, "payee.account_number", "9" * 64),),
    ),
    words(
        f"{WALLET}.account_type",
        "details.e_wallet.account_type",
        TO_WALLET,
        ("cpf", "cnpj", "email", "phone", "random"),
        ("CPF", "evp"),
        also_refused=(
            (
                {f"{WALLET}.ewallet_provider": "PIX", f"{WALLET}.account_type": GONE},
                PARAMETER,
                f"{WALLET}.account_type is required for PIX",
            ),
        ),
    ),
    Text(
        path=f"{WALLET}.deposit_key",
        kept="details.e_wallet.deposit_key",
        body=TO_WALLET,
        longest=64,
        code=ACCOUNT,
        content="NUMBER",
        needed=Needed((f"{WALLET}.account_number",), ONE_KEY, NO_KEY),
        also_taken=(({f"{WALLET}.account_number": GONE}, "payee.account_number", "09170000003"),),
        also_refused=(
            (
                PIX | {f"{WALLET}.deposit_key": "11144477736"},
                ACCOUNT,
                f"{WALLET}.deposit_key must equal account_number for PIX",
            ),
        ),
    ),
]

MORE_DECIMALS_THAN_IT_HAS = tuple(
    ({"currency": codes.split()[0], "amount": f"1.{'0' * (decimals + 1)}"}, AMOUNT, f"amount {not_an_amount(decimals)}")
    for decimals, codes in CURRENCIES.items()
)


def forgotten(what: str) -> Break:
    """The object need not be there."""
    return edit(BENEFICIARIES, f'.object("{what}")', f'.object("{what}", required=False)')


PARTS = [
    part("beneficiary", "payee.holder", "individual", TO_BANK, forgotten("beneficiary")),
    part(INFO, "payee.name", "Liza Santos", TO_BANK, forgotten("beneficiary_info")),
    part(DESTINATION, "payee.destination", "bank", TO_BANK, forgotten("destination")),
    part(BANK, "payee.account_number", "1234567890123", TO_BANK, forgotten("bank")),
    part(CRYPTO, "payee.account_number", TRON, TO_CRYPTO, forgotten("crypto_wallet")),
    part(WALLET, "payee.account_number", "09170000002", TO_WALLET, forgotten("e_wallet")),
    part(
        f"{INFO}.phone",
        "details.phone.number",
        "9170000002",
        TO_BANK,
        edit(BENEFICIARIES, '("phone", schema.PHONE_FIELDS), ', ""),
        optional=True,
    ),
    part(
        f"{INFO}.address",
        "details.address.city",
        "Cebu City",
        TO_BANK,
        edit(BENEFICIARIES, '("address", schema.ADDRESS_FIELDS)', ""),
        optional=True,
    ),
    part(
        CODES,
        "payee.bank_code",
        "SMBP",
        TO_BANK,
        edit(BENEFICIARIES, 'if bank.has("bank_codes"):', "if False:"),
        optional=True,
    ),
]

RULES = [
    amount_rule("amount", TO_BANK, also_refused=MORE_DECIMALS_THAN_IT_HAS),
    currency_rule(TO_BANK, every_currency("amount")),
    expired_time_rule(TO_BANK, 1),
    *PARTS,
    *(text.rule() for text in (*ORDER, *PERSON, *TO, *OTHER_WAYS)),
]


@pytest.mark.parametrize("rule", cases_with_claims(f"request POST {CREATE}", RULES))
def test_a_field_of_a_payout_is_kept_up_to_its_limit_and_refused_past_it(rule: Rule) -> None:
    show_both_sides(CREATE, rule)
