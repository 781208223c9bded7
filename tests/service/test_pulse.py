"""The heartbeat of a process that serves: what lets it beat, and what the process says where it does not."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import SecretStr

from outlay import pulse
from outlay.bootstrap import open_runtime
from outlay.health import Health
from outlay.key_file import vault_key
from outlay.pulse import missing_files
from outlay.settings import Settings
from outlay.store.nodes import beat, lease_node
from tests.support.world import VAULT_KEY, World

OWNER = "me"
URL = SecretStr("postgresql://somewhere/else")


def settings_on(folder: Path, **settings: object) -> Settings:
    return Settings(data=folder, _env_file=None, **settings)  # type: ignore[call-arg,arg-type]


async def until(true: Callable[[], object]) -> None:
    while not true():  # noqa: ASYNC110 (health is asked, it tells nobody)
        await asyncio.sleep(0.01)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "BEAT_EVERY_S", 0.01)


class Beating:
    """A process's heartbeat in the world's database; `wrong` is what a look at its files gives."""

    def __init__(self, world: World, health: Health) -> None:
        self.world, self.health = world, health
        self.wrong: str | None = None

    async def __aenter__(self) -> Beating:
        database = self.world.runtime.database
        self.node = await lease_node(database, OWNER, 0, 1)
        self._task = asyncio.create_task(
            pulse.keep_beating(database, self.node, OWNER, self.health, lambda: self.wrong)
        )
        await until(lambda: not self.health.unready())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


async def test_a_heartbeat_is_a_change_of_the_process_own_row(plain_world: World) -> None:
    database = plain_world.runtime.database
    node = await lease_node(database, OWNER, 0, 5)
    look = "select xmin::text, until_ms from nodes"
    before = await plain_world.admin.fetchrow(look)
    assert await beat(database, node, OWNER)
    after = await plain_world.admin.fetchrow(look)
    assert before["xmin"] != after["xmin"]
    assert before["until_ms"] == after["until_ms"]
    assert not await beat(database, node, "somebody else")


async def test_a_database_that_takes_no_changes_makes_unready(plain_world: World, fast: None) -> None:
    async with Beating(plain_world, Health()) as beating:
        await plain_world.admin.execute("revoke update on nodes from outlay_app")
        try:
            await until(beating.health.unready)
        finally:
            await plain_world.admin.execute("grant update on nodes to outlay_app")
        await until(lambda: not beating.health.unready())


async def test_a_node_number_that_somebody_else_has_makes_unready(plain_world: World, fast: None) -> None:
    async with Beating(plain_world, Health()) as beating:
        await plain_world.admin.execute("update nodes set owner = 'somebody else'")
        await until(beating.health.unready)
        assert "node number" in beating.health.unready()[0]


async def test_files_that_are_gone_make_unready_until_they_are_back(plain_world: World, fast: None) -> None:
    async with Beating(plain_world, Health()) as beating:
        beating.wrong = "gone"
        await until(beating.health.unready)
        assert beating.health.unready() == ("gone",)
        beating.wrong = None
        await until(lambda: not beating.health.unready())


def test_only_the_files_that_this_server_needs_are_missed(tmp_path: Path) -> None:
    own, elsewhere = tmp_path / "own", tmp_path / "elsewhere"
    settings = settings_on(own)
    vault_key(settings)
    assert missing_files(settings) is None
    (own / "secret.key").unlink()
    assert missing_files(settings) == "the key file is gone from the data folder"
    assert missing_files(settings_on(own, secret_key=SecretStr(VAULT_KEY))) is None
    shutil.rmtree(own)
    assert missing_files(settings) == "the data folder is gone"
    assert missing_files(settings_on(own, secret_key=SecretStr(VAULT_KEY))) == "the data folder is gone"
    needs_none = settings_on(elsewhere, secret_key=SecretStr(VAULT_KEY), database_url=URL)
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
