"""`python -m tests.kills.dies_at MOMENT COUNT serve …` is Outlay, and kills itself when MOMENT is reached for the
COUNT-th time in its life: as by `kill -9`, with nothing told to a child, a database or a caller. It says so on standard
error first, so that nobody takes another end for this one.

The trap: a signal that is sent to another process arrives some time later. One's own SIGKILL has arrived when the call
returns, so not one line more is run.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from outlay.cli.main import run
from outlay.running.moments import Moment, Observer, observed
from outlay.workers import pipeline

RENEWS_AFTER_S = 0.005
"""Instead of ten seconds, where a renewal is waited for: few payouts are in hand for so long."""


def last_words(moment: Moment, count: int) -> str:
    return f"kill -9 at {moment.value}, time {count}"


def dying_at(last: Moment, count: int, die: Callable[[str], None]) -> Observer:
    times = 0

    def look(moment: Moment, _subject: object) -> None:
        nonlocal times
        if moment is last:
            times += 1
            if times == count:
                die(last_words(last, count))

    return look


def end_by_kill(words: str) -> None:
    os.write(sys.stderr.fileno(), f"{words}\n".encode())
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    last, count = Moment(sys.argv.pop(1)), int(sys.argv.pop(1))
    if last is Moment.RENEWED:
        workers: Any = pipeline
        workers.RENEW_S = RENEWS_AFTER_S
    with observed(dying_at(last, count, end_by_kill)):
        run()


if __name__ == "__main__":
    main()
