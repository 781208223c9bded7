"""What PostgreSQL really does for each statement (auto_explain), on a connection whose statements grow old: as they are
planned for a server that has run for a while.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from outlay.store import work
from outlay.store.database import APP_ROLE
from tests.support.world import World

EXPLAIN_ALL = f"""
set role none; load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on;
set auto_explain.log_timing = off; set auto_explain.log_format = json; set client_min_messages = log;
select set_config('role', {APP_ROLE}, false)
"""


class Statement:
    """One statement as it was executed."""

    def __init__(self, message: str) -> None:
        told = json.loads(message[message.index("{") :])
        self.text: str = told["Query Text"]
        self.nodes = list(_executed(told["Plan"]))
        """The steps of its plan that were taken."""
        self.read = {node["Relation Name"] for node in self.nodes if _reads(node)}

    @property
    def partitions(self) -> set[str]:
        """Numbers of the partitions from which rows were read. Where rows are written is not in question: the key
        that is written names the place."""
        return {relation.rsplit("_", 1)[1] for relation in self.read}

    @property
    def is_across_accounts(self) -> bool:
        """The workers' first steps look at every account, by design; the driver looks at the catalogue."""
        return self.text in (work._LINES, work._OLDEST, work._TURN) or any(
            relation.startswith("pg_") for relation in self.read
        )

    def __str__(self) -> str:
        return f"{sorted(self.read)}: {' '.join(self.text.split())[:400]}"


def _executed(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node.get("Actual Loops", 0) > 0:
        yield node
    # A sub-select that several partitions share is told of once, under the first, whether that one was read or not.
    for child in node.get("Plans", ()):
        yield from _executed(child)


def _reads(node: dict[str, Any]) -> bool:
    return "Relation Name" in node and node["Node Type"] != "ModifyTable"


class OneConnection:
    """A pool of one connection, so that its statements grow old; everything it does is told to `statements`."""

    def __init__(self, connection: Any) -> None:
        self.statements: list[Statement] = []
        self._connection = connection
        self._free = asyncio.Lock()
        connection.add_log_listener(self._hear)

    def _hear(self, _connection: Any, message: Any) -> None:
        if "plan:" in message.message:
            self.statements.append(Statement(message.message))

    async def acquire(self, *, timeout: float = 0) -> Any:  # noqa: ASYNC109 (as the pool has it)
        await self._free.acquire()
        return self._connection

    async def release(self, _connection: Any) -> None:
        self._free.release()


@asynccontextmanager
async def explaining_connection(world: World) -> AsyncIterator[OneConnection]:
    connection = await asyncpg.connect(world.dsn, server_settings={"jit": "off"})
    try:
        await connection.execute(EXPLAIN_ALL)
        yield OneConnection(connection)
    finally:
        await connection.close()
