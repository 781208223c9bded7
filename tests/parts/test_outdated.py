"""A process of `--workers` that the schema is too new for, and its parent: neither starts what could not serve."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from outlay.api.server import bind
from outlay.process import children, serving
from outlay.process.settings import Settings
from outlay.process.stopping import BROKEN_OFF, OUTDATED, Stop
from tests.store.newer_schemas import BACK, CONTRACTING
from tests.support.world import World

STOP_S = 20.0


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> Stop:
    """Of a process that goes on: it is this one."""
    monkeypatch.setattr(Stop, "_end_at_last", lambda _stop: None)
    return Stop(STOP_S)


async def test_a_child_that_starts_when_the_schema_is_too_new_serves_nobody_and_its_status_tells(
    plain_world: World, tmp_path: Path, stop: Stop
) -> None:
    ours, theirs = socket.socketpair()
    settings = Settings.read(data=tmp_path)
    with ours, theirs, bind("127.0.0.1", 0) as listener, capture_logs() as lines:
        try:
            await plain_world.admin.execute(CONTRACTING)
            await serving._serve_child(settings, plain_world.dsn, listener, stop, ours)
        finally:
            await plain_world.admin.execute(BACK)
    assert stop.status == OUTDATED
    assert not stop.has_started
    (line,) = [line for line in lines if line["event"] == "this process is too old for the schema, and stops"]
    assert "start the newer version" in line["why"]


@pytest.mark.parametrize(("status", "is_over"), [(OUTDATED, True), (BROKEN_OFF, False)])
async def test_a_parent_stops_with_a_child_that_is_too_old_and_replaces_one_that_only_failed(
    tmp_path: Path, stop: Stop, monkeypatch: pytest.MonkeyPatch, status: int, is_over: bool
) -> None:
    started: list[Any] = []

    def command(*words: str) -> list[str]:
        started.append(words)
        return [sys.executable, "-c", f"raise SystemExit({status})"]

    monkeypatch.setattr(children, "python_module", command)
    monkeypatch.setattr(children, "RESTART_S", 0.0)
    settings = Settings.read(data=tmp_path, workers=1)
    with bind("127.0.0.1", 0) as listener:
        keeping = asyncio.ensure_future(children.Children(settings, listener, stop).keep())
        while len(started) < 3 and not keeping.done():  # noqa: ASYNC110  who keeps them tells nobody
            await asyncio.sleep(0.01)
        stop.begin()
        await keeping
    assert (stop.status == OUTDATED) is is_over
    assert (len(started) == 1) is is_over
