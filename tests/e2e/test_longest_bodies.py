"""The longest valid body of every route over real HTTP, each character of it an escape, blanks up to the very limit:
it is accepted. One byte more is too large.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import pytest

from outlay.dialects import all_dialects
from tests.apis.found import all_names
from tests.apis.software import new_reference
from tests.apis.teemopay.orders import order_in
from tests.apis.teemopay.periods import period
from tests.apis.uqpay.calls import bank_account, transfer
from tests.e2e.limits import longest_body
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.raw_http import Call, send
from tests.e2e.scene import is_accepted
from tests.e2e.server import Server
from tests.support.spelling import spelt_out

pytestmark = pytest.mark.slow

DETAILS = 1_000
URL = "https://merchant.example/"
TOO_LARGE = {"lesspay": 413, "teemopay": 414, "uqpay": 413}


def wide(characters: int, first: str = "") -> str:
    """A text of so many characters, all but `first` of two UTF-16 code units; of letters, which are good everywhere."""
    return first + "\U00020000" * (characters - len(first))


def visible(characters: int) -> str:
    return URL + "a" * (characters - len(URL))


# -- LessPay ----------------------------------------------------------------------------------------------------------

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


def lesspay_create(merchant: Merchant) -> Call:
    beneficiary = {"beneficiary_type": "individual", "beneficiary_info": _PERSON, "destination": _DESTINATION}
    body = {**_order(), "amount": "1000000000.99", "purpose": wide(255), "beneficiary": beneficiary}
    return merchant.lesspay.call(merchant.lesspay.CREATE, body)


def lesspay_batch(merchant: Merchant) -> Call:
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


def lesspay_query(merchant: Merchant) -> Call:
    ordered = merchant.lesspay.create(json.loads(lesspay_create(merchant).body))
    ids = {name: ordered[name] for name in ("request_id", "pay_order_id")}
    return merchant.lesspay.call(merchant.lesspay.QUERY, {**ids, "transaction_type": "payout"})


def lesspay_banks(merchant: Merchant) -> Call:
    asked = {"bank_country_code": "BR", "currency": "USDT", "way_code": wide(64), "transaction_type": "payout"}
    return merchant.lesspay.call(merchant.lesspay.BANKS, asked)


def lesspay_balance(merchant: Merchant) -> Call:
    asked = {"currency": "USDT", "way_code": wide(64), "transaction_type": "payout"}
    return merchant.lesspay.call(merchant.lesspay.BALANCE, asked)


# -- TeemoPay ---------------------------------------------------------------------------------------------------------


def teemopay_create(merchant: Merchant) -> Call:
    texts = {"realName": wide(255), "bankCode": wide(50), "bankName": wide(50), "callbackUrl": visible(200)}
    person = {"idType": "CNPJ", "idCardNumber": "11222333000181"}
    body = order_in("BR", amount="10000000.99", reference=new_reference().ljust(32, "0"), **texts, **person)
    return merchant.teemopay.call(merchant.teemopay.CREATE, body)


def teemopay_query(merchant: Merchant) -> Call:
    reference = new_reference().ljust(32, "0")
    merchant.teemopay.create(order_in("BR", amount="1.00", reference=reference))
    return merchant.teemopay.call(merchant.teemopay.QUERY, {"merchantOrderNo": reference})


def teemopay_balance(merchant: Merchant) -> Call:
    return merchant.teemopay.call(merchant.teemopay.BALANCE, {})


def teemopay_list(merchant: Merchant) -> Call:
    return merchant.teemopay.call(merchant.teemopay.LIST, {**period(), "pageSize": "1000", "status": "1"})


# -- UQPAY ------------------------------------------------------------------------------------------------------------

_BANK_TEXTS = {"account_number": wide(60), "bank_name": wide(255), "bank_address": wide(255)}


def uqpay_create(merchant: Merchant) -> Call:
    texts = {"statement_descriptor": wide(15), "internal_note": wide(255), "payout_account_id": merchant.account_id}
    return merchant.uqpay.call(merchant.uqpay.CREATE, merchant.uqpay.order("10000000.99", **texts), key=str(uuid4()))


def uqpay_bank_account_create(merchant: Merchant) -> Call:
    code = {"bank_code_type": "cnaps_number", "bank_code_value": "1" * 12, "bank_branch_code": "1" * 20}
    where = {"swift_code": "BKCHCNBJXXX", "bank_country_code": "CN"}
    return merchant.uqpay.call(
        merchant.uqpay.BANK_ACCOUNT_CREATE, bank_account("CNH", **where, **code, **_BANK_TEXTS), key=str(uuid4())
    )


def uqpay_bank_account_update(merchant: Merchant) -> Call:
    made = merchant.uqpay.post(merchant.uqpay.BANK_ACCOUNT_CREATE, json.loads(uqpay_bank_account_create(merchant).body))
    target = f"{merchant.uqpay.BANK_ACCOUNTS}/{made['id']}"
    return uqpay_bank_account_create(merchant).but(target=target)


def uqpay_transfer(merchant: Merchant) -> Call:
    [other] = [each["account_id"] for each in merchant.uqpay.get(merchant.uqpay.ACCOUNTS)["data"]]
    body = transfer(merchant.account_id, other, "10000000.99", reason=wide(255))
    return merchant.uqpay.call(merchant.uqpay.TRANSFERS, body, key=str(uuid4()))


LONGEST: Mapping[str, Callable[[Merchant], Call]] = {
    "POST /api/global/payout/create-order": lesspay_create,
    "POST /api/global/payout/batch/create-order": lesspay_batch,
    "POST /api/global/payout/query": lesspay_query,
    "POST /api/global/payout/bank": lesspay_banks,
    "POST /api/global/payout/balance": lesspay_balance,
    "POST /api/pay/payout/create/v1": teemopay_create,
    "POST /api/pay/payout/query/v1": teemopay_query,
    "POST /api/pay/merchant/balance": teemopay_balance,
    "POST /api/pay/transaction/queryList": teemopay_list,
    "POST /api/v2/payment/payout/create": uqpay_create,
    "POST /api/v2/payment/bankaccount/create": uqpay_bank_account_create,
    "POST /api/v2/payment/bankaccount/{id}": uqpay_bank_account_update,
    "POST /api/v1/transfer": uqpay_transfer,
    "POST /api/v1/connect/token": lambda merchant: merchant.uqpay.token_call().but(body=b"{}"),
}
FULL = {"POST /api/global/payout/create-order": 0.75, "POST /api/global/payout/batch/create-order": 0.9}
"""What share of the limit the fields take by themselves; elsewhere most of it is spare."""


@pytest.fixture(scope="module")
def merchant(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    folder = tmp_path_factory.mktemp("keys")
    made = open_merchant(outlay, folder, dialects=all_names(), funds={"BRL": "9000000000000.00"})
    outlay.cli("account", "create", "Kopi", "--country", "BR", "--parent", made.account_id)
    return made


def test_every_route_that_takes_a_body_is_tried() -> None:
    routes = [route for dialect in all_dialects().values() for route in dialect.routes]
    assert set(LONGEST) == {f"{route.method} {route.path}" for route in routes if route.method == "POST"}


@pytest.mark.parametrize("endpoint", LONGEST)
def test_the_longest_body_that_is_documented_is_accepted_and_one_byte_above_the_limit_is_not(
    outlay: Server, merchant: Merchant, endpoint: str
) -> None:
    call = LONGEST[endpoint](merchant)
    limit = longest_body(call)
    written = spelt_out(json.loads(call.body))
    assert FULL.get(endpoint, 0) * limit <= len(written) <= limit
    api = {"global": "lesspay", "pay": "teemopay"}.get(endpoint.split("/")[2], "uqpay")
    refused = send(outlay.base_url, call.but(body=written.ljust(limit + 1)))
    assert (refused.status, refused.json()["code"]) == (413, TOO_LARGE[api])
    for chunked in (True, False):
        if chunked and api == "teemopay":
            continue  # its nonce is good for one call
        again = LONGEST[endpoint](merchant) if chunked else call
        body = spelt_out(json.loads(again.body)).ljust(limit)
        answer = send(outlay.base_url, again.but(body=body, chunked=chunked))
        assert is_accepted(api, answer), answer


@pytest.mark.parametrize("path", ["/api/v2/payment/payout", "/api/v2/payment/balances", "/api/v1/accounts"])
def test_a_route_that_reads_no_body_takes_a_small_one(outlay: Server, merchant: Merchant, path: str) -> None:
    call = merchant.uqpay.call(path)
    limit = longest_body(call)
    assert limit == 4_096
    assert is_accepted("uqpay", send(outlay.base_url, call.but(body=b"{}".ljust(limit))))
    assert send(outlay.base_url, call.but(body=b"{}".ljust(limit + 1))).status == 413
