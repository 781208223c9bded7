"""A payout whose row cannot be read, in lists for people: all others are shown, and it is named beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.cli_support import Called, Cli, Merchant, any_dialect, serving
from tests.cli.superuser_url import as_superuser
from tests.support.folders import short_folder

pytestmark = pytest.mark.slow

CASE = """
with opened as (
    insert into cases (account_id, payout_id, number, kind, attempt_number, what, since_ms, fact_number)
    select account_id, payout_id, 1, 'parked', 0, 'dead end', created_ms, 1 from payouts)
update payouts set case_count = 1
"""


class Damaged:
    """Three payouts of a batch that waits for a reviewer, each with a case; the second cannot be read."""

    def __init__(self, cli: Cli) -> None:
        self.cli = cli
        self.merchant = Merchant(cli, any_dialect(), "--review")
        order = self.merchant.order_batch(1000, 2000, 3000)
        self.batch_id = order.order_id
        first, second, third = (str(payout.payout_id) for payout in order.payouts)
        self.unreadable, self.others = second, [first, third]
        as_superuser(cli.data, CASE)
        as_superuser(cli.data, "update payouts set beneficiary = '{}' where payout_id = $1", int(second))

    def shows(self, *words: object, under: str = "payouts") -> list[str]:
        """The ids of those that are shown, after a look whether the one that cannot be read is named, in both forms."""
        document = self.cli.json(*words)
        (aside,) = document["unreadable"]
        assert (aside["payout_id"], aside["account_id"]) == (self.unreadable, self.merchant.account_id)
        assert "destination" in aside["why"]
        said = self.cli(*words).out
        assert f"UNREADABLE:{self.unreadable}" in said
        assert "cannot read" in said
        return [each for listed in document[under] for each in ids_of(listed)]


def ids_of(listed: dict[str, Any]) -> list[str]:
    if "payout_ids" in listed:
        return list(listed["payout_ids"])
    return [listed["payout"]["payout_id"] if "payout" in listed else listed["payout_id"]]


@pytest.fixture(scope="module")
def damaged() -> Iterator[Damaged]:
    with short_folder() as folder, serving(folder / "data", Cli(folder / "data").environment()) as base_url:
        yield Damaged(Called(folder / "data", base_url))


def test_the_newest_payouts_are_listed_with_it_beside_them_also_under_a_limit(damaged: Damaged) -> None:
    assert damaged.shows("payout", "list") == damaged.others[::-1]
    assert damaged.shows("payout", "list", "--account", damaged.merchant.account_id) == damaged.others[::-1]
    assert damaged.shows("payout", "list", "--limit", "2") == damaged.others[1:], "it is one of the two"
    assert damaged.cli.json("payout", "list", "--limit", "1")["unreadable"] == []
    assert damaged.cli.json("payout", "list", "--limit", "2")["more"]


def test_a_batch_is_shown_with_the_others_of_its_payouts(damaged: Damaged) -> None:
    assert damaged.shows("payout", "show", damaged.batch_id) == damaged.others


def test_what_else_waits_for_a_reviewer_is_listed(damaged: Damaged) -> None:
    assert damaged.shows("review", "list", under="orders") == damaged.others


def test_cases_of_others_are_listed(damaged: Damaged) -> None:
    assert damaged.shows("case", "list", under="cases") == damaged.others
    assert damaged.shows("case", "list", "--kind", "parked", under="cases") == damaged.others


def test_who_names_it_is_told_in_one_line_that_it_cannot_be_read(damaged: Damaged) -> None:
    for words in (("payout", "show"), ("payout", "cancel", "--by", "Ana")):
        said = damaged.cli.refusal(*words, damaged.unreadable)
        assert f"payout {damaged.unreadable} of account {damaged.merchant.account_id} cannot be read" in said
        assert "docs/operations.md" in said
