"""Of two refusals that apply to one request, which one is told? The one that docs/refusals.md has first: tried over
HTTP for every pair that one request can provoke, at every endpoint that makes something.

The order is read from the document, so it is the document that is tested. Where the proof, a repeat and what is wrong
with the fields stand between the refusals, it says in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apis.found import parts_of
from tests.e2e.refusal_provocations import BODY, FIELDS, NONCE, PROOF, REPEAT, Provocation, Table, is_told, play
from tests.e2e.refusal_situations import Place, at
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "refusals.md"
TABLES: list[Table] = [table for part in parts_of("refused").values() for table in part.TABLES]
ASKED_ABOUT = {"PAYOUT_NOT_FOUND", "TRANSFER_NOT_FOUND"}
"""Told to who asks: no endpoint that makes something meets them."""
_ROW = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)


@pytest.fixture(scope="module")
def place(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with at(outlay, tmp_path_factory.mktemp("keys")) as made:
        yield made


def documented() -> list[str]:
    """The refusals as the document orders them, in its first table."""
    _, _, rest = DOCUMENT.read_text("utf-8").partition("## Refusals")
    return _ROW.findall(rest.partition("\n## ")[0])


def order_of(table: Table) -> list[str]:
    """All steps, as they come at this endpoint."""
    steps = [PROOF, NONCE, *documented()]
    steps.insert(steps.index("ACCOUNT_NOT_FOUND") + 1, REPEAT)
    if BODY in {each.step for each in table.provocations}:
        steps.insert(steps.index("REFERENCE_ELSEWHERE") + 1, BODY)
    steps.insert(steps.index(table.fields_after) + 1, FIELDS)
    return steps


def rows(pairs: bool) -> list[object]:
    return [
        pytest.param(table, names, id=f"{table.endpoint.name}: {', '.join(each.name for each in names)}")
        for table in TABLES
        for names in (table.tried() if pairs else ((each,) for each in table.provocations))
    ]


@pytest.mark.parametrize(("table", "alone"), rows(pairs=False))
def test_each_is_told_where_nothing_else_is_wrong(place: Place, table: Table, alone: tuple[Provocation]) -> None:
    told, [expected] = play(place, table, alone)
    assert is_told(told, expected), (told, expected)


@pytest.mark.parametrize(("table", "pair"), rows(pairs=True))
def test_of_two_that_apply_the_earlier_one_is_told(
    place: Place, table: Table, pair: tuple[Provocation, Provocation]
) -> None:
    steps = order_of(table)
    told, alone = play(place, table, pair)
    _, expected = min(zip(pair, alone, strict=True), key=lambda each: steps.index(each[0].step))
    assert is_told(told, expected), (told, expected)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.endpoint.name)
def test_a_request_with_nothing_wrong_is_carried_out(place: Place, table: Table) -> None:
    (status, made, text), _ = play(place, table, ())
    assert (status, text) == (200, ""), made


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.endpoint.name)
def test_every_step_and_every_pair_is_tried_or_named_as_impossible(table: Table) -> None:
    steps = {each.step for each in table.provocations}
    assert steps.isdisjoint(table.never)
    assert steps | set(table.never) == set(order_of(table)) - ASKED_ABOUT
    pairs = {frozenset(each.name for each in pair) for pair in table.pairs()}
    assert set(table.not_together) <= pairs
    assert len(pairs) == len(list(table.tried())) + len(table.not_together)


def test_the_document_still_has_the_order_in_its_first_table() -> None:
    names = documented()
    assert names[0] == "ACCOUNT_NOT_FOUND"
    assert len(names) == len(set(names))
    assert set(names) > ASKED_ABOUT
