"""A body is counted while it arrives: what fits is joined, and of what is too large nothing is kept, but the rest is
let pass, so that a client that is still sending hears the answer.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import pytest

from outlay.api.app import MOST_LET_PASS, _read_body
from outlay.api.budget import Received, Unproved
from outlay.api.limits import Tally
from outlay.wire.problems import Trouble

LIMIT = 10


class Client:
    """Sends these pieces one by one; `left` are those that nobody has received."""

    def __init__(self, *pieces: bytes, leaves: bool = False) -> None:
        self.left = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
        self.left[-1]["more_body"] = False
        if leaves:
            self.left[-1] = {"type": "http.disconnect"}

    async def receive(self) -> MutableMapping[str, Any]:
        return self.left.pop(0)


async def read(client: Client) -> bytes | Trouble | None:
    with Received(Unproved(MOST_LET_PASS, Tally())) as received:
        return await _read_body(client.receive, LIMIT, received)


@pytest.mark.parametrize("pieces", [(b"0123456789",), (b"01234", b"56789"), (b"", b"0123456789", b"")])
async def test_a_body_up_to_the_limit_is_received_whole(pieces: tuple[bytes, ...]) -> None:
    assert await read(Client(*pieces)) == b"0123456789"


@pytest.mark.parametrize("pieces", [(b"0" * 11,), (b"0" * 11, b"1", b"2"), (b"0" * 9, b"11", b"2" * 50, b"3")])
async def test_the_rest_of_a_body_that_is_too_large_is_let_pass(pieces: tuple[bytes, ...]) -> None:
    client = Client(*pieces)
    assert await read(client) is Trouble.BODY_TOO_LARGE
    assert client.left == [], "the answer would be lost with what is still on its way"


async def test_a_body_without_end_is_not_let_pass_for_ever() -> None:
    client = Client(*[b"0" * (MOST_LET_PASS // 4)] * 10)
    assert await read(client) is Trouble.BODY_TOO_LARGE
    assert len(client.left) >= 5


@pytest.mark.parametrize("pieces", [(b"", b""), (b"0" * 50, b"1", b"")])
async def test_a_client_that_leaves_gets_no_answer(pieces: tuple[bytes, ...]) -> None:
    assert await read(Client(*pieces, leaves=True)) is None
