"""Bytes of those who have not proved themselves: the oldest body that is not complete goes first, and nothing of it is
kept. The bodies come piece by piece, as the web server hands them over.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from outlay.api.app import _read_body
from outlay.api.budget import Received, Unproved
from outlay.api.limits import Bite, Tally
from outlay.api.proving import LARGE_BYTES
from outlay.wire.problems import Trouble

PIECE = b"x" * LARGE_BYTES
LIMIT = 8 * LARGE_BYTES
LONGEST = 100 * LARGE_BYTES
TOO_MANY = Trouble.TOO_MANY_REQUESTS


class Sender:
    """Somebody whose body is being received."""

    def __init__(self, unproved: Unproved) -> None:
        self.received = Received(unproved)
        self._pieces: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self.reading = asyncio.create_task(_read_body(self._pieces.get, LONGEST, self.received))

    async def sends(self, piece: bytes = PIECE, *, last: bool = False) -> None:
        self._pieces.put_nowait({"type": "http.request", "body": piece, "more_body": not last})
        for _ in range(4):
            await asyncio.sleep(0)

    async def leaves(self) -> None:
        self._pieces.put_nowait({"type": "http.disconnect"})
        await self.reading
        self.received.settle()

    async def hears(self) -> bytes | Trouble | None:
        return await asyncio.wait_for(self.reading, 5)


def world() -> tuple[Unproved, Tally]:
    tally = Tally()
    return Unproved(LIMIT, tally), tally


async def test_the_oldest_body_that_is_not_complete_is_given_up() -> None:
    unproved, tally = world()
    senders = [Sender(unproved) for _ in range(3)]
    for sender in senders:
        await sender.sends()
        await sender.sends()
    await senders[0].sends(b"a trickle", last=False)
    await senders[2].sends()
    assert unproved.size <= LIMIT
    await senders[2].sends()
    assert await senders[0].hears() is TOO_MANY, "its age counts from its first byte"
    assert (unproved.size, tally.counts) == (6 * LARGE_BYTES, {Bite.UNPROVED_TOO_MANY_BYTES: 1})
    await senders[1].sends(last=True)
    assert await senders[1].hears() == PIECE * 3
    await senders[2].leaves()


async def test_what_comes_of_a_body_just_when_it_is_given_up_costs_nobody_else_theirs() -> None:
    unproved, tally = world()
    oldest, bystander, greedy = (Sender(unproved) for _ in range(3))
    for sender in (oldest, bystander, greedy):
        await sender.sends(PIECE * 2)
    await greedy.sends(PIECE * 2)
    await asyncio.gather(greedy.sends(), oldest.sends())
    assert await oldest.hears() is TOO_MANY
    assert (unproved.size, tally.counts) == (7 * LARGE_BYTES, {Bite.UNPROVED_TOO_MANY_BYTES: 1})
    await bystander.sends(last=True)
    assert await bystander.hears() == PIECE * 3
    await greedy.leaves()


async def test_a_body_that_is_complete_is_never_given_up_and_the_newcomer_is_told() -> None:
    unproved, _ = world()
    first = Sender(unproved)
    await first.sends(PIECE * 4)
    await first.sends(PIECE * 4, last=True)
    assert await first.hears() == PIECE * 8
    second = Sender(unproved)
    await second.sends(PIECE + b"x")
    assert await second.hears() is TOO_MANY
    first.received.settle()
    third = Sender(unproved)
    await third.sends(PIECE * 8, last=True)
    assert await third.hears() == PIECE * 8


async def test_a_large_body_in_one_piece_counts_like_any_other() -> None:
    unproved, _ = world()
    sender = Sender(unproved)
    await sender.sends(PIECE * 9, last=True)
    assert await sender.hears() is TOO_MANY
    assert unproved.size == 0


async def test_small_bodies_are_not_counted() -> None:
    unproved, tally = world()
    senders = [Sender(unproved) for _ in range(50)]
    for sender in senders:
        await sender.sends(PIECE[1:])
    assert unproved.size == 0
    for sender in senders:
        await sender.sends(b"x", last=True)
        assert await sender.hears() == PIECE
    assert tally.counts == {}


@pytest.mark.parametrize("last", [True, False])
async def test_a_body_counts_until_its_sender_is_known_or_has_left(last: bool) -> None:
    unproved, _ = world()
    sender = Sender(unproved)
    await sender.sends(PIECE + b"x", last=last)
    assert unproved.size == LARGE_BYTES + 1
    if last:
        sender.received.settle()
        sender.received.settle()
    else:
        await sender.leaves()
    assert unproved.size == 0


async def test_a_body_that_is_too_large_for_its_route_counts_no_more() -> None:
    unproved = Unproved(2 * LONGEST, Tally())
    sender = Sender(unproved)
    await sender.sends(PIECE * 99)
    assert unproved.size == 99 * LARGE_BYTES
    await sender.sends(PIECE * 2)
    assert unproved.size == 0
    await sender.sends(last=True)
    assert await sender.hears() is Trouble.BODY_TOO_LARGE


async def test_who_is_given_up_while_the_last_piece_comes_in_is_told_so_all_the_same() -> None:
    unproved, _ = world()
    sender = Sender(unproved)
    await sender.sends(PIECE * 2)
    sender.received.give_up()
    await sender.sends(last=True)
    assert await sender.hears() is TOO_MANY, "what is left is not the body"
    assert unproved.size == 0


async def test_somebody_else_who_breaks_it_off_is_not_told_that_it_was_given_up() -> None:
    unproved, _ = world()
    sender = Sender(unproved)
    await sender.sends()
    sender.reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sender.reading
