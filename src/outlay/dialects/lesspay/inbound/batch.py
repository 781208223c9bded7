"""A batch of payouts (`batch/create-order`), ordered whole or not at all."""

from __future__ import annotations

from typing import Final

from outlay.core.asks import Made, OrderBatch, WholeOrder
from outlay.dialects.lesspay.envelope import write_made
from outlay.dialects.lesspay.signing import SignedBody
from outlay.dialects.lesspay.values.batches import read_batch
from outlay.dialects.lesspay.values.content import claim_of
from outlay.dialects.lesspay.values.fields import read_reference
from outlay.dialects.lesspay.values.orders import order_object
from outlay.kit.secret import Secret
from outlay.wire.dialect import Asked, Context, Credential, Now
from outlay.wire.message import Response
from outlay.wire.problems import Fault

OPERATION: Final = "batch"
"""Batches share the key space of `request_id` with single payouts (decision)."""


def read(sent: SignedBody, credential: Credential[Secret], now: Now) -> Asked[Made[WholeOrder], Fault | None] | Fault:
    """The fields of 4.2. A Fault only where `request_id` itself is wrong: every other fault must wait until it is known
    that the reference is new, and so is the echo of an empty ask."""
    reference = read_reference(sent.fields)
    if isinstance(reference, Fault):
        return reference
    orders = read_batch(sent.fields, now.here_ms, strict=credential.account.checks_destinations)
    claim = claim_of(reference, OPERATION, sent)
    if isinstance(orders, Fault):
        return Asked(OrderBatch(claim, None), orders)
    return Asked(OrderBatch(claim, orders), None)


def write(answer: Made[WholeOrder], wrong: Fault | None, context: Context[Secret]) -> Response | Fault:
    return write_made(answer, wrong, context, order_object)
