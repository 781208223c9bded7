"""What strangers cause never stands in the way of who proves themselves: refusals wait, and keep nothing while they do;
the bytes of a body count until it is known whose they are.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import MutableMapping
from typing import Any

import pytest

from outlay.api import refusals as refusals_module
from outlay.api.app import App
from outlay.api.budget import Unproved
from outlay.api.gateway import BUSY_S, Gateway
from outlay.api.limits import Bite, Tally
from outlay.api.proving import LARGE_BYTES
from outlay.api.rates import Rates
from outlay.api.refusals import Refusals
from outlay.core.asks import Greet
from outlay.service.engine import credentials as credentials_module
from outlay.service.health import Health
from outlay.store.credentials import mark_revoked
from outlay.store.gather import Busy
from outlay.wire.message import Request
from outlay.wire.problems import Trouble
from tests.api.door import Door, door_in, header
from tests.api.plain_dialect import LONGEST_BODY, STATUS, WORD
from tests.support.world import World

RATE = 1
LARGE = b"x" * (LARGE_BYTES + 1)
LIMIT = 100 * LARGE_BYTES


async def strict_door(world: World) -> tuple[Door, Tally]:
    """One that tells one refusal a second, and has told it."""
    door, tally = await door_in(world), Tally()
    door.gateway = Gateway(world.runtime, [door.dialect], Rates(), Refusals(RATE, tally))
    assert (await door.call(word="guessed")).body == b"not proved"
    return door, tally


async def held(call: Any, tally: Tally) -> asyncio.Task[Any]:
    before = tally.counts.total()
    task = asyncio.create_task(call)
    async with asyncio.timeout(5):
        while tally.counts.total() == before and not task.done():  # noqa: ASYNC110 (the count tells no one)
            await asyncio.sleep(0.001)
    return task


async def ended(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.slow  # each waits for a second
@pytest.mark.parametrize(
    "wrong", [{"word": "guessed"}, {"key": "made up"}, {"key": "made up", "method": "POST"}, {"key": " "}]
)
async def test_a_failed_proof_waits_and_a_good_one_does_not(plain_world: World, wrong: dict[str, str]) -> None:
    door, tally = await strict_door(plain_world)
    stranger = await held(door.call(**wrong), tally)
    for _ in range(20):
        assert (await door.call()).status == 200
    assert not stranger.done()
    assert tally.counts == {Bite.REFUSAL_HELD: 1}
    assert (await stranger).status == 401


@pytest.mark.slow  # waits for a second
async def test_whoever_names_a_damaged_credential_waits_like_any_stranger(plain_world: World) -> None:
    """Nothing can prove them: whoever knows the key's id could make a flood of it."""
    door, tally = await strict_door(plain_world)
    damaged = await door.new_key()
    await plain_world.admin.execute("update credentials set sealed = '' where key_id = $1", damaged)
    stranger = await held(door.call(key=damaged), tally)
    assert not stranger.done()
    assert (await stranger).status == STATUS[Trouble.NOT_CARRIED_OUT]


async def test_a_request_that_names_nobody_waits_like_any_stranger(plain_world: World) -> None:
    door, tally = await strict_door(plain_world)
    stranger = await held(door.gateway.handle(door.dialect, Request("GET", "/plain/things", "", {}, b"")), tally)
    assert not stranger.done()
    await ended(stranger)


@pytest.mark.slow  # each waits for a second
@pytest.mark.parametrize(
    ("method", "path", "trouble"),
    [("GET", "/plain/nothing", Trouble.NO_SUCH_PATH), ("PUT", "/plain/things", Trouble.WRONG_METHOD)],
)
async def test_so_does_one_for_what_is_not_served(plain_world: World, method: str, path: str, trouble: Trouble) -> None:
    door, tally = await strict_door(plain_world)
    stranger = await held(door.call(method, path), tally)
    assert not stranger.done()
    assert (await stranger).status == STATUS.get(trouble, 400)


async def test_a_revoked_key_waits_like_any_stranger(plain_world: World) -> None:
    door, tally = await strict_door(plain_world)
    assert (await door.call()).status == 200
    await mark_revoked(plain_world.runtime.database, door.key_id, plain_world.clock())
    stranger = await held(door.call(), tally)
    assert not stranger.done()
    await ended(stranger)


async def test_what_a_proved_caller_got_wrong_is_told_at_once(plain_world: World) -> None:
    door, tally = await strict_door(plain_world)
    assert (await door.call(nonce="n")).status == 200
    assert (await door.call(nonce="n")).status == 409
    assert tally.counts == {}


@pytest.mark.parametrize(("method", "path"), [("GET", "/plain/nothing"), ("DELETE", "/plain/things")])
async def test_who_asks_for_what_is_not_served_has_proved_nothing_and_waits(
    plain_world: World, method: str, path: str
) -> None:
    door, tally = await strict_door(plain_world)
    told: list[str] = []
    request = Request(method, path, "", {}, b"")
    stranger = await held(
        door.gateway.handle(door.dialect, request, lambda: told.append("settled"), lambda: told.append("nobody")), tally
    )
    assert told == ["settled", "nobody"], "before they wait"
    await ended(stranger)


async def test_whose_turn_is_too_far_away_is_told_to_come_again(
    plain_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals_module, "LONGEST_S", 0.05)
    door, tally = await strict_door(plain_world)
    told = await door.call(word="guessed")
    assert (told.status, told.body, header(told, "retry-after")) == (429, b"TOO_MANY_REQUESTS", str(BUSY_S))
    assert tally.counts == {Bite.REFUSALS_TOO_MANY: 1}


@pytest.mark.slow  # waits for a second
async def test_who_comes_while_too_many_keys_are_looked_up_waits_like_any_stranger(
    plain_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told so at once, a flood on thousands of connections would come back at once."""
    monkeypatch.setattr(credentials_module, "MOST_LOOK_UPS", 0)
    door, tally = await door_in(plain_world), Tally()
    door.gateway = Gateway(plain_world.runtime, [door.dialect], Rates(), Refusals(RATE, tally))
    assert (await door.call(key="made up")).body == b"TOO_MANY_REQUESTS"
    stranger = await held(door.call(key="made up"), tally)
    assert not stranger.done()
    assert (await stranger).body == b"TOO_MANY_REQUESTS"


@pytest.mark.slow  # waits for a second
async def test_so_does_whose_proof_failed_meanwhile(plain_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(*_of_credential: object) -> None:
        raise Busy

    door, tally = await strict_door(plain_world)
    monkeypatch.setattr(door.gateway._credentials, "check", busy)
    stranger = await held(door.call(word="guessed"), tally)
    assert not stranger.done()
    assert (await stranger).body == b"TOO_MANY_REQUESTS"


# -- bodies -----------------------------------------------------------------------------------------------------------


class Sent:
    """One request as the web server hands it over, with a body that is large."""

    def __init__(self, door: Door, unproved: Unproved, word: str, body: bytes) -> None:
        self._app = App(door.gateway, Health(), None, Tally(), unproved)
        self._door, self._word = door, word
        self._messages = [{"type": "http.request", "body": body, "more_body": False}]
        self.answered: list[MutableMapping[str, Any]] = []

    async def _receive(self) -> MutableMapping[str, Any]:
        return self._messages.pop()

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        self.answered.append(message)

    async def __call__(self) -> int:
        await self._app(self._scope(), self._receive, self._send)
        status: int = self.answered[0]["status"]
        return status

    def _scope(self) -> dict[str, Any]:
        headers = [(b"x-key", self._door.key_id.encode()), (b"x-word", self._word.encode())]
        path = "/plain/things"
        target = {"path": path, "raw_path": path.encode(), "query_string": b""}
        return {"type": "http", "method": "POST", "headers": headers, **target}


@pytest.mark.slow  # waits for a second
async def test_while_a_refusal_waits_nothing_of_the_body_is_kept_or_counted(plain_world: World) -> None:
    door, tally = await strict_door(plain_world)
    unproved = Unproved(LIMIT, tally)
    body = bytes(LARGE)
    alone = sys.getrefcount(body)
    stranger = await held(Sent(door, unproved, "guessed", body)(), tally)
    assert not stranger.done()
    assert (sys.getrefcount(body), unproved.size) == (alone, 0)
    assert await stranger == 401


async def test_bytes_count_until_the_proof_and_not_while_the_work_is_done(plain_world: World) -> None:
    door, _ = await strict_door(plain_world)
    assert (await door.call()).status == 200, "its key is loaded"
    unproved = Unproved(LIMIT, Tally())
    seen: list[int] = []

    def read(_request: object) -> Greet:
        seen.append(unproved.size)
        return Greet()

    door.plain.read = read
    async with plain_world.admin.transaction():
        await plain_world.admin.execute("lock table accounts in access exclusive mode")
        serving = asyncio.create_task(Sent(door, unproved, WORD, LARGE)())
        await plain_world.until_somebody_waits()
        assert unproved.size == 0, "the use case is under way"
    assert await serving == 200
    assert seen == [len(LARGE)]


@pytest.mark.parametrize("word", [WORD, "guessed"])
async def test_when_a_request_is_over_nothing_is_counted(plain_world: World, word: str) -> None:
    door = await door_in(plain_world)
    unproved = Unproved(LIMIT, Tally())
    assert await Sent(door, unproved, word, LARGE)() in (200, 401)
    assert unproved.size == 0


async def test_a_body_for_which_there_is_no_room_is_told_so_in_its_apis_form(plain_world: World) -> None:
    door = await door_in(plain_world)
    sent = Sent(door, Unproved(LARGE_BYTES, Tally()), WORD, LARGE)
    assert await sent() == 429
    assert sent.answered[1]["body"] == b"TOO_MANY_REQUESTS"
    assert (b"retry-after", str(BUSY_S).encode()) in sent.answered[0]["headers"]


# -- a large body whose sender is nobody ------------------------------------------------------------------------------


class Told(Sent):
    """One that says beforehand how large its body is; `received`: whether anybody wanted it."""

    def __init__(
        self, door: Door, key: str, word: str = WORD, body: bytes = LARGE, path: str = "/plain/things"
    ) -> None:
        super().__init__(door, Unproved(LIMIT, Tally()), word, body)
        self._key, self._path, self._told = key, path, len(body)
        self.received = False

    async def _receive(self) -> MutableMapping[str, Any]:
        self.received = True
        return await super()._receive()

    def _scope(self) -> dict[str, Any]:
        headers = [(b"x-key", self._key.encode())] if self._key else []
        headers += [(b"x-word", self._word.encode()), (b"content-length", str(self._told).encode())]
        return super()._scope() | {"headers": headers, "path": self._path}


@pytest.mark.parametrize(
    ("key", "path", "told"),
    [
        ("made up", "/plain/things", (401, b"nobody")),
        ("", "/plain/things", (401, b"no key")),
        ("", "/plain/nothing", (404, b"NO_SUCH_PATH")),
    ],
)
async def test_a_large_body_of_nobody_is_not_received(
    plain_world: World, key: str, path: str, told: tuple[int, bytes]
) -> None:
    sent = Told(await door_in(plain_world), key, path=path)
    assert await sent() == told[0]
    assert (sent.answered[1]["body"], sent.received) == (told[1], False)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (LARGE, "/plain/things"),
        (LARGE, "/plain/nothing"),
        (b"x" * (LONGEST_BODY + 1), "/plain/things"),
        (b"", "/outside/of/all"),
    ],
)
async def test_a_refusal_before_the_body_waits_for_its_turn_too(plain_world: World, body: bytes, path: str) -> None:
    door, tally = await strict_door(plain_world)
    stranger = await held(Told(door, "made up", body=body, path=path)(), tally)
    assert not stranger.done()
    await ended(stranger)


async def test_a_large_body_under_a_known_key_is_received_before_anything_is_said(plain_world: World) -> None:
    door = await door_in(plain_world)
    for word, status in ((WORD, 200), ("guessed", 401)):
        sent = Told(door, door.key_id, word)
        assert (await sent(), sent.received) == (status, True)


async def test_a_small_body_of_nobody_and_one_that_is_too_large_are_told_in_the_order_of_checks(
    plain_world: World,
) -> None:
    door = await door_in(plain_world)
    small, huge = Told(door, "made up", body=b"x"), Told(door, "made up", body=b"x" * (LONGEST_BODY + 1))
    assert (await small(), small.received) == (401, True)
    assert await huge() == STATUS.get(Trouble.BODY_TOO_LARGE, 400)


async def test_while_too_many_keys_are_looked_up_a_large_body_is_told_so(
    plain_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials_module, "MOST_LOOK_UPS", 0)
    door = await door_in(plain_world)
    sent = Told(door, door.key_id)
    assert (await sent(), sent.received) == (429, False)
