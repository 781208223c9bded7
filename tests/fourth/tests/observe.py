"""Which rows one exchange exercised."""

from __future__ import annotations

from tests.apis.harbour.rows import GET, POST
from tests.coverage.exchange import Exchange, answered_fields, answered_headers, sent_fields, sent_headers


def observe(exchange: Exchange) -> set[str]:
    seen = answered_headers(exchange)
    answered = exchange.answered() or {}
    if exchange.status != 200:
        error = answered.get("error", {})
        return seen | answered_fields("error", answered) | {f"code {exchange.status} {error.get('code')}"}
    endpoint = POST if exchange.method == "POST" else GET
    seen |= {f"endpoint {endpoint}", f"status payout status {answered.get('status')}"} | sent_headers(exchange)
    return seen | answered_fields("payout", answered) | sent_fields(endpoint, exchange.asked())
