"""The key of an installation: known by its database from the first day, never replaced, and one only, also where a
start is killed between any two steps or two begin at once.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import UUID

import msgspec
import pytest

from outlay.kit.secret import Secret
from outlay.kit.vault import NONCE_BYTES, seal
from outlay.process import key_file
from outlay.process.key_file import SECRET_KEY_FILE, KeyRefused, check_key, find_key, make_key, vault_key
from outlay.process.settings import Settings
from outlay.service.engine import key_check
from outlay.service.engine.credentials import row_name
from outlay.service.engine.key_check import Fit, fit_of, record_key
from outlay.store import credentials, installation
from outlay.store.database import Database, Unavailable
from tests.support.databases import PLAIN, Server
from tests.support.world import World

ONE, OTHER = "1a" * 32, "2b" * 32
KILLED_AT_MOST = 200


def settings_of(folder: Path, key: str | None = None) -> Settings:
    return Settings.read(data=folder, secret_key=Secret(key) if key is not None else None)


def key_in(folder: Path) -> str | None:
    found = find_key(settings_of(folder))
    return found.reveal() if found is not None else None


def files_in(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


async def store(world: World, account_id: UUID, key: str, key_id: str, *, revoked: bool = False) -> None:
    """A credential that was sealed with this key, as a version without a check value left it."""
    sealed = seal(bytes.fromhex(key), os.urandom(NONCE_BYTES), b'{"word":"w"}', row_name(account_id, key_id))
    await credentials.add_credential(
        world.runtime.database, account_id=account_id, key_id=key_id, dialect="plain", sealed=sealed, now_ms=1
    )
    if revoked:
        assert await credentials.mark_revoked(world.runtime.database, key_id, 2)


async def recorded(world: World) -> int:
    return await world.count("installation")


# -- a new installation ---------------------------------------------------------------------------------------------


async def test_the_first_key_is_made_recorded_and_found_again(world: World, tmp_path: Path) -> None:
    database = world.runtime.database
    first = await vault_key(settings_of(tmp_path / "data"), database)
    assert first.reveal() == key_in(tmp_path / "data")
    assert await recorded(world) == 1
    again = await vault_key(settings_of(tmp_path / "data"), database)
    assert again.reveal() == first.reveal()


async def test_a_key_that_was_set_is_the_first_key_and_no_file_is_made(plain_world: World, tmp_path: Path) -> None:
    key = await vault_key(settings_of(tmp_path / "data", ONE), plain_world.runtime.database)
    assert key.reveal() == ONE
    assert await recorded(plain_world) == 1
    assert not (tmp_path / "data").exists()


async def test_the_key_stands_nowhere_in_the_database(plain_world: World, tmp_path: Path) -> None:
    await vault_key(settings_of(tmp_path, ONE), plain_world.runtime.database)
    check = await installation.read_key_check(plain_world.runtime.database)
    assert check is not None
    assert bytes.fromhex(ONE) not in check
    assert ONE.encode() not in check


# -- a lost or another key ------------------------------------------------------------------------------------------


async def test_a_lost_key_is_refused_and_no_new_one_is_made(plain_world: World, tmp_path: Path) -> None:
    database = plain_world.runtime.database
    await vault_key(settings_of(tmp_path), database)
    (tmp_path / SECRET_KEY_FILE).unlink()
    with pytest.raises(KeyRefused, match=r"is missing.*put secret\.key back from a backup"):
        await vault_key(settings_of(tmp_path), database)
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("where", ["setting", "file"])
async def test_another_key_is_refused_by_its_name(plain_world: World, tmp_path: Path, where: str) -> None:
    database = plain_world.runtime.database
    await vault_key(settings_of(tmp_path / "one", ONE), database)
    if where == "file":
        assert make_key(settings_of(tmp_path / "other")) is not None
    settings = settings_of(tmp_path / "other", OTHER if where == "setting" else None)
    before = await installation.read_key_check(database)
    for refusing in (vault_key, check_key):
        with pytest.raises(KeyRefused, match="is not the key") as refused:
            await refusing(settings, database)
        assert str(refused.value).startswith(
            "OUTLAY_SECRET_KEY is" if where == "setting" else str(tmp_path / "other" / SECRET_KEY_FILE)
        )
        assert OTHER not in str(refused.value)
    assert await installation.read_key_check(database) == before
    assert (where == "file") == (key_in(tmp_path / "other") is not None), "whose file it is, keeps it"


async def test_a_damaged_check_value_is_no_reason_to_take_a_key(plain_world: World, tmp_path: Path) -> None:
    database = plain_world.runtime.database
    await vault_key(settings_of(tmp_path, ONE), database)
    await plain_world.admin.execute("update installation set key_check = set_byte(key_check, 20, 0)")
    with pytest.raises(KeyRefused):
        await vault_key(settings_of(tmp_path, ONE), database)


# -- a database of an earlier version -------------------------------------------------------------------------------


async def test_a_key_that_opens_a_stored_credential_is_recorded(world: World, tmp_path: Path) -> None:
    account_id = await world.account()
    await store(world, account_id, ONE, "k1")
    assert (await vault_key(settings_of(tmp_path, ONE), world.runtime.database)).reveal() == ONE
    assert await recorded(world) == 1


async def test_a_key_that_opens_no_stored_credential_is_refused_and_not_recorded(world: World, tmp_path: Path) -> None:
    account_id = await world.account()
    await store(world, account_id, ONE, "k1")
    for refusing in (vault_key, check_key):
        with pytest.raises(KeyRefused, match="is not the key"):
            await refusing(settings_of(tmp_path, OTHER), world.runtime.database)
    with pytest.raises(KeyRefused, match="is missing"):
        await vault_key(settings_of(tmp_path), world.runtime.database)
    assert await recorded(world) == 0
    assert files_in(tmp_path) == []


async def test_damaged_credentials_prove_no_key_and_one_good_one_does(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "SEALED_AT_ONCE", 3)
    for _ in range(3):
        account_id = await world.account()
        for number in range(3):
            await store(world, account_id, ONE, f"{account_id}-{number}")
    await world.admin.execute("update credentials set sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20))")
    with pytest.raises(KeyRefused, match="or all of them are damaged"):
        await vault_key(settings_of(tmp_path, ONE), world.runtime.database)
    assert await recorded(world) == 0
    await world.admin.execute(
        "update credentials set sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20))"
        " where (account_id, key_id) in (select account_id, key_id from credentials order by 1 desc, 2 desc limit 1)"
    )
    assert (await vault_key(settings_of(tmp_path, ONE), world.runtime.database)).reveal() == ONE
    assert await recorded(world) == 1


async def test_a_revoked_credential_proves_a_key_and_asks_for_none(plain_world: World, tmp_path: Path) -> None:
    account_id = await plain_world.account()
    await store(plain_world, account_id, ONE, "k1", revoked=True)
    assert await fit_of(plain_world.runtime.database, Secret(ONE)) is Fit.PROVED
    assert await fit_of(plain_world.runtime.database, Secret(OTHER)) is Fit.FIRST, "nobody would miss what is revoked"
    await store(plain_world, account_id, ONE, "k2")
    assert await fit_of(plain_world.runtime.database, Secret(OTHER)) is Fit.FOREIGN


async def test_who_only_migrates_records_a_key_that_is_proved_and_never_a_first_one(
    plain_world: World, tmp_path: Path
) -> None:
    database = plain_world.runtime.database
    await check_key(settings_of(tmp_path), database)
    await check_key(settings_of(tmp_path, OTHER), database)
    assert (await recorded(plain_world), files_in(tmp_path)) == (0, [])
    await store(plain_world, await plain_world.account(), ONE, "k1")
    await check_key(settings_of(tmp_path, ONE), database)
    assert await recorded(plain_world) == 1


# -- two first starts -----------------------------------------------------------------------------------------------


def before_recording(monkeypatch: pytest.MonkeyPatch, deed: Callable[[Database], Awaitable[Any]]) -> None:
    """`deed` happens after this start has decided, and before it tells the database."""

    async def later(database: Database, key: Secret, entropy: Callable[[int], bytes]) -> Fit:
        monkeypatch.setattr(key_file, "record_key", record_key)
        await deed(database)
        return await record_key(database, key, entropy)

    monkeypatch.setattr(key_file, "record_key", later)


async def test_of_two_first_starts_with_two_keys_one_is_refused_and_leaves_no_key(
    plain_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_recording(monkeypatch, lambda database: vault_key(settings_of(tmp_path / "first"), database))
    with pytest.raises(KeyRefused, match="is not the key"):
        await vault_key(settings_of(tmp_path / "second"), plain_world.runtime.database)
    assert files_in(tmp_path / "second") == []
    first = await vault_key(settings_of(tmp_path / "first"), plain_world.runtime.database)
    assert first.reveal() == key_in(tmp_path / "first")


async def test_a_key_file_that_was_there_stays_where_another_key_was_first(
    plain_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be the key of another database."""
    made = make_key(settings_of(tmp_path / "second"))
    before_recording(monkeypatch, lambda database: vault_key(settings_of(tmp_path / "first"), database))
    with pytest.raises(KeyRefused, match="is not the key"):
        await vault_key(settings_of(tmp_path / "second"), plain_world.runtime.database)
    assert made is not None
    assert key_in(tmp_path / "second") == made.reveal()


async def test_two_first_starts_on_one_folder_share_a_key(
    plain_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_recording(monkeypatch, lambda database: vault_key(settings_of(tmp_path), database))
    key = await vault_key(settings_of(tmp_path), plain_world.runtime.database)
    assert key.reveal() == key_in(tmp_path)


async def test_two_first_starts_at_once_end_with_one_key(plain_world: World, tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(4)]
    processes = [await plain_world.process() for _ in folders]
    done = await asyncio.gather(
        *(vault_key(settings_of(folder), each.database) for folder, each in zip(folders, processes, strict=True)),
        return_exceptions=True,
    )
    (won,) = [number for number, end in enumerate(done) if isinstance(end, Secret)]
    assert all(isinstance(end, (Secret, KeyRefused)) for end in done)
    assert [number for number, folder in enumerate(folders) if key_in(folder) is not None] == [won]


async def test_a_lost_answer_keeps_the_key_because_it_may_have_been_a_yes(
    plain_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(database: Database, key: Secret, entropy: Callable[[int], bytes]) -> Fit:
        monkeypatch.setattr(key_file, "record_key", record_key)
        await record_key(database, key, entropy)
        raise Unavailable("the connection is gone")

    monkeypatch.setattr(key_file, "record_key", lost)
    with pytest.raises(Unavailable):
        await vault_key(settings_of(tmp_path), plain_world.runtime.database)
    kept = key_in(tmp_path)
    assert kept is not None
    assert (await vault_key(settings_of(tmp_path), plain_world.runtime.database)).reveal() == kept


# -- a start that is killed -----------------------------------------------------------------------------------------

STEPS_IN = {module.__file__ for module in (key_file, key_check, installation, credentials)}


def start(dsn: str, folder: Path, kill_at: int) -> None:
    """As a process of its own does it: the key is looked for, made and recorded; killed before its `kill_at`th line."""
    lines = 0

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal lines
        if frame.f_code.co_filename not in STEPS_IN:
            return None
        if event == "line":
            lines += 1
            if lines == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    async def work() -> None:
        async with Database.open(dsn, connections=2) as database:
            sys.settrace(trace)
            try:
                await vault_key(settings_of(folder), database)
            finally:
                sys.settrace(None)

    asyncio.run(work())


def run_start(dsn: str, folder: Path, kill_at: int = 0) -> int | None:
    process = multiprocessing.get_context("fork").Process(target=start, args=(dsn, folder, kill_at))
    process.start()
    process.join()
    return process.exitcode


class Look(msgspec.Struct, frozen=True):
    """What a start has left."""

    key: str | None
    fits: Fit


def look(server: Server, folder: Path) -> Look:
    key = key_in(folder)
    database = server.of_shape(PLAIN).database
    return Look(key, server.runner.run(fit_of(database, Secret(key) if key is not None else None)))


@pytest.mark.slow
def test_a_start_that_is_killed_at_any_line_leaves_one_key_at_most_and_the_next_start_works(
    server: Server, tmp_path: Path
) -> None:
    kept = server.of_shape(PLAIN)
    seen = set()
    for kill_at in range(1, KILLED_AT_MOST):
        folder = tmp_path / str(kill_at)
        server.runner.run(kept.empty())
        if run_start(kept.dsn, folder, kill_at) == 0:
            break
        left = look(server, folder)
        seen.add((left.key is not None, left.fits))
        assert run_start(kept.dsn, folder) == 0
        after = look(server, folder)
        assert after.fits is Fit.RECORDED
        assert left.key in (None, after.key), "what was made is never replaced"
        assert files_in(folder) == [SECRET_KEY_FILE], "no draft is left"
    else:
        pytest.fail("it never came to its end")
    # Every state on the way was met: nothing yet, a file alone, a file and its row.
    assert seen == {(False, Fit.FIRST), (True, Fit.FIRST), (True, Fit.RECORDED)}


# -- a key that is lost for good ------------------------------------------------------------------------------------

OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


async def test_what_operations_tells_of_a_key_that_is_lost_for_good_makes_room_for_a_new_one(
    world: World, tmp_path: Path
) -> None:
    database = world.runtime.database
    await vault_key(settings_of(tmp_path, ONE), database)
    await store(world, await world.account(), ONE, "k1")
    (statements,) = re.findall(r"```sql\n(.*?)```", OPERATIONS.read_text("utf-8"), re.DOTALL)
    await world.admin.execute(statements)
    assert (await vault_key(settings_of(tmp_path, OTHER), database)).reveal() == OTHER
    assert await credentials.find_credentials(database, [("plain", "k1")]) == {}
    with pytest.raises(KeyRefused):
        await vault_key(settings_of(tmp_path, ONE), database)
