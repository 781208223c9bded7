"""Which rows of LessPay's table one exchange exercised."""

from __future__ import annotations

import re
from typing import Any

from tests.coverage.exchange import Exchange, answered_fields, answered_headers, fields_of, sent_fields, sent_headers

ENVELOPE = ["code", "msg", "data", "encryptData", "sign"]
_STATUS_FIELDS = ("order_status", "details[].status", "details[].audit_state")
_SINGLE, _BATCH = "POST /api/global/payout/create-order", "POST /api/global/payout/batch/create-order"
# Fields whose documented values are rows of their own.
_VALUES = {
    _SINGLE: (
        "way_code",
        "way_type",
        "beneficiary.beneficiary_type",
        "beneficiary.destination.type",
        "beneficiary.destination.bank.account_type",
        "beneficiary.destination.crypto_wallet.network",
        "beneficiary.destination.e_wallet.account_type",
    ),
    _BATCH: (
        "destination_type",
        "payout_order_details[].destination_type",
        "payout_order_details[].bank_account_type",
        "payout_order_details[].e_wallet.account_type",
        "payout_order_details[].e_wallet.deposit_key_type",
    ),
}
_CRYPTO = ("USDT", "USDC", "BTC", "ETH")
_DATE_FORMS = {r"\d{4}-\d\d-\d\d": "YYYY-MM-DD", r"\d\d-\d\d-\d{4}": "DD-MM-YYYY"}


def observe(exchange: Exchange) -> set[str]:
    seen = {f"http {exchange.status}"} | answered_headers(exchange)
    envelope = exchange.answered()
    if envelope is None or list(envelope) != ENVELOPE:
        return seen | {"shape undocumented"}
    code, data = envelope["code"], envelope["data"]
    seen |= {f"code {code}", f"text {code} {envelope['msg']}"}
    seen |= answered_fields("envelope", {name: value for name, value in envelope.items() if name != "data"})
    seen.add("shape error" if data is None else "shape success, a list" if isinstance(data, list) else "shape success")
    if exchange.status == 200 and code == 0:
        seen |= _accepted(exchange, data)
    return seen


def _accepted(exchange: Exchange, data: Any) -> set[str]:
    endpoint, asked = f"{exchange.method} {exchange.path}", exchange.asked()
    seen = {f"endpoint {endpoint}"} | sent_headers(exchange) | sent_fields(endpoint, asked)
    fields = list(fields_of(asked))
    seen |= {f"value {endpoint} {path} {value}" for path, value in fields if path in _VALUES.get(endpoint, ())}
    seen |= {f"value currency {asked['currency']}"} if asked.get("currency") in _CRYPTO else set()
    for form, name in _DATE_FORMS.items():
        if any(path.endswith("date_of_birth") and re.fullmatch(form, str(value)) for path, value in fields):
            seen.add(f"value date_of_birth {name}")
    seen |= answered_fields(endpoint, data)
    return seen | {f"status {path} {value}" for path, value in fields_of(data) if path in _STATUS_FIELDS}
