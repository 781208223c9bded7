"""Which of several refusals is told, and what every refusal has."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from outlay.core.refusal import LAST_BEFORE_FIELDS, Family, Objection, Refusal, foremost

REFUSALS = some.sets(some.sampled_from(Refusal))
OF_ACCOUNT_AND_KEY = {
    Refusal.ACCOUNT_NOT_FOUND,
    Refusal.ACCOUNT_CLOSED,
    Refusal.PAYOUT_NOT_FOUND,
    Refusal.TRANSFER_NOT_FOUND,
    Refusal.REFERENCE_ELSEWHERE,
    Refusal.STILL_RUNNING,
}


def test_every_refusal_has_a_family_and_no_family_is_empty() -> None:
    assert {refusal.family for refusal in Refusal} == set(Family)


def test_no_number_stands_for_a_refusal_and_an_objection() -> None:
    assert not {int(refusal) for refusal in Refusal} & {int(objection) for objection in Objection}


def test_whose_account_and_key_it_is_goes_before_the_fields_and_what_they_name_after() -> None:
    assert {refusal for refusal in Refusal if refusal <= LAST_BEFORE_FIELDS} == OF_ACCOUNT_AND_KEY
    for refusal in Refusal:
        told = foremost([refusal], fields_are_wrong=True)
        assert told is (refusal if refusal in OF_ACCOUNT_AND_KEY else None)


@given(REFUSALS)
def test_of_any_refusals_the_first_in_the_list_is_told_in_whatever_order_they_were_found(found: set[Refusal]) -> None:
    listed = [refusal for refusal in Refusal if refusal in found]
    first = listed[0] if listed else None
    assert foremost(found) is foremost(reversed(listed)) is first


@given(REFUSALS)
def test_wrong_fields_hide_only_what_comes_after_them(found: set[Refusal]) -> None:
    before = [refusal for refusal in Refusal if refusal in found & OF_ACCOUNT_AND_KEY]
    assert foremost(found, fields_are_wrong=True) is (before[0] if before else None)
