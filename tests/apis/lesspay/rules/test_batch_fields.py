"""Every field of a batch: kept as it came up to its limit, refused past it with its code and whole words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.apis.lesspay.desk import BATCH
from tests.apis.lesspay.rules.desk import (
    BANKS_BATCH,
    CRYPTO_BATCH,
    GONE,
    ONE_BANK_BATCH,
    TRON,
    WALLETS_BATCH,
    Changes,
    at,
    changed,
)
from tests.apis.lesspay.rules.fields import (
    ACCOUNT,
    HOLDER,
    NO_WAY,
    NOTHING,
    NOTIFY_RULE,
    ONE_WAY,
    PARAMETER,
    SWIFT,
    TOTAL,
    TWICE,
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
from tests.apis.lesspay.rules.money import amount_rule, currency_rule, every_currency
from tests.rules.breaks import edit

DETAILS = "payout_order_details"
ONE = f"{DETAILS}[0]"
WALLET = f"{ONE}.e_wallet"
BATCHES, SCHEMA = (f"dialects/lesspay/{name}.py" for name in ("values/batches", "schema"))


def of_order(name: str, **more: Any) -> Text:
    return Text(path=name, kept=f"memo.{name}", body=BANKS_BATCH, **more)


def of_detail(name: str, kept: str, **more: Any) -> Text:
    return Text(path=f"{ONE}.{name}", kept=kept, body=BANKS_BATCH, **more)


def of_wallet(name: str, kept: str, **more: Any) -> Text:
    return Text(path=f"{WALLET}.{name}", kept=kept, body=WALLETS_BATCH, **more)


ONE_KEY = f"{WALLET}.account_number or deposit_key is required"
NO_KEY = edit(BATCHES, 'if not wallet.has("account_number") and not wallet.has("deposit_key"):', "if False:")
NETWORK_RULE = "transaction_network must be one of TRC20, ERC20, BEP20 for a crypto_wallet"
ADDRESS_RULE = f"{ONE}.bank_account_no must be an address of the network in transaction_network"
SUM_RULE = "total_amount must equal the sum of the amounts of payout_order_details"
KINDS = ("bank", "crypto_wallet", "ewallet")
KINDS_RULE = f"must be one of {', '.join(KINDS)}"
OWN_KINDS = {f"{DETAILS}[{n}].destination_type": "bank" for n in (0, 1)} | {"destination_type": "ewallet"}
IS_BANK_OF_WALLETS = (PARAMETER, f"{WALLET} is required")

CRYPTO = {"destination_type": "crypto_wallet", DETAILS: at(CRYPTO_BATCH, DETAILS)}

ORDER = [
    Text(path="request_id", kept="claim.reference", body=BANKS_BATCH, longest=64, needed=True),
    of_order(
        "way_code",
        longest=64,
        needed=Needed(("way_type",), ONE_WAY, NO_WAY),
        also_taken=(({"way_code": "w" * 64}, "all.channel", ("w" * 64,) * 2),),
    ),
    of_order(
        "way_type",
        longest=64,
        needed=Needed(("way_code",), ONE_WAY, NO_WAY),
        also_taken=(({"way_code": GONE}, "all.channel", ("BANK_TRANSFER",) * 2),),
    ),
    Text(
        path="destination_type",
        kept="payee.destination",
        body=BANKS_BATCH,
        form=KINDS_RULE,
        good=("bank",),
        wrong=("BANK", "bank_account", "card"),
        absent="bank",
        also_refused=(({"destination_type": "ewallet"}, *IS_BANK_OF_WALLETS),),
    ),
    of_order(
        "notify_url",
        form=NOTIFY_RULE,
        good=("http://h/" + "x" * 246, "https://merchant.example/n?a=1"),
        wrong=("ftp://h/", "h/n", "https://", "https://ann@h/", "https://h:65536/"),
    ),
    of_order("product_name", content="REMARK"),
    of_order("description", content="REMARK"),
    of_order(
        "transaction_network",
        also_taken=tuple(
            (CRYPTO | {"transaction_network": network}, "details.crypto_wallet.network", network)
            for network in ("TRC20", "ERC20", "BEP20")
        ),
        also_refused=tuple(
            (CRYPTO | {"transaction_network": other}, PARAMETER, NETWORK_RULE) for other in (GONE, "", "trc20", "SOL")
        ),
    ),
]


def changed_crypto(address: Any) -> Changes:
    """A batch to crypto wallets, the first of them at this address."""
    batch = changed(CRYPTO_BATCH, {f"{ONE}.bank_account_no": address})
    return CRYPTO | {DETAILS: at(batch, DETAILS)}


IN_DETAIL = [
    of_detail(
        "mch_order_id",
        "order.reference",
        longest=64,
        needed=True,
        also_taken=(({}, "all.reference", ("SAL-001", "SAL-002")),),
        also_refused=(
            ({f"{ONE}.mch_order_id": "SAL-002"}, TWICE, f"{DETAILS}[1].mch_order_id must be unique in the batch"),
        ),
    ),
    of_detail(
        "destination_type",
        "payee.destination",
        form=KINDS_RULE,
        good=("bank",),
        wrong=("BANK", "bank_account", "card"),
        absent="bank",
        also_taken=((OWN_KINDS, "payee.destination", "bank"),),
        also_refused=(({f"{ONE}.destination_type": "ewallet"}, *IS_BANK_OF_WALLETS),),
    ),
    of_detail(
        "bank_account_no",
        "payee.account_number",
        longest=64,
        code=ACCOUNT,
        content="NUMBER",
        needed=True,
        also_taken=((CRYPTO, "payee.account_number", TRON),),
        also_refused=((changed_crypto(GONE), ACCOUNT, f"{ONE}.bank_account_no is required"),),
        strict=((changed_crypto(TRON[:-1]), ACCOUNT, ADDRESS_RULE),),
    ),
    of_detail("bank_account_name", "payee.name", needed=True),
    words(
        f"{ONE}.bank_account_type",
        "payee.holder",
        BANKS_BATCH,
        ("individual", "business"),
        ("Individual", "person"),
        code=HOLDER,
        needed=True,
    ),
    of_detail("bank_name", "payee.bank_name", needed=True),
    country(f"{ONE}.bank_country_code", "payee.country", BANKS_BATCH, needed=True),
    of_detail(
        "bank_swift_code",
        "payee.swift_code",
        content="NUMBER",
        unseen=ACCOUNT,
        **SWIFT,
    ),
]
PIX = {f"{WALLET}.provider": "PIX"}
PIX_RULE = f"{WALLET}.deposit_key_type must be one of random, phone, pix_key for PIX"
EVPS = dict.fromkeys((f"{WALLET}.account_number", f"{WALLET}.deposit_key"), "7d9f0335-8dcc-4054-9bf9-0dbd61d36906")
NUMBER = {"longest": 64, "code": ACCOUNT, "content": "NUMBER"}
IN_WALLET = [
    of_wallet("account_name", "payee.name", needed=True),
    words(
        f"{WALLET}.account_type",
        "payee.holder",
        WALLETS_BATCH,
        ("individual", "business"),
        ("Individual", "cpf"),
        code=HOLDER,
        needed=True,
    ),
    of_wallet(
        "account_number",
        "details.e_wallet.account_number",
        needed=Needed((f"{WALLET}.deposit_key",), ONE_KEY, NO_KEY),
        also_taken=(({f"{WALLET}.account_number": "9" * 64}, "payee.account_number", "9" * 64),),
        **NUMBER,
    ),
    of_wallet("provider", "details.e_wallet.provider", needed=True, also_taken=(({}, "payee.destination", "wallet"),)),
    of_wallet(
        "deposit_key_type",
        "details.e_wallet.deposit_key_type",
        form="must be one of random, pix_key, upi_handle, phone",
        good=("random", "phone"),
        wrong=("cpf", "Random"),
        also_refused=(
            (PIX | {f"{WALLET}.deposit_key_type": GONE}, PARAMETER, f"{WALLET}.deposit_key_type is required for PIX"),
            (PIX | {f"{WALLET}.deposit_key_type": "upi_handle"}, PARAMETER, PIX_RULE),
        ),
    ),
    of_wallet(
        "deposit_key",
        "details.e_wallet.deposit_key",
        needed=Needed((f"{WALLET}.account_number",), ONE_KEY, NO_KEY),
        also_taken=(({f"{WALLET}.account_number": GONE}, "payee.account_number", "09170000003"),),
        also_refused=(
            (
                PIX | EVPS | {f"{WALLET}.deposit_key": "7d9f0335-8dcc-4054-9bf9-0dbd61d36907"},
                ACCOUNT,
                f"{WALLET}.deposit_key must equal account_number for PIX",
            ),
        ),
        **NUMBER,
    ),
]


def of_size(count: int) -> Changes:
    """So many details of 0.01 each."""
    one = at(BANKS_BATCH, ONE)
    details = [one | {"mch_order_id": f"S-{number}", "amount": "0.01"} for number in range(count)]
    return {DETAILS: details, "total_amount": f"{count / 100:.2f}"}


COUNT_RULE = f"{DETAILS} must have 1 to 1000 items"
MANY = Rule(
    row=DETAILS,
    body=BANKS_BATCH,
    taken=tuple((of_size(count), "all.amount_minor", (1,) * count) for count in (1, 1000)),
    refused=(
        *((of_size(count), PARAMETER, COUNT_RULE) for count in (0, 1001)),
        *(({DETAILS: nothing}, PARAMETER, f"{DETAILS} is required") for nothing in NOTHING),
        *(({DETAILS: other}, PARAMETER, f"{DETAILS} must be an array") for other in ({}, "x", 7)),
        *(({f"{DETAILS}[1]": other}, PARAMETER, f"{DETAILS}[1] must be an object") for other in (None, "x", [])),
    ),
    breaks=(
        edit(SCHEMA, "1000", "1001", within="DETAILS_MOST"),
        edit(SCHEMA, "1000", "999", within="DETAILS_MOST"),
        edit(BATCHES, "if not reader.has(_DETAILS):", "if False:"),
    ),
)
TOTAL_AMOUNT = amount_rule(
    "total_amount",
    ONE_BANK_BATCH,
    together=(f"{ONE}.amount",),
    also_refused=tuple(({"total_amount": other}, TOTAL, SUM_RULE) for other in ("1000.01", "999.99", "100000")),
)
NO_SUM = edit(BATCHES, "sum(amounts) != total_minor", "False")

RULES = [
    msgspec.structs.replace(TOTAL_AMOUNT, breaks=(NO_SUM, *TOTAL_AMOUNT.breaks)),
    amount_rule(f"{ONE}.amount", ONE_BANK_BATCH, together=("total_amount",)),
    currency_rule(ONE_BANK_BATCH, every_currency("total_amount", f"{ONE}.amount")),
    expired_time_rule(BANKS_BATCH, 2),
    MANY,
    part(
        WALLET,
        "payee.account_number",
        "09170000002",
        WALLETS_BATCH,
        edit(BATCHES, 'detail.object("e_wallet")', 'detail.object("e_wallet", required=False)'),
    ),
    *(text.rule() for text in (*ORDER, *IN_DETAIL, *IN_WALLET)),
]


@pytest.mark.parametrize("rule", cases_with_claims(f"request POST {BATCH}", RULES))
def test_a_field_of_a_batch_is_kept_up_to_its_limit_and_refused_past_it(rule: Rule) -> None:
    show_both_sides(BATCH, rule)
