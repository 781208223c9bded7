"""Which rows of UQPAY's table one exchange exercised."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from tests.coverage.exchange import Exchange, answered_fields, answered_headers, fields_of, sent_fields, sent_headers

# The documented paths; the first that fits counts.
_PATHS = (
    "POST /api/v1/connect/token",
    "POST /api/v2/payment/payout/create",
    "GET /api/v2/payment/payout",
    "GET /api/v2/payment/payout/{payout_id}",
    "GET /api/v2/payment/balances",
    "GET /api/v2/payment/balances/{currency}",
    "POST /api/v2/payment/bankaccount/create",
    "GET /api/v2/payment/bankaccount",
    "GET /api/v2/payment/bankaccount/{id}",
    "POST /api/v2/payment/bankaccount/{id}",
    "POST /api/v1/transfer",
    "GET /api/v1/transfer",
    "GET /api/v1/transfer/{id}",
    "GET /api/v1/accounts",
    "GET /api/v1/accounts/{id}",
)
_FORMS = [(path, re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))) for path in _PATHS]
_CREATE = "POST /api/v2/payment/payout/create"
_STATUS_FIELDS = ("payout_status", "account_status", "transfer_status", "status", "verification_status")
_VALUES = {
    "POST /api/v2/payment/bankaccount/create": ("bank_code_type",),
    "GET /api/v2/payment/payout": ("payout_status",),
}
_EXPONENT = re.compile(rb'"payout_amount"\s*:\s*[0-9.]+[eE]')
_ENVELOPES = {("type", "code", "message"): "A", ("code", "message"): "B", ("error",): "gateway"}


def observe(exchange: Exchange) -> set[str]:
    seen = {f"http {exchange.status}"} | answered_headers(exchange)
    document = exchange.answered()
    if document is None:
        return seen | {"shape undocumented"}
    if exchange.status == 200:
        return seen | _accepted(exchange, document)
    return seen | _refused(document)


def endpoint_of(exchange: Exchange) -> str:
    asked = f"{exchange.method} {exchange.path}"
    return next((path for path, form in _FORMS if form.fullmatch(asked)), asked)


def _refused(document: Mapping[str, Any]) -> set[str]:
    shape = _ENVELOPES.get(tuple(document), "undocumented")
    seen = {f"shape {shape}"}
    match shape:
        case "A":
            seen |= {f"code {document['type']} {document['code']}", f"code {document['type']}"}
        case "B":
            seen |= {f"code {document['code']}", f"text {document['code']} {document['message']}"}
        case "gateway":
            seen.add(f"code error {document['error']}")
        case _:
            pass
    return seen


def _accepted(exchange: Exchange, document: Mapping[str, Any]) -> set[str]:
    endpoint, asked = endpoint_of(exchange), exchange.asked()
    sent = {**exchange.query, **asked}
    seen = {f"endpoint {endpoint}"} | sent_headers(exchange) | sent_fields(endpoint, sent)
    seen |= {f"header {exchange.method} {name}" for name in exchange.headers}
    seen |= {f"value {endpoint} {name} {sent[name]}" for name in _VALUES.get(endpoint, ()) if name in sent}
    seen |= _forms(endpoint, exchange, sent)
    seen |= answered_fields(endpoint, document)
    for path, value in fields_of(document):
        name = path.removeprefix("data[].")
        if name in _STATUS_FIELDS:
            seen.add(f"status {name} {value}")
    return seen


def _forms(endpoint: str, exchange: Exchange, sent: Mapping[str, Any]) -> set[str]:
    """What is documented to be accepted in more than one form."""
    seen = set()
    if endpoint.endswith("/connect/token"):
        seen.add(f"form {endpoint} {'with' if exchange.body else 'without'} a body")
        seen |= {f"claim {name}" for name in _claims(exchange)}
    if endpoint == _CREATE:
        seen.add(f"form {endpoint} payout_amount as {'text' if isinstance(sent['payout_amount'], str) else 'number'}")
        if _EXPONENT.search(exchange.body):
            seen.add(f"form {endpoint} payout_amount with an exponent")
        if account := sent.get("payout_account_id"):
            seen.add(f"form {endpoint} payout_account_id {'long' if '-' in str(account) else 'short'}")
    for name in ("start_time", "end_time"):
        if name in sent:
            seen.add(f"form {endpoint} {name} as {'date' if len(str(sent[name])) == 10 else 'date-time'}")
    if endpoint == "GET /api/v1/transfer" and (currency := sent.get("currency")):
        seen.add(f"form {endpoint} currency {'several' if ',' in str(currency) else 'one'}")
    return seen | _header_forms(exchange)


def _header_forms(exchange: Exchange) -> set[str]:
    seen = set()
    if "x-on-behalf-of" in exchange.headers:
        addressed = exchange.headers["x-on-behalf-of"].strip()
        seen.add(f"form x-on-behalf-of {('long' if '-' in addressed else 'short') if addressed else 'empty'}")
    if token := exchange.headers.get("x-auth-token"):
        seen.add(f"form x-auth-token {'Bearer' if token.lower().startswith('bearer ') else 'bare'}")
    return seen


def _claims(exchange: Exchange) -> Mapping[str, Any]:
    """What the token of an answer says, as the official clients read it."""
    document = exchange.answered() or {}
    _, claims, _ = str(document["auth_token"]).split(".")
    read: dict[str, Any] = json.loads(b64decode(claims + "=" * (-len(claims) % 4), altchars=b"-_"))
    return read
