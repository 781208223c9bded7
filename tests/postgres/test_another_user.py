"""Started by root, the server is really another user: it reaches its cluster and its socket, and nothing of root's."""

import os
import shutil
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any, Literal

import asyncpg
import pytest
from postgres_helpers import ROOT, StartOther, ask, wait_until

from outlay.postgres import EmbeddedServer, LaunchImpossible
from outlay.postgres.environment import KEPT
from outlay.postgres.leftovers import processes_of
from tests.support.superuser import superuser_url

pytestmark = [
    pytest.mark.slow,  # whole servers, started and killed
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone else"),
]

Place = Literal["open", "closed"]
ONLY_ROOT = ("unshare", "--user", "--map-root-user", "--")
AS_IN_A_CONTAINER = ("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace", "--")
COVERS = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0
needs_mounts = pytest.mark.skipif(not COVERS, reason="this machine bars mount namespaces")


def data_in(made: Path, place: Path, where: Place) -> Path:
    """A copy of a stopped data folder whose parent is open to everybody, or to root alone."""
    parent = place / where
    parent.mkdir(mode=0o755 if where == "open" else 0o700)
    return Path(shutil.copytree(made, parent / "data"))


@pytest.fixture(params=["open", pytest.param("closed", marks=needs_mounts)])
def roots_data(request: pytest.FixtureRequest, made: Path, place: Path) -> Path:
    return data_in(made, place, request.param)


def uids(pid: int | None) -> set[int]:
    status = Path(f"/proc/{pid}/status").read_text()
    return {int(word) for line in status.splitlines() if line.startswith("Uid:") for word in line.split()[1:]}


def capabilities(pid: int | None) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return sum(int(line.split()[1], 16) for line in status.splitlines() if line.startswith(("CapEff", "CapPrm")))


def test_the_server_is_another_user_with_no_power(roots_data: Path) -> None:
    with EmbeddedServer(roots_data) as server:
        (uid,) = uids(server.pid)
        assert uid != 0
        assert capabilities(server.pid) == 0
        assert (roots_data / "pg").stat().st_uid == (roots_data / "socket").stat().st_uid == uid
        assert ask(server.endpoint.url, "select 1") == 1


def test_not_even_its_superuser_reads_a_secret_or_writes_outside_of_the_cluster(roots_data: Path) -> None:
    secrets = [roots_data / name for name in ("secret.key", "password", "password.outlay_app", "postgres.log", "lock")]
    secrets[0].write_text("f" * 64)
    secrets[0].chmod(0o600)
    with EmbeddedServer(roots_data) as server:
        url = server.endpoint.url
        for path in (*secrets, Path("/etc/shadow")):
            with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedFileError)):
                ask(url, f"select pg_read_file('{path}')")
            with pytest.raises(asyncpg.ExternalRoutineError):
                ask(url, f"copy (select 1) to program 'cat {path}'")
        for path in (roots_data / "mine", roots_data.parent / "mine", Path("/etc/mine"), secrets[0], secrets[1]):
            with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedFileError)):
                ask(url, f"copy (select 1) to '{path}'")
            with pytest.raises(asyncpg.ExternalRoutineError):
                ask(url, f"copy (select 1) to program 'rm -f {path} && touch {path}'")
        ask(url, f"copy (select 1) to '{roots_data / 'pg' / 'mine'}'")  # the control: it can write at all
    assert secrets[0].read_text() == "f" * 64
    assert not (roots_data / "mine").exists()


@needs_mounts
def test_where_the_parents_are_closed_what_lies_beside_the_folder_is_not_even_there(made: Path, place: Path) -> None:
    data = data_in(made, place, "closed")
    (data.parent / "letter.txt").write_text("mine")
    with EmbeddedServer(data) as server:
        seen = Path(f"/proc/{server.pid}/root{data.parent}")
        assert [entry.name for entry in seen.iterdir()] == ["data"]
    assert sorted(entry.name for entry in data.parent.iterdir()) == ["data", "letter.txt"]
    assert data.parent.stat().st_mode & 0o777 == 0o700, "and for nobody else is anything opened"


@needs_mounts
def test_a_new_cluster_is_made_below_a_closed_folder(place: Path) -> None:
    (place / "closed").mkdir(mode=0o700)
    with EmbeddedServer(place / "closed" / "data") as server:
        assert ask(server.endpoint.url, "select current_database()") == "outlay"


@needs_mounts
def test_a_killed_owner_leaves_no_server_below_a_closed_folder(
    made: Path, place: Path, start_other: StartOther
) -> None:
    data = data_in(made, place, "closed")
    owner = start_other(data)
    ask(owner.url, "create table kept as select 42 as value")
    assert len(processes_of(data / "pg")) > 3
    owner.kill()
    with EmbeddedServer(data, wait_s=0) as server:
        assert ask(server.endpoint.url, "select value from kept") == 42
    owner = start_other(data)
    owner.kill()
    wait_until(lambda: processes_of(data / "pg") == [], within_s=5)


def test_a_cluster_whose_files_belong_to_root_is_given_to_the_servers_user_even_after_a_break(
    roots_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As earlier versions left it. Broken off in the middle, which tells nobody how far it came."""
    cluster = roots_data / "pg"
    for path in [cluster, *cluster.rglob("*")]:
        os.chown(path, 0, 0)
    give, given = os.chown, count()

    def give_some(*arguments: Any, **more: Any) -> None:
        if next(given) == 50:
            raise OSError("broken off")
        give(*arguments, **more)

    with monkeypatch.context() as broken:
        broken.setattr(os, "chown", give_some)
        with pytest.raises(OSError, match="broken off"):
            EmbeddedServer(roots_data).start()
    with EmbeddedServer(roots_data) as server:
        (uid,) = uids(server.pid)
        assert ask(server.endpoint.url, "select 1") == 1
    assert {path.stat().st_uid for path in [cluster, *cluster.rglob("*")]} == {uid}


def test_where_neither_way_works_root_is_told_what_to_do(
    made: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = data_in(made, place, "closed")
    tools = place / "tools"
    tools.mkdir()
    (tools / "unshare").write_text("#!/bin/sh\nexit 1\n")
    (tools / "unshare").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(LaunchImpossible, match=rf"pass through {data.parent}; .*bars mount namespaces.*Choose a data"):
        EmbeddedServer(data).start()
    with pytest.raises(LaunchImpossible, match=r"cannot reach .*closed.*Choose a data folder"):
        EmbeddedServer(data, as_root="drop").start()


def test_a_root_who_can_become_nobody_else_runs_it_in_a_namespace(place: Path, start_other: StartOther) -> None:
    owner = start_other(place / "data", before=ONLY_ROOT)
    assert ask(owner.url, "select 1") == 1
    owner.kill()
    wait_until(lambda: processes_of(place / "data" / "pg") == [], within_s=5)


def test_the_processes_of_another_user_are_found_without_the_right_to_trace_them(roots_data: Path) -> None:
    """As in most containers, whose root lacks CAP_SYS_PTRACE; else what a killed owner leaves would never be ended."""
    look = (
        "import sys; from pathlib import Path; from outlay.postgres.leftovers import processes_of;"
        "print(processes_of(Path(sys.argv[1])))"
    )
    with EmbeddedServer(roots_data) as server:
        said = subprocess.run(
            [*AS_IN_A_CONTAINER, sys.executable, "-c", look, str(roots_data / "pg")],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert str(server.pid) in said


def test_the_server_knows_nothing_of_our_environment(made: Path, place: Path, start_other: StartOther) -> None:
    data = data_in(made, place, "open")
    start_other(data, OUTLAY_SECRET_KEY="f" * 64, PGDATA="/nowhere", NOTIFY_SOCKET="/nowhere", LC_MESSAGES="de_DE")
    main = int((data / "pg" / "postmaster.pid").read_text().split()[0])
    for pid in (main, *processes_of(data / "pg")):
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        names = {entry.split(b"=")[0].decode() for entry in environment if b"=" in entry}
        assert names <= {*KEPT, "LC_ALL", "PWD"}, "a shell on the way sets PWD"
    assert ask(superuser_url(data), "select 1") == 1
