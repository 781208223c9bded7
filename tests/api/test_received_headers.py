"""What a request's headers are before any dialect sees them, and which bodies are not even read."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import pytest

from outlay.api.app import App, _headers
from outlay.api.budget import Unproved
from outlay.api.limits import Tally
from outlay.core.asks import Greet
from outlay.service.health import Health
from outlay.wire.message import Request
from tests.api.door import Door, door_in
from tests.api.plain_dialect import WORD
from tests.support.world import World

LIMIT = 1_000_000
Headers = list[tuple[bytes, bytes]]


@pytest.mark.parametrize("blank", [b" ", b"\t", b" \t  "])
def test_blanks_around_a_value_are_no_part_of_it(blank: bytes) -> None:
    raw = [(b"a", blank + b"x y" + blank), (b"b", blank), (b"c", b"\xa0z\xa0")]
    assert _headers(raw) == {"a": "x y", "b": "", "c": "\xa0z\xa0"}


def test_a_header_that_comes_again_is_one_where_it_says_the_same_and_else_a_list() -> None:
    raw = [(b"a", b"1"), (b"b", b"1"), (b"a", b" 1 "), (b"b", b"2"), (b"c", b""), (b"c", b"x")]
    assert _headers(raw) == {"a": "1", "b": "1, 2", "c": ", x"}
    assert _headers([(b"a", b"1"), (b"a", b"2"), (b"a", b"1")])["a"] == "1, 2, 1"


async def ask(door: Door, method: str, path: str, headers: Headers, body: bytes = b"") -> tuple[int, bytes]:
    """One request as the web server hands it over."""
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    target = {"path": path, "raw_path": path.encode(), "query_string": b""}
    scope = {"type": "http", "method": method, "headers": headers, **target}
    await App(door.gateway, Health(), None, Tally(), Unproved(LIMIT, Tally()))(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]


def proof(door: Door, *, key: bytes = b"%s", word: bytes = b"%s") -> Headers:
    return [(b"x-key", key % door.key_id.encode()), (b"x-word", word % WORD.encode())]


async def test_a_proof_with_blanks_around_it_is_good_and_one_in_two_versions_is_none(plain_world: World) -> None:
    door = await door_in(plain_world)
    other = (await door.new_key()).encode()
    good = proof(door)
    for headers in (good, proof(door, key=b" %s\t"), proof(door, word=b"%s "), [*good, *good]):
        assert (await ask(door, "GET", "/plain/things", headers))[0] == 200, headers
    assert await ask(door, "GET", "/plain/things", [*good, (b"x-key", other)]) == (401, b"nobody")
    assert await ask(door, "GET", "/plain/things", [(b"x-key", other), *good]) == (401, b"nobody")
    assert await ask(door, "GET", "/plain/things", [*good, (b"x-word", b"open")]) == (401, b"not proved")


def unread(_request: Request) -> Greet:
    raise AssertionError("was read")


@pytest.mark.parametrize("coding", [b"gzip", b"GZIP", b"br", b"deflate", b"gzip, identity", b"x"])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/plain/things"), ("GET", "/plain/things"), ("GET", "/plain/things/7")]
)
async def test_a_compressed_body_is_told_as_such_also_where_none_is_read(
    plain_world: World, method: str, path: str, coding: bytes
) -> None:
    door = await door_in(plain_world)
    door.plain.read = unread
    headers = [*proof(door), (b"content-encoding", coding)]
    assert await ask(door, method, path, headers, b"\x1f\x8b\x08") == (415, b"BODY_ENCODED")


@pytest.mark.parametrize(
    ("coding", "body"), [(b"identity", b"{}"), (b"Identity", b"{}"), (b" ", b"{}"), (b"gzip", b"")]
)
async def test_a_body_as_it_stands_is_none_that_is_compressed(plain_world: World, coding: bytes, body: bytes) -> None:
    door = await door_in(plain_world)
    headers = [*proof(door), (b"content-encoding", coding)]
    assert (await ask(door, "POST", "/plain/things", headers, body))[0] == 200


async def test_where_a_path_does_not_exist_that_is_told_before_how_the_body_comes(plain_world: World) -> None:
    door = await door_in(plain_world)
    headers = [*proof(door), (b"content-encoding", b"gzip")]
    assert (await ask(door, "POST", "/plain/nothing", headers, b"x"))[0] == 404
    assert (await ask(door, "PUT", "/plain/things", headers, b"x"))[0] == 405
