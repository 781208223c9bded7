"""Good bodies of UQPAY with all fields of each endpoint among them, and what its limits are computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from outlay.dialects.uqpay.schema import SHAPES
from outlay.wire.problems import Fault
from outlay.wire.sizes import Shape
from tests.apis.strategies import Body
from tests.apis.uqpay.desk import BODIES, asked, content_of, request

SHORT_TEXTS = frozenset({"bank_country_code", "currency", "payout_currency"})
SAMPLES: Mapping[str, tuple[Sequence[Body], Shape]] = {
    endpoint: ([body], SHAPES[endpoint.removeprefix("POST ")]) for endpoint, body in BODIES.items()
}


def take(endpoint: str, body: Body) -> None:
    content = content_of(asked(endpoint, request(endpoint, body=body)))
    assert not isinstance(content, Fault), content
