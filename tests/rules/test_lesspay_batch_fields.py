"""Every field of a batch: kept as it came up to its limit, refused past it with its code and whole words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dialects.test_lesspay_headers import BATCH, NOW_MS
from tests.rules.breaks import Break, edit, number
from tests.rules.lesspay_desk import BANKS_BATCH, CRYPTO_BATCH, GONE, TRON, WALLETS_BATCH, Body
from tests.rules.lesspay_fields import (
    ACCOUNT,
    HOLDER,
    NOTHING,
    PARAMETER,
    TOTAL,
    TWICE,
    Needed,
    Rule,
    Text,
    cases,
    country,
    part,
    show_both_sides,
    words,
)
from tests.rules.lesspay_money import CURRENCIES, amount_rule, currency_rule, smallest

DETAILS = "payout_order_details"
ONE = f"{DETAILS}[0]"
WALLET = f"{ONE}.e_wallet"
BATCHES, READING, SCHEMA = "dialects/lesspay/batch.py", "dialects/lesspay/reading.py", "dialects/lesspay/schema.py"


def of_order(name: str, **more: Any) -> Text:
    return Text(path=name, kept=f"memo.{name}", body=BANKS_BATCH, **more)


def of_detail(name: str, kept: str, **more: Any) -> Text:
    return Text(path=f"{ONE}.{name}", kept=kept, body=BANKS_BATCH, **more)


def of_wallet(name: str, kept: str, **more: Any) -> Text:
    return Text(path=f"{WALLET}.{name}", kept=kept, body=WALLETS_BATCH, **more)


ONE_WAY = "way_code or way_type is required"
NO_WAY = edit(READING, 'if not reader.has("way_code") and not reader.has("way_type"):', "if False:")
ONE_KEY = f"{WALLET}.account_number or deposit_key is required"
NO_KEY = edit(BATCHES, 'if not wallet.has("account_number") and not wallet.has("deposit_key"):', "if False:")
NOTIFY_RULE = (
    "must be an http or https URL in ASCII (a host of other letters as xn--...), without a name or password in it"
)
NETWORK_RULE = "transaction_network must be one of TRC20, ERC20, BEP20 for a crypto_wallet"
ADDRESS_RULE = f"{ONE}.bank_account_no must be an address of the network in transaction_network"
SUM_RULE = "total_amount must equal the sum of the amounts of payout_order_details"
KINDS = ("bank", "crypto_wallet", "ewallet")
KINDS_RULE = f"must be one of {', '.join(KINDS)}"
IS_BANK_OF_WALLETS = (PARAMETER, f"{WALLET} is required")

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
    of_order("transaction_network"),
]
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
        also_taken=(
            ({f"{ONE}.destination_type": "bank", "destination_type": "card"[:0]}, "payee.destination", "bank"),
        ),
        also_refused=(({f"{ONE}.destination_type": "ewallet"}, *IS_BANK_OF_WALLETS),),
    ),
    of_detail(
        "bank_account_no",
        "payee.account_number",
        longest=64,
        code=ACCOUNT,
        content="NUMBER",
        needed=True,
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
        form="must be 8 or 11 letters and digits",
        good=("BNORPHMM", "BNORPHMMXXX"),
        wrong=("BNORPHM", "BNORPHMM1", "BNORPHMMXX", "BNORPHMMXXXX", "BNORPH-M"),
    ),
]
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
    words(
        f"{WALLET}.deposit_key_type",
        "details.e_wallet.deposit_key_type",
        WALLETS_BATCH,
        ("random", "pix_key", "upi_handle", "phone"),
        ("cpf", "Random"),
    ),
    of_wallet(
        "deposit_key",
        "details.e_wallet.deposit_key",
        needed=Needed((f"{WALLET}.account_number",), ONE_KEY, NO_KEY),
        also_taken=(({f"{WALLET}.account_number": GONE}, "payee.account_number", "09170000003"),),
        **NUMBER,
    ),
]
