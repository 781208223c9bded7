"""The longest body of each of UQPAY's endpoints, with every field that its documents have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import uuid4

from tests.apis.uqpay.calls import bank_account, transfer
from tests.e2e.longest import Longest, wide
from tests.e2e.merchants import Merchant
from tests.e2e.raw_http import Call

_BANK_TEXTS = {"account_number": wide(60), "bank_name": wide(255), "bank_address": wide(255)}


def _create(merchant: Merchant) -> Call:
    texts = {"statement_descriptor": wide(15), "internal_note": wide(255), "payout_account_id": merchant.account_id}
    return merchant.uqpay.call(merchant.uqpay.CREATE, merchant.uqpay.order("10000000.99", **texts), key=str(uuid4()))


def _bank_account_create(merchant: Merchant) -> Call:
    code = {"bank_code_type": "cnaps_number", "bank_code_value": "1" * 12, "bank_branch_code": "1" * 20}
    where = {"swift_code": "BKCHCNBJXXX", "bank_country_code": "CN"}
    return merchant.uqpay.call(
        merchant.uqpay.BANK_ACCOUNT_CREATE, bank_account("CNH", **where, **code, **_BANK_TEXTS), key=str(uuid4())
    )


def _bank_account_update(merchant: Merchant) -> Call:
    made = merchant.uqpay.post(merchant.uqpay.BANK_ACCOUNT_CREATE, json.loads(_bank_account_create(merchant).body))
    target = f"{merchant.uqpay.BANK_ACCOUNTS}/{made['id']}"
    return _bank_account_create(merchant).but(target=target)


def _transfer(merchant: Merchant) -> Call:
    [other] = [each["account_id"] for each in merchant.uqpay.get(merchant.uqpay.ACCOUNTS)["data"]]
    body = transfer(merchant.account_id, other, "10000000.99", reason=wide(255))
    return merchant.uqpay.call(merchant.uqpay.TRANSFERS, body, key=str(uuid4()))


LONGEST: Mapping[str, Longest] = {
    "POST /api/v2/payment/payout/create": Longest(_create),
    "POST /api/v2/payment/bankaccount/create": Longest(_bank_account_create),
    "POST /api/v2/payment/bankaccount/{id}": Longest(_bank_account_update),
    "POST /api/v1/transfer": Longest(_transfer),
    "POST /api/v1/connect/token": Longest(lambda merchant: merchant.uqpay.token_call().but(body=b"{}")),
}
