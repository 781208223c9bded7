"""How bad the world is: for each small world every kind of trouble gets a rate of its own, drawn anew.

Some worlds are calm in one thing and terrible in another: a fault that needs two rare things at once is found where
both are common, and one that needs quiet where it is quiet.

Two promises are never broken together. In a world where a rail fails to see a duplicate of what it still says "not
found" of, no bytes leave after the fence was asked: what is sent a second time is sent when the first one is certainly
known, and only that fence says so. The same holds where the database loses time: what left in it nobody knows of.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Final

RARE, USUAL, COMMON = 0.3, 1.0, 3.0
LATE_DUPLICATES: Final = 0.35
"""The share of worlds whose rails see duplicates late."""
RESTORED: Final = 0.55
"""The share of worlds, those among them, whose database loses time."""


@dataclass
class Weather:
    """Chances, each of one occasion."""

    pause: float = 0.012
    stop: float = 0.4
    """Of pauses: that the whole process stands still, not one task of it."""
    longest_pause_s: float = 8 * 3_600.0
    crash: float = 0.003
    stop_at_a_moment: float = 0.004
    """The whole process, between two lines."""
    crash_at_a_moment: float = 0.001
    held_up: float = 0.06
    """A payout, between its loading and what is done about it."""
    held_up_before_send: float = 0.02
    """Between the commit and the send."""
    stop_at_the_door: float = 0.03
    """Between the last look at the fence and the bytes' leaving: what no process can help, and can only tell of."""
    longest_at_the_door_s: float = 2 * 3_600.0
    database_away: float = 0.004
    commit_unknown: float = 0.004
    slow_commit: float = 0.003
    clock_steps: int = 30
    """In the time in which orders come."""
    request_lost: float = 0.06
    request_slow: float = 0.05
    answer_lost: float = 0.04
    answer_late: float = 0.04
    hang: float = 0.03
    not_found_lie: float = 0.3
    duplicate: float = 0.04
    contradict: float = 0.06
    early_return: float = 0.03
    returned: float = 0.08
    callback_lost: float = 0.5
    refuse_elsewhere: float = 0.15
    """With a word that lets the money go over another rail."""
    refuse: float = 0.07
    refuse_later: float = 0.06
    take_after_refusal: float = 0.9
    """Of a reference that was refused, when another request brings it."""
    stuck: float = 0.001
    sees_duplicates_late: bool = False
    restores: int = 0
    """In the time in which orders come: the database goes back to a copy of itself."""
    stopped_for_restore: float = 0.5
    """That all processes are stopped for it; else they go on, as after a failover."""
    longest_lost_s: float = 300.0
    cancel: float = 0.02
    expire: float = 0.04


_SCALED: Final = (
    *("pause", "crash", "stop_at_a_moment", "crash_at_a_moment", "held_up", "held_up_before_send"),
    *("stop_at_the_door", "database_away", "commit_unknown"),
    *("request_lost", "request_slow", "answer_lost", "answer_late", "hang", "duplicate", "contradict"),
    *("early_return", "returned", "refuse_elsewhere", "refuse", "refuse_later", "cancel", "expire"),
)


def weather_of(chance: random.Random) -> Weather:
    drawn = Weather()
    for name in _SCALED:
        setattr(drawn, name, getattr(drawn, name) * chance.choice((RARE, USUAL, COMMON)))
    drawn.not_found_lie *= chance.choice((1.0, 2.0, COMMON))
    kind = chance.random()
    if kind < RESTORED:
        drawn.sees_duplicates_late = kind < LATE_DUPLICATES
        drawn.restores = 8
        drawn.stop_at_the_door = 0.0
    return drawn


def between(chance: random.Random, shortest: float, longest: float) -> float:
    """Seconds: every order of magnitude between the two is as likely as the others."""
    return math.exp(chance.uniform(math.log(shortest), math.log(longest)))
