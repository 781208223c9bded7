"""A server whose clocks lie: `python -m tests.e2e.lying FILE PLANTS serve …` is Outlay, and FILE says by how much.

FILE has two numbers, which may be changed while it runs: by how many milliseconds its machine's clock is ahead, and by
how many the database's. PLANTS are faults to plant, with commas between them, `-` for none: what they take out, the
tests must miss.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from outlay.cli.main import run
from outlay.workers import chores
from tests.e2e.server import Server
from tests.support.lies import Lies, plant


class LyingServer(Server):
    """`Server`, with clocks that are `told`."""

    def __init__(self, data: Path, *words: str, plants: str = "-", **environment: str) -> None:
        super().__init__(data, *words, OUTLAY_LOG="json", **environment)
        self._plants = plants
        self._file = data.with_name(f"{data.name}.lies")
        self.tell()

    def tell(self, machine_ms: int = 0, database_ms: int = 0) -> None:
        written = self._file.with_suffix(".new")
        written.write_text(f"{machine_ms} {database_ms}")
        written.replace(self._file)

    def command(self) -> list[str]:
        python, _, _, *words = super().command()
        return [python, "-m", "tests.e2e.lying", str(self._file), self._plants, *words]


def nothing_is_mended() -> None:
    """What was noted in the future stays there."""

    async def leave(*_: Any) -> int:
        return 0

    keeping: Any = chores
    keeping.bring_to_present = leave


PLANTS: dict[str, Callable[[], None]] = {"-": lambda: None, nothing_is_mended.__name__: nothing_is_mended}

if __name__ == "__main__":
    file = Path(sys.argv.pop(1))
    for planted in sys.argv.pop(1).split(","):
        PLANTS[planted]()
    plant(lambda: Lies(*map(int, file.read_text().split())))
    run()
