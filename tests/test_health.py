"""Readiness is what was heard of lately, and what nobody has taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from outlay.service import health as health_module
from outlay.service.health import BEAT_SECONDS, Health
from outlay.store.database import Unavailable
from outlay.store.sqlstates import Why


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


async def lines_of(meet: Callable[[Health], Awaitable[None]]) -> list[Any]:
    with capture_logs() as lines:
        await meet(Health(Time()))
    return lines


@pytest.mark.parametrize("why", Why)
def test_a_database_that_serves_nobody_makes_unready_for_a_while_one_that_is_only_slow_does_not(why: Why) -> None:
    async def meet() -> None:
        time = Time()
        health = Health(time)
        health.beat()
        health.met(Unavailable("planted", why=why))
        seen = health.unready()
        assert bool(seen) is (why in (Why.AWAY, Why.DAMAGED))
        assert "planted" not in "".join(seen), "who asks may be anybody"
        time.now += BEAT_SECONDS + 0.1
        health.beat()
        assert health.unready() == ()

    asyncio.run(meet())


def test_an_outage_is_one_line_a_second_however_many_meet_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_module, "TOLD_EVERY_S", 0.05)

    async def meet(health: Health) -> None:
        health.met(Unavailable("gone"), api="a")
        for _ in range(1000):
            health.met(Unavailable("full"), api="b")
        health.met(Unavailable("gone"), worker="c")
        while health._is_telling:  # noqa: ASYNC110 (nothing tells)
            await asyncio.sleep(0.01)
        health.met(Unavailable("again"), api="d")

    lines = asyncio.run(lines_of(meet))
    assert [(line["times"], line["error"]) for line in lines] == [(1, "gone"), (1001, "full; gone"), (1, "again")]
    assert {line["event"] for line in lines} == {"database unavailable"}
    assert (lines[0]["api"], lines[1]["worker"]) == ("a", "c")
