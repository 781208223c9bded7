"""`python -m tests.e2e.blocks_at MOMENT WHO serve …` is Outlay, and when MOMENT is reached it never comes back from
there: its event loop stands still, as in a rail's code that waits for its bank without ever giving way. WHO: the server
itself (`parent`), or each of its HTTP processes (`child`). It says so on standard error first.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from typing import Any, Final

from outlay.cli.main import run
from outlay.process import children
from outlay.running.moments import Moment, observed

PROGRAM: Final = "tests.e2e.blocks_at"
PARENT: Final = "parent"
CHILD: Final = "child"
HERE: Final = "here it never comes back from"


def stand_still(last: Moment, moment: Moment, _subject: object) -> None:
    if moment is last:
        os.write(sys.stderr.fileno(), f"{HERE}\n".encode())
        time.sleep(3600)


def main() -> None:
    last, who = Moment(sys.argv.pop(1)), sys.argv.pop(1)
    if who == PARENT:
        with observed(partial(stand_still, last)):
            run()
    if "serve" in sys.argv:
        starting: Any = children
        starting.python_module = lambda _name, *words: [sys.executable, "-m", PROGRAM, last.value, CHILD, *words]
        run()
    with observed(partial(stand_still, last)):
        run()


if __name__ == "__main__":
    main()
