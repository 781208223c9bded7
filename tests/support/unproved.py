"""Calls without a proof, for tests that speak of what comes after it."""

from __future__ import annotations

from outlay.kit.jsontext import parse_object
from outlay.wire.dialect import Call, Verified


def as_if_proved(call: Call, most_values: int = 100_000) -> Call:
    """The call as the gateway hands it on once it is proved."""
    raw = call.request.body
    return call.proved(Verified(body=parse_object(raw, most_values=most_values) if raw else {}))
