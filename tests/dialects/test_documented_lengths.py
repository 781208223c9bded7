"""The limit of a route is computed from the fields that its reader asks for: none is left out, and none is counted
shorter than it may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from outlay.dialects.lesspay import schema as lesspay
from outlay.dialects.teemopay.inbound import transactions
from outlay.dialects.teemopay.tables.countries import COUNTRIES
from outlay.dialects.teemopay.values import orders as teemopay
from outlay.dialects.uqpay import schema as uqpay
from outlay.wire.fields import FieldReader
from outlay.wire.sizes import Items, Shape, text
from tests.apis.found import part_of
from tests.apis.teemopay.orders import WAYS, order_in
from tests.apis.teemopay.rules.desk import SPAN

lesspay_desk = part_of("lesspay", "rules.desk")
teemopay_desk = part_of("teemopay", "rules.desk")
uqpay_desk = part_of("uqpay", "desk")

Asked = dict[str, int]
"""For each field that a reader asked for, by its path, the characters that it takes of a text; 0 of anything else."""
SHORT_TEXTS = {
    "amount", "total_amount", "payout_amount", "currency", "payout_currency", "date_of_birth", "merchantOrderNo",
    "bank_country_code", "transaction_type", "pageIndex", "type", "sign",
}  # fmt: skip
"""Read as texts, and held by other rules to a few characters of ASCII."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    noted: Asked = {}

    def noting(name: str) -> None:
        method = getattr(FieldReader, name)

        def noted_and_done(reader: FieldReader, field: str, *args: Any, **said: Any) -> Any:
            path = _path(reader._path + field)
            free = name == "text" and not said.get("choices") and not said.get("pattern") and field not in SHORT_TEXTS
            noted[path] = max(noted.get(path, 0), said.get("longest", 255) if free else 0)
            return method(reader, field, *args, **said)

        monkeypatch.setattr(FieldReader, name, noted_and_done)

    for name in ("text", "integer", "object", "raw", "has"):
        noting(name)
    return noted


def _path(path: str) -> str:
    """Of any item of an array."""
    return path.partition("[")[0] + "[]" + path.partition("]")[2] if "[" in path else path


def members(shape: Shape, path: str = "") -> Iterator[tuple[str, int]]:
    for name, value in shape.items():
        yield path + name, value if isinstance(value, int) else 0
        if isinstance(value, Items):
            yield from members(value.shape, f"{path}{name}[].")
        elif isinstance(value, Mapping):
            yield from members(value, f"{path}{name}.")


def see_all_counted(asked: Asked, shape: Shape) -> None:
    counted = dict(members(shape))
    assert asked
    assert set(asked) - set(counted) == set()
    short = {path for path, longest in asked.items() if longest and counted[path] < text(longest)}
    assert short == set()


LESSPAY = {
    lesspay.CREATE_PATH: [
        lesspay_desk.TO_BANK, lesspay_desk.TO_CRYPTO, lesspay_desk.TO_WALLET, lesspay_desk.TO_PIX,
    ],
    lesspay.BATCH_PATH: [lesspay_desk.BANKS_BATCH, lesspay_desk.WALLETS_BATCH, lesspay_desk.CRYPTO_BATCH],
    lesspay.QUERY_PATH: [{"request_id": "A"}, {"pay_order_id": "PO1"}],
    lesspay.BANKS_PATH: [{"bank_country_code": "PH", "currency": "PHP", "way_code": "W"}],
    lesspay.BALANCE_PATH: [{"currency": "PHP", "way_code": "W"}],
}  # fmt: skip


@pytest.mark.parametrize("path", LESSPAY)
def test_every_field_that_lesspay_reads_is_counted_in_the_limit_of_its_path(asked: Asked, path: str) -> None:
    for body in LESSPAY[path]:
        lesspay_desk.asked(path, body)
    see_all_counted(asked, lesspay.SHAPES[path])


@pytest.mark.parametrize("country", WAYS)
def test_every_field_that_teemopay_reads_is_counted_in_the_limit_of_its_path(asked: Asked, country: str) -> None:
    for way in WAYS[country]:
        teemopay_desk.created(country, order_in(country, way, reference="A"))
    [shape] = [each for each, code in zip(teemopay.CREATE_SHAPES, COUNTRIES, strict=True) if code == country]
    see_all_counted(asked, shape)


def test_every_field_of_teemopays_list_and_query_is_counted(asked: Asked) -> None:
    credential = teemopay_desk.credential_in("BR")
    more = {"pageIndex": "x", "pageSize": 5, "status": 1}
    teemopay_desk.asked(teemopay_desk.signed("BR", teemopay_desk.LIST, {**SPAN, **more}), credential)
    see_all_counted(asked, transactions.LIST_SHAPE)
    asked.clear()
    teemopay_desk.asked(teemopay_desk.signed("BR", teemopay_desk.QUERY, {"merchantOrderNo": "A"}), credential)
    see_all_counted(asked, teemopay.QUERY_SHAPE)


@pytest.mark.parametrize("endpoint", uqpay_desk.BODIES)
def test_every_field_that_uqpay_reads_is_counted_in_the_limit_of_its_path(asked: Asked, endpoint: str) -> None:
    uqpay_desk.content_of(uqpay_desk.posted(endpoint))
    see_all_counted(asked, uqpay.SHAPES[endpoint.partition(" ")[2]])
