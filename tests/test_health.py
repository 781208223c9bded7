"""Readiness is what was heard of lately, and what nobody has taken back."""

from __future__ import annotations

from outlay.health import BEAT_SECONDS, Health


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_process_is_ready_for_as_long_as_its_heartbeat_is_fresh() -> None:
    time = Time()
    health = Health(time)
    assert health.unready()
    health.beat()
    assert health.unready() == ()
    time.now += BEAT_SECONDS
    assert health.unready() == ()
    time.now += 0.1
    assert health.unready() == ("no heartbeat written for 2.1 s",)
    health.beat()
    assert health.unready() == ()


def test_a_reason_makes_unready_until_it_is_taken_back() -> None:
    health = Health(Time())
    health.beat()
    health.say("clock", "the clock is wrong")
    health.say("clock", "the clock is 2 s wrong")
    health.say("data", "the data folder is gone")
    assert health.unready() == ("the clock is 2 s wrong", "the data folder is gone")
    health.clear("clock")
    health.clear("nothing")
    assert health.unready() == ("the data folder is gone",)
