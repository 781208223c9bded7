"""Which rows of TeemoPay's table one exchange exercised."""

from __future__ import annotations

from typing import Any

from tests.apis.teemopay.faults import AS_SENT
from tests.coverage.exchange import Exchange, answered_fields, answered_headers, fields_of, sent_fields, sent_headers

ENVELOPE = ["code", "data", "msg", "traceId"]
NOT_FOUND = {"success": "order not found", "traceId": "order not found, with a traceId"}
"""By the last of its three fields."""
CREATE = "POST /api/pay/payout/create/v1"
QUERY = "POST /api/pay/payout/query/v1"
_TRACKS = ("claveRastreo", "cepUrl")
_LIST = "POST /api/pay/transaction/queryList"
_VALUES = {_LIST: ("type", "status")}
_IN_A_COUNTRY = ("accountType", "idType")
_FRACTION_TEXT = "Amount must be an integer"


def observe(exchange: Exchange) -> set[str]:
    seen = {f"http {exchange.status}"} | answered_headers(exchange)
    envelope = exchange.answered()
    shape = "" if envelope is None else _shape_of(envelope)
    if envelope is None or not shape:
        return seen | {"shape undocumented"}
    code, data = envelope["code"], envelope.get("data")
    where = "not found" if shape in NOT_FOUND.values() else "envelope"
    seen |= answered_fields(where, {name: value for name, value in envelope.items() if name != "data"})
    seen.add(f"shape {shape}")
    seen |= {f"code {code}", f"text {code} {envelope['msg']}"}
    endpoint = f"{exchange.method} {exchange.path}"
    country = exchange.headers.get("country", "")
    if exchange.status == 200 and code == 200:
        return seen | _accepted(exchange, endpoint, data)
    if endpoint == QUERY and code in (400, 434):
        seen.add(f"country {country} not found")
    if endpoint == CREATE:
        seen.add(f"country {country} code {code}")
        if envelope["msg"] == _FRACTION_TEXT:
            seen.add(f"country {country} amount is an integer")
    return seen


def _shape_of(envelope: dict[str, Any]) -> str:
    """ "" where it is none of the documented ones."""
    if list(envelope) == ENVELOPE:
        return "error" if envelope["data"] is None else "success"
    *first, last = list(envelope)
    return NOT_FOUND.get(last, "") if first == ["code", "msg"] else ""


def _accepted(exchange: Exchange, endpoint: str, data: Any) -> set[str]:
    asked = exchange.asked()
    seen = {f"endpoint {endpoint}"} | sent_headers(exchange) | sent_fields(endpoint, asked)
    if endpoint == _LIST:
        seen |= {f"value {endpoint} {path} {value}" for path, value in fields_of(asked) if path in _VALUES[_LIST]}
        seen |= {f"form {endpoint} status as {type(asked['status']).__name__}"} if "status" in asked else set()
    seen |= _in_its_country(exchange, endpoint, asked, data)
    seen |= answered_fields(endpoint, data)
    for path, value in fields_of(data):
        if path in ("status", "records[].status"):
            seen.add(f"status {endpoint} {path} {value}")
        elif path == "errorCode" and value is not None:
            seen.add(f"failure {value}")
            seen.add(f"failure in {exchange.headers.get('country')} {value}")
        elif path == "refundDetails[].refundStatus":
            seen.add(f"status {endpoint} {path} {value}")
    return seen


def _in_its_country(exchange: Exchange, endpoint: str, asked: dict[str, Any], data: Any) -> set[str]:
    """Only what a create accepted there; the list of a country's own fields is in its rows."""
    country = exchange.headers.get("country", "")
    seen = {f"country {country} {endpoint}"}
    if endpoint == CREATE:
        seen |= {f"country {country} {name} {asked[name]}" for name in _IN_A_COUNTRY if asked.get(name)}
        seen |= {f"country {country} request {name}" for name, value in asked.items() if value and str(value).strip()}
        if isinstance(asked.get("accountType"), str):
            seen.add(f"country {country} accountType as text")
        # Only an amount whose two forms differ tells which one it is.
        if data["amount"] == asked["amount"] and not _has_two_decimals(asked["amount"]):
            seen.add(f"country {country} amount answered as sent")
        if country not in AS_SENT and _has_two_decimals(data["amount"]):
            seen.add(f"country {country} amount answered with two decimals")
    if endpoint == QUERY and country == "MX":
        seen |= {f"country {country} {name}" for name in _TRACKS if data[name] is not None}
    return seen


def _has_two_decimals(amount: str) -> bool:
    return amount[-3:-2] == "."
