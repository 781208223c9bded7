"""A dialect has words for every family of refusals, and for single ones where it wants to."""

from __future__ import annotations

import pytest

from outlay.core.refusal import Family, Refusal
from outlay.wire.problems import Fault, words_of

WORDS = {family: Fault(400, family.name, "no") for family in Family}
OWN = Fault(400, "own", "no")


def test_a_refusal_without_words_of_its_own_has_those_of_its_family() -> None:
    told = words_of(WORDS, {Refusal.PAYOUT_NOT_FOUND: OWN})
    assert told.pop(Refusal.PAYOUT_NOT_FOUND) is OWN
    assert told == {refusal: WORDS[refusal.family] for refusal in Refusal if refusal is not Refusal.PAYOUT_NOT_FOUND}


@pytest.mark.parametrize("missing", Family)
def test_a_dialect_that_has_no_words_for_a_family_is_none(missing: Family) -> None:
    with pytest.raises(KeyError):
        words_of({family: fault for family, fault in WORDS.items() if family is not missing}, {})
