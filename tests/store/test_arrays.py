"""Columns of rows arrive in PostgreSQL as they were, whatever their texts are made of."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from outlay.store.arrays import JSON, arrays, slots, to_json
from tests.support.world import World

HOSTILE = [
    "",
    " ",
    "null",
    "NULL",
    "{}",
    '{"a",b}',
    ",",
    '"',
    "\\",
    "\\\\",
    '\\"',
    "\\n",
    "\\u0041",
    "\n\t\r\b\f",
    "\x01\x1e\x1f\x7f",
    "ação 支付 \U0001f4b8 \u2028",
    "'; drop table payouts; --",
    "$1 {rows}",
]


async def _there_and_back(plain_world: World, kind: str, values: list[Any], as_type: str) -> list[Any]:
    sql = f"select each::{as_type} as each from unnest({slots((kind,))}) with ordinality as t(each, ord) order by ord"
    return [
        row["each"]
        for row in await plain_world.runtime.database.fetch(sql, *arrays((kind,), [(value,) for value in values]))
    ]


@pytest.mark.parametrize("text", HOSTILE)
async def test_a_text_arrives_as_it_was_beside_one_that_needs_no_care(plain_world: World, text: str) -> None:
    values = ["plain", text, None, text]
    assert await _there_and_back(plain_world, "text", values, "text") == values


async def test_hostile_texts_arrive_as_they_were_together_and_inside_of_json(plain_world: World) -> None:
    assert await _there_and_back(plain_world, "text", HOSTILE, "text") == HOSTILE
    documents = [to_json({text: text}) for text in HOSTILE]
    assert await _there_and_back(plain_world, JSON, [*documents, None], "text") == [*documents, None]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bigint", [0, -1, 2**63 - 1, -(2**63), None]),
        ("int", [0, -(2**31), 2**31 - 1, None]),
        ("boolean", [True, False, None]),
        ("uuid", [UUID(int=0), UUID(int=2**128 - 1), None]),
        ("bytea", [b"", b"\\x00\x00\xff", None]),
    ],
)
async def test_every_other_kind_arrives_as_it_was(plain_world: World, kind: str, values: list[Any]) -> None:
    assert await _there_and_back(plain_world, kind, values, kind) == values


async def test_what_no_column_can_hold_is_refused_and_never_cut_or_changed(plain_world: World) -> None:
    for kind, value in (("text", "a\x00b"), ("bigint", 2**63), ("int", 2**31)):
        with pytest.raises(asyncpg.DataError):
            await _there_and_back(plain_world, kind, ["fine" if kind == "text" else 1, value], kind)
    with pytest.raises(UnicodeEncodeError):
        await _there_and_back(plain_world, "text", ["\ud800"], "text")


async def test_many_columns_come_back_as_the_rows_that_they_were(plain_world: World) -> None:
    kinds = ("text", "bigint", JSON)
    rows = [("a", 1, '{"n":"\\n"}'), ("b\n", None, None), (None, 3, "[]")]
    sql = f"select * from unnest($1::int[], {slots(kinds, first=2)})"
    found = await plain_world.runtime.database.fetch(sql, [1, 2, 3], *arrays(kinds, rows))
    assert [tuple(row) for row in found] == [(1, *rows[0]), (2, *rows[1]), (3, *rows[2])]
