"""A request that is still under way when the server stops is answered in the form of its own API."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any, cast

import pytest

from outlay.api.app import App
from outlay.api.budget import Unproved
from outlay.api.gateway import Gateway
from outlay.api.limits import Tally
from outlay.dialects import all_dialects
from outlay.service.health import Health
from outlay.service.runtime import Runtime
from outlay.store.database import Database
from outlay.wire.dialect import AnyDialect
from outlay.wire.message import Request, Response
from outlay.wire.problems import Trouble
from tests.front.served import Answers, Front

PATHS = {
    "/api/global/payout/create-order": (503, {"code": 503}),
    "/api/pay/payout/create/v1": (200, {"code": 412}),
    "/api/v2/payment/payout/create": (500, {"code": "api_error"}),
}


class Clock:
    """All that the gateway needs of a runtime to say what went wrong."""

    callers = Database(cast(Any, None))

    def real_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def entropy(self, count: int) -> bytes:
        return bytes(count)


class Unhurried(Gateway):
    async def handle(
        self,
        dialect: AnyDialect,
        request: Request,
        *_called_back: Callable[[], None],
    ) -> Response:
        await asyncio.sleep(3600)
        raise AssertionError


@pytest.mark.slow  # connections that are cut
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", [b"{}", b"{"], ids=["whole", "still coming"])
def test_the_server_stops_before_the_answer_is_there(path: str, body: bytes) -> None:
    app = App(
        Unhurried(cast(Runtime, Clock()), all_dialects().values()),
        Health(),
        1000,
        Tally(),
        Unproved(1_000_000, Tally()),
    )
    status, told = PATHS[path]
    with Front(app, grace_s=0.3) as front, front.connect() as connection:
        connection.sendall(b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n%b" % (path.encode(), body))
        while front.asked < 2:
            time.sleep(0.01)
        front.begin_to_stop()
        answer = Answers(connection).next()
    assert answer is not None
    assert (answer.status, answer.headers["connection"]) == (status, "close")
    found: dict[str, Any] = json.loads(answer.body)
    assert told.items() <= found.items(), found


class Refusing(Gateway):
    """It has found out that nobody asks, and lets them wait for their turn."""

    async def handle(
        self,
        dialect: AnyDialect,
        request: Request,
        settle: Callable[[], None] = lambda: None,
        is_nobody: Callable[[], None] = lambda: None,
    ) -> Response:
        is_nobody()
        await asyncio.sleep(3600)
        raise AssertionError


@pytest.mark.parametrize("path", PATHS)
def test_who_waits_for_a_refusal_meanwhile_is_told_that_nothing_was_done(path: str) -> None:
    gateway = Refusing(cast(Runtime, Clock()), all_dialects().values())
    app = App(gateway, Health(), None, Tally(), Unproved(1_000_000, Tally()))
    dialect = gateway.dialect_of(path)
    assert dialect is not None
    with Front(app) as front, front.connect() as connection:
        connection.sendall(b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}" % path.encode())
        while front.asked < 2:
            time.sleep(0.01)
        front.begin_to_stop()
        answer = Answers(connection).next()
    assert answer is not None
    assert answer.status == dialect.trouble(Trouble.TOO_MANY_REQUESTS).status
    assert answer.headers["retry-after"] == "1"
