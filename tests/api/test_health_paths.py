"""What operators and their tools ask: answered from memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
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

OK = (200, {"status": "ok"})


class NoDatabase:
    """Whoever asks it fails."""

    callers = Database(cast(Any, None))


def answer_to(health: Health, path: str, method: str = "GET") -> tuple[int, Any]:
    gateway = Gateway(cast(Runtime, NoDatabase()), all_dialects().values())
    app = App(gateway, health, None, Tally(), Unproved(1_000, Tally()))
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        raise AssertionError("no body is waited for")

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
    }
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


def ready() -> Health:
    health = Health()
    health.beat()
    return health


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/health"])
def test_a_process_that_can_serve_says_so(path: str, method: str) -> None:
    assert answer_to(ready(), path, method) == OK


@pytest.mark.parametrize("path", ["/readyz", "/health"])
def test_one_that_cannot_says_why(path: str) -> None:
    health = ready()
    health.say("stop", "the server is stopping")
    health.say("files", "the data folder is gone")
    why = ["the server is stopping", "the data folder is gone"]
    assert answer_to(health, path) == (503, {"status": "unready", "why": why})


@pytest.mark.parametrize("path", ["/readyz", "/health"])
def test_a_warning_is_shown_by_one_that_can_serve_all_the_same(path: str) -> None:
    health = ready()
    health.warn("clock", "this machine's clock is off")
    assert answer_to(health, path) == (200, {"status": "ok", "warnings": ["this machine's clock is off"]})
    health.clear("clock")
    assert answer_to(health, path) == OK


def test_it_lives_all_the_same() -> None:
    health = Health()
    health.say("stop", "the server is stopping")
    assert answer_to(health, "/healthz") == OK


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/health"])
def test_health_is_only_asked_for(path: str) -> None:
    assert answer_to(ready(), path, "POST")[0] == 404
