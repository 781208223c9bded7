"""Bodies of LessPay's batches: the documented example, changed in one place or another, and what is read from each."""

from __future__ import annotations

import copy
import json
from typing import Any

from outlay.core.asks import OrderBatch
from outlay.core.beneficiary import Beneficiary
from outlay.core.payout import Order
from outlay.kit.secret import Secret
from outlay.wire.dialect import Asked, Credential
from outlay.wire.problems import Fault
from tests.apis.lesspay.desk import BATCH, CREDENTIAL, asked

Body = dict[str, Any]
DETAILS = "payout_order_details"
GONE = ...
CONTROL = "a\u0007b"
TRON = "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC"
HEX = "0x52908400098527886E0F7030069857D2E4169EE7"

# The documented example.
EXAMPLE: Body = json.loads(
    """{"request_id":"BATCH-20260105-07","currency":"PHP","total_amount":"1500.75","way_code":"TAZAPAY_PAYOUT",
 "destination_type":"bank","notify_url":"https://merchant.example/lesspay/notify","payout_order_details":[
 {"mch_order_id":"SAL-001","amount":"1000.00","bank_account_no":"001234567890","bank_account_name":"Juan dela Cruz",
  "bank_account_type":"individual","bank_name":"BDO Unibank","bank_country_code":"PH","bank_swift_code":"BNORPHMM"},
 {"mch_order_id":"SAL-002","amount":"500.75","bank_account_no":"998877665544","bank_account_name":"Ana Reyes",
  "bank_account_type":"individual","bank_name":"BPI","bank_country_code":"PH","bank_swift_code":"BOPIPHMM"}]}"""
)
JUAN, ANA = EXAMPLE[DETAILS]
WALLET: Body = {
    "account_name": "Ana Reyes",
    "account_type": "individual",
    "account_number": "09170000002",
    "provider": "GCash",
}


def with_field(name: str, value: Any) -> Body:
    body = copy.deepcopy(EXAMPLE) | {name: value}
    return {name: value for name, value in body.items() if value is not GONE}


def with_detail(name: str, value: Any, body: Body = EXAMPLE, place: int = 1) -> Body:
    changed = copy.deepcopy(body)
    *parents, last = name.split(".")
    where = changed[DETAILS][place]
    for parent in parents:
        where = where[parent]
    where.pop(last, None)
    if value is not GONE:
        where[last] = value
    return changed


def of_details(details: list[Any], total: str, **fields: Any) -> Body:
    return copy.deepcopy(EXAMPLE) | {DETAILS: details, "total_amount": total} | fields


def of_wallet(**changes: Any) -> Body:
    wallet = {name: value for name, value in (WALLET | changes).items() if value is not GONE}
    return of_details([{"mch_order_id": "A", "amount": "1", "e_wallet": wallet}], "1", destination_type="ewallet")


def of_key(provider: str, kind: Any, key: str, **changes: Any) -> Body:
    wallet = {"provider": provider, "deposit_key_type": kind, "deposit_key": key, "account_number": GONE}
    return of_wallet(**(wallet | changes))


def of_crypto(network: Any, address: Any) -> Body:
    detail = {"mch_order_id": "A", "amount": "1", "bank_account_no": address}
    return of_details([detail], "1", destination_type="crypto_wallet", transaction_network=network, currency="USDT")


def of_size(count: int) -> Body:
    return of_details(
        [JUAN | {"mch_order_id": f"S-{n}", "amount": "1.01"} for n in range(count)], f"{1.01 * count:.2f}"
    )


def batch_of(body: Body, credential: Credential[Secret] = CREDENTIAL) -> tuple[OrderBatch, Fault | None]:
    """The ask, and what is wrong with its fields: one or the other."""
    question = asked(BATCH, body, credential)
    assert isinstance(question, Asked), question
    ask, wrong = question.ask, question.echo
    assert isinstance(ask, OrderBatch)
    assert (ask.orders is None) is isinstance(wrong, Fault)
    return ask, wrong


def ask_of(body: Body) -> OrderBatch:
    return batch_of(body)[0]


def orders_of(body: Body, credential: Credential[Secret] = CREDENTIAL) -> tuple[Order, ...]:
    ask, wrong = batch_of(body, credential)
    assert ask.orders is not None, wrong
    return ask.orders


def fault_of(body: Body, credential: Credential[Secret] = CREDENTIAL) -> Fault:
    """The fault that waits until the reference is known to be new."""
    _, wrong = batch_of(body, credential)
    assert isinstance(wrong, Fault), "it was taken"
    assert wrong.status == 200
    return wrong


def code_of(body: Body, credential: Credential[Secret] = CREDENTIAL) -> int | str:
    return fault_of(body, credential).code


def payee_of(body: Body) -> Beneficiary:
    return orders_of(body)[0].beneficiary
