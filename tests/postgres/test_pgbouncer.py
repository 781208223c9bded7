"""Behind PgBouncer: sessions of our own are enough, shared ones are refused. Where PgBouncer is not installed, nothing
of this is tried."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from postgres_helpers import ask, wait_until

from outlay.postgres import EmbeddedServer, SessionsShared, open_database
from outlay.store.database import Database
from outlay.store.migrate import check_and_migrate

pytestmark = [
    pytest.mark.slow,  # whole servers, started and killed
    pytest.mark.skipif(shutil.which("pgbouncer") is None, reason="PgBouncer is not installed"),
]

SETTINGS = """
[databases]
outlay = host={server} port=5432 dbname=outlay
[pgbouncer]
listen_addr =
unix_socket_dir = {folder}
listen_port = 6432
auth_type = scram-sha-256
auth_file = {folder}/users
logfile = {folder}/log
pool_mode = {mode}
{more}
"""
Pooled = Callable[..., str]


@pytest.fixture
def pooled(data_dir: Path, place: Path) -> Iterator[Pooled]:
    """Starts a PgBouncer of a mode before one server; gives its URL."""
    running: list[subprocess.Popen[bytes]] = []
    with EmbeddedServer(data_dir) as server:

        def start(mode: str, more: str = "") -> str:
            assert server.socket is not None
            folder, owner = place / mode, server.socket.stat()
            folder.mkdir()
            (folder / "users").write_text(f'"outlay" "{server.data.password()}"\n')
            (folder / "settings").write_text(SETTINGS.format(server=server.socket, folder=folder, mode=mode, more=more))
            os.chown(folder, owner.st_uid, owner.st_gid)
            become = ("setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups", "--")
            running.append(
                subprocess.Popen(
                    [*(become if os.geteuid() == 0 else ()), "pgbouncer", "-q", str(folder / "settings")], cwd="/"
                )
            )
            wait_until((folder / ".s.PGSQL.6432").exists)
            return f"postgresql://outlay:{server.data.password()}@/outlay?host={folder}&port=6432"

        try:
            yield start
        finally:
            for process in running:
                process.kill()
                process.wait()


def test_in_session_mode_every_statement_has_the_role_and_the_isolation(pooled: Pooled, place: Path) -> None:
    async def use(url: str) -> set[tuple[str, ...]]:
        await check_and_migrate(url, allow_unsafe=False, partitions=0)
        await check_and_migrate(url, allow_unsafe=False, partitions=None)
        seen = "select current_user::text, current_setting('transaction_isolation'), $1::int > 0 as more"
        async with Database.open(url, connections=4) as database:
            found = [await asyncio.gather(*(database.fetch(seen, 1) for _ in range(8))) for _ in range(3)]
        return {(row[0], row[1]) for answers in found for rows in answers for row in rows}

    url = pooled("session")
    ask(url, "alter database outlay set default_transaction_isolation = serializable")
    with open_database(url, place / "unused", own="required"):
        assert asyncio.run(use(url)) == {("outlay_app", "read committed")}


@pytest.mark.parametrize("mode", ["transaction", "statement"])
@pytest.mark.parametrize("more", ["", "server_round_robin = 1", "min_pool_size = 3"])
def test_shared_sessions_are_refused_with_what_to_do(pooled: Pooled, place: Path, mode: str, more: str) -> None:
    url = pooled(mode, more)
    for idle in (1, 2):  # sessions that the pooler has to choose from
        asyncio.run(_open_at_once(url, idle))
        with pytest.raises(SessionsShared, match=r"database outlay on .* Set its pool_mode to session"):  # noqa: SIM117
            with open_database(url, place / "unused", own="required"):
                pass


async def _open_at_once(url: str, number: int) -> None:
    connections = [await asyncpg.connect(url, statement_cache_size=0) for _ in range(number)]
    await asyncio.gather(*(connection.execute("select pg_sleep(0.1)") for connection in connections))
    for connection in connections:
        connection.terminate()
