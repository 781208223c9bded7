"""A good body with every field, and what the limit of its path is computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from outlay.core.payout import Order
from outlay.dialects.harbour.schema import ORDER
from outlay.wire.sizes import Shape
from tests.apis.harbour.documented import create
from tests.apis.harbour.rules.desk import outcome
from tests.apis.strategies import Body

SHORT_TEXTS = frozenset({"amount"})
SAMPLES: Mapping[str, tuple[Sequence[Body], Shape]] = {
    "POST /harbour/v1/payouts": ([create("R-1", "10.00").body or {}], ORDER)
}


def take(_endpoint: str, body: Body) -> None:
    making = create("R-1", "10.00")
    making.body = body
    assert isinstance(outcome(making), Order)
