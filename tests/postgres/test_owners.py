"""Several processes around one data folder: owners that are killed, commands that attach, other users."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest
from postgres_helpers import ROOT, StartOther, ask, bury, spawn_owner, wait_until

from outlay.postgres import AlreadyOwned, EmbeddedServer, open_database
from outlay.postgres.leftovers import processes_of

pytestmark = pytest.mark.slow  # whole servers, started and killed

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone else")
IGNORING_SIGINT = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")


@pytest.mark.parametrize("before", [(), IGNORING_SIGINT], ids=["plainly started", "started ignoring SIGINT"])
def test_a_killed_owner_leaves_no_server_and_the_next_one_starts_at_once_with_every_commit(
    data_dir: Path, start_other: StartOther, before: tuple[str, ...]
) -> None:
    owner = start_other(data_dir, before=before)
    ask(owner.url, "create table kept as select 42 as value")
    assert len(processes_of(data_dir / "pg")) > 3
    owner.kill()
    with EmbeddedServer(data_dir, wait_s=0) as server:  # at once: the old server is still on its way out
        assert ask(server.endpoint.url, "select value from kept") == 42
    owner = start_other(data_dir, before=before)
    owner.kill()
    wait_until(lambda: processes_of(data_dir / "pg") == [], within_s=5)


def test_a_leftover_server_that_will_not_go_is_ended_by_the_next_owner(data_dir: Path, start_other: StartOther) -> None:
    owner = start_other(data_dir)
    main = int((data_dir / "pg" / "postmaster.pid").read_text().split()[0])
    os.kill(main, signal.SIGSTOP)
    owner.kill()
    events: list[str] = []
    with EmbeddedServer(data_dir, wait_s=0, stop_timeout_s=6.0, on_event=events.append) as server:
        assert ask(server.endpoint.url, "select 1") == 1
        assert main not in processes_of(data_dir / "pg")
    assert "earlier PostgreSQL" in events[0]


def test_an_owner_killed_while_it_makes_the_cluster_leaves_nothing_half_made(
    place: Path, start_other: StartOther
) -> None:
    data = place / "data"
    for pause_s in (0.0, 0.3):
        process = spawn_owner(data)
        wait_until(lambda: list(data.glob("pg.new-*/cluster/base")))
        time.sleep(pause_s)
        bury(process)
        assert not (data / "pg").exists()
    assert start_other(data).finish() == 0
    assert ask_again(data, start_other) == "outlay"
    assert not list(data.glob("pg.new-*"))


def ask_again(data: Path, start_other: StartOther) -> object:
    owner = start_other(data)
    answer = ask(owner.url, "select current_database()")
    assert owner.finish() == 0
    return answer


def test_a_second_owner_waits_for_one_that_is_about_to_end(data_dir: Path, start_other: StartOther) -> None:
    owner = start_other(data_dir)
    with pytest.raises(AlreadyOwned, match=str(owner.process.pid)):
        EmbeddedServer(data_dir, wait_s=0.1).start()
    owner.tell_to_end()
    with EmbeddedServer(data_dir, wait_s=5):
        pass


def test_a_command_attaches_beside_an_owner_and_owns_where_there_is_none(
    data_dir: Path, start_other: StartOther
) -> None:
    with open_database(None, data_dir, own="attach-or-own") as alone:
        assert alone.server is not None
    owner = start_other(data_dir)
    with open_database(None, data_dir, own="attach-or-own") as guest:
        assert guest.server is None
        assert place_of(guest.endpoint.url) == place_of(owner.url)
        assert ask(guest.endpoint.url, "select 1") == 1
    assert ask(owner.url, "select 1") == 1
    with pytest.raises(AlreadyOwned), open_database(None, data_dir, own="required", wait_s=0):
        pass


def test_whoever_only_attaches_starts_nothing_where_there_is_no_owner_and_keeps_nobody_from_becoming_one(
    data_dir: Path, start_other: StartOther
) -> None:
    with open_database(None, data_dir, own="attach-or-own") as alone:
        assert alone.server is not None
    with pytest.raises(AlreadyOwned), open_database(None, data_dir, own="attach", wait_s=0.2):
        pass
    assert processes_of(data_dir / "pg") == []
    owner = start_other(data_dir)
    with open_database(None, data_dir, own="attach") as guest:
        assert guest.server is None
        assert place_of(guest.endpoint.url) == place_of(owner.url)


def test_a_command_attaches_to_an_owner_that_is_still_starting(place: Path) -> None:
    process = spawn_owner(place / "data")
    try:
        wait_until(lambda: list((place / "data").glob("pg.new-*")))
        with open_database(None, place / "data", own="attach-or-own") as guest:
            assert guest.server is None
            assert ask(guest.endpoint.url, "select 1") == 1
    finally:
        bury(process)


def test_a_command_that_owns_waits_for_its_guests(data_dir: Path, start_other: StartOther) -> None:
    owner = start_other(data_dir, "attach-or-own")
    guest = start_other(data_dir, "attach-or-own")
    assert (owner.how, guest.how) == ("own", "attached")
    owner.tell_to_end()
    time.sleep(0.5)
    assert ask(guest.url, "select 1") == 1
    assert guest.finish() == 0
    assert owner.process.wait(10) == 0


def test_a_command_finds_the_socket_of_an_owner_in_a_deep_folder(
    made: Path, place: Path, start_other: StartOther
) -> None:
    deep = Path(shutil.copytree(made, place / ("deep" * 25)))
    owner = start_other(deep)
    with open_database(None, deep, own="attach-or-own") as guest:
        assert place_of(guest.endpoint.url) == place_of(owner.url)
    short = (deep / "socket").readlink()
    owner.kill()
    with EmbeddedServer(deep) as server:
        assert str(short) in str(server.endpoint)
    assert not short.exists()


def place_of(url: str) -> str:
    """Without the login."""
    return url.partition("@")[2]


# Users


@needs_root
@pytest.mark.parametrize("uid", [65534, 54321], ids=["a named user", "a user without a name"])
def test_an_ordinary_user_inside_a_user_namespace_runs_it(place: Path, start_other: StartOther, uid: int) -> None:
    become = ("unshare", "--user", f"--map-user={uid}", f"--map-group={uid}", "--")
    owner = start_other(place / "data", before=become)
    assert ask(owner.url, "select 1") == 1
    assert len(processes_of(place / "data" / "pg")) > 3
    owner.kill()
    wait_until(lambda: processes_of(place / "data" / "pg") == [], within_s=5)


@needs_root
def test_without_setpriv_a_killed_owner_still_leaves_no_server(data_dir: Path, start_other: StartOther) -> None:
    """As on Alpine, whose setpriv cannot set the signal."""
    tools = data_dir.parent / "tools"
    tools.mkdir()
    become = (shutil.which("unshare") or "unshare", "--user", "--map-user=65534", "--map-group=65534", "--")
    owner = start_other(data_dir, before=become, PATH=str(tools))
    assert ask(owner.url, "select 1") == 1
    owner.kill()
    wait_until(lambda: processes_of(data_dir / "pg") == [], within_s=5)


@needs_root
def test_an_ordinary_user_runs_it(place: Path, start_other: StartOther) -> None:
    """Needs an interpreter and packages that this user can read; root's own are often in a closed folder."""
    become = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")
    packages = os.pathsep.join((str(ROOT / "src"), str(ROOT), sysconfig.get_path("purelib")))
    python = _interpreter_for(become, packages)
    if python is None:
        pytest.skip("no Python of this version whose packages an ordinary user can read")
    home = place / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    owner = start_other(home / "data", before=become, python=python, PYTHONPATH=packages)
    assert ask(owner.url, "select 1") == 1
    assert (home / "data" / "pg").stat().st_uid == 65534
    owner.kill()
    wait_until(lambda: processes_of(home / "data" / "pg") == [], within_s=5)


def _interpreter_for(become: tuple[str, ...], packages: str) -> str | None:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    test = f"import sys, asyncpg, outlay.postgres; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
    for python in (sys.executable, "/usr/local/bin/python3", "/usr/bin/python3"):
        tried = subprocess.run(
            [*become, python, "-c", test],
            cwd="/",
            env={**os.environ, "PYTHONPATH": packages},
            capture_output=True,
            check=False,
        )
        if tried.returncode == 0:
            return python
    return None
