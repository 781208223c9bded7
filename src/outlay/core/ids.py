"""Ids: 63-bit numbers ordered by time, in the layout that the documented examples have.

41 bits of milliseconds since the Twitter epoch, 10 bits of node, 12 bits of sequence: the payout ids in two of the
APIs' documents decode to their own creation time (inference). Each dialect renders the same number in its own form.

The trap: the numbers pass 2^53, so on the wire they are always text.
"""

from __future__ import annotations

from typing import Final

EPOCH_MS: Final = 1_288_834_974_657
NODE_BITS: Final = 10
SEQUENCE_BITS: Final = 12
MAX_NODE: Final = (1 << NODE_BITS) - 1
MAX_ID: Final = (1 << 63) - 1
MOST_BORROWED_MS: Final = 1_000
"""So far an id may be ahead of its making."""
_SEQUENCE_MASK: Final = (1 << SEQUENCE_BITS) - 1


class ClockBehind(Exception):
    """The clock is so far behind the last id that no more may be made until it has caught up."""


class Snowflakes:
    """Makes ids for one node, none earlier than `from_ms`; never the same twice, also when the clock steps back."""

    def __init__(self, node: int, from_ms: int = 0) -> None:
        if not 0 <= node <= MAX_NODE:
            raise ValueError(f"node must be 0 to {MAX_NODE}")
        self._node = node
        self.last_ms = from_ms - 1
        """The millisecond that the last id bears; before the first one, the last that none may bear."""
        self._sequence = _SEQUENCE_MASK

    def next(self, now_ms: int) -> int:
        """The next id. A clock behind the last id, or a full millisecond, borrows from the coming one. Raises
        ClockBehind where that would be more than MOST_BORROWED_MS: what bears a time that far off would wait for it."""
        if now_ms > self.last_ms:
            last_ms, sequence = now_ms, 0
        else:
            sequence = (self._sequence + 1) & _SEQUENCE_MASK
            last_ms = self.last_ms if sequence else self.last_ms + 1
        if last_ms - now_ms > MOST_BORROWED_MS:
            raise ClockBehind(f"the clock is {last_ms - now_ms} ms behind the last id")
        self.last_ms, self._sequence = last_ms, sequence
        return ((last_ms - EPOCH_MS) << (NODE_BITS + SEQUENCE_BITS)) | (self._node << SEQUENCE_BITS) | sequence


def created_ms(snowflake: int) -> int:
    """Unix milliseconds at which an id was made."""
    return (snowflake >> (NODE_BITS + SEQUENCE_BITS)) + EPOCH_MS


def earliest_id(at_ms: int) -> int:
    """The lowest id that can have been made at `at_ms` (Unix milliseconds) or later."""
    return max(at_ms - EPOCH_MS, 0) << (NODE_BITS + SEQUENCE_BITS)


def possible(number: int) -> int:
    """The id, or one that nothing has where no id can be this number: the database could not even be asked for it."""
    return number if 0 <= number <= MAX_ID else -1
