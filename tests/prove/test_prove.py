"""The harness is held against a small tree in which it is known what each test notices.

The controls: a break that no test can see, one that only makes the sources crash, a test that is red by itself, one
whose fixture fails, and one that looks at other sources. None of these may be called noticed.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.prove.campaign import RED, chosen, prove
from tests.prove.rehearsal import GREEN, NOTICED
from tests.prove.report import summary_of
from tests.rules.breaks import edit
from tests.rules.collecting import ROOT, Claim, all_claims

RULES = """
LONGEST = 3
TEXT = "too long"
UNSEEN = 1


def judge(text):
    return TEXT if len(text) > LONGEST else ""


def crash(limit):
    return {1: "one"}[limit]
"""
TESTS = """
import pytest

from outlay import rules
from tests.rules.breaks import edit
from tests.rules.claims import claims

WIDER, NARROWER = (edit("rules.py", "3", limit, within="LONGEST") for limit in ("4", "2"))
OTHER_TEXT = edit("rules.py", "too long", "x")


@pytest.fixture
def fixture_that_looks_too():
    assert rules.judge("four") == "too long"


@pytest.mark.parametrize("text", [pytest.param("four", id="some length", marks=claims("a", "limit", WIDER, NARROWER))])
def test_a_limit_from_both_sides(text):
    assert rules.judge("abc") == ""
    assert rules.judge(text) == "too long"


@claims("a", "text", OTHER_TEXT)
def test_only_that_there_is_a_text():
    assert rules.judge("four")


@claims("a", "unseen", edit("rules.py", "1", "2", within="UNSEEN"))
def test_nothing_of_it_is_seen():
    assert rules.judge("abc") == ""


@claims("a", "crash", edit("rules.py", "{1:", "{2:"))
def test_that_crashes_when_it_is_broken():
    assert rules.crash(1) == "one"


@claims("a", "import", edit("rules.py", "LONGEST = 3", "LONGEST = three"))
def test_that_cannot_even_begin_when_it_is_broken():
    assert rules.LONGEST == 3


@claims("a", "red", WIDER)
def test_that_is_red_already():
    assert rules.judge("abc") == "too long"


@claims("a", "fixture", OTHER_TEXT)
def test_whose_fixture_notices(fixture_that_looks_too):
    assert rules.judge("four") == "too long"


@claims("a", "nowhere", edit("rules.py", "LONGEST = 5", "LONGEST = 6"))
def test_whose_rule_is_not_where_it_was():
    assert rules.judge("abc") == ""
"""
SAID = {
    "limit": {NOTICED},
    "text": {GREEN},
    "unseen": {GREEN},
    "crash": {"crashed: KeyError: 1"},
    "import": {"was not run"},
    "red": {RED},
    "fixture": {"failed in setup: AssertionError"},
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    sources = root / "src" / "outlay"
    sources.mkdir(parents=True)
    (sources / "__init__.py").touch()
    (sources / "rules.py").write_text(RULES, "utf-8")
    (root / "tests").mkdir()
    (root / "tests" / "__init__.py").touch()
    for folder in ("rules", "prove"):
        shutil.copytree(ROOT / "tests" / folder, root / "tests" / folder, ignore=shutil.ignore_patterns("test_*"))
    (root / "tests" / "test_small.py").write_text(TESTS, "utf-8")
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


@pytest.mark.slow
def test_only_a_tests_own_assertion_on_a_broken_copy_counts_as_noticed(tree: Path) -> None:
    claims = all_claims(tree)
    proved = prove(claims, workers=1, root=tree)
    said: dict[str, set[str]] = {}
    for each in proved:
        said.setdefault(each.claim.row, set()).add(each.said)
    nowhere = said.pop("nowhere")
    assert said == SAID
    assert "stands there 0 times" in nowhere.pop()
    summary = summary_of(proved, seed=1, seconds=1.0)
    assert (summary.rows, summary.breaks, summary.noticed) == (8, 9, 2)
    assert {survivor["row"] for survivor in summary.survivors} == {*SAID, "nowhere"} - {"limit"}
    assert (tree / "src" / "outlay" / "rules.py").read_text("utf-8") == RULES


def test_rules_are_chosen_by_the_seed_and_by_their_names() -> None:
    claims = [Claim("a", f"row {number}", f"node {number}", (edit("a", "b", "c"),)) for number in range(20)]
    assert chosen(claims, 1, 5) == chosen(claims, 1, 5) != chosen(claims, 2, 5)
    assert sorted(each.row for each in chosen(claims, 1, None)) == sorted(each.row for each in claims)
    assert [each.row for each in chosen(claims, 1, 5, "a row 13")] == ["row 13"]
