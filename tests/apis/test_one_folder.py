"""What is known of an API stands in its folder: one more of them changes no file that is there.

So a file outside of `tests/apis/<name>/` that names two of them is about these by their names, for a reason that stands
here; whatever is about every API finds them (`tests.apis.found`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.apis.found import all_names

TESTS: Final = Path(__file__).resolve().parents[1]
READ: Final = {".py", ".md", ".json", ".txt", ".java"}

ABOUT_THESE: Final[Mapping[str, str]] = {
    "api/apart_calls.py": "what only one of them has: a batch of one, a change of a bank account of the other",
    "api/test_apart.py": "that batch again, and the two whose proof is over the body",
    "bench/whole_apis.py": "docs/benchmark.md has a batch of the one and a list of each of the others",
    "e2e/held.py": "a merchant who loses patience with an order of the one, and with a bank account of the other",
    "e2e/test_imported_keys.py": "keys as each vendor hands them out",
    "e2e/test_teemopay_countries.py": "what of a payout in another API can be told, in countries that have other rules",
    "e2e/test_teemopay_list.py": "a payout of another API in its list",
    "examples/README.md": "where the vendors of these print what, and what is odd about it",
    "examples/test_first_pages.py": "the three pages that Outlay began with",
    "fuzz/launcher.py": "faults that were planted in these, so that the judge can be seen to find them",
    "fuzz/test_fuzz.py": "the same faults",
    "kills/merchants.py": "an order that expires, and a family of accounts: each is of the one API that has it",
    "store/test_neutral_orders.py": "what versions before 0.6 kept, which had these",
    "test_imports.py": "wrong imports, planted in files that these have",
    "update/test_update.py": "what earlier versions left, which had these",
    "update/write.py": "the same, as it is written",
    **{f"update/v{version}.json": "the same" for version in ("0_1_0", "0_3_0", "0_4_1", "0_5_0", "0_6_0")},
}
"""By its path below `tests`: why a file names several of them."""


def files_of_all() -> Iterator[Path]:
    """Whatever people have written here, but in the folder of one API."""
    folders = [TESTS / "apis" / name for name in all_names()]
    for path in sorted(TESTS.rglob("*")):
        if path.suffix in READ and path.is_file() and not any(path.is_relative_to(folder) for folder in folders):
            yield path


def named_in(text: str) -> set[str]:
    """The APIs whose names stand in it as whole words: `uqpay`, `merchant.uqpay`, but not `read_uqpay`."""
    return {name for name in all_names() if re.search(rf"\b{name}\b", text)}


@cache
def files_that_name_several() -> frozenset[str]:
    named = {str(path.relative_to(TESTS)) for path in files_of_all() if len(named_in(path.read_text("utf-8"))) > 1}
    return frozenset(named)


def test_a_file_outside_of_their_folders_names_several_apis_for_a_reason_only() -> None:
    assert files_that_name_several() - set(ABOUT_THESE) == set(), "find them by folder, or say why not"


@pytest.mark.parametrize("file", ABOUT_THESE)
def test_a_file_that_may_name_several_apis_still_does(file: str) -> None:
    assert file in files_that_name_several()


def test_a_name_is_found_as_a_whole_word_only() -> None:
    one, other, *_ = all_names()
    assert named_in(f'x = {{"{one}": merchant.{other}.order()}}') == {one, other}
    assert named_in(f"from tests.apis.{one}.rows import API") == {one}
    assert named_in(f"def read_{one}(): {other}s = {one.upper()}") == set()
