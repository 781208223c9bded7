"""The longest body of each of LessPay's endpoints, with every field that its documents have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.apis.software import new_reference
from tests.e2e.longest import Longest, visible, wide
from tests.e2e.merchants import Merchant
from tests.e2e.raw_http import Call

DETAILS = 1_000
_TEXTS = ("name", "first_name", "last_name", "tax_id", "national_id")
_ADDRESS = {name: wide(255) for name in ("state", "city", "postal_code", "line1", "line2")} | {"country": "BR"}
_PERSON = {
    **{name: wide(255) for name in _TEXTS},
    "email": wide(253, "a@b") + ".c",
    "nationality": "BR",
    "date_of_birth": "1991-03-07",
    "phone": {"calling_code": "12345", "number": "1" * 20},
    "address": _ADDRESS,
}
_CODES = ("ifsc_code", "aba_code", "sort_code", "branch_code", "bsb_code", "bank_code", "cnaps")
_BANK = {
    "account_type": "checking",
    "country": "BR",
    **{name: wide(255) for name in ("bank_province", "bank_city", "bank_name", "purpose_code", "branch_name")},
    "account_number": wide(64),
    "iban": wide(64),
    "bank_codes": {"swift_code": "BNORPHMMXXX", **{name: wide(255) for name in _CODES}},
}
_DESTINATION = {
    "type": "bank_account",
    "bank": _BANK,
    "e_wallet": {
        "ewallet_provider": wide(255),
        "account_number": wide(64),
        "deposit_key": wide(64),
        "account_type": "random",
    },
    "crypto_wallet": {"wallet_address": wide(64), "network": "TRC20"},
}


def _order() -> dict[str, Any]:
    return {
        "request_id": wide(64, new_reference()),
        "currency": "BRL",
        "way_code": wide(64),
        "way_type": wide(64),
        "product_name": wide(255),
        "description": wide(255),
        "expired_time": 3_153_600_000,
        "notify_url": visible(255),
        "transaction_type": "payout",
    }


def _create(merchant: Merchant) -> Call:
    beneficiary = {"beneficiary_type": "individual", "beneficiary_info": _PERSON, "destination": _DESTINATION}
    body = {**_order(), "amount": "1000000000.99", "purpose": wide(255), "beneficiary": beneficiary}
    return merchant.lesspay.call(merchant.lesspay.CREATE, body)


def _batch(merchant: Merchant) -> Call:
    detail = {
        "amount": "1000000.99",
        "destination_type": "ewallet",
        "bank_account_no": wide(64),
        "bank_account_name": wide(255),
        "bank_account_type": "individual",
        "bank_name": wide(255),
        "bank_country_code": "BR",
        "bank_swift_code": "BNORPHMMXXX",
        "e_wallet": {
            "account_name": wide(255),
            "account_type": "individual",
            "provider": wide(255),
            "account_number": wide(64),
            "deposit_key_type": "random",
            "deposit_key": wide(64),
        },
    }
    details = [{"mch_order_id": wide(64, f"{place:04}"), **detail} for place in range(DETAILS)]
    body = {
        **_order(),
        "total_amount": "1000000990.00",
        "destination_type": "crypto_wallet",
        "transaction_network": wide(255),
        "payout_order_details": details,
    }
    return merchant.lesspay.call(merchant.lesspay.BATCH, body)


def _query(merchant: Merchant) -> Call:
    ordered = merchant.lesspay.create(json.loads(_create(merchant).body))
    ids = {name: ordered[name] for name in ("request_id", "pay_order_id")}
    return merchant.lesspay.call(merchant.lesspay.QUERY, {**ids, "transaction_type": "payout"})


def _banks(merchant: Merchant) -> Call:
    asked = {"bank_country_code": "BR", "currency": "USDT", "way_code": wide(64), "transaction_type": "payout"}
    return merchant.lesspay.call(merchant.lesspay.BANKS, asked)


def _balance(merchant: Merchant) -> Call:
    asked = {"currency": "USDT", "way_code": wide(64), "transaction_type": "payout"}
    return merchant.lesspay.call(merchant.lesspay.BALANCE, asked)


LONGEST: Mapping[str, Longest] = {
    "POST /api/global/payout/create-order": Longest(_create, fills=0.75),
    "POST /api/global/payout/batch/create-order": Longest(_batch, fills=0.9),
    "POST /api/global/payout/query": Longest(_query),
    "POST /api/global/payout/bank": Longest(_banks),
    "POST /api/global/payout/balance": Longest(_balance),
}
