"""Ids: 63-bit numbers ordered by time, in the layout that the documented examples have.

41 bits of milliseconds since the Twitter epoch, 10 bits of node, 12 bits of sequence: the payout ids in LessPay's and
UQPAY's documents decode to their own creation time (inference). Each dialect renders the same number in its own form.

The trap: the numbers pass 2^53, so on the wire they are always text.
"""

from __future__ import annotations

from typing import Final

EPOCH_MS: Final = 1_288_834_974_657
NODE_BITS: Final = 10
SEQUENCE_BITS: Final = 12
MAX_NODE: Final = (1 << NODE_BITS) - 1
MAX_ID: Final = (1 << 63) - 1
_SEQUENCE_MASK: Final = (1 << SEQUENCE_BITS) - 1


class Snowflakes:
    """Makes ids for one node; never the same twice, also when the clock steps back."""

    def __init__(self, node: int) -> None:
        if not 0 <= node <= MAX_NODE:
            raise ValueError(f"node must be 0 to {MAX_NODE}")
        self._node = node
        self._last_ms = 0
        self._sequence = 0

    def next(self, now_ms: int) -> int:
        """The next id. A clock behind the last id, or a full millisecond, borrows from the coming one."""
        if now_ms > self._last_ms:
            self._last_ms, self._sequence = now_ms, 0
        else:
            self._sequence = (self._sequence + 1) & _SEQUENCE_MASK
            if self._sequence == 0:
                self._last_ms += 1
        return (
            ((self._last_ms - EPOCH_MS) << (NODE_BITS + SEQUENCE_BITS)) | (self._node << SEQUENCE_BITS) | self._sequence
        )


def created_ms(snowflake: int) -> int:
    """Unix milliseconds at which an id was made."""
    return (snowflake >> (NODE_BITS + SEQUENCE_BITS)) + EPOCH_MS


def earliest_id(at_ms: int) -> int:
    """The lowest id that can have been made at `at_ms` (Unix milliseconds) or later."""
    return max(at_ms - EPOCH_MS, 0) << (NODE_BITS + SEQUENCE_BITS)
