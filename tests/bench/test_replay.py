"""The books that the replay is timed on have what happens to payouts, and are replayed without a difference."""

from __future__ import annotations

import pytest

from tests.bench.replay import measure
from tests.support.databases import Server

pytestmark = pytest.mark.slow
MANY = 400


def test_the_books_of_the_bench_are_lively_and_true(server: Server) -> None:
    measured = server.runner.run(measure(server.new_database(), MANY, seed=1))
    assert (measured["differences"], measured["faults_in_seals"]) == (0, 0)
    assert set(measured["states"]) == {"paid", "failed", "processing"}
    assert measured["rows"]["payouts"] == sum(measured["states"].values()) == MANY
    assert measured["rows"]["returns"] > 0
    assert measured["rows"]["cases"] > 0
