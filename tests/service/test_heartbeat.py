"""The heartbeat of a process that serves: what lets it beat, and what the process says where it does not."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from outlay.kit.secret import Secret
from outlay.process import ids as module
from outlay.process.ids import open_node
from outlay.process.key_file import make_key, missing_files
from outlay.process.run import open_runtime
from outlay.process.settings import Settings
from outlay.service.health import Health
from tests.support.world import VAULT_KEY, World

URL = Secret("postgresql://somewhere/else")


def settings_on(folder: Path, **settings: object) -> Settings:
    return Settings.read(data=folder, **settings)


async def until(true: Callable[[], object]) -> None:
    while not true():  # noqa: ASYNC110 (health is asked, it tells nobody)
        await asyncio.sleep(0.01)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PULSE_S", 0.01)


@asynccontextmanager
async def beating(world: World, look: Callable[[], str | None] = lambda: None) -> AsyncIterator[Health]:
    """A process's heartbeat in the world's database."""
    health = Health()
    node = await open_node(world.runtime.database, health, look)
    keeping = asyncio.create_task(node.keep())
    await until(lambda: not health.unready())
    yield health
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping
    await node.give_back()


async def test_a_heartbeat_is_a_change_of_the_process_own_row(plain_world: World, fast: None) -> None:
    look = "select xmin::text from nodes"
    async with beating(plain_world):
        before = await plain_world.admin.fetchval(look)
        while await plain_world.admin.fetchval(look) == before:  # noqa: ASYNC110 (a row tells nobody)
            await asyncio.sleep(0.01)


@pytest.mark.slow  # waits for seconds
async def test_a_database_that_takes_no_changes_makes_unready(plain_world: World, fast: None) -> None:
    async with beating(plain_world) as health:
        await plain_world.admin.execute("alter table nodes rename to no_nodes")
        try:
            await until(health.unready)
        finally:
            await plain_world.admin.execute("alter table no_nodes rename to nodes")
        await until(lambda: not health.unready())


async def test_files_that_are_gone_make_unready_until_they_are_back(plain_world: World, fast: None) -> None:
    wrong: list[str] = []
    async with beating(plain_world, lambda: wrong[0] if wrong else None) as health:
        wrong.append("gone")
        await until(health.unready)
        assert health.unready() == ("gone",)
        wrong.clear()
        await until(lambda: not health.unready())


async def test_files_that_cannot_be_read_are_told_as_such(plain_world: World, fast: None) -> None:
    def fails() -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    async with beating(plain_world, fails) as health:
        await until(health.unready)
        assert health.unready() == (f"the data folder cannot be read: {os.strerror(errno.ESTALE)}",)


async def test_a_look_at_files_that_hangs_makes_unready_and_holds_up_nothing_else(
    plain_world: World, fast: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.2)
    goes_on = threading.Event()
    are_daemons: list[bool] = []

    def hang() -> None:
        are_daemons.append(threading.current_thread().daemon)
        goes_on.wait()

    until_ms = "select max(until_ms) from nodes"
    try:
        async with beating(plain_world, hang) as health:
            await until(lambda: "the file system of the data folder does not answer" in health.unready())
            before = await plain_world.admin.fetchval(until_ms)
            while await plain_world.admin.fetchval(until_ms) == before:  # noqa: ASYNC110 (a row tells nobody)
                await asyncio.sleep(0.01)
        assert are_daemons[0], "a process ends without it"
    finally:
        goes_on.set()


async def test_files_that_are_gone_are_said_once_in_the_log_and_so_is_their_return(
    plain_world: World, fast: None
) -> None:
    wrong: list[str] = []
    looks: list[None] = []

    def look() -> str | None:
        looks.append(None)
        return wrong[0] if wrong else None

    with capture_logs() as lines:
        async with beating(plain_world, look) as health:
            wrong.append("gone")
            await until(health.unready)
            seen = len(looks)
            await until(lambda: len(looks) > seen + 3)
            wrong.clear()
            await until(lambda: not health.unready())
            await until(lambda: "files are there again" in [line["event"] for line in lines])
    said = [(line["event"], line.get("why")) for line in lines if line["event"].startswith("files ")]
    assert said == [("files cannot be reached", "gone"), ("files are there again", None)]


def test_only_the_files_that_this_server_needs_are_missed(tmp_path: Path) -> None:
    own, elsewhere = tmp_path / "own", tmp_path / "elsewhere"
    settings = settings_on(own)
    make_key(settings)
    assert missing_files(settings) is None
    (own / "secret.key").unlink()
    assert missing_files(settings) == "the key file is gone from the data folder"
    assert missing_files(settings_on(own, secret_key=Secret(VAULT_KEY))) is None
    shutil.rmtree(own)
    assert missing_files(settings) == "the data folder is gone"
    assert missing_files(settings_on(own, secret_key=Secret(VAULT_KEY))) == "the data folder is gone"
    needs_none = settings_on(elsewhere, secret_key=Secret(VAULT_KEY), database_url=URL)
    assert missing_files(needs_none) is None


async def test_a_process_that_serves_is_ready_from_its_beginning_and_hears_of_its_files(
    plain_world: World, tmp_path: Path, fast: None
) -> None:
    health = Health()
    async with open_runtime(settings_on(tmp_path), plain_world.dsn, health) as runtime:
        assert runtime.health is health
        assert health.unready() == ()
        (tmp_path / "secret.key").unlink()
        await until(health.unready)
