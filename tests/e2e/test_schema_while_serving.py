"""A schema that changes while servers run: beside one that takes their writes they go on, and say so once; of one that
does not, each says that it cannot serve, and then ends in order, children and all, with a status of its own.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from outlay.process.stopping import OUTDATED
from tests.e2e.orders import any_client, works
from tests.e2e.outages import get
from tests.e2e.server import Server, http_children_of, wait_until
from tests.store.newer_schemas import CONTRACTING, EXPANDING, NEXT
from tests.support.superuser import superuser_url

pytestmark = pytest.mark.slow

SOON_S = 30.0
NEWER = "the schema is newer than this version, and takes its writes"
TOO_OLD = "this process is too old for the schema, and stops"
ONE_OR_TWO = pytest.mark.parametrize("words", [(), ("--workers", "2")], ids=["one process", "two children"])


def change(server: Server, sql: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(superuser_url(server.data))
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    asyncio.run(run())


def lines_of(server: Server, event: str) -> list[Any]:
    lines = [json.loads(line) for line in server.said().splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == event]


def says_too_old(status: int, body: bytes) -> bool:
    return status == 503 and b"too old to write" in body


def ended(server: Server) -> int:
    """Its status, when it has ended by itself."""
    status = server._reap()
    wait_until(lambda: not server.processes(), SOON_S, "and so has all that it had")
    return status


@ONE_OR_TWO
def test_beside_a_newer_schema_that_takes_its_writes_each_process_goes_on_and_says_so_once(
    folder: Path, words: tuple[str, ...]
) -> None:
    with Server(folder / "data", *words, OUTLAY_LOG="json") as server:
        wait_until(lambda: len(http_children_of(server.pid)) == (2 if words else 0), SOON_S, "they have started")
        client = any_client(server)
        wait_until(lambda: works(client), SOON_S, "it serves")
        change(server, EXPANDING)
        processes = 1 + len(http_children_of(server.pid))
        wait_until(lambda: len(lines_of(server, NEWER)) == processes, SOON_S, "each has noticed")
        assert works(client)
        assert get(server, "/readyz")[0] == 200
        assert {line["revision"] for line in lines_of(server, NEWER)} == {NEXT}
        assert len(lines_of(server, NEWER)) == processes
        assert server.stop() == 0
        assert lines_of(server, TOO_OLD) == []


@ONE_OR_TWO
def test_where_the_schema_takes_its_writes_no_more_it_says_so_and_ends_with_all_its_children(
    folder: Path, words: tuple[str, ...]
) -> None:
    with Server(folder / "data", *words, OUTLAY_LOG="json") as server:
        client = any_client(server)
        wait_until(lambda: works(client), SOON_S, "it serves")
        change(server, CONTRACTING)

        def is_noticed() -> bool:
            try:
                return says_too_old(*get(server, "/readyz"))
            except ConnectionError:
                # A child that begins only after the change ends at once, and all the others with it.
                if words:
                    return True
                raise

        wait_until(is_noticed, SOON_S, "it is not ready, and says why")
        assert ended(server) == OUTDATED
        assert lines_of(server, "broken off by the stop") == []
        told = lines_of(server, TOO_OLD)
        assert 1 <= len(told) <= (3 if words else 1)
        assert all("start the newer version" in line["why"] for line in told)
        server.launch()
        assert ended(server) == 1, "nor does it start again"
        assert "made by a newer version" in server.said()
