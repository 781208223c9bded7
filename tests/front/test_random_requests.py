"""Every answer belongs to its own request, however requests are cut and joined: see tests.front.driver.

The control: the same runs against the connection class that uvicorn brings. It takes what follows an offered upgrade
for another protocol, so the driver must find it out wherever an offer has a body, and find nothing elsewhere.
"""

from __future__ import annotations

import random

import pytest

from tests.front.driver import faults, some_requests
from tests.front.served import PATIENCE_S, Front
from tests.front.uvicorns_own import UvicornsOwn

RUNS = 120
CONTROL_RUNS = 40


def chances(runs: int) -> list[random.Random]:
    return [random.Random(f"front-{number}") for number in range(runs)]


@pytest.mark.slow  # a search
def test_every_answer_is_that_of_its_own_request() -> None:
    with Front() as front:
        for chance in chances(RUNS):
            with front.connect() as connection:
                assert faults(connection, chance, some_requests(chance, offers=True)) == []


@pytest.mark.slow
def test_the_driver_finds_a_server_out_that_loses_bodies_behind_an_offer() -> None:
    def wrong(control: UvicornsOwn, *, offers: bool, patience_s: float) -> tuple[int, int]:
        """Runs with a fault in them, and runs with an offer that has a body. What is lost is never answered."""
        found = expected = 0
        for chance in chances(CONTROL_RUNS):
            requests = some_requests(chance, offers=offers)
            with control.connect(patience_s) as connection:
                found += faults(connection, chance, requests) != []
            expected += any(request.offers_with_body for request in requests)
        return found, expected

    with UvicornsOwn() as control:
        assert wrong(control, offers=False, patience_s=PATIENCE_S) == (0, 0)
        found, expected = wrong(control, offers=True, patience_s=0.5)
        assert found >= expected * 0.8 > 0, (found, expected)
