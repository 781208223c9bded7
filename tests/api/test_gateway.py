"""The gateway's one pipeline, driven through a dialect of the simplest kind: what it answers before and around a use
case, and with which headers.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import structlog
from msgspec.structs import replace
from structlog.testing import capture_logs

from outlay.api import gateway as gateway_module
from outlay.api.gateway import Gateway
from outlay.api.proving import prove
from outlay.core.asks import ReadBalances
from outlay.service import health as health_module
from outlay.store import gather as gather_module
from outlay.store.credentials import mark_revoked
from outlay.store.database import Unavailable
from outlay.store.patience import left_s
from outlay.store.write.clerk import Clerk
from outlay.wire.message import Request
from outlay.wire.problems import Fault
from tests.api.door import door_in, header
from tests.support.world import World, at_once, order_ask

MINUTE_S = 60.0
DATABASE_S = 50.0
SHORT_S = 1.0
AHEAD_MS = 3 * 86_400_000


async def test_a_route_is_found_by_method_and_path_and_its_parts_are_named(plain_world: World) -> None:
    door = await door_in(plain_world)
    assert (await door.call()).body == b"NoneType {}"
    assert (await door.call("GET", "/plain/things/7")).body == b"NoneType {'thing_id': '7'}"
    for path in ("/plain/thing", "/plain/things/", "/plain/things/7/8"):
        assert (await door.call("GET", path)).status == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/plain/things", "GET, POST"),
        ("PUT", "/plain/things", "GET, POST"),
        ("POST", "/plain/things/7", "GET"),
        ("GET", "/plain/token", "POST"),
        ("get", "/plain/things", "GET, POST"),
    ],
)
async def test_a_wrong_method_is_told_which_are_right(plain_world: World, method: str, path: str, allowed: str) -> None:
    door = await door_in(plain_world)
    told = await door.call(method, path)
    assert (told.status, header(told, "allow"), told.body) == (405, allowed, b"WRONG_METHOD")
    assert header(told, "x-kind") == "fault", "the dialect's own headers stay"


async def test_who_has_used_up_their_calls_is_told_when_to_come_again(plain_world: World) -> None:
    door = await door_in(plain_world, calls=3)
    assert [(await door.call()).status for _ in range(5)] == [200, 200, 200, 429, 429]
    told = await door.call()
    wait_s = header(told, "retry-after")
    assert (told.body, wait_s) == (b"TOO_MANY_REQUESTS", "20")
    door.now_s += 19.9
    assert (await door.call()).status == 429
    door.now_s += 0.1
    assert (await door.call()).status == 200


async def test_nothing_is_done_for_a_call_that_comes_too_soon(plain_world: World) -> None:
    door = await door_in(plain_world, calls=1)
    door.plain.read = lambda _request: order_ask(10, "r")
    assert (await door.call("POST", nonce="n1")).body == b"Payout {}"
    door.plain.read = lambda _request: order_ask(10, "r2")
    assert (await door.call("POST", nonce="n2")).status == 429
    assert await plain_world.count("payouts") == 1
    door.now_s += MINUTE_S
    again = await door.call("POST", nonce="n2")
    assert again.body == b"Payout {}", "its nonce is not spent either"


async def test_nobody_uses_up_the_calls_of_another(plain_world: World) -> None:
    door = await door_in(plain_world, calls=2)
    for _ in range(5):
        assert (await door.call(word="guessed")).body == b"not proved"
    assert [(await door.call()).status for _ in range(3)] == [200, 200, 429]
    assert (await door.call(key=await door.new_key())).status == 200


async def test_opening_calls_have_a_rate_of_their_own(plain_world: World) -> None:
    door = await door_in(plain_world, calls=1, openings=2)
    assert [(await door.call("POST", "/plain/token")).status for _ in range(3)] == [200, 200, 429]
    assert [(await door.call()).status for _ in range(2)] == [200, 429]


async def test_who_comes_while_too_many_wait_is_told_to_come_again(
    plain_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = await door_in(plain_world)
    assert (await door.call()).status == 200
    monkeypatch.setattr(gather_module, "MOST_WAITING", 0)
    told = await door.call()
    assert (told.status, header(told, "retry-after")) == (429, str(gateway_module.BUSY_S))


async def test_faults_of_who_asks_come_in_their_order(plain_world: World) -> None:
    door = await door_in(plain_world)
    nameless = await door.gateway.handle(door.dialect, Request("GET", "/plain/things", "", {}, b""))
    assert nameless.body == b"no key"
    assert (await door.call(key="never issued")).body == b"nobody"
    door.plain.read = lambda _request: Fault(400, "bad field", "amount is required")
    assert (await door.call(word="guessed")).body == b"not proved"
    assert (await door.call()).body == b"bad field"
    await mark_revoked(plain_world.runtime.database, door.key_id, plain_world.clock())
    assert (await door.call()).body == b"nobody", "wrong fields do not make a revoked key good"


async def test_a_nonce_serves_once_whatever_comes_of_it(plain_world: World) -> None:
    door = await door_in(plain_world)
    answers = await at_once(*(door.call(nonce="n") for _ in range(5)))
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409, 409]
    door.plain.read = lambda _request: Fault(400, "bad field", "amount is required")
    assert (await door.call(nonce="m")).body == b"bad field"
    assert (await door.call(nonce="m")).status == 409


async def test_a_fault_of_ours_is_told_without_its_particulars(plain_world: World) -> None:
    door = await door_in(plain_world)

    def broken(_request: object) -> ReadBalances:
        raise ValueError("the secret is 42")

    door.plain.read = broken
    told = await door.call()
    assert (told.status, told.body) == (500, b"INTERNAL")


async def test_a_database_that_is_away_is_told_as_such(plain_world: World) -> None:
    process = await plain_world.process()
    door = await door_in(plain_world, runtime=process)
    assert (await door.call()).status == 200
    async with plain_world.admin.transaction():
        await plain_world.admin.execute("lock table accounts in access exclusive mode")
        waiting = at_once(door.call())
        cutting = cut_when_it_waits(plain_world)
        (told,), _ = await at_once(waiting, cutting)
    assert (told.status, told.body) == (503, b"NOT_CARRIED_OUT")
    assert (await door.call()).status == 200


@pytest.mark.parametrize(
    ("may_have_happened", "told"), [(True, b"UNAVAILABLE"), (False, b"NOT_CARRIED_OUT")], ids=["perhaps", "no"]
)
async def test_whether_an_order_may_have_been_carried_out_is_told(
    plain_world: World, monkeypatch: pytest.MonkeyPatch, may_have_happened: bool, told: bytes
) -> None:
    monkeypatch.setattr(health_module, "TOLD_EVERY_S", MINUTE_S)
    door = await door_in(plain_world)
    door.plain.read = lambda _request: order_ask(10, "r")

    async def lost(*_of_the_clerk: object) -> None:
        raise Unavailable("planted", may_have_happened=may_have_happened)

    with capture_logs() as lines, monkeypatch.context() as patch:
        patch.setattr(Clerk, "do", lost)
        assert {(await door.call("POST")).body for _ in range(5)} == {told}
    assert [line["event"] for line in lines if line.get("api") == "plain"] == ["database unavailable"], "not one each"


async def test_all_steps_of_a_request_have_one_deadline_and_other_work_costs_none_of_it(plain_world: World) -> None:
    door = await door_in(plain_world)
    door.gateway = Gateway(plain_world.runtime, [door.dialect], database_seconds=DATABASE_S)
    left: list[float] = []

    def read(_request: object) -> ReadBalances:
        left.append(left_s(1000.0))
        return ReadBalances()

    door.plain.read = read
    assert (await door.call()).status == 200
    assert 0 < left[0] <= DATABASE_S
    assert left_s(1000.0) == 1000.0


class Unhurried:
    """The process for large bodies, busy with others for longer than anybody waits."""

    async def prove(self, _key: object, job: tuple[Any, ...], _body: bytes) -> Any:
        await asyncio.sleep(2 * SHORT_S)
        return prove(*job[1:])


@pytest.mark.slow  # waits for seconds
async def test_who_waits_too_long_for_the_process_of_large_bodies_is_told_that_nothing_was_done(
    plain_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = await door_in(plain_world)
    monkeypatch.setattr(gateway_module, "is_large", lambda _body: True)
    monkeypatch.setattr(gateway_module, "job_for", lambda *parts: parts)
    large: Any = Unhurried()
    door.gateway = Gateway(plain_world.runtime, [door.dialect], large=large, database_seconds=SHORT_S)
    assert (await door.call()).body == b"TOO_MANY_REQUESTS"
    door.gateway = Gateway(plain_world.runtime, [door.dialect], large=large)
    assert (await door.call()).status == 200


async def cut_when_it_waits(world: World) -> None:
    await world.until_somebody_waits()
    await world.cut_all_connections()


async def test_proofs_and_answers_have_the_real_time_and_fields_both(plain_world: World) -> None:
    """A sandbox that is three days ahead does not make every caller's clock wrong."""
    clock = plain_world.clock
    ahead = replace(plain_world.runtime, now_ms=lambda: clock() + AHEAD_MS)
    door = await door_in(plain_world, runtime=ahead)
    assert (await door.call()).status == 200
    real_ms = clock()
    assert door.plain.seen == {
        "verify": real_ms,
        "read": real_ms,
        "read here": real_ms + AHEAD_MS,
        "write": real_ms,
    }
    await door.call("GET", "/plain/nothing")
    assert door.plain.seen["fault"] == real_ms


@pytest.mark.parametrize(
    "damage", ["set_byte(sealed, 20, 255 - get_byte(sealed, 20))", "''::bytea", "'nonsense'::bytea"]
)
async def test_a_damaged_credential_is_told_unavailable_and_one_line_says_which_it_is(
    plain_world: World, damage: str
) -> None:
    door = await door_in(plain_world)
    mine, damaged = door.key_id, await door.new_key()
    await plain_world.admin.execute(f"update credentials set sealed = {damage} where key_id = $1", damaged)
    with structlog.testing.capture_logs() as lines:
        told = await door.call(key=damaged, word="whatever")
        turned_away = await door.gateway.turn_away(
            door.dialect, Request("GET", "/plain/things", "", {"x-key": damaged}, b"")
        )
    assert turned_away is not None
    assert {(answer.status, answer.body) for answer in (told, turned_away)} == {(503, b"NOT_CARRIED_OUT")}
    errors = [line for line in lines if line["log_level"] == "error"]
    assert [(line["account"], line["key_id"]) for line in errors] == [(str(door.account_id), damaged)] * 2
    assert all("exc_info" not in line and "revoke it and create another" in line["event"] for line in errors)
    assert (await door.call(key=mine)).status == 200, "nobody else is the worse for it"


async def test_a_credential_in_the_wrong_row_lets_nobody_in(plain_world: World) -> None:
    door = await door_in(plain_world)
    mine, victim = door.key_id, await door.new_key()
    await plain_world.admin.execute(
        "update credentials set sealed = (select sealed from credentials where key_id = $1) where key_id = $2",
        mine,
        victim,
    )
    assert (await door.call(key=victim)).body == b"NOT_CARRIED_OUT"
