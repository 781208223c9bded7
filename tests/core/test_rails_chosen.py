"""Over which rail an attempt begins: the one that the payout has chosen, whatever an older look at it said."""

from __future__ import annotations

import pytest

from outlay.core.attempt import RailTerms
from outlay.core.decision import Decision
from outlay.core.events import BeginAttempt
from outlay.core.life import step
from outlay.core.refusal import Objection
from tests.core.payout_stories import BETWEEN_RAILS, NOW_MS, RAIL, SECOND_RAIL, after


@pytest.mark.parametrize("rail", [RAIL, SECOND_RAIL])
def test_an_attempt_begins_over_the_chosen_rail_and_no_other(rail: RailTerms) -> None:
    for before, chosen in ((after(), RAIL), (after(*BETWEEN_RAILS), SECOND_RAIL)):
        begun = step(before, BeginAttempt(rail), NOW_MS)
        assert isinstance(begun, Decision) if rail is chosen else begun is Objection.ALREADY_SENT
