"""The embedded server in the process that owns it."""

import asyncio
import contextlib
import os
import shutil
import signal
import stat
import subprocess
import threading
import time
from pathlib import Path

import asyncpg
import pytest
from postgres_helpers import ask, wait_until

from outlay.postgres import (
    AlreadyOwned,
    DataDirUnusable,
    EmbeddedServer,
    NotMainThread,
    ServerFailed,
    UnsafeServer,
    check_durability,
)
from outlay.postgres.launch import choose_launcher
from outlay.postgres.leftovers import processes_of

pytestmark = pytest.mark.slow  # whole servers, started and killed


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_data_folder_gets_a_private_server_that_answers(place: Path) -> None:
    data = place / "new" / "data"
    with EmbeddedServer(data) as server:
        assert ask(server.endpoint.url, "select current_database()") == "outlay"
        assert ask(server.endpoint.url, "show server_encoding") == "UTF8"
        assert ask(server.endpoint.url, "show listen_addresses") == ""
        assert ask(server.endpoint.url, "show data_checksums") == "on"
        assert ask(server.endpoint.url, "select datcollate from pg_database where datname = 'outlay'") == "C"
        assert mode(data) == (0o711 if os.geteuid() == 0 else 0o700)  # root's server passes through as another user
        assert mode(data / "pg") == mode(data / "socket") == 0o700
        assert mode(data / "password") == mode(data / "lock") == 0o600
        assert not list(data.glob("pg.new-*"))
    assert processes_of(data / "pg") == []


def test_only_the_password_opens_it_and_nothing_prints_the_password(data_dir: Path) -> None:
    password = (data_dir / "password").read_text().strip()
    with EmbeddedServer(data_dir) as server:
        assert password in server.endpoint.url
        assert password not in f"{server.endpoint} {server.endpoint!r}"
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(server.endpoint.url.replace(password, "wrong"), "select 1")


def test_data_survives_a_restart(data_dir: Path) -> None:
    with EmbeddedServer(data_dir) as server:
        ask(server.endpoint.url, "create table kept as select 42 as value")
    with EmbeddedServer(data_dir) as server:
        assert ask(server.endpoint.url, "select value from kept") == 42


def test_the_last_resort_leaves_no_process_and_no_socket_and_loses_nothing(data_dir: Path) -> None:
    with EmbeddedServer(data_dir) as server:
        ask(server.endpoint.url, "create table kept_again as select 42 as value")
        for pid in processes_of(data_dir / "pg"):
            os.kill(pid, signal.SIGSTOP)
        server.kill()
        assert not (data_dir / "socket").exists()
        wait_until(lambda: not processes_of(data_dir / "pg"))
    with EmbeddedServer(data_dir) as server:
        assert ask(server.endpoint.url, "select value from kept_again") == 42


def test_start_and_stop_may_be_called_again(data_dir: Path) -> None:
    server = EmbeddedServer(data_dir)
    server.start()
    server.start()
    server.stop()
    server.stop()
    server.start()
    assert ask(server.endpoint.url, "select 1") == 1
    server.stop()
    with pytest.raises(ServerFailed, match="not running"):
        _ = server.endpoint


def test_a_second_owner_is_refused_and_told_who_and_what_to_do(data_dir: Path) -> None:
    with EmbeddedServer(data_dir), pytest.raises(AlreadyOwned) as refused:
        EmbeddedServer(data_dir, wait_s=0).start()
    assert refused.value.pid == os.getpid()
    assert f"process {os.getpid()}" in str(refused.value)
    assert "DATABASE_URL" in str(refused.value)


def test_a_forked_copy_of_the_owner_neither_keeps_the_lock_nor_stops_the_server(data_dir: Path) -> None:
    child = 0
    try:
        with EmbeddedServer(data_dir) as server:
            child = os.fork()
            if child == 0:
                with contextlib.suppress(BaseException):
                    server.stop()
                    signal.pause()
                os._exit(0)
            time.sleep(0.2)
            assert ask(server.endpoint.url, "select 1") == 1
        with EmbeddedServer(data_dir, wait_s=0):
            pass
    finally:
        if child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def test_a_worker_thread_may_not_start_it(data_dir: Path) -> None:
    caught: list[BaseException] = []

    def start() -> None:
        try:
            EmbeddedServer(data_dir).start()
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert isinstance(caught[0], NotMainThread)
    with EmbeddedServer(data_dir, wait_s=0):
        pass  # and the failed start has let go of the folder


def test_a_data_folder_too_deep_for_a_socket_works_and_leaves_no_temporary_folder(made: Path, place: Path) -> None:
    deep = place / ("deep" * 20) / ("er, " * 20) / 'with "quotes"'
    shutil.copytree(made, deep)
    for _ in range(2):
        with EmbeddedServer(deep) as server:
            assert ask(server.endpoint.url, "select 1") == 1
            short = (deep / "socket").readlink()
            assert mode(short) == 0o700
        assert not short.exists()
        assert not (deep / "socket").is_symlink()


def test_a_copied_data_folder_does_not_touch_the_socket_of_the_original(made: Path, place: Path) -> None:
    first, second = place / ("a" * 100), place / ("b" * 100)
    shutil.copytree(made, first)
    with EmbeddedServer(first) as original:
        shutil.copytree(made, second)
        (second / "socket").symlink_to((first / "socket").readlink())
        with EmbeddedServer(second) as copy:
            assert copy.endpoint != original.endpoint
        assert ask(original.endpoint.url, "select 1") == 1


def test_a_stranger_with_the_pid_of_a_dead_server_does_not_keep_it_from_starting(data_dir: Path) -> None:
    with EmbeddedServer(data_dir) as server:
        lines = (data_dir / "pg" / "postmaster.pid").read_text().splitlines()
        assert server.pid == int(lines[0])
    with subprocess.Popen(["sleep", "60"]) as stranger:
        try:
            (data_dir / "pg" / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
            with EmbeddedServer(data_dir, start_timeout_s=5) as server:
                assert ask(server.endpoint.url, "select 1") == 1
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_folder_with_other_things_in_it_is_refused_and_left_alone(place: Path) -> None:
    (place / "letter.txt").write_text("mine")
    with pytest.raises(DataDirUnusable, match="not an Outlay data folder"):
        EmbeddedServer(place).start()
    assert [entry.name for entry in place.iterdir()] == ["letter.txt"]
    assert mode(place) == 0o755


def test_a_server_that_cannot_start_says_why_and_lets_go_of_the_folder(data_dir: Path) -> None:
    with pytest.raises(ServerFailed, match="shared_buffers"):
        EmbeddedServer(data_dir, extra_settings={"shared_buffers": "nonsense"}).start()
    with EmbeddedServer(data_dir, wait_s=0):
        pass


def test_after_a_kill_of_the_server_watch_brings_it_back_on_the_same_endpoint(data_dir: Path) -> None:
    events: list[str] = []

    async def live(server: EmbeddedServer) -> None:
        watching = asyncio.create_task(server.watch())
        busy = await asyncio.gather(*(asyncio.create_task(asyncpg.connect(server.endpoint.url)) for _ in range(3)))
        await busy[0].execute("create table kept as select 42 as value")
        sleeping = [asyncio.create_task(c.execute("select pg_sleep(60)")) for c in busy]
        await asyncio.sleep(0.1)
        for _ in range(2):
            before = server.pid
            assert before is not None
            os.kill(before, signal.SIGKILL)
            async with asyncio.timeout(15):
                while True:
                    try:
                        again = await asyncpg.connect(server.endpoint.url)
                        break
                    except (OSError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError):
                        await asyncio.sleep(0.05)
                assert await again.fetchval("select value from kept") == 42
                await again.close()
            while not events[-1].startswith("PostgreSQL is back"):  # noqa: ASYNC110  # a plain list, no event to await
                await asyncio.sleep(0.05)
            assert server.pid != before
        await asyncio.gather(*sleeping, return_exceptions=True)
        server.stop()
        await asyncio.wait_for(watching, 5)

    with EmbeddedServer(data_dir, on_event=events.append) as server:
        asyncio.run(asyncio.wait_for(live(server), 40))
    assert sum(event.startswith("PostgreSQL ended unexpectedly (killed by signal 9)") for event in events) == 2


def test_watch_tries_again_where_the_disk_had_no_room_for_a_start(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []

    async def live(server: EmbeddedServer) -> None:
        watching = asyncio.create_task(server.watch())
        with monkeypatch.context() as full:
            full.setattr(server.data, "open_log", lambda: os.open("/dev/full/x", os.O_RDONLY))
            assert server.pid is not None
            os.kill(server.pid, signal.SIGKILL)
            while not any("did not come back" in event for event in events):  # noqa: ASYNC110  # a plain list
                await asyncio.sleep(0.05)
        while not events[-1].startswith("PostgreSQL is back"):  # noqa: ASYNC110  # a plain list, no event to await
            await asyncio.sleep(0.05)
        server.stop()
        await asyncio.wait_for(watching, 5)

    with EmbeddedServer(data_dir, on_event=events.append) as server:
        asyncio.run(asyncio.wait_for(live(server), 40))


def test_the_server_does_not_inherit_an_ignored_interrupt(place: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code, status = choose_launcher().run(["cat", "/proc/self/status"], cwd=place)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    ignored = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigIgn"))
    assert code == 0
    assert not ignored & 1 << (signal.SIGINT - 1)


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(data_dir: Path) -> None:
    with EmbeddedServer(data_dir) as server:
        assert server.pid is not None
        assert os.getsid(server.pid) != os.getsid(0)


def test_a_stopped_server_that_does_not_answer_signals_is_ended_all_the_same(data_dir: Path) -> None:
    events: list[str] = []
    with EmbeddedServer(data_dir, stop_timeout_s=2.0, on_event=events.append) as server:
        assert server.pid is not None
        os.kill(server.pid, signal.SIGSTOP)
    wait_until(lambda: processes_of(data_dir / "pg") == [])
    assert [event.split()[-1] for event in events[:2]] == ["SIGINT", "SIGQUIT"]
    assert not server.ended_by_itself
    with EmbeddedServer(data_dir):
        pass  # which also clears the shared memory that a killed server leaves in the system


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
def test_a_server_that_may_forget_commits_is_refused_unless_allowed(data_dir: Path, setting: str) -> None:
    async def check(url: str) -> None:
        connection = await asyncpg.connect(url)
        try:
            with pytest.raises(UnsafeServer, match=f"{setting} = off.*OUTLAY_ALLOW_UNSAFE_DATABASE"):
                await check_durability(connection, allow_unsafe=False)
            assert await check_durability(connection, allow_unsafe=True) == (f"{setting} = off",)
        finally:
            await connection.close()

    with EmbeddedServer(data_dir, extra_settings={setting: "off"}) as server:
        asyncio.run(check(server.endpoint.url))


def test_a_durable_server_passes_and_so_does_each_weaker_but_durable_commit(data_dir: Path) -> None:
    async def check(url: str) -> None:
        connection = await asyncpg.connect(url)
        try:
            for value in ("on", "local", "remote_write", "remote_apply"):
                await connection.execute(f"set synchronous_commit = {value}")
                assert await check_durability(connection, allow_unsafe=False) == ()
        finally:
            await connection.close()

    with EmbeddedServer(data_dir) as server:
        asyncio.run(check(server.endpoint.url))
