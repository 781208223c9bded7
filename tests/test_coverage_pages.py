"""docs/coverage-*.md hold every documented row, each with a test that exists; and the comparison catches what it must.

Whether the named test exercises its row is seen by a whole run (`--coverage-pages=check`), not here.
"""

from __future__ import annotations

import ast
import json
from functools import cache
from pathlib import Path

import pytest

from tests.apis.found import all_rows
from tests.apis.lesspay.observe import observe
from tests.coverage import pages
from tests.coverage.exchange import Exchange
from tests.coverage.recorder import compared, running_test
from tests.coverage.rows import Api, Row, table
from tests.coverage.verdict import complaints, names
from tests.rules.breaks import SOURCES, edited
from tests.rules.collecting import all_claims, claiming_tests

TESTS = Path(__file__).parent

each_api = pytest.mark.parametrize("api", all_rows(), ids=lambda api: api.name)


@cache
def functions_of(file: str) -> set[str]:
    path = TESTS / file
    tree = ast.parse(path.read_text("utf-8")) if path.exists() else ast.Module([], [])
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@each_api
def test_the_rows_are_on_the_page_and_nothing_else_is(api: Api) -> None:
    page = pages.read(api)
    assert list(pages.cells_of(page)) == [row.id for row in api.rows]
    assert page == pages.write(api, pages.named_tests(page))


@pytest.mark.slow
@each_api
def test_every_rule_is_claimed_once_and_its_page_names_who_claims_it(api: Api) -> None:
    rules = sorted(row.id for row in api.rows if row.kind == "rule" and not row.absent)
    claimed = sorted(claim.row for claim in all_claims() if claim.api == api.name)
    assert set(rules) - set(claimed) == set(), "nobody claims these"
    assert [row for row in claimed if claimed.count(row) > 1] == []
    named = pages.named_tests(pages.read(api))
    assert {row: named[row] for row in claimed} == claiming_tests(api.name)


@pytest.mark.slow
@each_api
def test_whoever_claims_a_row_claims_one_that_is_served(api: Api) -> None:
    served = {row.id for row in api.rows if not row.absent}
    assert {claim.row for claim in all_claims() if claim.api == api.name} - served == set()


@pytest.mark.slow
def test_every_claim_tells_how_its_rule_would_be_broken() -> None:
    files = {how.file for claim in all_claims() for how in claim.breaks}
    sources = {file: (SOURCES / file).read_text("utf-8") for file in files}
    for claim in all_claims():
        for how in claim.breaks:
            assert edited(sources[how.file], how) != sources[how.file], claim.row


@pytest.mark.slow
def test_a_test_or_a_case_of_one_claims_one_row() -> None:
    nodes = [claim.node for claim in all_claims()]
    assert [node for node in set(nodes) if nodes.count(node) > 1] == []


@each_api
def test_no_row_stands_twice(api: Api) -> None:
    ids = [row.id for row in api.rows]
    assert sorted(ids) == sorted(set(ids))


@each_api
def test_every_served_row_names_a_test_that_exists(api: Api) -> None:
    named = pages.named_tests(pages.read(api))
    assert {row.id for row in api.rows if not row.absent} - named.keys() == set()
    missing = {}
    for row, test in named.items():
        file, _, function = test.partition("::")
        if function not in functions_of(file):
            missing[row] = test
    assert missing == {}


@each_api
def test_an_absent_row_says_why_and_names_no_test(api: Api) -> None:
    cells = pages.cells_of(pages.read(api))
    for row in api.rows:
        assert cells[row.id].startswith("absent: ") == bool(row.absent)


# -- controls: what the comparison must catch ------------------------------------------------------------------------

ENDPOINT = "POST /api/global/payout/balance"
TEST = "test_a.py::test_it"
SMALL = Api(
    name="lesspay",
    title="Small",
    left_out="nothing.",
    rows=(
        *table("Endpoints", "endpoint", f"{ENDPOINT}  docs"),
        *table(ENDPOINT, f"request {ENDPOINT}", "currency  docs"),
        *table(ENDPOINT, f"response {ENDPOINT}", "currency  docs\nwhen?  docs\nnever~  docs"),
        *table("Envelope", "response envelope", "code  docs\nmsg  docs\nencryptData~  docs\nsign~  docs"),
        *table("Shapes", "shape", "success  docs"),
        *table("Codes", "code", "0  docs\n30003  docs  ABSENT: for a reason"),
        *table("HTTP", "http", "200  docs"),
    ),
)
DATA = {"currency": "BRL", "when": "1767600000123", "never": None}


def exchange(data: object, code: int = 0, status: int = 200, path: str = "/api/global/payout/balance") -> Exchange:
    return Exchange(
        method="POST",
        target=path,
        headers={"content-type": "application/json"},
        body=b'{"currency":"BRL","way_code":" "}',
        status=status,
        answer_headers={},
        answer=json.dumps({"code": code, "msg": "SUCCESS", "data": data, "encryptData": "", "sign": ""}).encode(),
    )


def seen_in(*exchanges: Exchange) -> dict[str, set[str]]:
    """By a test that compares everything."""
    observed = {observation for each in exchanges for observation in observe(each)}
    return {name: {TEST} for observation in observed for name in (observation, compared(observation))}


def said_of(*exchanges: Exchange) -> list[str]:
    found = seen_in(*exchanges)
    return [" ".join(line.split()) for line in complaints(SMALL, found, names(SMALL, found, {}))]


def test_what_is_documented_and_exercised_is_nothing_to_complain_of() -> None:
    assert said_of(exchange(DATA)) == []
    assert said_of(exchange(DATA), exchange(DATA | {"when": None})) == []


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"currency": "BRL", "when": "1"}, f"never exercised response {ENDPOINT} never"),
        (DATA | {"when": None}, f"never exercised response {ENDPOINT} when"),
        (DATA | {"fee": "1.00"}, f"not documented response {ENDPOINT} fee in {TEST}"),
        (DATA | {"inner": [{"deep": 1}]}, f"not documented response {ENDPOINT} inner[].deep in {TEST}"),
    ],
)
def test_a_missing_and_an_undocumented_field_are_told(data: object, complaint: str) -> None:
    assert complaint in said_of(exchange(data))


@pytest.mark.parametrize(("value", "kind"), [(None, "null"), ("", "empty")])
def test_an_empty_field_that_is_never_documented_as_such_is_told(value: object, kind: str) -> None:
    said = said_of(exchange(DATA), exchange(DATA | {"currency": value}))
    assert said == [f"not documented {kind} response {ENDPOINT} currency in {TEST}"]


def test_a_row_that_is_absent_but_seen_is_told() -> None:
    said = said_of(exchange(DATA), exchange({}, code=30003))
    assert f"absent, but seen code 30003 in {TEST}" in said


@pytest.mark.parametrize(
    ("other", "complaint"),
    [
        (exchange({}, code=12345), "not documented code 12345"),
        (exchange(None, code=30003, status=418), "not documented http 418"),
        (exchange(DATA, path="/api/global/payout/other"), "not documented endpoint POST /api/global/payout/other"),
    ],
)
def test_an_undocumented_code_status_and_endpoint_are_told(other: Exchange, complaint: str) -> None:
    assert f"{complaint} in {TEST}" in said_of(exchange(DATA), other)


def test_a_blank_field_of_a_request_exercises_nothing() -> None:
    found = observe(exchange(DATA))
    assert f"request {ENDPOINT} currency" in found
    assert f"request {ENDPOINT} way_code" not in found
    assert f"request {ENDPOINT} currency" not in observe(exchange({}, code=30000))


def test_what_only_a_fixture_did_exercises_no_row() -> None:
    row = SMALL.rows[0]
    found = {observation: {""} for observation in observe(exchange(DATA))}
    assert f"never exercised    {row.id}" in complaints(SMALL, found, {})
    assert running_test() == ""


def test_a_page_that_names_a_test_which_no_longer_exercises_its_row_is_told() -> None:
    found = seen_in(exchange(DATA))
    stale = names(SMALL, found, {}) | {SMALL.rows[0].id: "test_a.py::test_another"}
    assert f"page out of date   {SMALL.rows[0].id}   names test_a.py::test_another" in complaints(SMALL, found, stale)


def test_a_page_keeps_the_test_that_it_names_while_that_exercises_its_row() -> None:
    row = Row(id="endpoint 0", group="Endpoints", source="docs")
    api = Api(name="a", title="A", left_out="", rows=(row,))
    found = {row.id: {"test_a.py::test_1", "test_b.py::test_2"}}
    assert names(api, found, {})[row.id] == "test_a.py::test_1"
    assert names(api, found, {row.id: "test_b.py::test_2"})[row.id] == "test_b.py::test_2"
    assert names(api, found, {row.id: "test_c.py::test_3"})[row.id] == "test_a.py::test_1"


def test_a_field_that_tests_fetch_and_never_compare_is_told() -> None:
    found = seen_in(exchange(DATA))
    del found[compared(f"response {ENDPOINT} currency")]
    assert complaints(SMALL, found, names(SMALL, found, {})) == [f"never compared     response {ENDPOINT} currency"]


def test_the_kind_of_a_row_is_that_of_its_id_unless_it_says_why_it_is_no_rule() -> None:
    rows = table("Of all kinds", "value way_code", "A  docs\nB  docs  a word NO RULE: any text is taken")
    assert [(row.kind, row.note, row.no_rule) for row in rows] == [
        ("rule", "", ""),
        ("carried", "a word", "any text is taken"),
    ]
    kinds = {"endpoint a": "endpoint", "status a b": "status", "response a b": "carried", "code 1": "rule"}
    assert {id_: Row(id=id_, group="", source="docs").kind for id_ in kinds} == kinds


def test_a_page_is_read_as_it_was_written() -> None:
    named = names(SMALL, seen_in(exchange(DATA)), {})
    page = pages.write(SMALL, named)
    assert pages.named_tests(page) == named
    assert "**13 rows: 1 endpoints, 0 statuses, 8 carried, 3 rules, 1 absent on purpose.**" in page
    assert pages.cells_of(page)["code 30003"] == "absent: for a reason"
    assert pages.cells_of(pages.write(SMALL, {}))[SMALL.rows[0].id] == pages.NO_TEST
