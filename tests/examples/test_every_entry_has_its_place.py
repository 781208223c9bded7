"""Every printed entry is sent or left out by name; how many of each, the folder of its API says."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.apis.found import part_of
from tests.apis.teemopay.example_entries import FOLDERS, countries_of
from tests.examples.entries import APIS, entries, every_entry, sent


@pytest.mark.parametrize("api", APIS)
def test_every_entry_is_sent_or_left_out_for_a_reason_that_is_told(api: str) -> None:
    part = part_of(api, "example_entries")
    assert Counter(entry.left_out for entry in entries(api)) == {None: part.SENT, **part.LEFT_OUT}
    assert len(sent(api)) == part.SENT


def test_no_two_entries_of_an_api_share_their_name() -> None:
    titles = [entry.title for entry in every_entry()]
    assert len(set(titles)) == len(titles)


def test_an_entry_without_a_country_is_sent_in_every_country_that_prints_it() -> None:
    countries = {entry.name: countries_of(entry) for entry in sent("teemopay")}
    assert sorted(countries["balance 200"] + ["KH"]) == sorted(FOLDERS.values())
    assert countries["query error 417"] == ["KH", "CO"]
    assert countries["create error 417"] == ["BR"]
    assert countries["create MX (zh)"] == ["MX"]
