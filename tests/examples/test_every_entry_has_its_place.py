"""Every printed entry is sent or left out by name: 134 and 45 of 179."""

from __future__ import annotations

from collections import Counter

from tests.apis.teemopay.example_entries import FOLDERS, countries_of
from tests.examples.entries import (
    A_NOTIFICATION,
    APIS,
    FOR_ITS_SIGNATURE,
    ONE_MORE_NOTIFICATION,
    SHAPE_OF_AN_ERROR,
    entries,
    every_entry,
    sent,
)


def test_every_entry_is_sent_or_left_out_for_a_reason_that_is_told() -> None:
    assert {api: len(entries(api)) for api in APIS} == {"lesspay": 46, "teemopay": 105, "uqpay": 28}
    assert {api: len(sent(api)) for api in APIS} == {"lesspay": 40, "teemopay": 69, "uqpay": 25}
    reasons = Counter(entry.left_out for entry in every_entry() if entry.left_out)
    assert reasons == {A_NOTIFICATION: 40, ONE_MORE_NOTIFICATION: 2, FOR_ITS_SIGNATURE: 1, SHAPE_OF_AN_ERROR: 2}
    assert (len(sent()), sum(reasons.values()), len(every_entry())) == (134, 45, 179)


def test_no_two_entries_of_an_api_share_their_name() -> None:
    titles = [entry.title for entry in every_entry()]
    assert len(set(titles)) == len(titles)


def test_an_entry_without_a_country_is_sent_in_every_country_that_prints_it() -> None:
    countries = {entry.name: countries_of(entry) for entry in sent("teemopay")}
    assert sorted(countries["balance 200"] + ["KH"]) == sorted(FOLDERS.values())
    assert countries["query error 417"] == ["KH", "CO"]
    assert countries["create error 417"] == ["BR"]
    assert countries["create MX (zh)"] == ["MX"]
