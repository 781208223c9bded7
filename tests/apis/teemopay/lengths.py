"""Good bodies of TeemoPay with all fields of each endpoint among them, and what its limits are computed from. A create
has other fields in each country.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from outlay.dialects.teemopay.inbound.transactions import LIST_SHAPE
from outlay.dialects.teemopay.tables.countries import COUNTRIES
from outlay.dialects.teemopay.values.orders import CREATE_SHAPES, QUERY_SHAPE
from outlay.wire.sizes import Shape
from tests.apis.strategies import Body
from tests.apis.teemopay.orders import WAYS, order_in
from tests.apis.teemopay.rules import desk

SHORT_TEXTS = frozenset({"amount", "pageIndex"})
SAMPLES: Mapping[str, tuple[Sequence[Body], Shape]] = {
    f"POST {desk.QUERY}": ([{"merchantOrderNo": "A"}], QUERY_SHAPE),
    f"POST {desk.BALANCE}": ([{}], {}),
    f"POST {desk.LIST}": ([{**desk.SPAN, "pageSize": 5, "status": 1}], LIST_SHAPE),
    **{
        f"POST {desk.CREATE} {country}": ([order_in(country, way, reference="A") for way in WAYS[country]], shape)
        for country, shape in zip(COUNTRIES, CREATE_SHAPES, strict=True)
    },
}


def take(endpoint: str, body: Body) -> None:
    _, path, *countries = endpoint.split()
    [country] = countries or ["BR"]
    ask = desk.asked(desk.signed(country, path, body), desk.credential_in(country))
    assert not isinstance(ask, desk.No), ask
