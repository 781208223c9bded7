"""What PostgreSQL really does for each statement (auto_explain), on a connection whose statements grow old: as they are
planned for a server that has run for a while. And whether a router before a sharded store could tell from a statement
which shard it belongs to.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Set
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from outlay.store import work
from outlay.store.database import APP_ROLE
from tests.support.databases import rows
from tests.support.world import World

EXPLAIN_ALL = f"""
set role none; load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on;
set auto_explain.log_timing = off; set auto_explain.log_verbose = on; set auto_explain.log_format = json;
set client_min_messages = log;
select set_config('role', {APP_ROLE}, false)
"""

TEMPTED: Final = "set seq_page_cost = 0; set cpu_tuple_cost = 0; set cpu_operator_cost = 0"
"""Makes the planner think that to read all of a table costs nothing."""

_PLACES: Final = """
select c.relname, a.attnum - 1 from pg_attribute a join pg_class c on c.oid = a.attrelid
where a.attname = 'account_id' and c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
"""
_CONDITIONS: Final = ("Index Cond", "Recheck Cond", "Filter")
_CONSTANT: Final = r"(?:\$\d+|'[0-9a-f-]{36}'::uuid)"
_OF_ONE: Final = re.compile(rf"\baccount_id = {_CONSTANT}")


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

    def joined(self, places: Mapping[str, int]) -> set[str]:
        """The tables where the account of what is read, or is put in, is no constant, so that a router could not tell
        its shard. `places`: see `account_places`."""
        found = {_table(node) for node in self.nodes if _reads(node) and not self._names_account(node)}
        found |= {_table(node) for node in self.nodes if _inserts(node) and not _puts_in_constant(node, places)}
        return found & places.keys()

    @property
    def put_in(self) -> set[str]:
        """The tables into which rows were put, new or known."""
        return {_table(node) for node in self.nodes if _inserts(node)}

    def _names_account(self, node: dict[str, Any]) -> bool:
        """In the plan and in the text: a router may know no more than the text, and what a plan calls `$1` may be a
        sub-select's answer, too."""
        alias = re.sub(r"_\d+$", "", node["Alias"])
        is_told = re.search(rf"(?:\b{alias}\.|(?<![.\w]))account_id = \$\d", self.text) is not None
        return is_told and any(_OF_ONE.search(node.get(kind, "")) for kind in _CONDITIONS)

    @property
    def is_across_accounts(self) -> bool:
        """The workers' first steps look at every account, by design; the driver looks at the catalogue."""
        return self.text in (work._LINES, work._OLDEST, work._TURN) or any(
            relation.startswith("pg_") for relation in self.read
        )

    def __str__(self) -> str:
        return f"{sorted(self.read)}: {' '.join(self.text.split())[:400]}"


async def account_places(world: World, but: Set[str] = frozenset()) -> Mapping[str, int]:
    """Where among the columns of each table its account's is; `but` of these."""
    return {table: place for table, place in await rows(world.admin, _PLACES) if table not in but}


def _executed(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node.get("Actual Loops", 0) > 0:
        yield node
    # A sub-select that several partitions share is told of once, under the first, whether that one was read or not.
    for child in node.get("Plans", ()):
        yield from _executed(child)


def _reads(node: dict[str, Any]) -> bool:
    return "Relation Name" in node and node["Node Type"] != "ModifyTable"


def _table(node: dict[str, Any]) -> str:
    return re.sub(r"_\d+$", "", node["Relation Name"])


def _inserts(node: dict[str, Any]) -> bool:
    return node["Node Type"] == "ModifyTable" and node["Operation"] == "Insert"


def _puts_in_constant(node: dict[str, Any], places: Mapping[str, int]) -> bool:
    rows = _rows_of(node)
    while rows["Node Type"] == "Subquery Scan":  # it hands them on as they are
        rows = rows["Plans"][0]
    return re.fullmatch(_CONSTANT, rows["Output"][places[_table(node)]].strip("()")) is not None


def _rows_of(node: dict[str, Any]) -> dict[str, Any]:
    child: dict[str, Any] = next(child for child in node["Plans"] if child["Parent Relationship"] == "Outer")
    return child


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
async def explaining_connection(world: World, settings: str = "") -> AsyncIterator[OneConnection]:
    connection = await asyncpg.connect(world.dsn, server_settings={"jit": "off"})
    try:
        await connection.execute(f"{EXPLAIN_ALL}; {settings}")
        yield OneConnection(connection)
    finally:
        await connection.close()
