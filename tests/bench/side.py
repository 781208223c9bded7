"""One tree's side of a comparison, as a process of its own: its server on its own database, its merchants and requests.

Everything here runs with that tree's sources, so that its server is asked in its own words; what is the same for all
sides, sending and timing, is done by the process that starts this one. They speak in lines of JSON: first Ready, then a
list of shots for each Wanted. It ends when its standard input does, whatever became of its parent.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import msgspec
import uvloop

import outlay
from outlay.cli.client import ServerProcess
from outlay.cli.common import read_settings
from outlay.postgres.connect import open_database
from tests.bench.merchants import PATHS, Shots, environment, hot_paths
from tests.bench.names import all_dialects, open_runtime


class Ready(msgspec.Struct):
    """`sources`: where the package was imported from. `paths`: the names of what can be wanted."""

    base_url: str
    sources: str
    paths: list[str]


class Wanted(msgspec.Struct):
    path: str
    requests: int


def main() -> None:
    # As `end_as_by_interrupt` does, which the package of an older tree lacks.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    out = sys.stdout.buffer

    def say(what: Any) -> None:
        out.write(msgspec.json.encode(what) + b"\n")
        out.flush()

    with (
        redirect_stdout(sys.stderr),
        tempfile.TemporaryDirectory(prefix="outlay-bench-") as folder,
        ServerProcess(Path(folder), 0, environment()) as server,
    ):
        shots = _prepare(Path(folder), server.base_url, sys.argv[1:])
        say(Ready(server.base_url, str(Path(outlay.__file__).parents[1]), list(shots)))
        for line in sys.stdin.buffer:
            wanted = msgspec.json.decode(line, type=Wanted)
            say(shots[wanted.path](wanted.requests))


def _prepare(folder: Path, base_url: str, only: Sequence[str]) -> Mapping[str, Shots]:
    """The hot paths with one of these texts in their names, by their names. Leaves no connection to the database."""

    def is_wanted(path: str) -> bool:
        return not only or any(text in path for text in only)

    async def make(url: str) -> Mapping[str, Shots]:
        made: dict[str, Shots] = {}
        async with open_runtime(read_settings(folder), url) as runtime:
            for name, dialect in all_dialects().items():
                if any(is_wanted(f"{name}: {path}") for path in PATHS):
                    made |= await hot_paths(base_url, runtime, dialect)
        return {path: shots for path, shots in made.items() if is_wanted(path)}

    with open_database(None, folder, own="attach-or-own") as database:
        return uvloop.run(make(database.endpoint.url))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
