"""Holds the documented rows against what a run was seen to do, and picks the test that a page names for each row."""

from __future__ import annotations

from collections.abc import Mapping, Set
from functools import partial

from tests.coverage.recorder import compared
from tests.coverage.rows import STRICT_KINDS, Api, Row

Found = Mapping[str, Set[str]]
"""observation → tests; "" stands for fixtures."""
_OF_THESE_TABLES = "e2e/test_coverage_"
_WITH_VALUE = ("response", "status")


def exercised_by(row: Row, found: Found) -> set[str]:
    """The tests that were seen to exercise the row; fixtures are none."""
    return {test for observation in row.seen_as() for test in found.get(observation, ())} - {""}


def tests_of(row: Row, found: Found) -> set[str]:
    """The tests that a page may name: of a value that is answered those that compared it."""
    if not row.id.startswith(_WITH_VALUE):
        return exercised_by(row, found)
    return {test for observation in row.seen_as() for test in found.get(compared(observation), ())} - {""}


def complaints(api: Api, found: Found, named: Mapping[str, str]) -> list[str]:
    """What keeps the page of this API from being the truth. `named`: by a row's id the test that the page names."""
    said = []
    for row in api.rows:
        if row.absent:
            if seen := found.get(row.id):
                said.append(f"absent, but seen   {row.id}   {_shown(seen)}")
        elif not exercised_by(row, found):
            said.append(f"never exercised    {row.id}")
        elif row.kind != "rule":  # of a rule the page names the test that claims it
            said += _complaints_of_named(row, tests_of(row, found), named.get(row.id, "nothing"))
    return said + undocumented(api, found)


def _complaints_of_named(row: Row, tests: Set[str], named: str) -> list[str]:
    if not tests:
        return [f"never compared     {row.id}"]
    return [] if named in tests else [f"page out of date   {row.id}   names {named}"]


def undocumented(api: Api, found: Found) -> list[str]:
    documented = {observation for row in api.rows for observation in row.documents()}
    absent = {row.id for row in api.rows if row.absent}
    return [
        f"not documented     {observation}   {_shown(tests)}"
        for observation, tests in sorted(found.items())
        if observation.startswith(STRICT_KINDS) and observation not in documented | absent
    ]


def names(api: Api, found: Found, named: Mapping[str, str]) -> dict[str, str]:
    """By a row's id the test for its page: the one that is named already, or else one whose file is about this API, the
    first in the alphabet. What comes with time, such as a status, a test made for these tables waits for; another may
    see it by chance, and not again."""
    chosen = {}
    for row in api.rows:
        tests = tests_of(row, found)
        if row.absent or row.kind == "rule" or not tests:
            continue
        before = named.get(row.id, "")
        chosen[row.id] = before if before in tests else min(tests, key=partial(_preference, api, row))
    return chosen


def _preference(api: Api, row: Row, test: str) -> tuple[bool, bool, str]:
    """The lowest is the best."""
    return not _is_made_for(row, test), api.name not in test.partition("::")[0], test


def _is_made_for(row: Row, test: str) -> bool:
    passes_by = row.id.startswith("status") or row.may_be_null or row.may_be_empty
    return passes_by and test.startswith(_OF_THESE_TABLES)


def _shown(tests: Set[str]) -> str:
    return f"in {min(tests - {''}, default='a fixture')}"
